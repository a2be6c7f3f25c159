"""What is gone of the measurement is told, told apart, and told once; what is meant to be away is not told at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from deploy.live.alerts import Firing
from deploy.live.remote_write import Series, write
from deploy.live.replay import Plan, Span, replay
from deploy.live.rules import Rule, needed_for

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import REQUESTS, History, counters, gone, targets, without

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

MINUTE = 60
ABSENCE = (specs.TARGET_GONE, specs.METRIC_GONE, specs.TRAFFIC_STOPPED)
AWAY = Span(30 * HOUR, 42 * HOUR)
STEADY = Shape(days=2, instances=4)


def _told(
    address: str,
    rules: list[Rule],
    history: History,
    series: Iterable[Series],
    downtime: tuple[Span, ...] = (),
) -> list[Firing]:
    """Every firing of an alert on absence, while the rules run over the whole history."""
    write(address, without(series, downtime, history.start))
    away = tuple(Span(history.at(span.start), history.at(span.end)) for span in downtime)
    plan = Plan(history.start + 10 * MINUTE, history.end, downtime=away)
    return replay(address, needed_for(rules, *ABSENCE), plan).of(*ABSENCE)


def _minutes(firing: Firing, begin: float, end: float | None = None) -> str:
    told = f"{firing.alert} fires {(firing.start - begin) / 60:.0f} min after it was gone"
    if firing.end is None or end is None:
        return told
    return f"{told}, resolves {(firing.end - end) / 60:.0f} min after it is back"


@pytest.mark.parametrize("late_errors", [False, True], ids=["errors-from-zero", "no-error-series"])
def test_targets_that_do_not_answer_are_told(
    late_errors: bool, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    shape = replace(STEADY, absences=(AWAY,))
    history = counters(shape, late_errors=late_errors)
    told = _told(
        prometheus,
        rules_for(specs.events()),
        history,
        (*history.series, *targets(shape, answers=False)),
    )
    (firing,) = told
    assert firing.alert == specs.TARGET_GONE
    figure(_minutes(firing, history.at(AWAY.start), history.at(AWAY.end)))
    assert firing.end is not None
    assert 15 * MINUTE < firing.start - history.at(AWAY.start) <= 26 * MINUTE
    assert 0 < firing.end - history.at(AWAY.end) <= 8 * MINUTE


def test_scrapes_that_fail_while_the_service_runs_are_told_as_the_target(
    prometheus: str, rules_for: RulesFor
) -> None:
    shape = replace(STEADY, blind_spots=(AWAY,))
    history = counters(shape)
    told = _told(prometheus, rules_for(specs.availability()), history, (*history.series, *targets(shape)))
    assert [firing.alert for firing in told] == [specs.TARGET_GONE]


def test_a_service_that_is_scaled_to_zero_and_back_is_not_told(prometheus: str, rules_for: RulesFor) -> None:
    """Twelve hours without a single target, amid traffic as on every other day."""
    shape = replace(STEADY, absences=(AWAY,))
    history = counters(shape)
    told = _told(prometheus, rules_for(specs.events()), history, (*history.series, *targets(shape)))
    assert told == []


def test_so_it_is_where_other_services_share_its_job(prometheus: str, rules_for: RulesFor) -> None:
    """A label that `up` has, too, tells its targets from those of the others, though no query names it."""
    shape = replace(STEADY, absences=(AWAY,))
    history = counters(shape, labels={"app": "shop"})
    others = targets(replace(STEADY, instances=2, seed=3), labels={"app": "cart", "instance": "other"})
    ours = targets(shape, labels={"app": "shop"})
    told = _told(prometheus, rules_for(specs.events()), history, (*history.series, *ours, others[0]))
    assert told == []


def test_targets_that_never_come_back_into_discovery_are_told_after_three_days(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """A scrape configuration that has lost the job looks like a service scaled to zero, but not for ever."""
    lost = Span(30 * HOUR, 30 * HOUR + 4 * DAY)
    shape = Shape(days=6, instances=2, absences=(lost,))
    history = counters(shape)
    (firing,) = _told(prometheus, rules_for(specs.events()), history, (*history.series, *targets(shape)))
    assert firing.alert == specs.TARGET_GONE
    assert firing.end is not None
    after = (firing.start - history.at(lost.start)) / HOUR
    figure(f"{firing.alert} fires {after:.1f} h after the last target vanished from discovery")
    assert 71 <= after <= 73.5
    assert 0 < firing.end - history.at(lost.end) <= 12 * MINUTE


def test_a_metric_that_is_renamed_while_the_targets_answer_is_told(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    history = counters(STEADY)
    series = gone(history.series, [AWAY], history.start)
    (firing,) = _told(prometheus, rules_for(specs.events()), history, (*series, *targets(STEADY)))
    assert firing.alert == specs.METRIC_GONE
    figure(_minutes(firing, history.at(AWAY.start), history.at(AWAY.end)))
    assert firing.end is not None
    assert 15 * MINUTE < firing.start - history.at(AWAY.start) <= 26 * MINUTE
    assert 0 < firing.end - history.at(AWAY.end) <= 8 * MINUTE


def test_a_metric_that_is_gone_on_the_first_day_of_its_rules_is_told(
    prometheus: str, rules_for: RulesFor
) -> None:
    """Of the same time yesterday nothing is known then."""
    history = counters(replace(STEADY, days=1))
    series = gone(history.series, [Span(5 * HOUR, DAY)], history.start)
    (firing,) = _told(prometheus, rules_for(specs.events()), history, (*series, *targets(STEADY)))
    assert firing.alert == specs.METRIC_GONE
    assert firing.start - history.at(5 * HOUR) <= 26 * MINUTE
    assert firing.end is None


def test_a_new_deployment_that_lost_the_metric_is_told_by_the_name_of_the_metric(
    prometheus: str, rules_for: RulesFor
) -> None:
    """Every instance is another one, so none of those that answer has ever had it."""
    renamed = Span(30 * HOUR, 2 * DAY)
    shape = replace(STEADY, replace_every=6 * HOUR)
    history = counters(shape)
    series = gone(history.series, [renamed], history.start)
    told = _told(prometheus, rules_for(specs.events()), history, (*series, *targets(shape)))
    assert [firing.alert for firing in told] == [specs.METRIC_GONE]


@pytest.mark.parametrize("answers", [True, False], ids=["targets-up", "targets-down"])
def test_a_metric_that_was_never_there_is_not_told(
    answers: bool, prometheus: str, rules_for: RulesFor
) -> None:
    shape = replace(STEADY, absences=() if answers else (Span(0, 2 * DAY),))
    history = counters(shape)
    assert _told(prometheus, rules_for(specs.events()), history, targets(shape, answers=answers)) == []


def test_a_counter_without_a_value_before_its_first_event_is_told_where_events_are_usual(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Few events: half a day without the counter after a deployment is nothing. After a day it is gone."""
    lost = Span(40 * HOUR, 4 * DAY)
    rare = Shape(days=4, instances=2, events_per_second=1 / 300)
    history = counters(rare)
    series = gone(history.series, [Span(20 * HOUR, 32 * HOUR), lost], history.start)
    (firing,) = _told(prometheus, rules_for(specs.events()), history, (*series, *targets(rare)))
    assert firing.alert == specs.METRIC_GONE
    after = (firing.start - history.at(lost.start)) / HOUR
    figure(f"with an event every five minutes {firing.alert} fires {after:.1f} h after the counter was gone")
    assert 23 <= after <= 25.5


def test_a_metric_of_unknown_targets_is_told(prometheus: str, rules_for: RulesFor) -> None:
    """As of a Pushgateway: no `up` leads to it."""
    history = counters(STEADY)
    series = list(gone(history.series, [AWAY], history.start))
    told = _told(prometheus, rules_for(specs.events()), history, series)
    assert [firing.alert for firing in told] == [specs.METRIC_GONE]


@pytest.mark.parametrize(
    "shape",
    [
        replace(STEADY, night_share=0.02, restart_every=5 * HOUR),
        replace(STEADY, replace_every=6 * HOUR),
        replace(STEADY, absences=(Span(30 * HOUR, 30 * HOUR + 8 * MINUTE),)),
        replace(STEADY, outages=(Outage(DAY, HOUR),)),
    ],
    ids=["restarts", "rolling-deploys", "a-deploy-with-a-gap", "a-total-outage"],
)
@pytest.mark.parametrize("answers", [True, False], ids=["gone-from-discovery", "not-answering"])
def test_normal_operation_is_not_told(
    answers: bool, shape: Shape, prometheus: str, rules_for: RulesFor
) -> None:
    history = counters(shape)
    series = (*history.series, *targets(shape, answers=answers))
    assert _told(prometheus, rules_for(specs.events()), history, series) == []


@pytest.mark.parametrize("minutes", [8, 180])
def test_a_prometheus_that_was_away_tells_nothing_when_it_is_back(
    minutes: int, prometheus: str, rules_for: RulesFor
) -> None:
    history = counters(STEADY)
    down = Span(30 * HOUR, 30 * HOUR + minutes * MINUTE)
    series = (*history.series, *targets(STEADY))
    assert _told(prometheus, rules_for(specs.events()), history, series, (down,)) == []


def test_nor_where_scrapes_are_seldom_and_a_rate_takes_long_to_come_back(
    prometheus: str, rules_for: RulesFor
) -> None:
    shape = replace(STEADY, scrape_interval=900)
    history = counters(shape)
    down = Span(30 * HOUR, 31.5 * HOUR)
    series = (*history.series, *targets(shape))
    assert _told(prometheus, rules_for(specs.scraped_every("15m")), history, series, (down,)) == []


FEATURES = [f"feature-{number}" for number in range(12)]


@pytest.mark.parametrize("files", [1, 2])
def test_twelve_slos_of_one_service_that_go_blind_together_are_one_alert(
    files: int, prometheus: str, rules_for: RulesFor
) -> None:
    """Whatever labels and names their own alerts have, and though their specs be compiled one by one."""
    sli = f"{{availability: {{metric: {REQUESTS}, errors: 'code=~\"5..\"'}}}}"
    size = len(FEATURES) // files
    parts = [FEATURES[low : low + size] for low in range(0, len(FEATURES), size)]
    rules = [rule for part in parts for rule in rules_for(specs.of_one_service(part, sli))]
    shape = replace(STEADY, absences=(AWAY,))
    history = counters(shape)
    series = (*history.series, *targets(shape, answers=False))
    told = _told(prometheus, rules, history, series)
    assert {firing.alert for firing in told} == {specs.TARGET_GONE}
    # To Alertmanager, alerts with the same labels are one.
    (labels,) = {firing.labels for firing in told}
    assert dict(labels) == {
        "alertname": specs.TARGET_GONE,
        "owner": "team-a",
        "sloth_service": "shop",
        "sloth_severity": "ticket",
    }
    assert len(told) == files


def test_traffic_that_stops_is_told(prometheus: str, rules_for: RulesFor, figure: Figure) -> None:
    """The counters are there and stand still: it is the users who are gone, or cannot come through."""
    silence = Span(30 * HOUR, 34 * HOUR)
    shape = replace(STEADY, silences=(silence,))
    history = counters(shape)
    (firing,) = _told(prometheus, rules_for(specs.events()), history, (*history.series, *targets(shape)))
    assert firing.alert == specs.TRAFFIC_STOPPED
    assert firing.end is not None
    begins, ends = firing.start - history.at(silence.start), firing.end - history.at(silence.end)
    figure(
        f"{firing.alert} fires {begins / 60:.1f} min after the last event, "
        f"resolves {ends / 60:.1f} min after the next"
    )
    assert HOUR <= begins <= 1.3 * HOUR
    assert 0 < ends <= 10 * MINUTE


@pytest.mark.parametrize(
    "shape",
    [
        Shape(days=4, events_per_second=1 / 600),
        Shape(days=15, night_share=0.0, weekend_share=0.001, instances=2),
    ],
    ids=["rare-traffic", "silent-nights-and-weekends"],
)
def test_usual_silence_is_no_stopped_traffic(shape: Shape, prometheus: str, rules_for: RulesFor) -> None:
    """From the second week on, when last week's silence is known, a quiet weekend is no surprise."""
    history = counters(shape)
    told = _told(prometheus, rules_for(specs.events()), history, (*history.series, *targets(shape)))
    assert [firing for firing in told if firing.start > history.at(7.5 * DAY)] == []
    assert {firing.alert for firing in told} <= {specs.TRAFFIC_STOPPED}
