"""The same questions to a real Prometheus."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import pytest

from slo_toolkit.query import Connection, Prometheus, ServerError, WrongAnswer

from ..live.prometheus import running_prometheus


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    with running_prometheus() as address, Prometheus(Connection(address)) as opened:
        yield opened


def test_a_vector_and_its_labels(prometheus: Prometheus) -> None:
    (sample,) = prometheus.instant('label_replace(vector(1.5), "job", "a", "", "")', at=1_700_000_000.25)
    assert (sample.labels, sample.value, sample.time) == ({"job": "a"}, 1.5, 1_700_000_000.25)


def test_a_scalar(prometheus: Prometheus) -> None:
    (sample,) = prometheus.instant("time()", at=1_700_000_000)
    assert (sample.labels, sample.value) == ({}, 1_700_000_000)


def test_nan_and_infinity(prometheus: Prometheus) -> None:
    assert math.isnan(prometheus.instant("vector(0) / 0")[0].value)
    assert prometheus.instant("vector(-1) / 0")[0].value == -math.inf


def test_nothing(prometheus: Prometheus) -> None:
    assert prometheus.instant("absent_metric") == ()


def test_a_range_beyond_what_one_answer_may_hold(prometheus: Prometheus) -> None:
    start, step, count = 1_700_000_000, 30, 25_000
    (series,) = prometheus.range("vector(time())", start, start + step * (count - 1), step)
    assert series.points == tuple((start + n * step, start + n * step) for n in range(count))


def test_a_query_of_10_kb(prometheus: Prometheus) -> None:
    query = " + ".join(["vector(1)"] * 1000)
    assert len(query) > 10_000
    assert prometheus.instant(query)[0].value == 1000


@pytest.mark.parametrize(
    ("query", "status", "kind", "text"),
    [
        ("sum(", 400, "bad_data", "parse error"),
        (
            "vector(1) * on() group_left() (vector(1) or label_replace(vector(2), 'a', 'b', '', ''))",
            422,
            "execution",
            "many-to-many matching not allowed",
        ),
    ],
)
def test_its_own_words(prometheus: Prometheus, query: str, status: int, kind: str, text: str) -> None:
    with pytest.raises(ServerError) as caught:
        prometheus.instant(query)
    assert (caught.value.status, caught.value.error_type) == (status, kind)
    assert text in caught.value.error


def test_a_range_selector_where_a_value_is_due(prometheus: Prometheus) -> None:
    with pytest.raises(WrongAnswer, match="a matrix where a vector is due"):
        prometheus.instant("up[5m]")


def test_a_path_below_which_no_api_is(prometheus: Prometheus) -> None:
    with (
        Prometheus(Connection(f"{prometheus.connection.url}/graph")) as wrong,
        pytest.raises(ServerError, match=r"404 Not Found .*check the path"),
    ):
        wrong.instant("up")


def test_its_clock(prometheus: Prometheus) -> None:
    assert prometheus.server_time() == pytest.approx(time.time(), abs=2)


def test_it_has_nothing_to_warn_of(prometheus: Prometheus) -> None:
    prometheus.instant("vector(1)")
    assert prometheus.warnings == ()
