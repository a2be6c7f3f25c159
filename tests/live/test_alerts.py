"""Alerts fire when the same alerts on raw queries would, and only then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.live.alerts import Firing
from deploy.live.remote_write import write
from deploy.live.replay import Plan, Replay, Span, aligned, replay, spread
from deploy.live.rules import Rule, rules_of

from . import specs
from .events import DAY, HOUR, Outage, Shape
from .history import History, counters, without

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

MINUTE = 60
STEADY = Shape(days=4)
# Past the first three days, so that every window is full.
ONSETS = (
    3 * DAY + 5 * MINUTE + 3,
    3 * DAY + 7 * HOUR + 18,
    3 * DAY + 14 * HOUR + 13 * MINUTE + 29,
    3 * DAY + 21 * HOUR + 2 * MINUTE,
)


def _with_downtime(history: History, down: Span) -> Plan:
    absolute = Span(history.at(down.start), history.at(down.end))
    return Plan(history.start, history.end, phase=aligned, downtime=(absolute,))


def _both(
    address: str, rules: list[Rule], history: History, plan: Plan, *, downtime: tuple[Span, ...] = ()
) -> tuple[Replay, Replay]:
    """The compiled rules and the raw alerts over one history, evaluated at the same moments."""
    write(address, without(history.series, downtime, history.start))
    raw = rules_of(specs.raw_alerts())
    # Unlike the compiled rules, raw queries have always been there and miss nothing while Prometheus is away.
    return replay(address, rules, plan), replay(address, raw, replace(plan, downtime=()))


def _of(outcome: Replay, severity: str) -> list[Firing]:
    """The compiled burn alerts of a severity, in order of time."""
    return outcome.of(specs.ALERT, sloth_severity=severity)


def _first_after(firings: list[Firing], moment: float) -> Firing:
    return next(firing for firing in firings if firing.start >= moment)


@pytest.mark.parametrize("phase", [0, 11, 23])
@pytest.mark.parametrize("night_share", [1.0, 0.05], ids=["steady", "day-and-night"])
def test_a_total_outage_pages_at_the_evaluation_at_which_raw_queries_page(
    night_share: float, phase: int, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """At several hours and at several phases of scrape and evaluation."""
    shape = replace(
        STEADY, night_share=night_share, outages=tuple(Outage(onset, 15 * MINUTE) for onset in ONSETS)
    )
    history = counters(shape)
    plan = Plan(history.start, history.end, phase=lambda group, interval: phase)
    ours, raw = _both(prometheus, rules_for(specs.events()), history, plan)
    delays = []
    for onset in ONSETS:
        page = _first_after(_of(ours, "page"), history.at(onset))
        expected = _first_after(raw.of("Rawpage"), history.at(onset))
        assert page.start == expected.start
        delays.append(page.start - history.at(onset))
    figure(f"total outage, night traffic {night_share:.0%}, phase {phase}: pages as raw, after {delays} s")


def test_groups_at_phases_of_their_own_page_within_one_more_evaluation(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    history = counters(replace(STEADY, outages=tuple(Outage(onset, 15 * MINUTE) for onset in ONSETS)))
    ours, raw = _both(
        prometheus, rules_for(specs.events()), history, Plan(history.start, history.end, phase=spread)
    )
    for onset in ONSETS:
        page = _first_after(_of(ours, "page"), history.at(onset))
        expected = _first_after(raw.of("Rawpage"), history.at(onset))
        assert page.start - expected.start <= 30
    figure(f"groups at different phases: page {page.start - expected.start:+.0f} s from raw")


@pytest.mark.parametrize("onset", [3 * DAY + 17, 3 * DAY + 10 * HOUR + 44], ids=["at-night", "by-day"])
@pytest.mark.parametrize("night_share", [1.0, 0.2], ids=["steady", "day-and-night"])
def test_a_slow_burn_pages_within_three_minutes_of_raw_queries(
    night_share: float, onset: float, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Ten times the budget's pace: only the six-hour window can see it."""
    burn = Outage(onset, 8 * HOUR, error_ratio=10 * specs.ERROR_BUDGET)
    shape = replace(STEADY, events_per_second=120, night_share=night_share, outages=(burn,))
    history = counters(shape)
    ours, raw = _both(
        prometheus, rules_for(specs.events()), history, Plan(history.start, history.end, phase=aligned)
    )
    page, expected = _of(ours, "page")[0], raw.of("Rawpage")[0]
    figure(
        f"slow burn at 10x: pages after {(page.start - history.at(onset)) / MINUTE:.1f} min, "
        f"{page.start - expected.start:+.0f} s from raw"
    )
    assert abs(page.start - expected.start) <= 3 * MINUTE


def test_ticket_comes_with_that_of_raw_queries(prometheus: str, rules_for: RulesFor, figure: Figure) -> None:
    """Twice the budget's pace: no page, and a ticket within ten minutes of raw queries over three days."""
    onset = 3 * DAY + 1000
    shape = Shape(days=6, events_per_second=120, outages=(Outage(onset, 3 * DAY, 2 * specs.ERROR_BUDGET),))
    history = counters(shape)
    ours, raw = _both(
        prometheus, rules_for(specs.events()), history, Plan(history.start, history.end, phase=aligned)
    )
    assert not _of(ours, "page")
    ticket, expected = _of(ours, "ticket")[0], raw.of("Rawticket")[0]
    figure(
        f"burn at 2x: ticket after {(ticket.start - history.at(onset)) / HOUR:.2f} h, "
        f"{ticket.start - expected.start:+.0f} s from raw"
    )
    assert abs(ticket.start - expected.start) <= 10 * MINUTE


# Of the default alerts a day leaves none: below 1x its budget lasts.
OF_A_DAY = """\
apiVersion: sloth.slok.dev/v1
kind: AlertWindows
spec:
  sloPeriod: 1d
  page:
    quick: {errorBudgetPercent: 2, shortWindow: 5m, longWindow: 1h}
    slow: {errorBudgetPercent: 5, shortWindow: 30m, longWindow: 6h}
  ticket:
    quick: {errorBudgetPercent: 10, shortWindow: 2h, longWindow: 1d}
    slow: {errorBudgetPercent: 10, shortWindow: 6h, longWindow: 1d}
"""


def test_an_alert_on_the_whole_period_comes_with_that_of_raw_queries(
    prometheus: str, rules_for: RulesFor, figure: Figure, tmp_path: Path
) -> None:
    """Over a period of one day, the ticket's long window is all of it; its ratio is recorded once."""
    onset, burn = 1.3 * DAY, 0.15 * specs.ERROR_BUDGET
    history = counters(Shape(days=2.5, events_per_second=200, outages=(Outage(onset, 1.2 * DAY, burn),)))
    write(prometheus, history.series)
    errors, valid = (query.replace("{{.window}}", "1d") for query in (specs.ERRORS, specs.VALID))
    raw = rules_of(
        {"groups": [{"name": "raw", "rules": [{"alert": "Raw", "expr": f"{errors} / {valid} > 0.0001"}]}]}
    )
    plan = Plan(history.start, history.end, phase=aligned)
    windows = tmp_path / "windows.yaml"
    windows.write_text(OF_A_DAY)
    rules = rules_for(specs.events(), "--period", "1d", "--windows", str(windows))
    assert [rule.name for rule in rules].count("slo:sli_error:ratio_rate1d") == 1
    ours = replay(prometheus, rules, plan)
    ticket, expected = _of(ours, "ticket")[0], replay(prometheus, raw, plan).of("Raw")[0]
    figure(f"burn over a period of 1d: ticket {ticket.start - expected.start:+.0f} s from raw")
    assert abs(ticket.start - expected.start) <= 10 * MINUTE


@pytest.mark.parametrize("night_share", [1.0, 0.1], ids=["steady", "day-and-night"])
def test_nothing_fires_below_the_budgets_pace(
    night_share: float, prometheus: str, rules_for: RulesFor
) -> None:
    """Nine tenths of the budget's pace for eight days: no page, no ticket, nothing."""
    shape = Shape(
        days=8, events_per_second=200, night_share=night_share, error_ratio=0.9 * specs.ERROR_BUDGET, seed=2
    )
    history = counters(shape)
    write(prometheus, history.series)
    outcome = replay(prometheus, rules_for(specs.events()), Plan(history.start, history.end))
    assert outcome.evaluations
    assert outcome.firings == []


# When the rules are first loaded: the service has been measured for days, or is as new as they are.
LOADED = {"a-known-service": 3 * DAY + 2 * HOUR + 30, "a-new-service": 120}


@pytest.mark.parametrize("minutes", [1, 5, 25, 70])
@pytest.mark.parametrize("service", LOADED)
def test_a_blip_soon_after_loading_is_not_an_alert(
    service: str, minutes: int, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Half a minute of total failure: half-empty windows must not make an outage of it."""
    loaded = LOADED[service]
    blip = Outage(loaded + minutes * MINUTE + 7, 30)
    history = counters(replace(STEADY, days=loaded / DAY + 1, outages=(blip,)))
    ours, raw = _both(
        prometheus, rules_for(specs.events()), history, Plan(history.at(loaded), history.end, phase=aligned)
    )
    told = " and ".join(sorted({firing.alert for firing in raw.firings})) or "nothing"
    figure(f"blip {minutes} min after loading, {service}: nothing fires; raw queries: {told}")
    assert ours.firings == []


@pytest.mark.parametrize("minutes", [1, 5, 25, 70])
@pytest.mark.parametrize(
    ("night_share", "evaluations_later"),
    # Of the hour before the rules were loaded they assume the traffic they have seen since, which is more
    # than there was when it is rising steeply: a difference of one evaluation in the first hour.
    [(1.0, 0), (0.1, 1)],
    ids=["steady", "rising-steeply"],
)
def test_an_outage_soon_after_loading_pages_as_with_raw_queries(
    night_share: float,
    evaluations_later: int,
    minutes: int,
    prometheus: str,
    rules_for: RulesFor,
    figure: Figure,
) -> None:
    loaded = LOADED["a-known-service"]
    onset = loaded + minutes * MINUTE + 7
    shape = replace(STEADY, night_share=night_share, outages=(Outage(onset, 20 * MINUTE),))
    history = counters(shape)
    ours, raw = _both(
        prometheus, rules_for(specs.events()), history, Plan(history.at(loaded), history.end, phase=aligned)
    )
    page, expected = _of(ours, "page")[0], raw.of("Rawpage")[0]
    figure(
        f"outage {minutes} min after loading, traffic {night_share}: pages after "
        f"{page.start - history.at(onset):.0f} s, raw after {expected.start - history.at(onset):.0f} s"
    )
    assert 0 <= page.start - expected.start <= evaluations_later * 30


@pytest.mark.parametrize(
    ("outage_minutes", "short_window_minutes"), [(2, 5), (10, 30)], ids=["only-the-quick-tier", "both-tiers"]
)
def test_the_page_resolves_when_the_short_window_is_clean(
    outage_minutes: int, short_window_minutes: int, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Two minutes of outage never reach the six-hour tier, ten do; the page ends with its short window."""
    outage = Outage(3 * DAY + 12 * HOUR + 19, outage_minutes * MINUTE)
    history = counters(replace(STEADY, outages=(outage,)))
    ours, raw = _both(
        prometheus, rules_for(specs.events()), history, Plan(history.start, history.end, phase=aligned)
    )
    (page,) = _of(ours, "page")
    (expected,) = raw.of("Rawpage")
    assert page.end is not None
    assert expected.end is not None
    over = history.at(outage.start + outage.seconds)
    figure(
        f"outage of {outage_minutes} min: the page resolves {page.end - over:.0f} s after it, "
        f"raw {expected.end - over:.0f} s"
    )
    assert page.end - over <= (short_window_minutes + 1) * MINUTE


@pytest.mark.parametrize("minutes", [3, 15, 180])
def test_a_prometheus_that_was_down_alerts_on_nothing_when_it_is_back(
    minutes: int, prometheus: str, rules_for: RulesFor
) -> None:
    """Errors under every threshold before and after: a hole in the records must not lift them over it."""
    history = counters(Shape(days=5, events_per_second=200, error_ratio=0.8 * specs.ERROR_BUDGET))
    down = Span(3.5 * DAY, 3.5 * DAY + minutes * MINUTE)
    plan = _with_downtime(history, down)
    ours, _ = _both(prometheus, rules_for(specs.events()), history, plan, downtime=(down,))
    assert not [firing for firing in ours.firings if firing.alert == specs.ALERT]


@pytest.mark.parametrize("minutes", [3, 15])
def test_an_outage_right_after_a_restart_of_prometheus_pages(
    minutes: int, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    onset = 1 * DAY + 30 + 2 * MINUTE
    history = counters(replace(STEADY, days=1.5, outages=(Outage(onset, 20 * MINUTE),)))
    down = Span(1 * DAY - minutes * MINUTE, 1 * DAY)
    plan = _with_downtime(history, down)
    ours, raw = _both(prometheus, rules_for(specs.events()), history, plan, downtime=(down,))
    page, expected = _of(ours, "page")[0], raw.of("Rawpage")[0]
    figure(
        f"outage after {minutes} min without Prometheus: page {page.start - expected.start:+.0f} s from raw"
    )
    assert page.start - expected.start <= MINUTE


def test_a_hole_in_the_records_does_not_interrupt_a_page_again_and_again(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """A quarter of an hour without Prometheus amid an incident: hours later the page must not flap for it."""
    burn = Outage(3 * DAY + 8 * HOUR, 10 * HOUR, error_ratio=8 * specs.ERROR_BUDGET)
    history = counters(replace(STEADY, events_per_second=400, night_share=0.02, outages=(burn,)))
    down = Span(3 * DAY + 9 * HOUR, 3 * DAY + 9 * HOUR + 15 * MINUTE)
    ours, raw = _both(
        prometheus, rules_for(specs.events()), history, _with_downtime(history, down), downtime=(down,)
    )
    pages, expected = _of(ours, "page"), raw.of("Rawpage")[0]
    interrupted = sum(after.start - (before.end or after.start) for before, after in pairwise(pages))
    figure(
        f"15 min without Prometheus in a burn at 8x: page {pages[0].start - expected.start:+.0f} s from raw, "
        f"then interrupted {len(pages) - 1} times, {interrupted:.0f} s in all"
    )
    assert interrupted <= 5 * MINUTE


def test_no_traffic_is_no_alert(prometheus: str, rules_for: RulesFor) -> None:
    """Hours of standing counters, and one event every ten minutes: a ratio of nothing is not an error."""
    shape = Shape(days=2, events_per_second=1 / 600, silences=(Span(20 * HOUR, 27 * HOUR),))
    history = counters(shape)
    write(prometheus, history.series)
    outcome = replay(prometheus, rules_for(specs.events()), Plan(history.start, history.end))
    assert [firing for firing in outcome.firings if firing.alert == specs.ALERT] == []
