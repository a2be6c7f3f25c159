"""What `slo compile` wrote for a spec is taken by promtool, and its generated tests pass."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.corpus.compiling import Compiled, compiled
from tests.corpus.forms import Form, forms
from tests.live.prometheus import promtool_binary

EVERY_FORM = bool(os.environ.get("SLO_TEST_EVERY_FORM"))
"""promtool takes seconds for the tests of one SLO, so by default one is tried of each way to simulate."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[Form, Compiled]:
    return compiled(forms(), tmp_path_factory.mktemp("corpus"))


def _promtool(command: str, files: Iterable[Path]) -> subprocess.CompletedProcess[str]:
    call = [promtool_binary(), command, "rules", *map(str, files)]
    return subprocess.run(call, capture_output=True, text=True, timeout=600, check=False)


def test_every_rule_file_loads(results: dict[Form, Compiled]) -> None:
    """But those for another server's language."""
    files = [done.rule_file for form, done in results.items() if done.code == 0 and form.says("loads")]
    done = _promtool("check", files)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("SUCCESS") == len(files)


def _chosen() -> list[Form]:
    candidates = [form for form in forms() if form["ends"] != "refused" and form.says("loads")]
    return [form for form in candidates if EVERY_FORM or form.says("simulated")]


@pytest.mark.parametrize("form", _chosen(), ids=lambda form: form.id)
def test_its_generated_tests_pass(form: Form, results: dict[Form, Compiled]) -> None:
    done = results[form]
    if form["ends"] == "either" and done.code == 2:
        return
    assert done.code == 0, done.errors
    # Where there is nothing to simulate there is no file.
    written = (done.outage_tests, done.burn_tests) if EVERY_FORM else (done.outage_tests,)
    if files := [file for file in written if file.exists()]:
        ended = _promtool("test", files)
        assert ended.returncode == 0, ended.stdout + ended.stderr
