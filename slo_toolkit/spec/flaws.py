"""Problems while their place is still a path through the document, not a line and a column.

Positions cost time and memory for every value, and hardly any value is wrong. So reading keeps none;
`locating` finds them afterwards, only in the files that have flaws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from slo_toolkit.errors import Level

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a document to a value."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the text, counted from 0."""

    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong at `path`, or at `mark` where it is known already.

    `on_key` marks the key instead of the value; `offset` counts characters into the value.
    """

    message: str
    path: Path = ()
    hint: str = ""
    level: Level = Level.ERROR
    rule: str = "spec"
    on_key: bool = False
    offset: int = -1
    mark: Mark | None = None
    document: int = 0


FLAW_LIMIT = 200
"""The most flaws that are told of one source; nobody reads more, and a file of junk could have millions."""


class BrokenError(Exception):
    """A source cannot be read beyond this flaw; `before` are those of the same document before it."""

    def __init__(self, flaw: Flaw, before: Sequence[Flaw] = ()) -> None:
        self.flaw = flaw
        self.before = before
        super().__init__(flaw.message)


def too_many(path: Path = (), mark: Mark | None = None, document: int = 0) -> Flaw:
    """The flaw that ends a source with too many of them."""
    message = f"more than {FLAW_LIMIT} problems: the rest of this file is not checked"
    return Flaw(message, path, rule="limit", mark=mark, document=document)


class Report:
    """Collects the flaws of one document, in the list of its source.

    `elsewhere` says what to do about an unknown key that another format has; empty where none has it.
    """

    __slots__ = ("document", "elsewhere", "flaws")

    def __init__(self, document: int, flaws: list[Flaw]) -> None:
        self.document = document
        self.flaws = flaws
        self.elsewhere: Callable[[Path], str] = lambda path: ""

    def __call__(
        self,
        path: Path,
        message: str,
        hint: str = "",
        *,
        rule: str = "spec",
        level: Level = Level.ERROR,
        on_key: bool = False,
        offset: int = -1,
    ) -> None:
        """Take in one more flaw. Raises BrokenError when there are too many errors; more of the rest is not told."""
        if level is not Level.ERROR and len(self.flaws) >= FLAW_LIMIT:
            if len(self.flaws) == FLAW_LIMIT:
                message = f"more than {FLAW_LIMIT} problems: further warnings and notes are not told"
                self.flaws.append(Flaw(message, path, "", Level.WARNING, "limit", document=self.document))
            return
        self.flaws.append(Flaw(message, path, hint, level, rule, on_key, offset, None, self.document))
        if len(self.flaws) > FLAW_LIMIT:
            raise BrokenError(too_many(path, document=self.document))

    def names(self, path: Path) -> bool:
        """Whether an error at exactly this path was reported."""
        return any(
            flaw.path == path and flaw.document == self.document and flaw.level is Level.ERROR
            for flaw in self.flaws
        )


class Place:
    """A path through a document together with the report of that document.

    `spell` turns the name that this code uses for a key into the document's: `error_query` into `errorQuery`.
    Points in it divide levels, and without any text there is no level at all.
    """

    __slots__ = ("path", "report", "spell")

    def __init__(self, path: Path, report: Report, spell: Callable[[str], str]) -> None:
        self.path = path
        self.report = report
        self.spell = spell

    def __truediv__(self, step: str | int) -> Place:
        steps = filter(None, self.spell(step).split(".")) if isinstance(step, str) else (step,)
        return Place((*self.path, *steps), self.report, self.spell)

    def entry(self, key: str) -> Place:
        """The place of a key that the user chose, such as a label's name."""
        return Place((*self.path, key), self.report, self.spell)

    def wrong(self, message: str, hint: str = "", *, rule: str = "spec", on_key: bool = False) -> None:
        self.report(self.path, message, hint, rule=rule, on_key=on_key)

    def warn(self, message: str, hint: str = "", *, rule: str) -> None:
        self.report(self.path, message, hint, rule=rule, level=Level.WARNING)

    def note(self, message: str, hint: str = "", *, rule: str, offset: int = -1) -> None:
        self.report(self.path, message, hint, rule=rule, level=Level.NOTE, offset=offset)
