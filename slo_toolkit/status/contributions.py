"""Which labels an episode's errors had more often than its other events: where to look first."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from slo_toolkit.duration import Duration
from slo_toolkit.meaning.text import WINDOW
from slo_toolkit.promql import le_matcher
from slo_toolkit.query.failures import ServerError
from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, Slo
from slo_toolkit.status.episodes import Contribution, Episode
from slo_toolkit.status.model import BudgetStatus, Key
from slo_toolkit.status.reading import FIGURE, Source, read_figures

_MOST_SERIES = 100
_LEAST_EXCESS = 0.1
"""A value that errors have only a little more often than all events is a coincidence."""
_MOST = 3

_ERRORS, _VALID = "errors", "valid"
_MATCHED = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_RANGE = re.compile(r"\[\s*" + WINDOW.pattern + r"\s*\]")


@dataclass(frozen=True, slots=True)
class _Case:
    """One episode of one status, and the spec that tells where its events come from."""

    status: BudgetStatus
    number: int
    episode: Episode
    slo: Slo

    @property
    def trivial(self) -> Set[str]:
        """Labels that stand out by definition: those of the group, and those that tell errors from other events."""
        match self.slo.sli:
            case AvailabilitySli(_, errors, _):
                return {*self.status.group, *_MATCHED.findall(errors)}
            case EventSli(total, str() as errors):
                return {*self.status.group, *_MATCHED.findall(errors)} - {*_MATCHED.findall(total)}
            case _:
                return set(self.status.group)


def with_contributions(
    source: Source, found: Mapping[Key, tuple[BudgetStatus, tuple[Episode, ...]]], specs: Sequence[Slo]
) -> dict[Key, tuple[Episode, ...]]:
    """The episodes, each with the labels that stand out; as they are where no spec tells the source series.

    All episodes are asked about in one request.
    """
    slos = {(slo.service, slo.name): slo for slo in specs}
    cases = [
        _Case(status, number, episode, slo)
        for status, told in found.values()
        if (slo := slos.get((status.service, status.slo))) is not None
        for number, episode in enumerate(told)
    ]
    answered = _ask(source, cases)
    return {
        key: tuple(replace(e, contributions=answered.get((key, n), ())) for n, e in enumerate(told))
        for key, (_, told) in found.items()
    }


def _ask(source: Source, cases: Sequence[_Case]) -> dict[tuple[Key, int], tuple[Contribution, ...]]:
    expressions = {
        f"{index}/{kind}": f"topk({_MOST_SERIES}, {expression} > 0)"
        for index, case in enumerate(cases)
        for kind, expression in _series_of(case.slo, case.episode).items()
    }
    if not expressions:
        return {}
    latest = max(case.episode.end for case in cases)
    try:
        samples = read_figures(source, expressions, latest)
    except ServerError:
        return {}  # labels are a help; the episodes are told without them
    by_case: dict[int, dict[str, list[Sample]]] = {}
    for sample in samples:
        index, _, kind = sample.labels[FIGURE].partition("/")
        if cases[int(index)].status.group.items() <= sample.labels.items():
            by_case.setdefault(int(index), {}).setdefault(kind, []).append(sample)
    return {
        (cases[index].status.key, cases[index].number): tuple(_standing_out(kinds, cases[index].trivial))
        for index, kinds in by_case.items()
    }


def _series_of(slo: Slo, episode: Episode) -> dict[str, str]:
    """The increase of each source series within the episode; nothing where the SLI does not tell the series."""
    within = f"[{Duration(episode.length.ms)}] @ {episode.end:.3f}"
    match slo.sli:
        case AvailabilitySli(metric, errors, matchers):
            return {
                _ERRORS: f"increase({metric}{{{_joined(matchers, errors)}}}{within})",
                _VALID: f"increase({metric}{{{_joined(matchers)}}}{within})",
            }
        case LatencySli(histogram, threshold, matchers, False):
            count = f"increase({histogram}_count{{{_joined(matchers)}}}{within})"
            fast = f"increase({histogram}_bucket{{{_joined(matchers, le_matcher(threshold))}}}{within})"
            return {_ERRORS: f"({count} - ignoring (le) {fast})", _VALID: count}
        case EventSli(total, str() as errors):
            queries = {_ERRORS: _unsummed(errors, within), _VALID: _unsummed(total, within)}
            return {kind: query for kind, query in queries.items() if query} if all(queries.values()) else {}
        case _:
            return {}


def _joined(*matchers: str) -> str:
    return ",".join(text for text in (matcher.strip().strip(",") for matcher in matchers) if text)


def _unsummed(query: str, within: str) -> str:
    """What a plain `sum(...)` sums, over the episode; empty where the query is anything else."""
    match = re.fullmatch(r"sum\s*\((.*)\)", query.strip(), re.DOTALL)
    if match is None or not _is_balanced(match[1]) or WINDOW.search(_RANGE.sub("", match[1])):
        return ""
    return _RANGE.sub(within, match[1])


def _is_balanced(text: str) -> bool:
    """Whether no parenthesis closes one that was opened before the text, as in `sum(a) / sum(b)`."""
    depth = 0
    for sign in re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', "", text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0


def _standing_out(kinds: Mapping[str, Sequence[Sample]], trivial: Set[str]) -> Iterator[Contribution]:
    errors, valid = (_shares(kinds.get(kind, ())) for kind in (_ERRORS, _VALID))
    excess = {pair: share - valid.get(pair, 0.0) for pair, share in errors.items() if pair[0] not in trivial}
    for (label, value), more in sorted(excess.items(), key=lambda item: -item[1])[:_MOST]:
        if more >= _LEAST_EXCESS:
            yield Contribution(label, value, errors[label, value])


def _shares(samples: Sequence[Sample]) -> dict[tuple[str, str], float]:
    counted = [sample for sample in samples if 0 < sample.value < math.inf]
    total = sum(sample.value for sample in counted)
    shares: dict[tuple[str, str], float] = {}
    for sample in counted:
        for label, value in sample.labels.items():
            if label not in (FIGURE, "__name__", "le"):
                shares[label, value] = shares.get((label, value), 0.0) + sample.value / total
    return shares
