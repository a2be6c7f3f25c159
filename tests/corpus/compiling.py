"""What `slo` answers to every spec, and what it writes: in few calls, since starting it is most of its time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from tests.corpus.forms import ALERT_WINDOWS, PERIOD, Form

WITHOUT = ("dashboards", "runbooks")
"""Parts that nobody looks at here."""


@dataclass(frozen=True)
class Compiled:
    """How the call ended for one spec; the files are there where it ended well."""

    form: Form
    code: int
    errors: tuple[str, ...]
    """Messages with their hints."""
    warnings: tuple[str, ...]
    folder: Path

    @property
    def rule_file(self) -> Path:
        return self.folder / "rules" / f"{self.form.service}.yaml"

    @property
    def outage_tests(self) -> Path:
        """The generated tests of outages, silence and missing series."""
        return self.folder / "tests" / f"{self.form.service}.yaml"

    @property
    def burn_tests(self) -> Path:
        """The generated tests of burns that last for hours."""
        return self.folder / "tests" / "burns" / f"{self.form.service}.yaml"

    @property
    def rules(self) -> dict[str, Any]:
        """The rule file as data."""
        document: dict[str, Any] = yaml.load(self.rule_file.read_text(), yaml.CSafeLoader)
        return document


def compiled(forms: Iterable[Form], folder: Path, *without: str) -> dict[Form, Compiled]:
    """Validate and compile all specs, those of one call's arguments together, without some more parts."""
    by_call = sorted(forms, key=lambda form: form.arguments)
    found: dict[Form, Compiled] = {}
    for number, (arguments, group) in enumerate(groupby(by_call, key=lambda form: form.arguments)):
        for done in _compiled(list(group), arguments, folder / str(number), (*WITHOUT, *without)):
            found[done.form] = done
    return found


def _compiled(
    forms: Sequence[Form], arguments: tuple[str, ...], folder: Path, without: Sequence[str]
) -> Iterator[Compiled]:
    usual = ("--period", PERIOD, "--windows", str(ALERT_WINDOWS))
    given = arguments if "--period" in arguments else (*usual, *arguments)
    told = slo("validate", "--output", "json", *given, *_paths(forms))
    problems = _problems(told.stdout)
    if told.returncode and not {problem["source"] for problem in problems} & set(_paths(forms)):
        # The call itself is refused, whatever is in the specs.
        yield from (Compiled(form, told.returncode, (told.stderr,), (), folder) for form in forms)
        return
    errors, warnings = (
        {form: _told(form, problems, level) for form in forms} for level in ("error", "warning")
    )
    sound = [form for form in forms if not errors[form]]
    done = {form: (2, errors[form]) for form in forms if errors[form]}
    disabled = [word for part in without for word in ("--disable", part)]
    for batch in _batches(sound, [*given, *disabled], folder):
        done |= batch
    for form in forms:
        code, messages = done[form]
        yield Compiled(form, code, messages, warnings[form], folder)


def _batches(
    forms: Sequence[Form], arguments: Sequence[str], folder: Path
) -> Iterator[dict[Form, tuple[int, tuple[str, ...]]]]:
    """All of them in one call; where that does not end well, each in its own, to know by which one."""
    if not forms:
        return
    ended = slo("compile", *arguments, *_paths(forms), "--out", str(folder))
    if ended.returncode == 0 or len(forms) == 1:
        yield dict.fromkeys(forms, (ended.returncode, (ended.stderr,) if ended.returncode else ()))
        return
    for form in forms:
        yield from _batches([form], arguments, folder)


def _problems(report: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(report)["problems"] if report else []
    return found


def _told(form: Form, problems: Sequence[dict[str, Any]], level: str) -> tuple[str, ...]:
    return tuple(
        f"{problem['message']}\n{problem['hint'] or ''}"
        for problem in problems
        if (problem["source"], problem["level"]) == (str(form.path), level)
    )


def _paths(forms: Sequence[Form]) -> list[str]:
    return [str(form.path) for form in forms]


def slo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The end of one call of the program."""
    command = [sys.executable, "-m", "slo_toolkit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
