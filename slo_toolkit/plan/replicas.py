"""What two Prometheus replicas in one store do to counters, and how it is noticed.

Without deduplication each series is there twice, and each event. With a deduplication that switches between the
replicas a counter steps back a little where the next replica lags behind, which `rate()` takes for a restart: it
counts the whole counter again. Neither is seen in a ratio, so both are recorded where they are found, and nothing is
where they are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.pieces import labelled, sum_of
from slo_toolkit.plan.intervals import SETTLE_INTERVAL, at_the_mark
from slo_toolkit.plan.model import RecordingRule
from slo_toolkit.plan.targets import sources
from slo_toolkit.rates import counters
from slo_toolkit.replicas import is_handled, last_scraped, once
from slo_toolkit.slo import Slo
from slo_toolkit.windows import base_window

USUAL_LABELS = ("prometheus_replica", "__replica__", "receive_replica", "rule_replica", "vmagent_replica")
"""By which Prometheus's operator, Mimir and Cortex, Thanos Receive and Ruler, and vmagents are told apart."""

PLAIN_LABEL = "replica"
"""Usual, too, but a database may call its own so."""

_SETTLED = Duration.of(minutes=10)
"""The scrapes of two replicas are not so far apart, unless scrapes are seldom."""


def replica_rules(slo: Slo) -> Iterator[RecordingRule]:
    """Once an hour: the replicas whose series are all there, with the number of series of each."""
    if text := there_twice(slo):
        yield RecordingRule(naming.REPLICAS, text, naming.identity(slo))


def false_reset_rules(slo: Slo) -> Iterator[RecordingRule]:
    """For each full five minutes, or base window: how many counters stepped back in them and went on."""
    base = base_window(slo.scrape_interval)
    if text := false_resets(slo, Look(base, _MINUTE, "0.9")):
        yield RecordingRule(naming.FALSE_RESETS, at_the_mark(text, base), naming.identity(slo))


def there_twice(slo: Slo) -> str:
    """The replicas, as values of the usual labels, where a series is there for more than one of them; else nothing.

    Empty where the SLI's series cannot be told. By the plain label it needs counters of two replicas that rise
    together: the lesser shows what the greater did ten minutes ago.
    """
    series = " or ".join(_now(each, slo) for each in sources(slo.sli).series)
    names = [label for label in USUAL_LABELS if not is_handled(label, slo)]
    parts = []
    if series and names:
        listed = ", ".join(names)
        parts.append(
            f"count by ({listed}) ({series}) and on () (max(count without ({listed}) ({series})) > 1)"
        )
    if not is_handled(PLAIN_LABEL, slo):
        parts += [_rise_together(*each) for each in zip(*_now_and_before(slo), strict=True)]
    return "\nor\n".join(parts)


def _now_and_before(slo: Slo) -> Iterator[list[str]]:
    settled = max(_SETTLED, slo.scrape_interval * 2)
    for ago in ("", f" offset {settled}", f" offset {settled + SETTLE_INTERVAL}"):
        yield [_now(each, slo) for each in counters(slo.sli, ago)]


def _now(selector: str, slo: Slo) -> str:
    if slo.replica_labels:
        return once(selector, slo)
    return selector if selector.startswith(_CALL) else last_scraped(selector, slo)


def _rise_together(now: str, settled: str, before: str) -> str:
    of_one = f"without ({PLAIN_LABEL})"
    alike = (
        f"count {of_one} ({now}) > 1 "
        f"and min {of_one} ({now}) >= max {of_one} ({settled}) "
        f"and max {of_one} ({now}) > max {of_one} ({before})"
    )
    return f"count by ({PLAIN_LABEL}) ({now}) and on () ({alike})"


@dataclass(frozen=True, slots=True)
class Look:
    """How counters are looked at: over how long, at which steps, and which share of its greatest value one keeps that
    is no other.

    The share is what tells a step back from a restart. A new process would have to count as much within a step as the
    old one did in its life.
    """

    window: Duration
    step: Duration
    share: str


_MINUTE = Duration.of(minutes=1)
ONE_HOUR = Look(SETTLE_INTERVAL, _MINUTE * 2, "0.5")
"""For a whole period at once, where twelve times as many looks would be too dear."""


def false_resets(slo: Slo, look: Look) -> str:
    """How many counters stepped back within the window that ends now, a full multiple of it, and went on.

    Empty where the SLI has no counters. What fell, and still has most of what it had, has not begun anew.
    """
    found = [f"count({_kept_on(selector, slo, look)})" for selector in counters(slo.sli)]
    if len(found) < 2:
        return "".join(found)
    return sum_of((labelled(each, place) for place, each in enumerate(found)), ())


def _kept_on(selector: str, slo: Slo, look: Look) -> str:
    series, scraped = once(selector, slo), slo.scrape_interval
    # The sample on which the window begins belongs to it, and in Prometheus 3 the beginning itself does not.
    if series != selector or selector.startswith(_CALL):
        series = f"({series})"
        samples = f"{series}[{_more(look.window, scraped)}:{scraped}]"
    else:
        samples = f"{series}[{_more(look.window, scraped)}]"
    steps = samples if scraped >= look.step else f"{series}[{_more(look.window, look.step)}:{look.step}]"
    kept = f"min_over_time({steps}) > {look.share} * max_over_time({steps})"
    return f"resets({samples}) > 0 and {kept}"


_CALL = "histogram_count("


def _more(window: Duration, interval: Duration) -> Duration:
    return Duration((window + interval).ms - 1)
