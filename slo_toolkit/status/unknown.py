"""Events of which nobody knows whether they were errors: of a histogram's series without a bucket at the threshold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from slo_toolkit import naming
from slo_toolkit.budget import plain
from slo_toolkit.slo import Objective
from slo_toolkit.status.model import Origin
from slo_toolkit.status.reading import Reading
from slo_toolkit.status.sharing import told_once
from slo_toolkit.status.unmeasured import NOTHING, error_ratio_at_worst


def doubts(reading: Reading) -> Iterator[str]:
    """Why there is no verdict: were all of them errors, nothing of the budget would be left."""
    if _could_be_all(reading):
        yield _told((reading,), "; were they all, nothing of the budget would be left")


def warnings(readings: Iterable[Reading]) -> Iterator[str]:
    """One for each SLO of which there are some, but too few to leave nothing of the budget."""
    of_slos: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.unknown_events and not _could_be_all(reading):
            of_slos.setdefault(f"{reading.service}/{reading.slo}", []).append(reading)
    yield from told_once((name, _told(of_slo)) for name, of_slo in of_slos.items())


def _could_be_all(reading: Reading) -> bool:
    """Whether the budget is spent if each of them was an error, or there are no others."""
    if not reading.unknown_events or reading.objective is None:
        return False
    if reading.error_ratio is None:
        return True
    ratio = error_ratio_at_worst(reading, reading.error_ratio, NOTHING)
    return ratio * reading.span.share_elapsed >= Objective(reading.objective).error_budget


def _told(readings: Iterable[Reading], consequence: str = "") -> str:
    found = tuple(readings)
    unknown = sum((reading.unknown_events or Decimal(0) for reading in found), Decimal(0))
    valid = sum((reading.valid_events or Decimal(0) for reading in found), Decimal(0))
    share = plain(Decimal(f"{float(unknown / (valid + unknown) * 100):.2g}"))
    names = f"; {naming.WITHOUT_BUCKET} names the series" if found[0].origin is Origin.RECORDED else ""
    return (
        f"{share} % of the events are of series without a bucket at the threshold, so nobody knows whether they "
        f"were errors{consequence}: give every one the bucket, or the SLO a threshold at which all have one{names}"
    )
