"""Dashboards in files: read with all their problems, and the folder of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slo_toolkit.errors import InputError, InvalidSpec, Position, Problem

DEFAULT_FOLDER = "SLOs"
_TEAM_TAG = "team:"
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_UID_HINT = "a uid has 1 to 40 of a-z, A-Z, 0-9, - and _"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard as a file has it."""

    path: Path
    model: dict[str, Any]

    @property
    def uid(self) -> str:
        return str(self.model["uid"])

    @property
    def title(self) -> str:
        return str(self.model["title"])

    @property
    def team(self) -> str:
        """The team that its tags name, empty where they name none, or more than one."""
        tags = self.model.get("tags") or ()
        teams = {str(tag).removeprefix(_TEAM_TAG) for tag in tags if str(tag).startswith(_TEAM_TAG)}
        return teams.pop() if len(teams) == 1 else ""


def read_dashboards(paths: Sequence[Path]) -> tuple[Dashboard, ...]:
    """The dashboards of the files, and of every `.json` file below the folders, in the order of their paths.

    Raises InputError where there is nothing to read, and InvalidSpec for all that is wrong with the files.
    """
    files = sorted({file for path in paths for file in _files(path)})
    if not files:
        raise InputError(f"no dashboards: {', '.join(map(str, paths))} holds no .json file")
    problems: list[Problem] = []
    dashboards = [found for file in files if (found := _read(file, problems))]
    problems += _twice(dashboards)
    if problems:
        raise InvalidSpec(problems)
    return tuple(dashboards)


def _files(path: Path) -> Iterable[Path]:
    if not path.exists():
        raise InputError(f"{path} does not exist; `slo compile` writes the dashboards")
    return path.rglob("*.json") if path.is_dir() else [path]


def _read(path: Path, problems: list[Problem]) -> Dashboard | None:
    try:
        model = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        place = Position(str(path), error.lineno, error.colno)
        problems.append(Problem(place, f"no JSON: {error.msg}", rule="dashboard"))
        return None
    except (ValueError, RecursionError):
        problems.append(Problem(Position(str(path)), "no JSON: it cannot be read", rule="dashboard"))
        return None
    found = [Problem(Position(str(path)), *words, rule="dashboard") for words in _flaws(model)]
    problems += found
    return None if found else Dashboard(path, model)


def _flaws(model: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(model, dict) or "panels" not in model:
        yield "no dashboard of Grafana", "a dashboard is an object with uid, title and panels"
        return
    if not isinstance(model.get("title"), str) or not model["title"]:
        yield "the dashboard has no title", ""
    if not isinstance(model.get("uid"), str) or not _UID.fullmatch(model["uid"]):
        yield "the dashboard has no uid that Grafana takes", _UID_HINT


def _twice(dashboards: Sequence[Dashboard]) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for dashboard in dashboards:
        if other := first.get(dashboard.uid):
            message = f"the uid {dashboard.uid} is that of {other}, too"
            yield Problem(
                Position(str(dashboard.path)), message, "one would replace the other", rule="dashboard"
            )
        first.setdefault(dashboard.uid, dashboard.path)


def folder_title(dashboard: Dashboard, chosen: str) -> str:
    """The folder for a dashboard: the one chosen, or else its team's, or else the common one."""
    return chosen or dashboard.team or DEFAULT_FOLDER


def folder_uid(title: str) -> str:
    """A stable uid for a folder that is to be made, unlike that of any dashboard."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return f"slo-folder-{slug}"[:40].rstrip("-")
