"""Real programs that a test needs: found on PATH, or where an environment variable says."""

import os
import shutil
from typing import NoReturn

import pytest


def program(name: str) -> str:
    """The path of a program, from ``SLO_TEST_<NAME>`` or PATH.

    Without it the test is skipped by name; where tests must be complete (``CI``), it fails.
    """
    variable = f"SLO_TEST_{name.upper()}"
    found = os.environ.get(variable) or shutil.which(name)
    if not found:
        missing(f"{name} is not on PATH, and {variable} does not name it")
    return found


def missing(reason: str) -> NoReturn:
    """Skip the test, or let it fail where tests must be complete."""
    if os.environ.get("CI") or os.environ.get("SLO_TEST_STRICT"):
        pytest.fail(reason)
    pytest.skip(reason)
