"""Recorded samples, put in order: by SLO, by group of it, by figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from slo_toolkit import naming
from slo_toolkit.budget import MISSED_FOR
from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError
from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import Labels
from slo_toolkit.status.ranges import Measured
from slo_toolkit.status.reading import FIGURE
from slo_toolkit.windows import BASE_WINDOWS

Identity: TypeAlias = tuple[str, str]
"""Service and name of an SLO."""
Group: TypeAlias = tuple[tuple[str, str], ...]
Figure: TypeAlias = tuple[str, Duration | None]
"""What a sample tells, and over which window where its name says so."""

LAST_OBJECTIVE, LAST_PERIOD = "last_objective", "last_period"
"""Figures of a whole SLO, as they were recorded last; the period is in days."""
_METRICS = {LAST_OBJECTIVE: naming.OBJECTIVE, LAST_PERIOD: naming.PERIOD_DAYS}
"""What rules call the figures that were recorded lately."""
_USUAL_PERIOD = Duration.of(days=30)

SLOT = Duration.of(minutes=5)
"""Events are counted in slots of this length."""


def _stem(name: Callable[[Duration], str]) -> str:
    """The name of a windowed series without its window."""
    return name(SLOT).removesuffix(str(SLOT))


RATIO = _stem(naming.error_ratio)
VALID_COUNT = _stem(naming.valid_events_count)
ERROR_COUNT = _stem(naming.error_events_count)
VALID_RATE = _stem(naming.valid_events_rate)
ERROR_RATE = _stem(naming.error_events_rate)
UNKNOWN_COUNT = _stem(naming.unknown_events_count)
COVERAGE = _stem(naming.coverage)

_STEMS = (RATIO, VALID_COUNT, ERROR_COUNT, VALID_RATE, ERROR_RATE, UNKNOWN_COUNT, COVERAGE)
_NO_GROUP_LABELS = frozenset({*naming.IDENTITY, naming.WINDOW, "__name__", FIGURE})


@lru_cache(maxsize=1024)
def figure_of(metric: str) -> Figure:
    """What a recorded metric tells, from its name."""
    for stem in _STEMS:
        if metric.startswith(stem):
            with suppress(DurationError):  # somebody else's series may begin like one of ours
                return stem, Duration.parse(metric.removeprefix(stem))
    return metric, None


def period_of(days: Decimal | None) -> Duration:
    return Duration(round(days * 86_400_000)) if days is not None else _USUAL_PERIOD


def identity_of(labels: Mapping[str, str]) -> Identity:
    return labels.get(naming.SERVICE, ""), labels.get(naming.SLO, "")


@dataclass(slots=True)
class Facts:
    """The figures of one group, or of the whole of an SLO that has no groups."""

    values: dict[Figure, Decimal] = field(default_factory=dict)
    ambiguous: set[Figure] = field(default_factory=set)
    """Figures with two series where one is due: nobody knows which of them is right."""
    flawed: dict[Figure, str] = field(default_factory=dict)
    """Figures whose value is none, and the sentence that says why."""
    seen: set[Figure] = field(default_factory=set)

    def take(self, figure: Figure, told: Measured) -> None:
        if figure in self.seen:
            self.ambiguous.add(figure)
            self.values.pop(figure, None)
            return
        self.seen.add(figure)
        if told.value is not None:
            self.values[figure] = told.value
        elif told.flaw:
            kind, window = figure
            self.flawed[figure] = told.flaw_of(f"{kind}{window or ''}")

    @property
    def doubts(self) -> Iterator[str]:
        for kind, window in sorted(self.ambiguous, key=str):
            yield f"two series where one is due: {kind}{window or ''}"
        yield from sorted(set(self.flawed.values()))

    def get(self, kind: str, window: Duration | None = None) -> Decimal | None:
        return self.values.get((kind, window))

    def by_window(self, kind: str) -> dict[Duration, Decimal]:
        return {
            window: value
            for (name, window), value in self.values.items()
            if name == kind and window is not None
        }


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """One group, and the labels that tell its rules from those of the same SLO elsewhere, as in another cluster."""

    group: Group
    apart: Labels
    facts: Facts


@dataclass(slots=True)
class RecordedSlo:
    """Everything recorded under one identity: by one compilation, or by several that a label tells apart."""

    whole: dict[str, list[tuple[Labels, Decimal]]] = field(default_factory=dict)
    """Figures that all groups share, with the labels of the series that told each."""
    flawed: list[tuple[Labels, str]] = field(default_factory=list)
    """What is wrong with those that are no figures, with the same labels."""
    living: list[Labels] = field(default_factory=list)
    """The labels of each objective that is recorded now."""
    lately: list[Labels] = field(default_factory=list)
    """The same of each that was recorded lately."""
    samples: list[tuple[Labels, Figure, Measured]] = field(default_factory=list)
    alerts: list[Labels] | None = None
    """The labels of each alert that is active; None where nobody asked for them."""
    falls_short: bool = False
    """Whether a part of the period has no counts."""

    @property
    def base_window(self) -> Duration:
        """The shortest window that rules record; they tell where it is not five minutes."""
        seconds = max((value for _, value in self.whole.get(naming.BASE_WINDOW, ())), default=Decimal(0))
        return Duration(round(seconds * 1000)) if seconds > 0 else BASE_WINDOWS[0]

    @property
    def period(self) -> Duration:
        """The longest compliance period that is recorded; the usual one where none is."""
        return period_of(max((days for _, days in self.whole.get(LAST_PERIOD, ())), default=None))

    def take_whole(self, figure: str, labels: Labels, told: Measured) -> None:
        """Of a whole SLO also NaN is a flaw: nothing of it is ever unknown where it is recorded."""
        if told.value is not None:
            self.whole.setdefault(figure, []).append((labels, told.value))
        else:
            self.flawed.append((labels, told.flaw_of(_METRICS.get(figure, figure))))

    def take(self, labels: Labels, figure: Figure, told: Measured) -> None:
        self.samples.append((labels, figure, told))

    def flaws(self, group: Group) -> Iterator[str]:
        """What is wrong with the figures that the group shares with others."""
        yield from dict.fromkeys(flaw for labels, flaw in self.flawed if _agree(labels, group))

    def whole_of(self, figure: str, group: Group) -> Decimal | None:
        """Of several series, as when an owner's label just changed, the strictest objective holds."""
        values = (value for labels, value in self.whole.get(figure, ()) if _agree(labels, group))
        return max(values, default=None)

    def labels_of(self, figure: str, group: Group) -> list[Labels]:
        """The labels of each series that tells such a figure of the group."""
        return [labels for labels, _ in self.whole.get(figure, ()) if _agree(labels, group)]

    def groups(self) -> Iterator[GroupFacts]:
        """The facts of each group; none of a group whose rules were not there lately."""
        shared = self._shared_names()
        own = self._own_labels(shared)
        found: dict[Group, Facts] = {}
        for labels, figure, told in self.samples:
            names = labels.keys() - _NO_GROUP_LABELS
            telling = {name: labels[name] for name in names if own.get(name) != labels[name]}
            if figure[0] != RATIO:  # before the label was given, the same rules recorded without it
                telling |= dict.fromkeys(shared - names, "")
            found.setdefault(tuple(sorted(telling.items())), Facts()).take(figure, told)
        objectives = [*self.living, *self.lately]
        told_apart = _names(objectives)
        for group, facts in found.items():
            if not objectives or any(_agree(labels, group) for labels in objectives):
                values = dict(group)
                names = shared | (values.keys() & told_apart)
                apart = {name: values.get(name, own.get(name, "")) for name in sorted(names)}
                yield GroupFacts(group, apart, facts)

    @property
    def is_removed(self) -> bool:
        """Whether its rules are gone for longer than they are missed: nothing but sums of long ago tells of them."""
        only_sums = all(window is None for _, (_, window), _ in self.samples)
        return only_sums and not (self.living or self.lately or self.alerts)

    def has_vanished(self, found: GroupFacts) -> bool:
        """Whether the rules go on, and a group had nothing to count for as long as a vanished SLO is missed."""
        if not found.group or not any(_agree(labels, found.group) for labels in self.living):
            return False
        return not any(window is not None and window <= MISSED_FOR for _, window in found.facts.seen)

    def has_stopped(self) -> bool:
        """Whether something was recorded lately and is not now."""
        names = self._shared_names()
        living = {tuple(labels.get(name) for name in names) for labels in self.living}
        return any(tuple(labels.get(name) for name in names) not in living for labels in self.lately)

    def _shared_names(self) -> set[str]:
        """Labels that objectives and events carry alike. An owner's label stands on ratios and objectives alone."""
        counts = (labels for labels, figure, _ in self.samples if figure[0] != RATIO)
        return _names(counts) & _names([*self.living, *self.lately])

    def _own_labels(self, shared: Set[str]) -> Labels:
        """The labels that tell no groups apart: those that all objectives have alike.

        One that differs between two of them, such as the cluster in a global view, tells them apart. An owner's
        label may just have changed, so of those only what is recorded now counts.
        """
        first, *others = self.living or self.lately or ({},)
        return {
            name: text
            for name, text in first.items()
            if name not in _NO_GROUP_LABELS
            and all(
                labels.get(name) == text for labels in (*others, *(self.lately if name in shared else ()))
            )
        }


def _agree(labels: Labels, group: Group) -> bool:
    """Whether a series with these labels tells of the group: it differs in none of the labels that it has."""
    return all(labels.get(name, text) == text for name, text in group)


def _names(many: Iterable[Labels]) -> set[str]:
    return {name for labels in many for name in labels} - _NO_GROUP_LABELS


def by_slo(
    samples: Iterable[Sample], slos: dict[Identity, RecordedSlo]
) -> Iterable[tuple[Sample, RecordedSlo]]:
    """Each sample with the SLO that it belongs to, which is made where it is new."""
    for sample in samples:
        slo = slos.get(identity := identity_of(sample.labels))
        if slo is None:
            slo = slos[identity] = RecordedSlo()
        yield sample, slo
