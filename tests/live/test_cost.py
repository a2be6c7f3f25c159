"""What Prometheus reads for an SLO in an hour, against Sloth's own rules for the same spec."""

from __future__ import annotations

import re
from collections.abc import Callable

from deploy.live.remote_write import write
from deploy.live.replay import Plan, replay
from deploy.live.rules import Rule, needed_for, seconds

from . import specs
from .cost import hourly_cost
from .events import DAY, Shape
from .history import REQUESTS, counters

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

LEAST_FACTOR = 40
# Raw queries may look back over an hour and the one scrape interval that joins neighbouring windows; once an hour, over
# five of them.
LONGEST_RAW_WINDOW, LONGEST_ONCE_AN_HOUR = 3600 + 60, 5 * 3600 + 60
ONCE_AN_HOUR = "[4m59s999ms:1h])"
_WINDOW = re.compile(r"\[([0-9a-z]+)(?::[0-9a-z]*)?\]")


def _raw(rules: list[Rule]) -> list[Rule]:
    return [rule for rule in rules if REQUESTS in rule.expr]


def test_our_rules_read_forty_times_less(prometheus: str, rules_for: RulesFor, figure: Figure) -> None:
    """12 source series, 6 of them errors, scraped and evaluated every 30 s, and a full period recorded."""
    history = counters(Shape(instances=6, error_ratio=0.001))
    assert len(history.series) == 12
    write(prometheus, history.series)
    ours = rules_for(specs.events())
    sloth = rules_for(specs.events(service="sloth-shop"), "--compat", "sloth")
    plan = Plan(history.start, history.end)
    # What the period reads is recorded for all of it; the other windows are full after three days.
    period = needed_for(ours, "slo:sli_error:ratio_rate30d")
    replay(prometheus, period, plan)
    replay(
        prometheus, [rule for rule in ours if rule not in period], Plan(history.end - 4 * DAY, history.end)
    )
    # Of Sloth's rules only the recorded series with a long look-back matters for the count.
    replay(prometheus, needed_for(sloth, "slo:sli_error:ratio_rate5m"), plan)

    own, theirs = hourly_cost(prometheus, ours, history.end), hourly_cost(prometheus, sloth, history.end)
    figure(
        f"samples read per hour: {own.total:,.0f}, --compat sloth {theirs.total:,.0f}: "
        f"{theirs.total / own.total:.0f} times fewer"
    )
    for group, read in own.by_group.items():
        figure(f"  of these {read:,.0f} in {group}")
    assert theirs.total >= LEAST_FACTOR * own.total


def test_more_source_series_cost_raw_windows_up_to_an_hour_only(
    prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    """Twice the instances: only rules on raw series read more, and none of those looks back for long."""
    rules = rules_for(specs.events())
    raw = _raw(rules)
    assert raw
    for rule in raw:
        longest = LONGEST_ONCE_AN_HOUR if ONCE_AN_HOUR in rule.expr else LONGEST_RAW_WINDOW
        assert all(seconds(window) <= longest for window in _WINDOW.findall(rule.expr)), rule.expr

    costs: list[list[float]] = []
    for instances in (6, 12):
        history = counters(Shape(days=0.5, instances=instances))
        # The second time only what is new is written.
        write(prometheus, history.series[12:] if costs else history.series)
        if not costs:
            replay(prometheus, rules, Plan(history.start, history.end))
        costs.append([hourly_cost(prometheus, chosen, history.end).total for chosen in (rules, raw)])
    (before, raw_before), (after, raw_after) = costs
    figure(f"twice the source series: {before:,.0f} become {after:,.0f} samples an hour")
    assert raw_after <= 2 * raw_before
    assert after - before <= raw_before
