"""The real programs that judge what is emitted."""

from __future__ import annotations

import pytest

from tests.programs import alertmanager_binary, program


@pytest.fixture(scope="session")
def promtool() -> str:
    return program("promtool")


@pytest.fixture(scope="session")
def amtool() -> str:
    return program("amtool")


@pytest.fixture(scope="session")
def alertmanager_program() -> str:
    return alertmanager_binary()
