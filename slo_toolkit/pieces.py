"""Sums of series that carry the same labels, where one that is missing counts for nothing.

`a + b` has no result where one side is missing, and `a or b` drops `b` where both are there. So each
piece but the first gets a label of its own, and the sum drops it again.
"""

from __future__ import annotations

from collections.abc import Iterable

from slo_toolkit import naming
from slo_toolkit.promql import by


def labelled(expression: str, piece: object) -> str:
    return f'label_replace({expression}, "{naming.PIECE}", "{piece}", "", "")'


def sum_of(pieces: Iterable[str], groups: tuple[str, ...]) -> str:
    union = "\n  or\n".join(f"    {piece}" for piece in pieces)
    return f"sum{by(groups)}(\n{union}\n)"
