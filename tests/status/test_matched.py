"""When an error query that matches nothing is a doubt, and what slow scrapes come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from slo_toolkit.query.samples import Sample
from slo_toolkit.status.model import Answer, Verdict
from slo_toolkit.status.reading import FIGURE
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, DAY, FakePrometheus, identity, recorded

SINCE = AT - DAY


@dataclass
class Unmatched(FakePrometheus):
    """Answers also what was usual, by the names of the figures."""

    usual: dict[str, float] = field(default_factory=dict)

    def instant(self, expr: str, at: float, share: float = 1) -> Sequence[Sample]:
        if "events_since" in expr:
            self.asked.append(expr)
            return [
                Sample({**identity(), FIGURE: f"{name}/0"}, value, AT) for name, value in self.usual.items()
            ]
        return super().instant(expr, at, share)


def unmatched(figure: str = "unmatched_since", **labels: str) -> tuple[dict[str, str], float]:
    return {**identity(), FIGURE: figure, **labels}, SINCE


def usual(errors: float, hours: float) -> dict[str, float]:
    """What a day brought after a period of thirty."""
    return {
        "events_since": 100_000,
        "events_before": 3_000_000,
        "errors_before": errors * 30 + 1e-6,
        "hours_before": hours * 30 + 1e-6,
    }


def answer(prometheus: FakePrometheus) -> Answer:
    found = ask(prometheus, Wanted(at=AT))
    assert len(prometheus.asked) <= 6
    return found


@pytest.mark.parametrize(
    ("errors", "hours", "expected"),
    [
        (20, 7, Verdict.NO_DATA),
        (19.9, 24, Verdict.MET),
        (5000, 6.9, Verdict.MET),
    ],
    ids=["errors in many hours", "few errors", "errors in a few outages"],
)
def test_no_error_series_is_a_doubt_once_errors_were_usual(
    errors: float, hours: float, expected: Verdict
) -> None:
    prometheus = Unmatched(recorded(), sums=[unmatched()], usual=usual(errors, hours))
    (status,) = answer(prometheus).statuses
    assert status.verdict is expected
    if expected is Verdict.NO_DATA:
        (reason,) = status.reasons
        assert "since 2026-11-23T06:00:00Z, while 100,000 events came and some 20 errors were usual" in reason


def test_a_label_that_is_gone_is_told_by_its_name_alone() -> None:
    """What was usual adds nothing to it."""
    label = unmatched("label_gone_since", told_metric="requests_total", told_label="code")
    prometheus = Unmatched(recorded(), sums=[unmatched(), label], usual=usual(5000, 24))
    (status,) = answer(prometheus).statuses
    assert status.verdict is Verdict.NO_DATA
    (reason,) = status.reasons
    assert reason.startswith("no series of requests_total has the label code since 2026-11-23T06:00:00Z")


def test_a_label_that_is_gone_while_errors_match_is_none() -> None:
    """In an outage of all pods there may be nothing but errors."""
    label = unmatched("label_gone_since", told_metric="requests_total", told_label="code")
    (status,) = answer(Unmatched(recorded(), sums=[label])).statuses
    assert status.verdict is Verdict.MET


def test_where_every_error_query_matches_nothing_more_is_asked() -> None:
    prometheus = Unmatched(recorded())
    ask(prometheus, Wanted(at=AT))
    assert not [expr for expr in prometheus.asked if "events_since" in expr]


@pytest.mark.parametrize(
    ("seconds", "verdict", "remedy"),
    [
        (60.0, Verdict.MET, "1m"),
        (300.0, Verdict.MET, "5m"),
        (420.0, Verdict.NO_DATA, "5m"),
        (600.0, Verdict.NO_DATA, "10m"),
    ],
)
def test_slow_scrapes_are_told_with_the_remedy(seconds: float, verdict: Verdict, remedy: str) -> None:
    found = answer(FakePrometheus(recorded(), sums=[({**identity(), FIGURE: "scrapes_apart"}, seconds)]))
    (status,) = found.statuses
    told = status.reasons if verdict is Verdict.NO_DATA else found.warnings
    assert status.verdict is verdict
    assert [text for text in told if text.endswith(f"compile them with --scrape-interval {remedy}")]
