"""Who wrote what: one entry for each write, in the same transaction as the write.

An entry names the key, the request and the id of what was written, but nothing of its contents. The stores refuse
to change or remove entries.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from demo_service import correlation
from demo_service.models import now

acting_key: ContextVar[str | None] = ContextVar("acting_key", default=None)
"""The kid of the key that the request came with, in worker threads, too."""


class Action(StrEnum):
    """What can be done to a record."""

    CONTACT_CREATED = "contact.created"
    DOCUMENT_CREATED = "document.created"
    DOCUMENT_REMOVED = "document.removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One write."""

    at: datetime
    key_id: str | None
    """None: the write came from no request."""
    action: Action
    target: UUID
    correlation_id: str | None


def entry(action: Action, target: UUID) -> AuditEntry:
    """The entry of a write that happens now, for the request that is being served."""
    return AuditEntry(
        at=now(),
        key_id=acting_key.get(),
        action=action,
        target=target,
        correlation_id=correlation.current.get(),
    )
