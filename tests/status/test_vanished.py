"""A group and an SLO that vanish are missed for a day, and count as removed after that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest

from slo_toolkit.errors import NotMeasurable
from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import AvailabilitySli, Objective, Slo
from slo_toolkit.status.model import BudgetStatus, Verdict
from slo_toolkit.status.periods import parse_period
from slo_toolkit.status.reading import FIGURE
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, FakePrometheus, identity, recorded
from .test_faults import MEASURED

MISSED = "the SLI returned nothing in the last five minutes"
SHORT = ("ratio_rate5m", "valid_events:rate5m", "valid_events:count5m", "error_events:count5m")
UP_TO_A_DAY = (*SHORT, "ratio_rate1h", "ratio_rate1d", "error_events:rate1h", "error_events:rate1d")


def _without(series: list[tuple[dict[str, str], float]], endings: Sequence[str]) -> list[Any]:
    return [one for one in series if not one[0]["__name__"].endswith(tuple(endings))]


def _statuses(*groups: list[Any]) -> dict[str, BudgetStatus]:
    """By route; what a whole SLO has is there once."""
    first, *others = groups
    more = [one for group in others for one in group if "route" in one[0]]
    statuses = ask(FakePrometheus([*first, *more]), Wanted(at=AT)).statuses
    return {status.group.get("route", ""): status for status in statuses}


HERE = recorded(group={"route": "/here"})
GONE = recorded(group={"route": "/gone"}, ratio_rate30d=0.002)


def test_a_group_that_vanished_today_is_missed() -> None:
    statuses = _statuses(HERE, _without(recorded(group={"route": "/gone"}), SHORT))
    assert statuses["/here"].verdict is Verdict.MET
    assert (statuses["/gone"].verdict, statuses["/gone"].reasons) == (Verdict.NO_DATA, (MISSED,))


def test_a_group_that_vanished_before_that_is_removed() -> None:
    assert set(_statuses(HERE, _without(GONE, UP_TO_A_DAY))) == {"/here"}


def test_where_all_groups_are_gone_none_was_removed() -> None:
    """It is their telemetry that is gone, and what was spent is still spent."""
    statuses = _statuses(_without(HERE, UP_TO_A_DAY), _without(GONE, UP_TO_A_DAY))
    assert statuses["/here"].verdict is Verdict.NO_DATA
    assert statuses["/gone"].verdict is Verdict.EXHAUSTED


def test_an_slo_without_groups_is_never_removed_while_its_rules_go_on() -> None:
    (status,) = ask(FakePrometheus(_without(recorded(), UP_TO_A_DAY)), Wanted(at=AT)).statuses
    assert (status.verdict, status.reasons) == (Verdict.NO_DATA, (MISSED,))


def test_an_slo_whose_rules_are_gone_for_more_than_a_day_is_removed() -> None:
    """Only the sum of its last week tells of it."""
    sums = [({**identity(slo="gone"), FIGURE: "week_errors"}, 17.0)]
    prometheus = FakePrometheus(recorded(), sums=sums)
    assert [status.slo for status in ask(prometheus, Wanted(at=AT)).statuses] == ["requests"]
    with pytest.raises(NotMeasurable, match="no rules record an SLO here"):
        ask(FakePrometheus([], sums=sums), Wanted(at=AT))


RAW = Slo(
    "shop",
    "requests",
    Objective(Decimal("0.99")),
    AvailabilitySli("requests_total", 'code="500"'),
    group_by=("route",),
)


class Raw(FakePrometheus):
    """Answers the queries of a spec for two routes; `/gone` has no events in the windows up to `silent`."""

    silent: Sequence[str] = ()

    def instant(self, expr: str, at: float, share: float = 1) -> Sequence[Sample]:
        if "ALERTS" in expr:
            return super().instant(expr, at)
        found = []
        for line in expr.splitlines():
            if f'"{FIGURE}"' in line:
                name = line.rpartition(f'"{FIGURE}", "')[2].partition('"')[0]
                kind, _, window = name.partition("/")[2].partition("/")
                if kind not in MEASURED:
                    continue
                value = 1e9 if kind == "coverage" else 0.0 if kind == "errors" else 5.0
                found += [Sample({FIGURE: name, "route": "/here"}, value, at)]
                if window not in self.silent:
                    found += [Sample({FIGURE: name, "route": "/gone"}, value, at)]
        return found


def _raw(silent: Sequence[str], period: str | None = None) -> dict[str, Verdict]:
    prometheus = Raw()
    prometheus.silent = silent
    asked = parse_period(period, UTC) if period else None
    statuses = ask(prometheus, Wanted(at=AT, specs=(RAW,), raw=True, period=asked)).statuses
    return {status.group["route"]: status.verdict for status in statuses}


def test_raw_queries_treat_a_vanished_group_alike() -> None:
    assert _raw(()) == {"/here": Verdict.MET, "/gone": Verdict.MET}
    assert _raw(("5m",)) == {"/here": Verdict.MET, "/gone": Verdict.NO_DATA}
    assert _raw(("5m", "1h", "1d")) == {"/here": Verdict.MET}
