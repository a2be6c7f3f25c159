"""Recorded samples, put in order: by SLO, by group of it, by figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError
from slo_toolkit.query.samples import Sample
from slo_toolkit.windows import BASE_WINDOWS

Identity: TypeAlias = tuple[str, str]
"""Service and name of an SLO."""
Group: TypeAlias = tuple[tuple[str, str], ...]
Figure: TypeAlias = tuple[str, Duration | None]
"""What a sample tells, and over which window where its name says so."""

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
COVERAGE = _stem(naming.coverage)

_STEMS = (RATIO, VALID_COUNT, ERROR_COUNT, VALID_RATE, ERROR_RATE, COVERAGE)
_NO_GROUP_LABELS = frozenset({*naming.IDENTITY, naming.WINDOW, "__name__"})


@lru_cache(maxsize=1024)
def figure_of(metric: str) -> Figure:
    """What a recorded metric tells, from its name."""
    for stem in _STEMS:
        if metric.startswith(stem):
            with suppress(DurationError):  # somebody else's series may begin like one of ours
                return stem, Duration.parse(metric.removeprefix(stem))
    return metric, None


def identity_of(labels: Mapping[str, str]) -> Identity:
    return labels.get(naming.SERVICE, ""), labels.get(naming.SLO, "")


@dataclass(slots=True)
class Facts:
    """The figures of one group, or of the whole of an SLO that has no groups."""

    values: dict[Figure, Decimal] = field(default_factory=dict)
    ambiguous: set[Figure] = field(default_factory=set)
    """Figures with two series where one is due: nobody knows which of them is right."""
    seen: set[Figure] = field(default_factory=set)

    def take(self, figure: Figure, value: Decimal | None) -> None:
        if figure in self.seen:
            self.ambiguous.add(figure)
            self.values.pop(figure, None)
            return
        self.seen.add(figure)
        if value is not None:
            self.values[figure] = value

    @property
    def doubts(self) -> Iterator[str]:
        for kind, window in sorted(self.ambiguous, key=str):
            yield f"two series where one is due: {kind}{window or ''}"

    def get(self, kind: str, window: Duration | None = None) -> Decimal | None:
        return self.values.get((kind, window))

    def by_window(self, kind: str) -> dict[Duration, Decimal]:
        return {
            window: value
            for (name, window), value in self.values.items()
            if name == kind and window is not None
        }


@dataclass(slots=True)
class RecordedSlo:
    """Everything recorded about one SLO: what holds for all of it, its alerts, and its groups."""

    whole: dict[str, Decimal] = field(default_factory=dict)
    own_labels: dict[str, str] = field(default_factory=dict)
    """The owner's labels, which tell no groups apart."""
    groups: dict[Group, Facts] = field(default_factory=dict)
    alerts: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def base_window(self) -> Duration:
        """The shortest window that rules record; they tell where it is not five minutes."""
        seconds = self.whole.get(naming.BASE_WINDOW)
        return Duration(round(seconds * 1000)) if seconds and seconds > 0 else BASE_WINDOWS[0]

    def take_whole(self, figure: str, value: Decimal) -> None:
        """Of several series, as when an owner's label just changed, the strictest objective holds."""
        self.whole[figure] = max(value, self.whole.get(figure, value))

    def own(self, labels: Mapping[str, str]) -> None:
        """Take in the labels of an objective's series: they are the owner's."""
        if not self.own_labels:
            self.own_labels.update(labels)
            return
        # A label that differs between two of them, such as the cluster in a global view, tells them apart.
        for name in [name for name, text in self.own_labels.items() if labels.get(name) != text]:
            del self.own_labels[name]

    def facts(self, labels: Mapping[str, str]) -> Facts:
        """The facts of the group that a series with these labels belongs to."""
        names = labels.keys() - _NO_GROUP_LABELS
        if names:
            names -= self.own_labels.keys()
        group = tuple(sorted((name, labels[name]) for name in names)) if names else ()
        return self.groups.setdefault(group, Facts())


def by_slo(
    samples: Iterable[Sample], slos: dict[Identity, RecordedSlo]
) -> Iterable[tuple[Sample, RecordedSlo]]:
    """Each sample with the SLO that it belongs to, which is made where it is new."""
    for sample in samples:
        slo = slos.get(identity := identity_of(sample.labels))
        if slo is None:
            slo = slos[identity] = RecordedSlo()
        yield sample, slo
