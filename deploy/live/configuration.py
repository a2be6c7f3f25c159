"""The configurations of the live stack's Prometheus and Alertmanager."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.live.past import INSTANCE, JOB

SCRAPE_SECONDS = 5
"""As the specs in `slos/` say: the rates of the rules span five minutes and one scrape."""


def prometheus_without_a_past() -> str:
    """Nothing is scraped and no rule runs: first the past is written."""
    return yaml.safe_dump({"global": {"scrape_interval": f"{SCRAPE_SECONDS}s"}})


def prometheus(*, metrics: str, alertmanager: str, rule_files: Sequence[Path]) -> str:
    """Scrapes the service at `metrics` (host:port) and sends alerts to `alertmanager` (host:port)."""
    target = {"targets": [metrics], "labels": {"instance": INSTANCE}}
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": "30s"},
            "rule_files": [str(path) for path in rule_files],
            "scrape_configs": [{"job_name": JOB, "static_configs": [target]}],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        }
    )


def alertmanager(*, webhook: str, inhibit_rules: Path) -> str:
    """Pages and tickets go to two receivers of one webhook; the toolkit's inhibition holds."""
    generated: dict[str, Any] = yaml.safe_load(inhibit_rules.read_text())
    route = {
        "receiver": "tickets",
        "group_by": ["sloth_service", "sloth_slo", "alertname"],
        # A drill of two minutes cannot wait the usual half minute for alerts that belong together.
        "group_wait": "1s",
        "group_interval": "5s",
        "repeat_interval": "4h",
        "routes": [{"receiver": "pages", "matchers": ['sloth_severity="page"']}],
    }
    receivers = [
        {"name": name, "webhook_configs": [{"url": f"{webhook}{name}", "send_resolved": True}]}
        for name in ("pages", "tickets")
    ]
    return yaml.safe_dump({"route": route, "receivers": receivers, **generated}, sort_keys=False)
