"""Many questions in few requests, so that one which is wrong or slow does not cost the others their answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from slo_toolkit.query.failures import Late, ServerError, Unreachable

Question = TypeVar("Question")
Answer = TypeVar("Answer")

_WHOLE_BATCH = 1 / 2
_PIECE = 1 / 3
"""Of the time that is left, at most: what was too slow once must leave time for its other half, and for all others."""


def asked_in_batches(
    ask: Callable[[Sequence[Question], float], Sequence[Answer]], questions: Sequence[Question], size: int
) -> list[Answer | ServerError | Unreachable]:
    """The answer to each question, or why it has none, in their order.

    `ask` answers some of them in one request, within a share of the time that is left. A request that is refused or
    comes too late is split in halves until it is known whose fault it is; these wait until all others were asked.
    """
    outcomes: dict[int, Answer | ServerError | Unreachable] = {}
    numbers = range(len(questions))
    waiting = deque((numbers[start : start + size], False) for start in numbers[::size])
    while waiting:
        batch, is_piece = waiting.popleft()
        share = _share(len(batch), len(questions) - len(outcomes), is_piece)
        try:
            answers = ask([questions[number] for number in batch], share)
        except (ServerError, Unreachable) as failure:
            if isinstance(failure, Unreachable) and not isinstance(failure, Late):
                outcomes |= {number: failure for number in numbers if number not in outcomes}
                break  # nobody is there to answer any of them
            if len(batch) == 1:
                outcomes[batch[0]] = failure
            else:
                half = len(batch) // 2
                waiting += [(batch[:half], True), (batch[half:], True)]
        else:
            outcomes |= dict(zip(batch, answers, strict=True))
    return [outcomes[number] for number in numbers]


def _share(count: int, left: int, is_piece: bool) -> float:
    """How much of the time that is left `count` of the `left` questions may take; the last one has all of it."""
    if count == left == 1:
        return 1.0
    return min(_PIECE, count / left) if is_piece else _WHOLE_BATCH
