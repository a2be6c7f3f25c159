"""Real programs that a test needs: found on PATH, or where an environment variable says."""

import os
import shutil
from typing import NoReturn

import pytest


def program(name: str, variable: str | None = None) -> str:
    """The path of a program, from ``variable`` (by default ``SLO_TEST_<NAME>``) or PATH.

    Without it the test is skipped by name; where tests must be complete (``CI``), it fails.
    """
    found = _found(name, variable or _variable(name))
    if not found:
        missing(f"{name} is not on PATH, and {variable or _variable(name)} does not name it")
    return found


def optional_program(name: str, how_to_get: str) -> str:
    """As ``program``, for what set-up does not bring: the test is skipped by name everywhere."""
    found = _found(name, _variable(name))
    if not found:
        pytest.skip(f"{name} is not on PATH, and {_variable(name)} does not name it; {how_to_get}")
    return found


def _variable(name: str) -> str:
    return f"SLO_TEST_{name.upper().replace('-', '_')}"


def _found(name: str, variable: str) -> str | None:
    return os.environ.get(variable) or shutil.which(name)


def missing(reason: str) -> NoReturn:
    """Skip the test, or let it fail where tests must be complete."""
    if os.environ.get("CI") or os.environ.get("SLO_TEST_STRICT"):
        pytest.fail(reason)
    pytest.skip(reason)
