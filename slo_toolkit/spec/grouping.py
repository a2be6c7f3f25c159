"""Which labels tell the series of an SLO apart: those that its owner's queries keep."""

from __future__ import annotations

from collections.abc import Mapping

from slo_toolkit.meaning.labels import ResultLabels
from slo_toolkit.meaning.query import pinned, read
from slo_toolkit.spec.flaws import Place

_RULE = "group-by"


def groups_of_queries(
    queries: Mapping[str, str], group_by: tuple[str, ...], own_labels: Mapping[str, str], at: Place
) -> tuple[str, ...]:
    """The groups of an SLO with these queries by their keys, the total's last, which stand below `at`.

    `group_by` is what the spec says itself. Where it says nothing, labels that all queries keep group the SLO; it is
    an error where they keep different ones, or ones that nobody but the server knows.
    """
    kept = {key: read(query).labels for key, query in queries.items()}
    if group_by:
        for key, labels in kept.items():
            _check_keeps(group_by, labels, at / key)
        return group_by
    if any(labels.without for labels in kept.values()):
        key = next(key for key, labels in kept.items() if labels.without)
        (at / key).wrong(
            "`without (...)` keeps labels that only the server knows, so nothing says how many budgets there are",
            "write `sum by (...)` with the labels that shall have a budget each, or `sum(...)` for one in all",
            rule=_RULE,
        )
        return ()
    closed = {key: labels.names for key, labels in kept.items() if not labels.open_}
    if not _agree(kept, closed, at):
        return ()
    if len(closed) < len(kept):
        _warn_of_all_labels(next(key for key in kept if key not in closed), len(kept), at)
        return ()
    total = list(queries)[-1]
    return _without_own(closed[total], queries, own_labels, at / total)


def _check_keeps(group_by: tuple[str, ...], labels: ResultLabels, at: Place) -> None:
    lost = [label for label in group_by if (label in labels.names) == labels.open_]
    if lost:
        at.wrong(
            f"the query drops `{lost[0]}`, by which the SLO is grouped",
            f"keep it: sum by ({', '.join(group_by)}) (...)",
            rule=_RULE,
        )


def _agree(kept: Mapping[str, ResultLabels], closed: Mapping[str, tuple[str, ...]], at: Place) -> bool:
    """Whether the queries keep the same labels, as far as that is known; reports it where not."""
    total = list(kept)[-1]
    for key, names in closed.items():
        other = closed.get(total, ())
        if set(names) == set(other) and (total in closed or not names):
            continue
        (at / key).wrong(
            f"this query {_grouped(names)}, `{at.spell(total)}` {_grouped(closed.get(total))}: "
            "PromQL divides only series with the same labels",
            "write `sum by (...)` with the same labels in both for a budget of each group, or `sum(...)` in both for "
            "one in all",
            rule=_RULE,
        )
        return False
    return True


def _grouped(names: tuple[str, ...] | None) -> str:
    if names is None:
        return "keeps all labels"
    return f"is grouped by {', '.join(names)}" if names else "is not grouped"


def _warn_of_all_labels(key: str, queries: int, at: Place) -> None:
    done = "the worst of them counts" if queries == 1 else "they are summed"
    (at / key).warn(
        f"the query keeps all labels of its series; where there are several, {done}",
        "write `sum by (...)` with the labels that shall have a budget each, or `sum(...)` for one in all",
        rule=_RULE,
    )


def _without_own(
    names: tuple[str, ...], queries: Mapping[str, str], own_labels: Mapping[str, str], at: Place
) -> tuple[str, ...]:
    """The groups without labels that the SLO has itself, if the queries let through nothing but its value."""
    groups = []
    for label in names:
        value = own_labels.get(label)
        if value is None:
            groups.append(label)
        elif any(pinned(query, label) != value for query in queries.values()):
            at.wrong(
                f"the query is grouped by `{label}`, which is a label of the SLO, too, and would hide the groups",
                "rename the SLO's label, or group by others",
                rule=_RULE,
            )
    return tuple(groups)
