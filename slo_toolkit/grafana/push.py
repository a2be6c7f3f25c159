"""What pushing would change in Grafana, and the change itself, dashboard by dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slo_toolkit.errors import InputError, NotMeasurable
from slo_toolkit.foreign_text import as_json
from slo_toolkit.grafana.api import Folder, Grafana, Stored
from slo_toolkit.grafana.files import Dashboard, folder_title, folder_uid
from slo_toolkit.query.failures import QueryFailed

_GRAFANAS_OWN = ("id", "version")
"""What Grafana counts up itself: no difference between a file and what is stored."""


@dataclass(frozen=True, slots=True)
class Change:
    """One dashboard that is not in Grafana as its file has it."""

    dashboard: Dashboard
    folder: Folder
    stored: Stored | None

    @property
    def moves(self) -> bool:
        return self.stored is not None and self.stored.folder_uid != self.folder.uid

    @property
    def old(self) -> str:
        """The stored JSON, normalised; empty where there is no such dashboard."""
        return "" if self.stored is None else normalised(self.stored.model)

    @property
    def new(self) -> str:
        return normalised(self.dashboard.model)

    @property
    def model(self) -> dict[str, Any]:
        """What is sent: the file's JSON with the version that it is to replace."""
        stored = {} if self.stored is None else self.stored.model
        return {**self.dashboard.model, "id": stored.get("id"), "version": stored.get("version", 0)}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a push would do."""

    changes: tuple[Change, ...]
    new_folders: tuple[Folder, ...]
    unchanged: int


class PushFailed(NotMeasurable):
    """A push that stopped; the message says what is in Grafana already, and what is not."""

    def __init__(self, failure: QueryFailed, done: Sequence[str], left: Sequence[str]) -> None:
        written = f"already written: {', '.join(done)}" if done else "nothing was written"
        super().__init__(f"{failure}; {written}; not written: {', '.join(left)}")


def plan(grafana: Grafana, dashboards: Sequence[Dashboard], chosen_folder: str) -> Plan:
    """Compare files with what Grafana has; only reads.

    Raises InputError naming all dashboards that Grafana takes from its own files.
    """
    folders = _Folders(grafana.folders())
    compared = [
        Change(one, folders.named(folder_title(one, chosen_folder)), grafana.dashboard(one.uid))
        for one in dashboards
    ]
    provisioned = [
        change.dashboard.title for change in compared if change.stored and change.stored.is_provisioned
    ]
    if provisioned:
        raise InputError(
            f"Grafana reads these from files of its own and lets nobody write them: {', '.join(provisioned)}; "
            "change the files that it provisions, or remove them there"
        )
    changes = tuple(change for change in compared if change.moves or change.old != change.new)
    needed = {change.folder for change in changes}
    new = tuple(folder for folder in folders.made if folder in needed)
    return Plan(changes, new, len(compared) - len(changes))


def apply(grafana: Grafana, plan: Plan, message: str) -> Iterator[str]:
    """Do what the plan says, and tell each step when it is done. Raises PushFailed at the first failure."""
    titles = [change.dashboard.title for change in plan.changes]
    done = 0
    try:
        for folder in plan.new_folders:
            grafana.create_folder(folder)
            yield f"made the folder {folder.title}"
        for change in plan.changes:
            grafana.save(change.model, change.folder.uid, message)
            done += 1
            yield f"wrote {change.folder.title} / {change.dashboard.title}"
    except QueryFailed as failure:
        raise PushFailed(failure, titles[:done], titles[done:]) from None


def normalised(model: dict[str, Any]) -> str:
    """JSON to compare: without Grafana's own counters, keys in order, one value a line."""
    kept = {key: value for key, value in model.items() if key not in _GRAFANAS_OWN}
    return as_json(kept, sort_keys=True)


class _Folders:
    """Folders by title, those that are still to be made among them."""

    def __init__(self, existing: Sequence[Folder]) -> None:
        self._by_title = {folder.title: folder for folder in existing}
        self._by_uid = {folder.uid: folder for folder in existing}
        self.made: list[Folder] = []

    def named(self, title: str) -> Folder:
        """The folder with that uid or title; a new one where there is none."""
        found = self._by_title.get(title) or self._by_uid.get(title) or self._by_uid.get(folder_uid(title))
        if found is None:
            found = self._by_title[title] = Folder(folder_uid(title), title)
            self.made.append(found)
        return found
