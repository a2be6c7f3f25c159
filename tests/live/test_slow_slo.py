"""A Prometheus that gives up on one SLO's queries, as a real one does, still tells of all the others."""

from __future__ import annotations

import csv
import subprocess
import sys
from io import StringIO
from pathlib import Path

from deploy.live.remote_write import write

from .events import DAY, Shape
from .history import counters
from .prometheus import running_prometheus

COUNT = 12
SLOW = 7

HEAD = """\
version: slo-toolkit/v1
service: shop
period: 3d
slos:
"""
ONE = """\
  - name: slo-{number:02}
    objective: 99
    sli:
      events:
        error_query: sum(rate(http_requests_total{{job="web", code="500"}}[{{{{.window}}}}]))
        total_query: {total}
    alerting: {{page_alert: {{disable: true}}, ticket_alert: {{disable: true}}}}
"""
TOTAL = 'sum(rate(http_requests_total{job="web"}[{{.window}}]))'
DEAR = f"{TOTAL} + 0 * max_over_time(vector(1)[{{{{.window}}}}:20ms])"
"""Thirteen million steps for three days."""


def test_the_server_gives_up_on_one_slo_and_answers_the_others(tmp_path: Path) -> None:
    history = counters(Shape(days=4, instances=2, error_ratio=0.001))
    spec = tmp_path / "shop.yaml"
    spec.write_text(
        HEAD + "".join(ONE.format(number=n, total=DEAR if n == SLOW else TOTAL) for n in range(COUNT))
    )
    with running_prometheus(query_timeout="1s") as address:
        write(address, history.series)
        command = [
            sys.executable,
            "-m",
            "slo_toolkit",
            "budget",
            "--prometheus",
            address,
            "--spec",
            str(spec),
        ]
        more = ["--output", "csv", "--at", str(int(history.start + 3.9 * DAY))]
        done = subprocess.run([*command, *more], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3, done.stderr
    rows = {row["slo"]: row for row in csv.DictReader(StringIO(done.stdout))}
    assert len(rows) == COUNT
    unknown = {name: row["reasons"] for name, row in rows.items() if row["verdict"] != "met"}
    assert set(unknown) == {f"slo-{SLOW:02}"}, unknown
    assert "query timed out" in unknown[f"slo-{SLOW:02}"]
    assert all(row["error_events"] for name, row in rows.items() if name not in unknown)
