"""The whole answer: which SLOs there are, how each is read, and what is to be said about all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from slo_toolkit.budget import plain
from slo_toolkit.errors import InputError, NotMeasurable
from slo_toolkit.plan.tiers import named_tiers
from slo_toolkit.query.failures import Late
from slo_toolkit.slo import Labels, RawSli, Slo, no_labels
from slo_toolkit.status import unknown
from slo_toolkit.status.assess import assess
from slo_toolkit.status.model import Answer
from slo_toolkit.status.names import Selection, did_you_mean
from slo_toolkit.status.periods import Period
from slo_toolkit.status.raw import read_raw
from slo_toolkit.status.reading import MAX_AGE_SECONDS, Reading, Source
from slo_toolkit.status.recorded import read_recorded, recorded_names
from slo_toolkit.status.series import Identity
from slo_toolkit.status.sharing import told_once
from slo_toolkit.status.verdict import worst_first

_NOTICEABLE_SKEW_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which SLOs, over which period, at which moment.

    `specs` are the SLOs of spec files, which are read raw where no rules record them, and with `raw` even where rules
    do; None takes whatever is recorded. `clock` is the caller's where the moment was told relative to it, and then it
    must agree with the server's. `extra_labels` are those of the compilation whose series are meant.
    """

    at: float
    selection: Selection = field(default_factory=Selection)
    specs: tuple[Slo, ...] | None = None
    raw: bool = False
    period: Period | None = None
    clock: Callable[[], float] | None = None
    extra_labels: Labels = field(default_factory=no_labels)


@dataclass(frozen=True, slots=True)
class Survey:
    """The readings of every SLO that is wanted, and what makes them doubtful."""

    readings: tuple[Reading, ...]
    warnings: tuple[str, ...]


def ask(source: Source, wanted: Wanted) -> Answer:
    """The status of every SLO that is wanted, the worst first.

    Raises InputError where no spec has an SLO that was asked for by name, and NotMeasurable where the server cannot
    be asked or has no such SLO.
    """
    survey = take(source, wanted)
    return Answer(wanted.at, worst_first(assess(reading) for reading in survey.readings), survey.warnings)


def take(source: Source, wanted: Wanted) -> Survey:
    """The readings themselves; raises as `ask` does."""
    chosen, warnings = _chosen(source, wanted)
    doubts, more = _doubts_about_all(source, wanted)
    remedies = told_once((f"{one.service}/{one.slo}", text) for one in chosen for text in one.warnings)
    _expect_all(source, wanted, chosen, more)
    told = (*warnings, *remedies, *more, *unknown.warnings(chosen))
    return Survey(tuple(_doubt(reading, doubts) for reading in chosen), told)


def _chosen(source: Source, wanted: Wanted) -> tuple[list[Reading], list[str]]:
    """A reading of each SLO that is wanted, and what there is to warn of."""
    specs = _selected(wanted)
    if specs is not None and wanted.raw:
        return [*read_raw(source, specs, wanted.at, wanted.period)], []
    readings = read_recorded(source, wanted.at, wanted.period, _id_regex(wanted, specs), wanted.extra_labels)
    if specs is not None:
        return _with_specs(source, wanted, specs, readings)
    return [one for one in readings if wanted.selection.matches(one.service, one.slo)], []


def _selected(wanted: Wanted) -> tuple[Slo, ...] | None:
    if wanted.specs is None:
        return None
    names = [(slo.service, slo.name) for slo in wanted.specs]
    unmatched = wanted.selection.unmatched(names)
    if unmatched:
        missing = f"no spec has an SLO {_listed(unmatched)}"
        raise InputError("; ".join(filter(None, (missing, did_you_mean(unmatched, names)))))
    return tuple(slo for slo in wanted.specs if wanted.selection.matches(slo.service, slo.name))


def _id_regex(wanted: Wanted, specs: Sequence[Slo] | None) -> str | None:
    """What to narrow the requests to. Specs without names are most likely all that the server has, too."""
    return None if specs is not None and not wanted.selection.patterns else wanted.selection.id_regex


def _expect_all(source: Source, wanted: Wanted, readings: Sequence[Reading], warnings: Sequence[str]) -> None:
    unmatched = wanted.selection.unmatched([(reading.service, reading.slo) for reading in readings])
    near = did_you_mean(unmatched, recorded_names(source, wanted.at)) if unmatched else ""
    if unmatched:
        missing = f"no rules record an SLO {_listed(unmatched)}"
    elif not readings:
        which = "".join(f" with {name}={value}" for name, value in wanted.extra_labels.items())
        missing = f"no rules record an SLO{which} here"
    else:
        return
    advice = near or "load the rules that `slo compile` makes, or measure without them with --spec PATH"
    raise NotMeasurable("; ".join((missing, *warnings, advice)))


def _listed(names: Sequence[str]) -> str:
    return "named " + " or ".join(repr(name) for name in names)


def _with_specs(
    source: Source, wanted: Wanted, specs: Sequence[Slo], recorded: Sequence[Reading]
) -> tuple[list[Reading], list[str]]:
    """The recorded readings of the specs' SLOs where they are of use, raw ones of the others."""
    by_identity: dict[Identity, list[Reading]] = {}
    for reading in recorded:
        by_identity.setdefault((reading.service, reading.slo), []).append(reading)
    readings: list[Reading] = []
    unrecorded: list[Slo] = []
    warnings: list[tuple[str, str]] = []
    for slo in specs:
        name = f"{slo.service}/{slo.name}"
        found = by_identity.get((slo.service, slo.name), [])
        if any(reading.error_ratio is not None for reading in found):
            readings += [_by_spec(reading, slo, wanted.period) for reading in found]
            warnings += [(name, doubt) for reading in found for doubt in _disagreements(reading, slo)]
        else:
            unrecorded.append(slo)
            warnings += [(name, doubt) for reading in found for doubt in reading.doubts]
    if unrecorded:
        readings += read_raw(source, unrecorded, wanted.at, wanted.period)
    return readings, list(told_once(warnings))


def _by_spec(reading: Reading, slo: Slo, period: Period | None) -> Reading:
    """The recorded facts, judged by the spec: its objective and its alerts hold, whatever the loaded rules say."""
    ratio_only = isinstance(slo.sli, RawSli)
    return replace(
        reading,
        objective=slo.objective.ratio,
        tiers=named_tiers(slo),
        tiers_are_assumed=False,
        # The events that rules record for a ratio are seconds in which it was known.
        valid_events=None if ratio_only else reading.valid_events,
        error_events=None if ratio_only else reading.error_events,
        recent_errors={} if ratio_only else reading.recent_errors,
    )


def _disagreements(reading: Reading, slo: Slo) -> Iterator[str]:
    if reading.objective is not None and reading.objective != slo.objective.ratio:
        yield (
            f"the loaded rules have the objective {plain(reading.objective * 100)} %, "
            f"the spec {plain(slo.objective.percent)} %; judged by the spec"
        )
    if reading.period != slo.period:
        yield f"the loaded rules have the period {reading.period}, the spec {slo.period}"


def _doubts_about_all(source: Source, wanted: Wanted) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What makes every figure doubtful, and all there is to tell about the answer as a whole."""
    doubts = [f"the server warns: {warning}" for warning in source.warnings]
    warnings = list(doubts)
    if wanted.clock is not None:
        try:
            skew = source.server_time() - wanted.clock()
        except Late as failure:
            unknown = f"the server's clock is not known: {failure.reason}"
            return (*doubts, unknown), (*warnings, unknown)
        if abs(skew) > _NOTICEABLE_SKEW_SECONDS:
            warning = (
                f"the server's clock is {_about(abs(skew))} {'ahead of' if skew > 0 else 'behind'} this one"
            )
            warnings.append(warning)
            if abs(skew) > MAX_AGE_SECONDS:
                doubts.append(warning)
    return tuple(doubts), tuple(warnings)


def _about(seconds: float) -> str:
    """To the minute from two minutes on."""
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _doubt(reading: Reading, doubts: Sequence[str]) -> Reading:
    if not doubts:
        return reading
    return replace(reading, doubts=(*doubts, *reading.doubts), is_untrustworthy=True)
