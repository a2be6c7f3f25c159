"""What a Prometheus query answers, with types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One series at one time (Unix seconds). The value may be NaN or infinite, as the server says."""

    labels: Mapping[str, str]
    value: float
    time: float


@dataclass(frozen=True, slots=True)
class Series:
    """One series over a range: points of (Unix seconds, value), oldest first, none where no sample is."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]
