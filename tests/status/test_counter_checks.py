"""Counters that are not what they seem, as rules recorded them: no figure made of them is ever green."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from slo_toolkit.query.failures import Late
from slo_toolkit.query.samples import Sample
from slo_toolkit.status.model import Verdict
from slo_toolkit.status.reading import FIGURE
from slo_toolkit.status.survey import Wanted, ask

from .conftest import StatusOf
from .fake import AT, FakePrometheus, identity, recorded

REPLICAS = [({**identity(), FIGURE: "replicas 30d", "prometheus_replica": name}, 12.0) for name in ("a", "b")]
TOLD_REPLICAS = (
    "in the period its source series were there once for each prometheus_replica, and each event counted more than "
    "once: compile with --replica-label prometheus_replica, and ask for a --period since then"
)


def steps_back(span: str = "30d", times: float = 7) -> tuple[dict[str, str], float]:
    return {**identity(), FIGURE: f"false_resets {span}"}, times


@pytest.mark.parametrize("ratio", [0.0, 0.5])
def test_events_that_count_once_for_each_replica_are_no_data_whatever_their_ratio(
    ratio: float, status_of: StatusOf
) -> None:
    status = status_of(FakePrometheus(recorded(ratio_rate30d=ratio), checks=REPLICAS))
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons == (TOLD_REPLICAS,)


@pytest.mark.parametrize(("times", "said"), [(1, "once"), (7, "7 times")])
def test_counters_that_stepped_back_and_went_on_are_no_data(
    times: int, said: str, status_of: StatusOf
) -> None:
    status = status_of(FakePrometheus(recorded(ratio_rate30d=0.5), checks=[steps_back(times=times)]))
    assert status.verdict is Verdict.NO_DATA
    (reason,) = status.reasons
    assert reason.startswith(f"counters stepped back and went on, {said} in the period")


def test_one_replica_after_another_is_none_too_many(status_of: StatusOf) -> None:
    status = status_of(FakePrometheus(recorded(), checks=REPLICAS[:1]))
    assert status.verdict is Verdict.MET


def test_what_is_wrong_with_one_slo_is_told_of_no_other() -> None:
    series = [*recorded(), *recorded(slo="other")]
    statuses = ask(FakePrometheus(series, checks=REPLICAS), Wanted(at=AT)).statuses
    assert {status.slo: status.verdict for status in statuses} == {
        "requests": Verdict.NO_DATA,
        "other": Verdict.MET,
    }


def test_each_slo_is_asked_for_its_own_period() -> None:
    """What lies before a period is no doubt about it."""
    week = recorded(slo="week", days=7)
    checks = [steps_back(), ({**identity(slo="week"), FIGURE: "false_resets 30d"}, 7.0)]
    prometheus = FakePrometheus([*recorded(), *week], checks=checks)
    statuses = ask(prometheus, Wanted(at=AT)).statuses
    (asked,) = (expr for expr in prometheus.asked if "slo:false_resets:" in expr)
    assert {"6d23h59m59s999ms", "29d23h59m59s999ms"} == {part.split("]")[0] for part in asked.split("[")[1:]}
    reasons = {status.slo: " ".join(status.reasons) for status in statuses}
    assert "stepped back" in reasons["requests"]
    assert "stepped back" not in reasons["week"]


def test_whether_counters_are_right_must_be_known(status_of: StatusOf) -> None:
    class Slow(FakePrometheus):
        def instant(self, expr: str, at: float, share: float = 1) -> Sequence[Sample]:
            if "slo:false_resets:" in expr:
                raise Late("the counters", "nothing came", "wait longer", 30)
            return super().instant(expr, at, share)

    status = status_of(Slow(recorded()))
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons == (Late("", "", "", 30).reason,)
