"""What the generated tests of an SLO leave out, and why: told in the test file and by `slo compile`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slo_toolkit.emit.scenarios import whole_outage
from slo_toolkit.emit.source_series import Source, source_series
from slo_toolkit.plan.tiers import alerts
from slo_toolkit.slo import LatencySli, Slo

_NO_TRAFFIC, _NO_SLOW_BURNS = "any traffic", "slow burns"


@dataclass(frozen=True, slots=True)
class Gap:
    """What SLOs are tested without, and the reason, both in words."""

    what: str
    reason: str


def gap(slo: Slo, source: Source | None) -> Gap | None:
    """What the tests of `slo` are without, None where its alerts are tested in every way."""
    if source is None:
        return Gap(_NO_TRAFFIC, _unknown(slo))
    if source.mixes or not alerts(slo):
        return None
    if whole_outage(slo, source, slo.evaluation_interval) is None:
        return Gap(_NO_TRAFFIC, "there is no page that an outage of an hour must bring")
    return Gap(_NO_SLOW_BURNS, _unmixed(slo, source))


def gaps(slos: Iterable[Slo]) -> dict[Gap, list[Slo]]:
    """The SLOs of each gap, in their order."""
    found: dict[Gap, list[Slo]] = {}
    for slo in slos:
        if (left_out := gap(slo, source_series(slo))) is not None:
            found.setdefault(left_out, []).append(slo)
    return found


def _unknown(slo: Slo) -> str:
    if isinstance(slo.sli, LatencySli) and slo.sli.native:
        return "not every promtool can simulate native histograms"
    return "no series are known that the queries would count as good events, and others as errors"


def _unmixed(slo: Slo, source: Source) -> str:
    if source.lag.ms:
        return "the queries look back further than the window"
    if slo.alerting.min_error_events:
        return "a small share of the samples is less than `min_error_events`"
    return "the queries compare with a threshold, so a share of errors may be none"
