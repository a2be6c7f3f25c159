"""Bounds of latency buckets: durations become numbers in the histogram's unit, and odd numbers are told.

A number says nothing about its unit. The name of the histogram does, and a bound that makes no sense in
that unit was most likely meant in another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.meaning.text import STRING
from slo_toolkit.spec.flaws import Place
from slo_toolkit.units import Unit, measures_size, unit_of

# From here on, a number of seconds is told. Nobody waits a minute for a request: proxies and browsers give up
# after 30 to 60 seconds. What is not known to be a request may take longer, and is told from 100 on, the least
# round number that people write as milliseconds; but whole minutes from ten on are what batch jobs promise.
_LONG_REQUEST = Decimal(60)
_LONG = Decimal(100)
_WHOLE_MINUTES = Decimal(600)
# What measures nanoseconds measures code, and no promise is shorter than a microsecond; who measures in the
# other units does not promise a fraction of one.
_SHORT = {Unit.NANOSECONDS: Decimal(1000), Unit.MICROSECONDS: Decimal(1), Unit.MILLISECONDS: Decimal(1)}

# Words of the histogram's name. A histogram of what takes long is never told for a long bound.
_REQUEST = re.compile(
    r"https?|grpc|rpc|requests?|responses?|latency|latencies|api|query|queries|calls?|handler"
)
_LONG_WORK = re.compile(
    r"(?:batch|job|task|cron|build|deploy|pipeline|workflow|backup|restor|rebuild|import|export|migrat|etl|train"
    r"|ingest|crawl|scan|transcod|encod|render|sync|reconcil|provision|boot|startup|queue|replicat|compact|index"
    r"|upload|download|session|schedul|fresh|stale|rollout|recover|repair|deliver|settle|payout|snapshot|report"
    r"|consumer|worker|delay|wait)\w*|lags?|ages?|runs?|ttl|data"
)
_WORD = re.compile(r"[A-Za-z]+")


def latency_bound(histogram: str, threshold: Decimal | Duration, matchers: str, at: Place) -> Decimal | None:
    """The threshold in the unit of the histogram; None where no duration fits, which is reported."""
    if isinstance(threshold, Decimal):
        _warn(histogram, threshold, STRING.findall(matchers), at, "{}", durations=True)
        return threshold
    if measures_size(histogram):
        at.wrong(f"`{histogram}` holds sizes, not durations", "write a number of that unit", rule="unit")
        return None
    return (unit_of(histogram) or Unit.SECONDS).of(threshold)


def warn_bound(
    metric: str, bound: Decimal, values: Iterable[str], at: Place, written: str = 'le="{}"'
) -> None:
    """Warn where a bound makes no sense in the unit that the metric's name says.

    `values` are those of the other matchers; `written` is how the document writes a bound.
    """
    _warn(metric, bound, values, at, written, durations=False)


def _warn(
    metric: str, bound: Decimal, values: Iterable[str], at: Place, written: str, *, durations: bool
) -> None:
    unit = unit_of(metric)
    meant = _meant(metric, bound, values)
    if unit is None or meant is None:
        return
    number = plain(bound)
    right = written.format(plain(_converted(bound, meant, unit)))
    hint = f"write {right} if that is meant"
    if durations and (duration := _duration(bound, meant)):
        hint = f"write {right} or {duration} if that is meant"
        if kept := _duration(bound, unit):
            hint += f", and {kept} if not"
    message = (
        f"`{written.format(number)}` of `{metric}` is {number} {unit.symbol}, not {number} {meant.symbol}"
    )
    at.warn(message, hint, rule="unit")


def _duration(number: Decimal, unit: Unit) -> Duration | None:
    """The duration of so many units; None where it is no whole number of milliseconds."""
    ms = number * unit.seconds * 1000
    return Duration(int(ms)) if ms == ms.to_integral_value() else None


def _converted(bound: Decimal, meant: Unit, unit: Unit) -> Decimal:
    return (bound * meant.seconds / unit.seconds).normalize()


def _meant(metric: str, bound: Decimal, values: Iterable[str]) -> Unit | None:
    """The unit that was probably meant; None where the bound makes sense as it is."""
    unit = unit_of(metric)
    if unit is Unit.SECONDS and _is_long(metric, bound, values):
        return Unit.MILLISECONDS
    if unit in _SHORT and bound < _SHORT[unit]:
        return Unit.SECONDS if bound < 1 else Unit.MILLISECONDS
    return None


def _is_long(metric: str, seconds: Decimal, values: Iterable[str]) -> bool:
    if seconds < _LONG_REQUEST:
        return False
    name = _words(metric)
    is_request = any(map(_REQUEST.fullmatch, name))
    # A path such as /jobs does not make a long job of a request.
    words = name if is_request else [*name, *(word for value in values for word in _words(value))]
    if any(map(_LONG_WORK.fullmatch, words)):
        return False
    if is_request:
        return seconds > _LONG_REQUEST
    return seconds >= _LONG and (seconds < _WHOLE_MINUTES or seconds % 60 != 0)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
