"""SLOs of every kind on the metrics of the demo service, and how dashboards are compiled from them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]

KINDS = """\
version: slo-toolkit/v1
service: kinds
labels:
  team: platform
slos:
  - name: by-route
    objective: 99
    group_by: [route]
    sli:
      availability:
        metric: http_requests_total
        errors: status=~"5.."
    alerting:
      name: ByRoute
  - name: error-query
    objective: 99.9
    period: 7d
    sli:
      events:
        error_query: sum(rate(http_requests_total{status=~"5.."}[{{.window}}]))
        total_query: sum(rate(http_requests_total[{{.window}}]))
    alerting:
      name: ErrorQuery
  - name: good-query
    objective: 99
    sli:
      events:
        good_query: sum(rate(http_requests_total{status!~"5.."}[{{.window}}]))
        total_query: sum(rate(http_requests_total[{{.window}}]))
    alerting:
      name: GoodQuery
  - name: raw
    objective: 99
    sli:
      raw:
        error_ratio_query: >-
          sum(rate(http_requests_total{status=~"5.."}[{{.window}}])) / sum(rate(http_requests_total[{{.window}}]))
    alerting:
      name: Raw
  - name: probe
    objective: 95
    sli:
      probe:
        metric: probe_success
    alerting:
      name: Probe
  - name: slow-by-route
    objective: 90
    group_by: [route]
    sli:
      latency:
        histogram: http_request_duration_seconds
        threshold: 1
    alerting:
      name: SlowByRoute
"""

SILENT = """\
version: slo-toolkit/v1
service: silent
slos:
  - name: nothing
    objective: 99
    sli:
      availability:
        metric: nowhere_total
        errors: code="500"
    alerting:
      name: Nothing
"""

ONLY_PARSED = """\
version: slo-toolkit/v1
service: nobody.calls_it_{infix}
slos:
  - name: native
    objective: 99
    description: Costs $5 a "request", `really`.
    sli:
      latency:
        histogram: nowhere_milliseconds
        threshold: 250
        native: true
    alerting:
      name: Native$1
  - name: hopeless
    objective: 50
    description: No tier of the Workbook can fire.
    sli:
      availability:
        metric: nowhere_total
        errors: code=~"500$x|${by}"
    alerting:
      name: Hopeless
  - name: five-minutely
    objective: 99
    scrape_interval: 5m
    sli: {availability: {metric: nowhere_total, errors: code="500"}}
    alerting: {name: FiveMinutely}
  - name: hourly
    objective: 99
    scrape_interval: 1h
    sli: {latency: {histogram: nowhere_seconds, threshold: 1}}
    alerting: {name: Hourly}
"""


def compiled(folder: Path, specs: dict[str, str], *options: str) -> dict[str, dict[str, Any]]:
    """What `slo compile` makes of the specs: each dashboard by its file name."""
    (folder / "slos").mkdir(parents=True)
    for name, text in specs.items():
        (folder / "slos" / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "slo_toolkit", "compile", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {
        path.name: json.loads(path.read_text()) for path in sorted((folder / "dashboards").glob("*.json"))
    }


def demo_spec() -> str:
    return (REPOSITORY / "slos/demo-service.yaml").read_text()
