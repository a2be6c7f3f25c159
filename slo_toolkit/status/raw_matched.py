"""The same question of raw queries: whether the error query matched anything of late, looked for in coarse steps.

Only where it does not, a second request asks what was usual. What is older than the period is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slo_toolkit.duration import Duration
from slo_toolkit.plan.error_series import error_series
from slo_toolkit.plan.intervals import just_within
from slo_toolkit.plan.matched import error_matches, label_is_there, seen_at, total_is_there
from slo_toolkit.rates import event_rates
from slo_toolkit.slo import Slo
from slo_toolkit.status.coverage import last_step_with, step_of
from slo_toolkit.status.matched import (
    ERRORS_BEFORE,
    EVENTS_BEFORE,
    EVENTS_SINCE,
    HOURS_BEFORE,
    UNMATCHED,
    label_gone,
    usual,
)
from slo_toolkit.status.periods import Span
from slo_toolkit.status.series import Facts

_LABEL, _TOTAL = "label_seen", "total_seen"
_HOUR = Duration.of(hours=1)


def last_seen(slo: Slo, span: Span) -> Iterator[tuple[str, str]]:
    """Names and expressions: the last step with errors, with each label that tells them, with series of the total."""
    found = error_series(slo.sli)
    if found is None:
        return
    yield UNMATCHED, last_step_with(seen_at(slo, error_matches(slo, found.selectors)), span)
    for number, told in enumerate(found.labels):
        yield f"{_LABEL}{number}", last_step_with(seen_at(slo, label_is_there(slo, told)), span)
        yield f"{_TOTAL}{number}", last_step_with(seen_at(slo, total_is_there(slo, told)), span)


def unmatched_since(facts: Facts, span: Span) -> Decimal | None:
    """When there were errors last, in Unix seconds; None where there are now, or never were in the period."""
    return _gone_since(facts.get(UNMATCHED), Decimal(repr(span.at)), span)


def _gone_since(moment: Decimal | None, until: Decimal | None, span: Span) -> Decimal | None:
    """The moment, where two steps lie between it and `until`."""
    two_steps = 2 * Decimal(step_of(span).ms) / 1000
    if moment is None or until is None:
        return None
    return moment if moment < until - two_steps else None


def usual_since(slo: Slo, span: Span, moment: Decimal) -> dict[str, str]:
    """What is asked of an SLO whose error query matched nothing since."""
    age = Duration(round((span.at - float(moment)) * 1000))
    before = Duration(max(span.elapsed.ms - age.ms, _HOUR.ms))
    valid = event_rates(slo, age, "").valid
    each_hour = event_rates(slo, _HOUR, f"({event_rates(slo, _HOUR, '').valid})").errors
    return {
        f"{EVENTS_SINCE} {moment}": f"({valid}) * {age.seconds:.3f}",
        f"{HOURS_BEFORE} {moment}": f"count_over_time((({each_hour}) > 0)[{just_within(before)}:{_HOUR}] offset {age})",
    }


def doubts(
    slo: Slo, span: Span, facts: Facts, valid: Decimal | None, errors: Decimal | None
) -> Iterator[str]:
    """Why errors may be missing of a group that had `errors` of `valid` events in the period."""
    moment = unmatched_since(facts, span)
    found = error_series(slo.sli)
    if moment is None or found is None:
        return
    gone = [
        label_gone(told.metric, told.label, float(since))
        for number, told in enumerate(found.labels)
        if (since := _gone_since(facts.get(f"{_LABEL}{number}"), facts.get(f"{_TOTAL}{number}"), span))
        is not None
    ]
    yield from gone
    if gone or valid is None:
        return
    events, hours = (facts.get(f"{name} {moment}") for name in (EVENTS_SINCE, HOURS_BEFORE))
    before = None if events is None else valid - events
    figures = {EVENTS_SINCE: events, EVENTS_BEFORE: before, ERRORS_BEFORE: errors, HOURS_BEFORE: hours}
    came = usual(float(moment), figures)
    if came is not None and came.doubt:
        yield came.doubt
