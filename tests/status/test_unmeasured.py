"""What was not measured bounds what is left, and what is told of it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from slo_toolkit.query.failures import Late
from slo_toolkit.query.samples import Sample
from slo_toolkit.status.model import Verdict
from slo_toolkit.status.render.as_table import as_table
from slo_toolkit.status.survey import Wanted, ask

from .conftest import Serve, SloCommand, StatusOf
from .fake import AT, FakePrometheus, of, recorded

# Half of the period was measured, so ten million events are some 7.7 a second, and the busiest hour had 10.
HALF = 0.5


def test_where_all_was_measured_nothing_is_hidden_and_nothing_more_is_asked(status_of: StatusOf) -> None:
    prometheus = FakePrometheus(recorded())
    status = status_of(prometheus)
    assert status.remaining_at_worst == status.budget_remaining
    assert status.unmeasured is not None
    assert status.unmeasured.ms == 0
    assert not [query for query in prometheus.asked if "first_slot" in query]


def test_every_event_that_was_not_measured_may_have_been_an_error(status_of: StatusOf) -> None:
    status = status_of(FakePrometheus(recorded(ratio30d=HALF), lost=6))
    hidden = Decimal(6 * 300 * 10)
    assert status.remaining_at_worst is not None
    worst = 1 - (1000 + hidden) / (10_000_000 + hidden) * 1000
    assert status.remaining_at_worst == pytest.approx(worst)
    assert str(status.unmeasured) == "30m"


@pytest.mark.parametrize(("lost", "verdict"), [(2, Verdict.MET), (3, Verdict.NO_DATA)])
def test_no_budget_is_met_that_may_be_exhausted(status_of: StatusOf, lost: int, verdict: Verdict) -> None:
    """9000 errors are left. Two slots hold 6000 at most, three of them 9000 and with those more events."""
    status = status_of(FakePrometheus(recorded(ratio_rate30d=0.00011, ratio30d=HALF), lost=lost))
    assert status.verdict is verdict
    if lost == 3:
        (reason,) = status.reasons
        assert reason.startswith("15m of the period was not measured and could hold all errors that are left")


def test_the_table_tells_what_is_left_at_worst() -> None:
    answer = ask(FakePrometheus(recorded(ratio30d=HALF), lost=2), Wanted(at=AT))
    assert "left 30.0 % at worst: 10m not measured" in as_table(answer)


def test_what_was_counted_stays_exhausted_and_the_gap_is_told(status_of: StatusOf) -> None:
    prometheus = FakePrometheus(recorded(ratio_rate30d=0.002, ratio30d=HALF), lost=24)
    assert status_of(prometheus).verdict is Verdict.EXHAUSTED
    assert "at worst: 2h not measured" in as_table(ask(prometheus, Wanted(at=AT)), width=120)


def test_a_gap_of_the_last_hour_is_asked_for_before_it_is_settled(status_of: StatusOf) -> None:
    labels = {"sloth_id": "shop-requests", "sloth_service": "shop", "sloth_slo": "requests"}
    recent = [({**labels, "slo_figure": "recent_slots"}, 11.0)]
    status = status_of(FakePrometheus(recorded(), sums=recent, lost=3))
    assert str(status.unmeasured) == "15m"


def test_a_gap_that_could_not_be_asked_for_in_time_is_no_green_answer(status_of: StatusOf) -> None:
    class Slow(FakePrometheus):
        def instant(self, expr: str, at: float, share: float = 1) -> list[Sample]:
            if "first_slot" in expr:
                raise Late("not answered", "in time", "", 30)
            return list(super().instant(expr, at, share))

    status = status_of(Slow(recorded(ratio30d=HALF)))
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons[0].startswith("not answered within 30 s")


def test_a_gate_is_passed_by_what_is_left_at_worst(slo: SloCommand, serve: Serve) -> None:
    stub = serve(of(recorded(ratio30d=HALF), lost=2))
    assert slo("budget", "--prometheus", stub.url, "--fail-under", "29")[0] == 0
    code, _, err = slo("budget", "--prometheus", stub.url, "--fail-under", "31")
    assert code == 3
    assert "90 % is left, and at worst 30 %, since 10m were not measured: --fail-under asks for 31 %" in err


def test_json_has_the_bound(slo: SloCommand, serve: Serve) -> None:
    stub = serve(of(recorded(ratio30d=HALF), lost=2))
    (status,) = json.loads(slo("budget", "--prometheus", stub.url, "--output", "json")[1])["slos"]
    assert status["budget_remaining"] == pytest.approx(0.9)
    assert status["budget_remaining_at_worst"] == pytest.approx(0.3, abs=0.001)
    assert status["unmeasured_seconds"] == 600
