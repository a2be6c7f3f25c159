"""Moments as people write them: RFC 3339, Unix seconds, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError, InputError

_HINT = "write 2026-11-24T03:00:00Z, Unix seconds, or -2h for two hours ago"
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


def parse_moment(text: str, now: float) -> float:
    """Unix seconds. Raises InputError for text that is no moment, and for one before 1970 or after `now`."""
    moment = _parse(text.strip(), now)
    if moment < 0:
        raise InputError(f"{text!r} is before 1970: {_HINT}")
    if moment > now:
        raise InputError(f"{text!r} is in the future: nothing is measured there yet")
    return moment


def _parse(text: str, now: float) -> float:
    if text.startswith("-"):
        try:
            return now - Duration.parse(text[1:]).seconds
        except DurationError as error:
            raise InputError(f"{text!r} is no moment: {_HINT}") from error
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is no moment: {_HINT}") from error
    if moment.tzinfo is None:
        raise InputError(f"{text!r} could be anywhere in the world: add Z or an offset such as +02:00")
    return moment.timestamp()


def rfc3339(moment: float) -> str:
    """The moment in UTC, to the second."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_zone(name: str) -> tzinfo:
    """A time zone by its name, such as Europe/Berlin. Raises InputError where the system does not know it."""
    if name.upper() == "UTC":
        return UTC  # needs no time zone database
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"{name!r} is no time zone of this system: write for example Europe/Berlin"
        ) from error
