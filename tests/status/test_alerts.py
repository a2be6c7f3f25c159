"""Which alerts are active is asked, whichever way figures are read, and unknown where nobody asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.slo import Alerting, EventSli, Objective, Severity, Slo, Tier
from slo_toolkit.status.model import ActiveAlert, AlertState, Verdict
from slo_toolkit.status.periods import parse_period
from slo_toolkit.status.reading import FIGURE
from slo_toolkit.status.render.as_json import as_json
from slo_toolkit.status.render.as_markdown import as_markdown
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, FakePrometheus, identity, recorded

WEEK = Duration.of(days=7)
SLOW = Tier(Severity.TICKET, Decimal("0.5"), Duration.of(days=3), Duration.of(hours=6))
FAST = Tier(Severity.TICKET, Decimal(3), Duration.of(days=1), Duration.of(hours=2))
SPEC = Slo(
    "shop",
    "requests",
    Objective(Decimal("0.99")),
    EventSli("sum(rate(a[{{.window}}]))", "sum(rate(b[{{.window}}]))"),
    period=WEEK,
    alerting=Alerting("ShopErrors", tiers=(SLOW, FAST)),
)
FIRING = {**identity(), "alertname": "ShopErrors", "sloth_severity": "ticket", "alertstate": "firing"}


def raw(burn_rates: Mapping[str, float], alerts: Sequence[dict[str, str]] = ()) -> FakePrometheus:
    """A server that answers raw queries: one event a second, and errors so many times faster than 1 % by window."""
    windows = ("5m", "1h", "2h", "6h", "1d", "3d", "1w")
    sums = [({FIGURE: f"0/valid/{window}"}, 1.0) for window in windows]
    sums += [({FIGURE: f"0/errors/{window}"}, burn_rates.get(window, 0.1) / 100) for window in windows]
    return FakePrometheus(sums=sums, alerts=list(alerts))


def test_raw_queries_ask_for_the_alerts_of_all_slos_in_one_request() -> None:
    other = replace(SPEC, name="other")
    prometheus = raw({}, [{**FIRING, "alertstate": "pending"}, {**FIRING, **identity(slo="third")}])
    statuses = {
        one.slo: one for one in ask(prometheus, Wanted(at=AT, specs=(SPEC, other), raw=True)).statuses
    }
    assert statuses["requests"].alerts == (ActiveAlert("ShopErrors", "ticket", AlertState.PENDING),)
    assert statuses["other"].alerts == ()
    (asked,) = [expr for expr in prometheus.asked if "ALERTS" in expr]
    assert asked == 'ALERTS{sloth_id=~"shop\\\\-requests|shop\\\\-other"}'


def test_an_alert_that_fires_puts_a_budget_at_risk_that_raw_queries_find_well() -> None:
    (status,) = ask(raw({}, [FIRING]), Wanted(at=AT, specs=(SPEC,), raw=True)).statuses
    assert (status.verdict, status.reasons) == (Verdict.AT_RISK, ("ShopErrors (ticket) fires",))


def test_alerts_of_another_compilation_are_not_its_own() -> None:
    spec = replace(SPEC, extra_labels={"cluster": "eu"})
    alerts = [{**FIRING, "cluster": "us"}]
    assert ask(raw({}, alerts), Wanted(at=AT, specs=(spec,), raw=True)).statuses[0].alerts == ()
    alerts = [{**FIRING, "cluster": "eu"}]
    assert ask(raw({}, alerts), Wanted(at=AT, specs=(spec,), raw=True)).statuses[0].alerts


@pytest.mark.parametrize("raw_queries", [False, True])
def test_of_a_period_that_is_over_nobody_asks_and_nobody_knows(raw_queries: bool) -> None:
    month = parse_period("calendar:month", UTC)
    at = month.span(AT).start
    prometheus = FakePrometheus(recorded(), sample_age=AT - at, alerts=[FIRING])
    answer = ask(prometheus, Wanted(at=at, specs=(SPEC,), raw=raw_queries, period=month))
    (status,) = answer.statuses
    assert status.span.is_closed
    assert status.alerts is None
    assert json.loads(as_json(answer))["slos"][0]["alerts"] is None
    assert not [expr for expr in prometheus.asked if "ALERTS" in expr]


def test_alerts_that_are_not_known_are_not_told_as_none_active() -> None:
    answer = ask(raw({"1w": 2}), Wanted(at=AT, specs=(SPEC,), raw=True))
    assert "- Alerts: none active" in as_markdown(answer)
    unknown = replace(answer, statuses=(replace(answer.statuses[0], alerts=None),))
    assert "- Alerts: \\-" in as_markdown(unknown).replace("- Alerts: -", "- Alerts: \\-")


LASTING = {"3d": 0.8, "6h": 0.8, "1d": 0.8, "2h": 0.8, "1w": 0.7, "1h": 0.1}
BURNING = {**LASTING, "3d": 1.2, "6h": 1.2}


@pytest.mark.parametrize("alerts", [[], [FIRING]])
def test_a_tier_below_1x_puts_no_budget_at_risk_that_lasts(alerts: list[dict[str, str]]) -> None:
    (status,) = ask(raw(LASTING, alerts), Wanted(at=AT, specs=(SPEC,), raw=True)).statuses
    assert status.alert_windows[0].exceeded
    assert (status.verdict, status.reasons) == (Verdict.MET, ())
    (status,) = ask(raw(BURNING, alerts), Wanted(at=AT, specs=(SPEC,), raw=True)).statuses
    assert status.verdict is Verdict.AT_RISK
    assert "burns faster than 0.5x in 3d and 6h (ticket)" in status.reasons


def test_another_alert_of_the_slo_puts_it_at_risk_all_the_same() -> None:
    gone = {**FIRING, "alertname": "RequestsUnknown"}
    (status,) = ask(raw(LASTING, [gone]), Wanted(at=AT, specs=(SPEC,), raw=True)).statuses
    assert status.reasons == ("RequestsUnknown (ticket) fires",)
