"""The harness is checked first: what it says must be what Prometheus's own rule manager says."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.live.api import instant, query_range, value
from deploy.live.remote_write import Series, labels_of, write
from deploy.live.replay import Plan, Span, aligned, replay
from deploy.live.rules import in_dependency_order, needed_for, rules_of

from .events import DAY, EPOCH, HOUR, Outage, Shape
from .history import REQUESTS, counters
from .prometheus import promtool_binary, running_prometheus

# Errors begin at the 40th sample and stop at the 60th; nothing is scraped from the 100th to the 119th.
GOOD_COUNTER = "0+10x39 400+0x19 400+10x39 _x20 1000+10x80"
BAD_COUNTER = "0+0x39 10+10x19 200+0x39 _x20 200+0x80"
MINUTES = 100
SCRAPE = 30

RULES: Mapping[str, Any] = {
    "groups": [
        {
            "name": "ratios",
            "rules": [
                {
                    "record": "job:valid:rate5m",
                    "expr": "sum(rate(good[5m])) + sum(rate(bad[5m]))",
                    "labels": {"slo": "a"},
                },
                {"record": "job:errors:rate5m", "expr": "sum(rate(bad[5m]))", "labels": {"slo": "a"}},
                {
                    "record": "job:errors:ratio5m",
                    "expr": 'job:errors:rate5m{slo="a"} / (job:valid:rate5m{slo="a"} > 0)',
                    "labels": {"slo": "a"},
                },
                {"record": "job:errors:ratio30m", "expr": "avg_over_time(job:errors:ratio5m[30m])"},
                {"alert": "Burns", "expr": "job:errors:ratio5m > 0.2 and job:errors:ratio30m > 0.05"},
                {
                    "alert": "BurnsOn",
                    "expr": "job:errors:ratio5m > 0.2",
                    "for": "3m",
                    "labels": {"severity": "page"},
                },
                {"alert": "Gone", "expr": "absent(job:valid:rate5m)", "for": "2m"},
            ],
        }
    ]
}


def _values(notation: str) -> list[float | None]:
    """promtool's notation for a series, as far as it is used here: start+step x times, and gaps."""
    values: list[float | None] = []
    for part in notation.split():
        head, _, times = part.partition("x")
        if head == "_":
            values += [None] * int(times)
        else:
            start, step = head.split("+")
            values += [float(start) + float(step) * n for n in range(int(times) + 1)]
    return values


def _series(name: str, notation: str) -> Series:
    series = Series(labels_of({"__name__": name}))
    for number, sample in enumerate(_values(notation)):
        if sample is not None:
            series.add((EPOCH + number * SCRAPE) * 1000, sample)
    return series


def test_alerts_and_samples_are_those_of_the_rule_manager(prometheus: str, tmp_path: Path) -> None:
    """promtool runs the same rules on the same series, and agrees at every single evaluation."""
    write(prometheus, [_series("good", GOOD_COUNTER), _series("bad", BAD_COUNTER)])
    outcome = replay(prometheus, rules_of(RULES), Plan(EPOCH, EPOCH + MINUTES * 60, phase=aligned))
    assert {firing.alert for firing in outcome.firings} == {"Burns", "BurnsOn", "Gone"}

    alert_tests = []
    for moment in range(EPOCH, EPOCH + MINUTES * 60 + 1, SCRAPE):
        for name in ("Burns", "BurnsOn", "Gone"):
            active = [
                {"exp_labels": {k: v for k, v in firing.labels if k != "alertname"}}
                for firing in outcome.of(name)
                if firing.start <= moment and (firing.end is None or moment < firing.end)
            ]
            alert_tests.append({"eval_time": f"{moment - EPOCH}s", "alertname": name, "exp_alerts": active})
    sample_tests = []
    for metric in ("job:valid:rate5m", "job:errors:ratio5m", "job:errors:ratio30m"):
        for moment in range(EPOCH + 600, EPOCH + MINUTES * 60, 270):
            samples = [
                {
                    "labels": metric
                    + "{"
                    + ", ".join(f'{k}="{v}"' for k, v in labels.items() if k != "__name__")
                    + "}",
                    "value": found,
                }
                for labels, found in instant(prometheus, metric, moment)
            ]
            sample_tests.append({"expr": metric, "eval_time": f"{moment - EPOCH}s", "exp_samples": samples})
    assert any(not test["exp_samples"] for test in sample_tests), "the gap is part of the comparison"

    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(RULES))
    unit_test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{SCRAPE}s",
        "tests": [
            {
                "interval": f"{SCRAPE}s",
                "input_series": [
                    {"series": "good", "values": GOOD_COUNTER},
                    {"series": "bad", "values": BAD_COUNTER},
                ],
                "alert_rule_test": alert_tests,
                "promql_expr_test": sample_tests,
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(unit_test))
    done = subprocess.run(
        [promtool_binary(), "test", "rules", "test.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_history_in_prometheus_holds_what_was_counted(prometheus: str) -> None:
    """The final counters of a history without restarts or gaps are its counted events."""
    history = counters(Shape(days=2, error_ratio=0.01, night_share=0.1, outages=(Outage(DAY + 5, 600),)))
    write(prometheus, history.series)
    counted = history.count(history.start, history.end)
    assert value(prometheus, f"sum({REQUESTS})", history.end) == counted.valid
    assert value(prometheus, f'sum({REQUESTS}{{code="500"}})', history.end) == counted.errors
    assert counted.errors > 600


def test_a_history_is_the_same_every_time() -> None:
    shape = Shape(days=1, error_ratio=0.01, restart_every=4 * HOUR, replace_every=7 * HOUR, seed=5)
    assert counters(shape).series == counters(shape).series


@pytest.mark.parametrize("scrapes_end_how", ["absences", "blind_spots"])
def test_a_vanished_target_is_gone_at_once(prometheus: str, scrapes_end_how: str) -> None:
    """Its series end with a staleness marker: no sample is looked up from before the gap."""
    gap = (Span(HOUR, 2 * HOUR),)
    history = counters(
        Shape(
            days=0.125,
            absences=gap if scrapes_end_how == "absences" else (),
            blind_spots=gap if scrapes_end_how == "blind_spots" else (),
        )
    )
    write(prometheus, history.series)
    assert value(prometheus, f"count({REQUESTS})", history.at(HOUR - 1)) == 12
    assert value(prometheus, f"count({REQUESTS})", history.at(HOUR + SCRAPE)) is None
    assert value(prometheus, f"count({REQUESTS})", history.at(2 * HOUR + 2 * SCRAPE)) == 12
    before = value(prometheus, f"sum({REQUESTS})", history.at(HOUR - 1))
    after = value(prometheus, f"sum({REQUESTS})", history.at(2 * HOUR + 2 * SCRAPE))
    assert before
    assert after
    assert (after < before) == (scrapes_end_how == "absences")


def test_a_recorded_series_goes_stale_when_its_rule_yields_nothing(prometheus: str) -> None:
    history = counters(Shape(days=0.125, absences=(Span(HOUR, 2 * HOUR),)))
    write(prometheus, history.series)
    document = {"groups": [{"name": "g", "rules": [{"record": "r", "expr": f"sum({REQUESTS})"}]}]}
    replay(prometheus, rules_of(document), Plan(history.start + 60, history.end, phase=aligned))
    (row,) = query_range(prometheus, "r", history.start + 60, history.end, 30)
    moments = {moment for moment, _ in row[1]}
    assert history.at(HOUR - 30) in moments
    assert not [moment for moment in moments if history.at(HOUR + 30) < moment < history.at(2 * HOUR)]


def test_rules_are_evaluated_in_the_order_of_what_they_read() -> None:
    """The order in the file is no hint, labels tell rules of one name apart, and a circle is an error."""
    rules = rules_of(
        {
            "groups": [
                {
                    "name": "g",
                    "rules": [
                        {"record": "c", "expr": 'b{slo="x"} offset 5m'},
                        {"record": "b", "expr": "rate(a[5m])", "labels": {"slo": "x"}},
                        {"record": "b", "expr": "c", "labels": {"slo": "y"}},
                    ],
                }
            ]
        }
    )
    assert [rule.expr for rule in needed_for(rules, "c")] == [rules[0].expr, rules[1].expr]
    circle = [{"record": "x", "expr": "y"}, {"record": "y", "expr": "x"}]
    in_circle = rules_of({"groups": [{"name": "g", "rules": circle}]})
    with pytest.raises(ValueError, match="circle"):
        list(in_dependency_order(in_circle))


def test_prometheus_ends_with_a_test_that_fails() -> None:
    addresses = []

    def failing_test() -> None:
        with running_prometheus() as address:
            addresses.append(address)
            assert value(address, "vector(1)", EPOCH) == 1
            raise RuntimeError("the test fails")

    with pytest.raises(RuntimeError, match="the test fails"):
        failing_test()
    with pytest.raises(OSError, match="refused"):
        value(addresses[0], "vector(1)", EPOCH)
