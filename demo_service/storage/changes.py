"""Which documents came or went since a search engine was last told.

The database itself takes the notes, by triggers, in the transaction of the change: whoever writes, and
whenever it dies, no change is lost. The triggers stay when the search engine is switched off, so that it
may come back later; until then a note is one id for each change.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from demo_service.storage.records import SearchHit


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents that changed, as they are now."""

    present: tuple[SearchHit, ...] = ()
    gone: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.present or self.gone)


class ChangeFeed(Protocol):
    """The notes. Every method may raise ``StorageUnavailable``."""

    def start(self) -> None:
        """Take notes from now on. The first call for a database also notes every document that is there."""

    def start_over(self) -> None:
        """Note every document that is there."""

    def batch(self, limit: int) -> AbstractContextManager[Batch]:
        """The oldest changes, at most ``limit``; they are forgotten when the block ends without error.

        One caller at a time gets any: to all others, in any process, the batch is empty meanwhile.
        """
