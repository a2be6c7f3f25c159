"""Every series that a rule, a rule test or a dashboard names is one that somebody exports, read from both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from deploy.live import past
from deploy.live.service import serving
from tests.demo.named_metrics import (
    Named,
    named_by_dashboards,
    named_by_rules,
    named_by_tests,
    recorded,
)

Exported = dict[str, list[dict[str, str]]]

# What Prometheus itself adds, and what other parts of the platform export under names of their own.
NOT_THE_SERVICES = re.compile(
    r"up|ALERTS(_FOR_STATE)?|scrape_\w+"
    r"|(node|probe|caddy|prometheus|alertmanager|grafana|loki|pg|otelcol)_\w+"
)
ADDED_BY_PROMETHEUS = {"job", "instance"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The label sets of every sample of a service that has not had a request yet."""
    with serving(tmp_path_factory.mktemp("service")) as service:
        text = requests.get(f"http://{service.metrics}/metrics", timeout=10).text
    found: Exported = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def of_the_service(named: Iterator[Named]) -> list[Named]:
    own = recorded()
    found = {one for one in named if one.metric not in own and not NOT_THE_SERVICES.fullmatch(one.metric)}
    assert found, "nothing names a metric of the service"
    return sorted(found, key=lambda one: (one.file, one.metric, one.matchers))


def unknown(named: list[Named], exported: Exported) -> list[Named]:
    """Those that no exported sample matches; a value of `status` counts where the label exists."""
    return [one for one in named if not any(_matches(one, labels) for labels in exported.get(one.metric, ()))]


def _matches(named: Named, labels: dict[str, str]) -> bool:
    return all(
        label in ADDED_BY_PROMETHEUS or (label in labels and _accepts(operator, value, labels[label]))
        for label, operator, value in named.matchers
    )


def _accepts(operator: str, value: str, exported_value: str) -> bool:
    equal = re.fullmatch(value, exported_value) is not None if "~" in operator else value == exported_value
    return equal is not ("!" in operator)


def test_the_service_exports_what_the_rules_read(exported: Exported) -> None:
    assert unknown(of_the_service(named_by_rules()), exported) == []


def test_the_service_exports_what_the_rule_tests_feed_in(exported: Exported) -> None:
    metrics = {one.metric for one in of_the_service(named_by_tests())}
    assert metrics <= exported.keys()


def test_the_service_exports_what_the_dashboards_show(exported: Exported) -> None:
    assert unknown(of_the_service(named_by_dashboards()), exported) == []


def test_the_demos_past_is_made_of_what_the_service_exports(exported: Exported) -> None:
    end = 1_700_000_000
    series = [dict(one.labels) for one in past.lived(end - past.HOUR, end).series()]
    for labels in series:
        name = labels.pop("__name__")
        if name != "up":
            own = {label: value for label, value in labels.items() if label not in ADDED_BY_PROMETHEUS}
            assert own in exported[name], name


def test_a_metric_that_nobody_exports_is_found(exported: Exported) -> None:
    wrong = [
        Named("rules.yaml", "http_request_total", ()),
        Named("rules.yaml", "http_requests_total", (("code", "=~", "5.."),)),
        Named(
            "rules.yaml",
            "http_request_duration_seconds_bucket",
            (("le", "=~", "0?2(\\.0)?"), ("route", "=", "/x")),
        ),
    ]
    assert unknown(wrong, exported) == wrong


@pytest.mark.parametrize("file", ["generated/rules/demo-service.yaml", "generated/tests/demo-service.yaml"])
def test_the_files_are_where_they_are_looked_for(file: str) -> None:
    assert (Path(__file__).parents[2] / file).exists()
