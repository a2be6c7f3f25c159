"""Sloth's own examples, read where they lie."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from slo_toolkit.errors import Level
from slo_toolkit.spec import LoadOptions, discover, load, load_windows

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "sloth" / "examples"
EXAMPLES = sorted(path.name for path in CORPUS.glob("*.y*ml"))

pytestmark = pytest.mark.skipif(not EXAMPLES, reason="Sloth's examples do not lie beside this project")

# Sloth passes over unknown keys and runs plugins from a folder of Go code. Both are errors here.
REFUSED = {
    "plugin-getting-started.yml": {"the SLI plugin `getting_started_availability` is not built in"},
    "plugin-k8s-getting-started.yml": {
        "the SLI plugin `getting_started_availability` is not built in",
        "`alerting` has no key `page_alert`",
        "`alerting` has no key `ticket_alert`",
    },
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_loads_as_sloth_reads_it(name: str) -> None:
    path = CORPUS / name
    result = load(discover([str(path)], io.BytesIO()), LoadOptions())
    errors = {problem.message for problem in result.problems if problem.level is Level.ERROR}
    assert errors == REFUSED.get(name, set())
    if not errors:
        golden = (CORPUS / "_gen" / name).read_text()
        assert {slo.id for slo in result.slos} == {
            line.split(": ")[1] for line in golden.splitlines() if line.strip().startswith("sloth_id: ")
        }


def test_its_alert_windows_load() -> None:
    windows = load_windows(discover([str(CORPUS / "windows")], io.BytesIO()))
    assert windows.problems == ()
    assert sorted(period.days for period in windows.windows.by_period) == [7, 30]
