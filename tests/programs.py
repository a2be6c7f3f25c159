"""Real programs that a test needs: found on PATH, or where an environment variable says."""

from __future__ import annotations

import os
import shutil

import pytest


def program(name: str, variable: str | None = None) -> str:
    """The path of a program that set-up brings, from `variable` (by default `SLO_TEST_<NAME>`) or PATH.

    Without it the test is skipped by name; where tests must be complete (`CI`), it fails.
    """
    variable = variable or _variable(name)
    found = _find(name, variable)
    if found:
        return found
    message = f"{name} is not on PATH, and ${variable} does not name it: `make setup` brings it"
    if os.environ.get("CI") or os.environ.get("SLO_TEST_STRICT"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def optional_program(name: str, how_to_get: str) -> str:
    """As `program`, for what set-up does not bring: the test is skipped by name everywhere."""
    found = _find(name, _variable(name))
    return found or pytest.skip(
        f"{name} is not on PATH, and ${_variable(name)} does not name it; {how_to_get}"
    )


def alertmanager_binary() -> str:
    """Debian calls it by a longer name than everybody else."""
    debian, others = "prometheus-alertmanager", "alertmanager"
    return program(debian if shutil.which(debian) else others, "SLO_TEST_ALERTMANAGER")


def _variable(name: str) -> str:
    return f"SLO_TEST_{name.upper().replace('-', '_')}"


def _find(name: str, variable: str) -> str | None:
    return shutil.which(os.environ.get(variable) or name)
