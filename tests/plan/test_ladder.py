"""Long windows are put together from shorter ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_toolkit.duration import Duration
from slo_toolkit.plan.ladder import BASE, Rung, ladder


def windows(*texts: str) -> tuple[Duration, ...]:
    return tuple(Duration.parse(text) for text in texts)


def told(rungs: tuple[Rung, ...]) -> list[str]:
    return [f"{rung.window} = {rung.count} x {rung.piece}" for rung in rungs]


def test_the_workbooks_windows() -> None:
    assert told(ladder(windows("5m", "30m", "1h", "2h", "6h", "1d", "3d"), BASE)) == [
        "30m = 6 x 5m",
        "1h = 2 x 30m",
        "2h = 2 x 1h",
        "6h = 3 x 2h",
        "1d = 4 x 6h",
        "3d = 3 x 1d",
    ]


def test_a_rung_is_put_between_where_there_would_be_too_many_pieces() -> None:
    assert told(ladder(windows("6h"), BASE)) == ["1h = 12 x 5m", "6h = 6 x 1h"]


def test_windows_that_are_no_multiple_of_the_base_have_no_rung() -> None:
    assert ladder(windows("2m", "7m", "67m"), BASE) == ()


def test_windows_of_other_sets_divide_by_what_is_there() -> None:
    assert told(ladder(windows("15m", "30m", "1h", "3h", "12h", "36h"), BASE)) == [
        "15m = 3 x 5m",
        "30m = 2 x 15m",
        "1h = 2 x 30m",
        "3h = 3 x 1h",
        "12h = 4 x 3h",
        "1d12h = 3 x 12h",
    ]


@pytest.mark.parametrize("pieces", [13, 17, 26])
def test_a_prime_number_of_pieces_stays_whole(pieces: int) -> None:
    rungs = ladder((BASE * pieces,), BASE)
    assert rungs[-1].window == BASE * pieces


@given(st.sets(st.integers(min_value=1, max_value=900), min_size=1, max_size=8))
def test_every_multiple_of_the_base_is_reached_from_recorded_pieces(multiples: set[int]) -> None:
    wanted = tuple(BASE * count for count in sorted(multiples))
    recorded = {BASE}
    for rung in ladder(wanted, BASE):
        assert rung.piece in recorded
        assert rung.piece * rung.count == rung.window
        recorded.add(rung.window)
    assert set(wanted) <= recorded
