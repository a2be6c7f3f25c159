"""A renamed label or value leaves an error query that matches nothing: that is told, and no deploy is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from deploy.live.remote_write import Series, labels_of, write
from deploy.live.replay import Plan, replay
from deploy.live.rules import Rule
from slo_toolkit.query import Connection, Prometheus
from slo_toolkit.spec import LoadOptions, Source, load
from slo_toolkit.status.model import BudgetStatus, Verdict
from slo_toolkit.status.survey import Wanted, ask

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

DAYS = 12
RENAMED = 9.6 * DAY
SHORTLY, LATER = RENAMED + 2 * HOUR, RENAMED + DAY
STEADY = Shape(days=DAYS, instances=2, events_per_second=2, error_ratio=0.0004, night_share=0.3)
DEPLOYED = replace(STEADY, replace_every=6 * HOUR)


@dataclass(frozen=True)
class Renamed:
    """What a deploy made of the label of the status code, and of the code of errors."""

    label: str = "code"
    error: str = "500"

    def of(self, history: History) -> Iterator[Series]:
        """All series end then, and others go on where they ended."""
        moment = history.at(RENAMED) * 1000
        for one in history.series:
            labels = dict(one.labels)
            code = labels.pop("code")
            after = {**labels, self.label: self.error if code == "500" else code}
            old, new = Series(one.labels), Series(labels_of(after))
            for time, value in zip(one.times_ms, one.values, strict=True):
                (old if time < moment else new).add(time, value)
            if old.values and new.values and old.labels != new.labels:
                old.add(round(moment), None)
            yield from (
                part
                for part in (_merged(old, new) if old.labels == new.labels else (old, new))
                if part.values
            )


def _merged(old: Series, new: Series) -> tuple[Series]:
    for time, value in zip(new.times_ms, new.values, strict=True):
        old.add(time, value)
    return (old,)


def _recorded(
    address: str, rules: Sequence[Rule], history: History, series: Iterator[Series] | list[Series]
) -> None:
    write(address, series)
    wanted = [rule for rule in rules if not rule.alert]
    replay(address, wanted, Plan(history.start, history.end))


def _status(address: str, at: float, spec: str = "", *, raw: bool = False) -> BudgetStatus:
    slos = load([Source("spec.yaml", spec.encode())], LoadOptions()).slos if spec else None
    with Prometheus(Connection(address)) as prometheus:
        (status,) = ask(prometheus, Wanted(at=at, specs=slos, raw=raw)).statuses
    return status


SPECS = {"events": specs.events(), "availability": specs.availability()}


@pytest.mark.parametrize("name", SPECS)
def test_a_renamed_label_is_told_within_two_hours(
    name: str, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    history = counters(DEPLOYED, late_errors=True)
    _recorded(prometheus, rules_for(SPECS[name]), history, Renamed(label="status").of(history))
    before, shortly = (_status(prometheus, history.at(at)) for at in (RENAMED - 60, SHORTLY))
    assert before.verdict is Verdict.MET
    assert shortly.verdict is Verdict.NO_DATA
    (reason,) = shortly.reasons
    figure(f"label renamed, {name}: {reason}")
    assert "no series of http_requests_total has the label code since 2024-03-13T14:00:00Z" in reason
    raw = _status(prometheus, history.at(SHORTLY), SPECS[name], raw=True)
    assert raw.verdict is Verdict.NO_DATA
    assert "no series of http_requests_total has the label code since" in raw.reasons[0]


def test_a_renamed_value_is_told_once_errors_would_have_been_usual(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """`code=~"5.."` finds no `error`; the label itself is still there."""
    history = counters(DEPLOYED)
    _recorded(prometheus, rules_for(specs.events()), history, Renamed(error="error").of(history))
    shortly, later = (_status(prometheus, history.at(at)) for at in (SHORTLY, LATER))
    assert shortly.verdict is Verdict.MET
    assert later.verdict is Verdict.NO_DATA
    (reason,) = later.reasons
    figure(f"value renamed: {reason}")
    assert reason.startswith("the error query has matched no series since 2024-03-13T14:00:00Z, while ")
    truth = history.count(history.at(RENAMED), history.at(LATER))
    events, usual = (
        float(part.replace(",", ""))
        for part in (reason.split("while ")[1].split(" ")[0], reason.split("some ")[1].split(" ")[0])
    )
    assert events == pytest.approx(truth.valid, rel=0.03)
    assert usual == pytest.approx(truth.errors, rel=0.3)
    raw = _status(prometheus, history.at(LATER), specs.events(), raw=True)
    assert raw.verdict is Verdict.NO_DATA
    assert raw.reasons[0].startswith("the error query has matched no series since 2024-03-13T1")


QUIET = {
    "deploys every 6 h with late error series": replace(DEPLOYED, error_ratio=0.0002),
    "errors once a day": replace(DEPLOYED, error_ratio=1 / (2 * 0.65 * DAY)),
    "errors in outages alone": replace(
        DEPLOYED, error_ratio=0, outages=tuple(Outage((day + 0.4) * DAY, 600, 0.05) for day in range(9))
    ),
}


@pytest.mark.parametrize("name", QUIET, ids=lambda name: name.replace(" ", "-"))
def test_deploys_and_quiet_services_are_no_doubt(
    name: str, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """At any hour of three days."""
    history = counters(QUIET[name], late_errors=True)
    _recorded(prometheus, rules_for(specs.events()), history, history.series)
    moments = [history.at(8 * DAY + number * HOUR + 137) for number in range(96)]
    doubts = [
        status.reasons
        for at in moments
        for status in (_status(prometheus, at),)
        if status.verdict is Verdict.NO_DATA
    ]
    figure(f"{name}: {len(doubts)} doubts at {len(moments)} hours")
    assert doubts == []
    for at in moments[::24]:
        assert _status(prometheus, at, specs.events(), raw=True).verdict is not Verdict.NO_DATA


def test_a_label_that_errors_alone_have_is_none_that_was_renamed(
    prometheus: str, rules_for: RulesFor
) -> None:
    """After a deploy it is on no series until the first error."""
    history = counters(replace(DEPLOYED, days=3, error_ratio=0.00005), late_errors=True)
    series = [one if dict(one.labels)["code"] == "500" else _without_code(one) for one in history.series]
    _recorded(prometheus, rules_for(specs.events()), history, series)
    statuses = [_status(prometheus, history.at(DAY + hour * HOUR + 1800)) for hour in range(48)]
    assert [status.reasons for status in statuses if status.verdict is Verdict.NO_DATA] == []


def _without_code(one: Series) -> Series:
    return replace(one, labels=tuple(pair for pair in one.labels if pair[0] != "code"))


def test_a_budget_that_is_spent_stays_spent(prometheus: str, rules_for: RulesFor) -> None:
    """What was counted before the label was renamed is no less true."""
    history = counters(replace(DEPLOYED, error_ratio=0.003), late_errors=True)
    _recorded(prometheus, rules_for(specs.events()), history, Renamed(label="status").of(history))
    status = _status(prometheus, history.at(LATER))
    assert status.verdict is Verdict.EXHAUSTED
    assert any("has the label code since" in reason for reason in status.reasons)
