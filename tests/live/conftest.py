"""What the live tests share: a Prometheus for each test, the compiler, and the figures for the summary."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from deploy.live.rules import Rule, rules_of

from .prometheus import running_prometheus

CompileRules = Callable[..., dict[str, Any]]
FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def prometheus() -> Iterator[str]:
    with running_prometheus() as address:
        yield address


@pytest.fixture(scope="session")
def compile_rules() -> CompileRules:
    """The rule file that `slo compile` makes of a spec, as a parsed document."""

    @cache
    def compiled(spec_yaml: str, *arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "slo_toolkit", "compile", "--stdout", "-", *arguments]
        done = subprocess.run(
            command, input=spec_yaml, text=True, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = yaml.safe_load(done.stdout)
        return document

    return compiled


@pytest.fixture(scope="session")
def rules_for(compile_rules: CompileRules) -> Callable[..., list[Rule]]:
    def rules(spec_yaml: str, *arguments: str) -> list[Rule]:
        return rules_of(compile_rules(spec_yaml, *arguments))

    return rules


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keeps a measured figure for the summary at the end."""
    return request.config.stash.setdefault(FIGURES, []).append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands its figures over."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash.get(FIGURES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The figures of a worker that is done; one that crashed has none."""
    figures = getattr(node, "workeroutput", {}).get("figures", [])
    node.config.stash.setdefault(FIGURES, []).extend(figures)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, [])
    if figures and not hasattr(config, "workeroutput"):
        terminalreporter.section("measured in a real Prometheus")
        for line in figures:
            terminalreporter.write_line(line)
