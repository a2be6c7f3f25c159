"""The same words about many SLOs, told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_NAMED = 3
"""So many SLOs are named; of more than these, only their number is told beside."""


def told_once(about: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Pairs of an SLO's name and words about it, as one line for each of the words, in the order of the first.

    As in `shop/requests: no data`, and `100 SLOs (shop/a, shop/b, shop/c and 97 more): no data`.
    """
    names: dict[str, dict[str, None]] = {}
    for name, text in about:
        names.setdefault(text, {})[name] = None
    for text, named in names.items():
        yield f"{_subject(list(named))}: {text}"


def _subject(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} SLOs ({', '.join(names[:_NAMED])}{more})"
