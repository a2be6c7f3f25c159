"""Help, version, schema and completion: what people and shells ask before they work."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest

from slo_toolkit import __version__
from slo_toolkit.cli.app import VERBS
from tests.cli.project import Project

# Each of these costs more than all of `slo --help`.
DEAR = (
    "yaml",
    "promql_parser",
    "difflib",
    "json",
    "slo_toolkit.spec",
    "slo_toolkit.plan",
    "slo_toolkit.emit",
)


@pytest.mark.parametrize("call", [["--help"], ["--version"], ["compile", "--help"], ["validate", "--help"]])
def test_help_loads_nothing_that_only_a_verb_needs(call: list[str]) -> None:
    script = f"import sys; from slo_toolkit.cli.app import run; run({call}); print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout

    assert not set(DEAR) & set(printed.splitlines()[-1].split())


def test_help_lists_every_verb(project: Project) -> None:
    shown = project.slo("--help").stdout

    assert [verb for verb in VERBS if f"\n  {verb} " in shown] == list(VERBS)


def test_version_names_the_program(project: Project) -> None:
    assert project.slo("--version").stdout == f"slo {__version__}\n"


def test_schema_is_one_that_a_valid_spec_fits(project: Project) -> None:
    import yaml

    schema = json.loads(project.slo("schema").stdout)

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(project.spec("shop")), schema)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_exist_for_the_usual_shells(project: Project, shell: str) -> None:
    result = project.slo(_SLO_COMPLETE=f"{shell}_source")

    assert "_SLO_COMPLETE" in result.stdout


def test_completion_knows_the_words_of_an_option(project: Project) -> None:
    result = project.slo(_SLO_COMPLETE="bash_complete", COMP_WORDS="slo compile --format ", COMP_CWORD="3")

    assert result.stdout.split() == ["plain,prometheus", "plain,operator"]
