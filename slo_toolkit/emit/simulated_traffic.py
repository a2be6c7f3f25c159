"""A course of traffic and errors as the input series of a promtool test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.emit.selectors import Series
from slo_toolkit.emit.source_series import EventSeries, GaugeSeries

_EVENTS_PER_SECOND = 1000
_EXACT_ENOUGH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Phase:
    """A length of time with one error ratio, or without any traffic."""

    length: Duration
    error_ratio: Decimal = Decimal(0)
    traffic: bool = True


@dataclass(frozen=True, slots=True)
class Course:
    """Phases one after the other, sampled every `interval`; `min_errors` is what an alert asks for."""

    phases: tuple[Phase, ...]
    interval: Duration
    min_errors: int = 0
    error_series: bool = True
    """Whether the series exist that only errors make grow."""

    def inputs(self, source: EventSeries | GaugeSeries) -> Iterator[tuple[Series, str]]:
        """Every input series with its values in promtool's notation."""
        if isinstance(source, GaugeSeries):
            yield source.series, " ".join(self._gauge())
            return
        for series in source.all:
            if self.error_series or series not in source.only_errors:
                yield series, " ".join(self._counter(series in source.good, series in source.error))

    def _gauge(self) -> Iterator[str]:
        yield "_"
        for phase, samples in self._sampled():
            yield f"{plain(1 - phase.error_ratio)}+0x{samples - 1}" if phase.traffic else f"_x{samples}"

    def _counter(self, good: bool, error: bool) -> Iterator[str]:
        yield "0"
        events = Decimal(_EVENTS_PER_SECOND * (1 + self.min_errors) * self.interval.ms) / 1000
        value = Decimal(0)
        for phase, samples in self._sampled():
            share = (1 - phase.error_ratio) * good + phase.error_ratio * error
            step = (events * share * phase.traffic).quantize(_EXACT_ENOUGH)
            yield f"{plain(value + step)}+{plain(step)}x{samples - 1}"
            value += step * samples

    def _sampled(self) -> Sequence[tuple[Phase, int]]:
        return [(phase, phase.length.ms // self.interval.ms) for phase in self.phases]
