"""A course of traffic and errors as the input series of a promtool test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.emit.query_forms import EVENTS_PER_SECOND
from slo_toolkit.emit.selectors import Series
from slo_toolkit.emit.source_series import Input, Source

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

    def inputs(self, source: Source) -> Iterator[tuple[Series, str]]:
        """Every input series with its values in promtool's notation."""
        left_out = frozenset() if self.error_series else source.only_errors
        for each in source.inputs:
            if each.series not in left_out:
                yield each.series, " ".join(self._counter(each) if each.is_counter else self._gauge(each))

    def _gauge(self, each: Input) -> Iterator[str]:
        yield "_"
        for phase, samples in self._sampled():
            level = plain(_mixed(each, phase))
            yield f"{level}+0x{samples - 1}" if phase.traffic else f"_x{samples}"

    def _counter(self, each: Input) -> Iterator[str]:
        yield "0"
        events = Decimal(EVENTS_PER_SECOND * (1 + self.min_errors) * self.interval.ms) / 1000
        value = Decimal(0)
        for phase, samples in self._sampled():
            step = (events * _mixed(each, phase) * phase.traffic).quantize(_EXACT_ENOUGH)
            yield f"{plain(value + step)}+{plain(step)}x{samples - 1}"
            value += step * samples

    def _sampled(self) -> Sequence[tuple[Phase, int]]:
        return [(phase, phase.length.ms // self.interval.ms) for phase in self.phases]


def _mixed(each: Input, phase: Phase) -> Decimal:
    """The level, or the step in thousands a second, at which the phase has its error ratio."""
    return (1 - phase.error_ratio) * each.good + phase.error_ratio * each.error
