"""The real programs that judge what is emitted."""

from __future__ import annotations

import os
import shutil

import pytest


def _program(variable: str, default: str, package: str) -> str:
    wanted = os.environ.get(variable, default)
    found = shutil.which(wanted)
    if found:
        return found
    message = (
        f"{wanted!r} is not installed: `apt-get install {package}` brings it, or name one in ${variable}"
    )
    if os.environ.get("CI") or os.environ.get("SLO_TEST_STRICT"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def promtool() -> str:
    return _program("SLO_TEST_PROMTOOL", "promtool", "prometheus")


@pytest.fixture(scope="session")
def amtool() -> str:
    return _program("SLO_TEST_AMTOOL", "amtool", "prometheus-alertmanager")


@pytest.fixture(scope="session")
def alertmanager_program() -> str:
    return _program("SLO_TEST_ALERTMANAGER", "prometheus-alertmanager", "prometheus-alertmanager")
