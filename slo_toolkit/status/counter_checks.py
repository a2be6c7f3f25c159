"""Whether the counters behind a budget are what they seem: each there once, and none that steps back and goes on.

No ratio shows either of them. Rules record both where they find them; without rules the source is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.plan.intervals import just_within
from slo_toolkit.plan.replicas import ONE_HOUR, PLAIN_LABEL, USUAL_LABELS, false_resets, there_twice
from slo_toolkit.slo import Labels, Slo
from slo_toolkit.status.periods import Span

REPLICAS, FALSE_RESETS = "replicas", "false_resets"
CHECKS = (REPLICAS, FALSE_RESETS)
REPLICA_LABELS = (*USUAL_LABELS, PLAIN_LABEL)

_LOOKS = 24
"""So often within a period it is asked whether series are there twice."""
_HOUR = ONE_HOUR.window


def recorded_checks(matchers: str, spans: Iterable[Duration]) -> Iterator[tuple[str, str]]:
    """What rules found within each of `spans` until now: names of figures, each of a check and a span, and PromQL."""
    for span in spans:
        within = f"{{{matchers}}}[{just_within(span)}]"
        yield figure_over(REPLICAS, span), f"max_over_time({naming.REPLICAS}{within})"
        yield figure_over(FALSE_RESETS, span), f"sum_over_time({naming.FALSE_RESETS}{within})"


def figure_over(check: str, span: Duration) -> str:
    return f"{check} {span}"


def raw_checks(slo: Slo, span: Span) -> Iterator[tuple[str, str]]:
    """The same, asked of the source itself: false resets in every hour, and replicas at some moments."""
    if twice := there_twice(slo):
        step = max(_HOUR, _HOUR * (span.elapsed.ms // _HOUR.ms // _LOOKS))
        yield REPLICAS, f"max_over_time(({twice})[{just_within(span.elapsed)}:{step}])"
    if found := false_resets(slo, ONE_HOUR):
        yield FALSE_RESETS, f"sum_over_time(({found})[{just_within(span.elapsed)}:{_HOUR}])"


def doubts(replicas: Iterable[Labels], steps_back: int) -> Iterator[str]:
    """What makes figures of such series no figures: the replicas that are there, and how often a counter fell."""
    values = {name: {labels.get(name, "") for labels in replicas} for name in REPLICA_LABELS}
    if names := [name for name, found in values.items() if len(found) > 1]:
        options = " ".join(f"--replica-label {name}" for name in names)
        yield (
            f"in the period its source series were there once for each {' and '.join(names)}, and each event counted "
            f"more than once: compile with {options}, and ask for a --period since then"
        )
    if steps_back:
        times = "once" if steps_back == 1 else f"{steps_back} times"
        yield (
            f"counters stepped back and went on, {times} in the period, and each time rate() counts the whole counter "
            "again: a store that switches between replicas does so; have it keep both, and compile with --replica-label"
        )
