"""`--compat sloth` gives Sloth's own rules: compared with its goldens, and with what the real one makes.

Numbers may differ by the noise of binary floats, and white space within an expression by a line break that
the author of a query left at its end.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo_toolkit.emit.operator import prometheus_rules
from slo_toolkit.emit.rules import rule_file
from slo_toolkit.plan.sloth import sloth_mode, sloth_plan
from slo_toolkit.spec import LoadOptions, discover, load, load_windows

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "sloth" / "examples"
GOLDENS = CORPUS / "_gen"
WINDOWS = CORPUS / "windows"
EXTRA_LABELS = {"cmd": "examplesgen.sh"}

# These two need an SLI plugin of their own, a Go program that lies beside them in Sloth's repository.
OWN_PLUGIN = {"plugin-getting-started.yml", "plugin-k8s-getting-started.yml"}
SPECS = sorted(path.name for path in CORPUS.glob("*.y*ml") if path.name not in OWN_PLUGIN)

NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")

needs_corpus = pytest.mark.skipif(not SPECS, reason=f"Sloth's examples are not at {CORPUS}")

EVERY_PLUGIN = """\
version: prometheus/v1
service: shop
labels: {owner: team-a}
slos:
- name: requests
  objective: 99.9
  labels: {tier: "1"}
  plugins:
    chain:
    - id: sloth.dev/contrib/denominator_corrected_rules/v1
    - id: sloth.dev/contrib/info_labels/v1
      config: {labels: {region: eu}}
    - id: sloth.dev/contrib/rule_intervals/v1
      config: {interval: {default: 1m, alert: 30s}}
    - id: sloth.dev/contrib/error_budget_exhausted_alert/v1
      config:
        threshold: 0.1
        for: 10m
        alert_name: BudgetGone
        annotations: {summary: gone}
        selector_labels: {cluster: a}
        alert_labels: {severity: critical}
    - id: sloth.dev/contrib/remove_labels/v1
      config: {preserveLabels: [tier], skipMetrics: ["slo:sli_error:ratio_rate30m"]}
  sli:
    events:
      error_query: sum(rate(requests_total{code=~"5.."}[{{.window}}]))
      total_query: sum(rate(requests_total[{{ .window }}]))
  alerting: {name: Burns, page_alert: {labels: {team: a}}, ticket_alert: {disable: true}}
- name: whole-period
  objective: 99.95
  plugins:
    chain:
    - id: sloth.dev/core/sli_rules/v1
      config: {disableOptimized: true}
  sli:
    events:
      error_query: sum(rate(requests_total{code=~"5.."}[{{.window}}]))
      total_query: sum(rate(requests_total[{{.window}}]))
  alerting: {name: Burns}
"""


def _ours(spec: Path, version: str, options: LoadOptions) -> list[Any]:
    loaded = load(discover([str(spec)], io.BytesIO()), options)
    assert [problem.message for problem in loaded.problems if problem.level == "error"] == []
    plans = [sloth_plan(slo, sloth_mode(slo), version) for slo in loaded.slos]
    in_kubernetes = loaded.slos[0].kubernetes is not None
    text = prometheus_rules(plans, "sloth") if in_kubernetes else rule_file(plans)
    return [_normal(document) for document in yaml.safe_load_all(text)]


def _theirs(text: str) -> list[Any]:
    """Sloth's documents; those that hold groups as one, since it starts a new one for each input document."""
    documents = [document for document in yaml.safe_load_all(text) if document]
    if "groups" in documents[0]:
        documents = [{"groups": [group for document in documents for group in document["groups"]]}]
    return [_normal(document) for document in documents]


def _normal(value: Any) -> Any:
    match value:
        case dict():
            return {
                key: " ".join(_normal(item).split()).replace(" )", ")") if key == "expr" else _normal(item)
                for key, item in value.items()
            }
        case list():
            return [_normal(item) for item in value]
        case str():
            return NUMBER.sub(lambda number: f"{float(number[0]):.9g}", value)
        case _:
            return value


@needs_corpus
@pytest.mark.parametrize("spec", SPECS)
def test_the_rules_are_those_of_the_golden(spec: str) -> None:
    ours = _ours(CORPUS / spec, "dev", LoadOptions(extra_labels=EXTRA_LABELS))
    assert ours == _theirs((GOLDENS / spec).read_text())


@pytest.fixture(scope="session")
def sloth() -> str:
    wanted = os.environ.get("SLO_TEST_SLOTH")
    if not wanted:
        pytest.skip("name a Sloth 0.16 in $SLO_TEST_SLOTH to compare with what it really makes")
    found = shutil.which(wanted)
    if found is None:
        pytest.fail(f"$SLO_TEST_SLOTH names {wanted!r}, which cannot be run", pytrace=False)
    return found


def _run(sloth: str, spec: Path, output: Path, *options: str) -> list[Any]:
    command = [sloth, "generate", "--no-log", "-i", str(spec), "-o", str(output), *options]
    subprocess.run(command, check=True, capture_output=True)
    return _theirs(output.read_text())


@needs_corpus
@pytest.mark.parametrize("spec", SPECS)
def test_the_rules_are_those_of_the_real_one(sloth: str, spec: str, tmp_path: Path) -> None:
    theirs = _run(sloth, CORPUS / spec, tmp_path / "out.yaml", "-l", "team=b")
    assert _ours(CORPUS / spec, "dev", LoadOptions(extra_labels={"team": "b"})) == theirs


@needs_corpus
@pytest.mark.parametrize(("windows", "period"), [("7d.yaml", "7d"), ("custom-30d.yaml", "30d")])
def test_alert_windows_give_the_same_rules(sloth: str, windows: str, period: str, tmp_path: Path) -> None:
    catalogue = tmp_path / "windows"
    catalogue.mkdir()
    shutil.copy(WINDOWS / windows, catalogue)
    spec = CORPUS / "getting-started.yml"
    chosen = ("--slo-period-windows-path", str(catalogue), "--default-slo-period", period)
    theirs = _run(sloth, spec, tmp_path / "out.yaml", *chosen)
    found = load_windows(discover([str(catalogue)], io.BytesIO())).windows
    (length,) = found.by_period
    assert _ours(spec, "dev", LoadOptions(period=length, windows=found)) == theirs


def test_every_plugin_of_the_chain_gives_the_same_rules(sloth: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(EVERY_PLUGIN)
    assert _ours(spec, "dev", LoadOptions()) == _run(sloth, spec, tmp_path / "out.yaml")
