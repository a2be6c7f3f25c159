"""How long a Prometheus keeps samples, from what it tells of itself."""

from __future__ import annotations

from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError


def retention_of(document: Any) -> Duration | None:
    """The age in the answer to `/api/v1/status/runtimeinfo`, as in `15d or 512MB`; None where there is none."""
    match document:
        case {"data": {"storageRetention": str(text)}}:
            return next(filter(None, map(_age, text.split(" or "))), None)
        case _:
            return None


def _age(text: str) -> Duration | None:
    try:
        return Duration.parse(text.strip())
    except DurationError:
        return None  # a size, or nothing
