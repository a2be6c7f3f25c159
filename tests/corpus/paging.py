"""The page of a spec, beside the same page on its owner's own queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from deploy.live.api import instant
from deploy.live.replay import Replay
from deploy.live.rules import seconds
from tests.corpus.compiling import Compiled
from tests.corpus.forms import Form
from tests.corpus.judge import Group, Queries, Readings, filled, read
from tests.corpus.playing import EVALUATION, evaluations, group_of, own_labels, period_of
from tests.corpus.timeline import EPOCH, FULL, HOUR, PARTIAL

LATE = 2
"""By how many evaluations a page may differ from that on raw queries."""


@dataclass(frozen=True)
class Tier:
    """A page's two windows, and the error ratio that both exceed."""

    long_window: str
    short_window: str
    threshold: float


def tiers(form: Form) -> list[Tier]:
    """The tiers of the page that this history is long enough for; those of `windows.yaml` where the spec has none."""
    budget = 1 - Decimal(str(form.slo["objective"])) / 100
    period = Decimal(seconds(period_of(form)))
    given = form.slo["alerting"].get("tiers") or [
        {"severity": "page", "budget_percent": 2, "long_window": "1h", "short_window": "5m"},
        {"severity": "page", "budget_percent": 5, "long_window": "6h", "short_window": "30m"},
    ]
    found = []
    for tier in given:
        share = Decimal(tier["budget_percent"]) / 100
        threshold = share * period / Decimal(seconds(tier["long_window"])) * budget
        if tier["severity"] == "page" and threshold < 1:
            found.append(Tier(tier["long_window"], tier["short_window"], float(threshold)))
    return found


def differing_pages(address: str, form: Form, outcome: Replay) -> Iterator[str]:
    """Stretches in which the compiled page is there and the owner's is not, or the other way round.

    Where nothing is known of the errors the owner's queries are silent, and a page is right as well.
    """
    ratios = _ratios(address, form)
    compiled = _compiled(form, outcome)
    for group in sorted(
        {*compiled, *(group for readings in ratios.values() for group in readings)}, key=sorted
    ):
        fires, raw = compiled.get(group, set()), _raw(form, ratios, group)
        wrong = fires ^ raw
        if form["missing"] == "unknown":
            known = set.intersection(*(set(readings.get(group, {})) for readings in ratios.values()))
            wrong -= fires - known
        for turn in _turns(raw):
            wrong -= {turn + number * EVALUATION for number in range(-LATE, LATE + 1)}
        if wrong:
            kind = "pages" if min(wrong) in fires else "does not page"
            yield (
                f"page of {dict(group)}: {len(wrong)} evaluations differ between {_clock(min(wrong))} and "
                f"{_clock(max(wrong))}; at first it {kind}"
            )


def interruptions(outcome: Replay) -> list[str]:
    """What keeps the page from being there from the partial fault to the end of the history, without a break."""
    pages = [firing for firing in outcome.firings if dict(firing.labels).get("sloth_severity") == "page"]
    if not pages:
        return ["there is no page"]
    begins = min(firing.start for firing in pages) - EPOCH - PARTIAL.start
    late = [f"the page begins after {begins:.0f} s"] if not 0 < begins < HOUR else []
    ended = [f"the page ends at {_clock(firing.end)}" for firing in pages if firing.end is not None]
    return late + ended


def carried(address: str, compiled: Compiled, outcome: Replay) -> dict[str, str]:
    """Labels and annotations of the first page, with the labels of its result filled in as Prometheus does it."""
    first = min(f.start for f in outcome.firings if dict(f.labels).get("sloth_severity") == "page")
    rules = [rule for group in compiled.rules["groups"] for rule in group["rules"]]
    (page,) = (rule for rule in rules if "alert" in rule and rule["labels"].get("sloth_severity") == "page")
    result, _ = instant(address, page["expr"], first)[0]
    texts = {**page["labels"], **page["annotations"]}
    return {name: _LABEL.sub(lambda match: result.get(match[1], ""), text) for name, text in texts.items()}


_LABEL = re.compile(r"\{\{-?\s*\$labels\.(\w+)\s*-?\}\}")


def is_told(outcome: Replay, at: float) -> bool:
    """Whether the alert on telemetry that is gone fires at this Unix time."""
    firings = (firing for firing in outcome.firings if firing.alert == "SLOMetricGone")
    return any(firing.start <= at < (firing.end or inf) for firing in firings)


def _ratios(address: str, form: Form) -> dict[str, Readings]:
    ratio = Queries.of(form).ratio
    windows = {window for tier in tiers(form) for window in (tier.long_window, tier.short_window)}
    return {window: read(address, filled(ratio, window), EVALUATION, FULL) for window in windows}


def _raw(form: Form, ratios: dict[str, Readings], group: Group) -> set[float]:
    """The evaluations at which the page on the owner's queries fires."""

    def above(window: str, threshold: float) -> set[float]:
        return {at for at, ratio in ratios[window].get(group, {}).items() if threshold < ratio < inf}

    fires = (
        above(tier.long_window, tier.threshold) & above(tier.short_window, tier.threshold)
        for tier in tiers(form)
    )
    return set().union(*fires)


def _compiled(form: Form, outcome: Replay) -> dict[Group, set[float]]:
    found: dict[Group, set[float]] = {}
    own = {*own_labels(form), *form.slo["alerting"].get("labels", {})}
    for firing in outcome.firings:
        if dict(firing.labels).get("sloth_severity") == "page":
            until = firing.end if firing.end is not None else inf
            fires = {at for at in evaluations() if firing.start <= at < until}
            found.setdefault(group_of(frozenset(firing.labels), own), set()).update(fires)
    return found


def _turns(fires: set[float]) -> Iterable[float]:
    """The evaluations at which an alert begins to fire, and those at which it no longer does."""
    after = {at + EVALUATION for at in fires}
    return fires ^ after


def _clock(at: float) -> str:
    hours, minutes = divmod(int(at - EPOCH) // 60, 60)
    return f"{hours}h{minutes:02}"
