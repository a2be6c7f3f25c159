"""Whether the error query still matches anything: what it no longer finds would read as no errors.

Once an hour, at the full hour, two things are looked at. Whether it matches any series: pods that were just deployed
have none before their first error, so that alone says nothing, and readers weigh it by what was usual. And whether the
label that it asks for is on any series that is no error: one that was there and is gone was renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slo_toolkit import naming
from slo_toolkit.plan.error_series import TellingLabel, error_series
from slo_toolkit.plan.intervals import SETTLE_INTERVAL, at_the_mark
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.promql import by, identity_selector
from slo_toolkit.slo import Slo
from slo_toolkit.windows import BASE_WINDOWS, base_window


def matched_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Series that hold the full hour, in Unix seconds, at which something was there; 0 where it was not amid events."""
    found = error_series(slo.sli)
    if found is None:
        return
    identity, on = naming.identity(slo), f"on ({', '.join(slo.group_by)})"
    rate = identity_selector(naming.valid_events_rate(base_window(slo.scrape_interval)), slo)
    events = f"sum{by(slo.group_by)}({rate} > 0)"
    seen = seen_at(slo, error_matches(slo, found.selectors))
    yield RecordingRule(
        naming.ERRORS_MATCHED, at_the_mark(f"{seen} or {on} {events} * 0", SETTLE_INTERVAL), identity
    )
    for told in found.labels:
        seen = seen_at(slo, label_is_there(slo, told))
        there = f"count{by(slo.group_by)}({total_is_there(slo, told)}) * 0 and {on} {events}"
        text = at_the_mark(f"{seen} or {on} ({there})", SETTLE_INTERVAL)
        labels = {**identity, naming.METRIC_TOLD: told.metric, naming.LABEL_TOLD: told.label}
        yield RecordingRule(naming.ERROR_LABEL_SEEN, text, labels)


def seen_at(slo: Slo, series: str) -> str:
    """The moment of the evaluation, in Unix seconds, for each group that has any such series."""
    return f"count{by(slo.group_by)}({series}) * 0 + time()"


def error_matches(slo: Slo, selectors: Iterable[str]) -> str:
    return " or ".join(_of_late(slo, one) for one in selectors)


def label_is_there(slo: Slo, told: TellingLabel) -> str:
    """Series that are no errors: some labels are given to errors alone, and are gone until the next one."""
    return f"{_of_late(slo, told.series)} unless {_of_late(slo, told.errors)}"


def total_is_there(slo: Slo, told: TellingLabel) -> str:
    """All series that the label was on, whether they still have it or not."""
    return _of_late(slo, told.total)


def _of_late(slo: Slo, series: str) -> str:
    """Prometheus looks back for five minutes by itself, which is less than the time between seldom scrapes."""
    base = base_window(slo.scrape_interval)
    return series if base == BASE_WINDOWS[0] else f"last_over_time({series}[{base}])"
