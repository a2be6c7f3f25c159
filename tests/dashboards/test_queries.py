"""Every query of every panel is one that Prometheus accepts, over every kind of SLI and every option."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.live.prometheus import promtool_binary

from .grafana import Range, at_first, queries
from .specs import KINDS, ONLY_PARSED, compiled, demo_spec
from .test_lint import OPTIONS

SHOWN = Range.last(7 * 86_400, 1_712_188_800)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(options) or "default")
def test_promtool_accepts_every_query(options: tuple[str, ...], tmp_path: Path) -> None:
    specs = {"demo.yaml": demo_spec(), "kinds.yaml": KINDS, "odd.yaml": ONLY_PARSED.replace("{infix}", "x")}
    filled = [
        query.filled(SHOWN, at_first(dashboard))
        for dashboard in compiled(tmp_path / "project", specs, *options).values()
        for query in queries(dashboard)
    ]
    rules = [{"record": f"query:{number}", "expr": expr} for number, expr in enumerate(filled)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(
        [promtool_binary(), "check", "rules", "--lint=none", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(filled) > 250
    assert f"{len(filled)} rules found" in done.stdout
