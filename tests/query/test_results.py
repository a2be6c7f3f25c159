"""Answers of Prometheus as typed samples."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from email.utils import formatdate
from itertools import pairwise

import pytest

from slo_toolkit.query import Sample, Series, WrongAnswer

from .conftest import Connect, StartStub
from .stub import JSON, Asked, Says, always, success, vector


def test_a_vector_is_a_sample_for_each_series(stub: StartStub, connect: Connect) -> None:
    server = stub(always(vector("0.5", "2")))
    expected = (Sample({"n": "0"}, 0.5, 1000.0), Sample({"n": "1"}, 2.0, 1000.0))
    assert connect(server.url).instant("up") == expected


def test_a_scalar_is_one_sample_without_labels(stub: StartStub, connect: Connect) -> None:
    server = stub(always(success("scalar", [12.5, "3"])))
    assert connect(server.url).instant("3") == (Sample({}, 3.0, 12.5),)


def test_nothing_found_is_an_empty_answer_and_no_failure(stub: StartStub, connect: Connect) -> None:
    server = stub(always(vector()))
    assert connect(server.url).instant("absent_metric") == ()


def test_nan_and_infinities_come_as_the_server_says_them(stub: StartStub, connect: Connect) -> None:
    server = stub(always(vector("NaN", "+Inf", "-Inf")))
    nan, infinite, negative = connect(server.url).instant("up")
    assert math.isnan(nan.value)
    assert (infinite.value, negative.value) == (math.inf, -math.inf)


def test_the_query_travels_in_the_body_so_that_its_length_meets_no_limit(
    stub: StartStub, connect: Connect
) -> None:
    server = stub(always(vector()))
    long_query = " + ".join(f'm{{path="/{n}&x=1"}}' for n in range(5000))
    connect(server.url + "/prefix").instant(long_query, at=1234.5)
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", "/prefix/api/v1/query")
    assert asked.form["query"] == long_query
    assert asked.form["time"] == "1234.500"


def test_without_a_time_the_server_takes_its_own(stub: StartStub, connect: Connect) -> None:
    server = stub(always(vector()))
    connect(server.url).instant("up")
    assert "time" not in server.asked[0].form


def test_a_range_is_its_points_in_order(stub: StartStub, connect: Connect) -> None:
    rows = [{"metric": {"job": "a"}, "values": [[60, "1"], [120, "NaN"], [240, "2"]]}]
    server = stub(always(success("matrix", rows)))
    (series,) = connect(server.url).range("up", 60, 240, 60)
    assert series.labels == {"job": "a"}
    assert [time for time, _ in series.points] == [60, 120, 240]
    assert math.isnan(series.points[1][1])


def test_a_long_range_is_asked_in_pieces_that_prometheus_allows_and_comes_back_whole(
    stub: StartStub, connect: Connect
) -> None:
    def evaluate(asked: Asked) -> Says:
        start, end, step = (float(asked.form[name]) for name in ("start", "end", "step"))
        times = [start + n * step for n in range(int((end - start) / step) + 1)]
        return success("matrix", [{"metric": {"job": "a"}, "values": [[t, str(t)] for t in times]}])

    server = stub(evaluate)
    step = 0.1
    (series,) = connect(server.url).range("up", 0, 2500, step)
    times = [time for time, _ in series.points]
    assert len(times) == 25_001
    assert all(later - earlier == pytest.approx(step) for earlier, later in pairwise(times))
    spans = [(float(asked.form["start"]), float(asked.form["end"])) for asked in server.asked]
    assert [round((end - start) / step) + 1 for start, end in spans] == [11_000, 11_000, 3_001]


def test_a_series_that_only_some_pieces_have_keeps_its_own_points(stub: StartStub, connect: Connect) -> None:
    def evaluate(asked: Asked) -> Says:
        start = float(asked.form["start"])
        rows = [{"metric": {"job": "always"}, "values": [[start, "1"]]}]
        if start > 0:
            rows.append({"metric": {"job": "late"}, "values": [[start, "2"]]})
        return success("matrix", rows)

    server = stub(evaluate)
    assert connect(server.url).range("up", 0, 11_000, 1) == (
        Series({"job": "always"}, ((0.0, 1.0), (11_000.0, 1.0))),
        Series({"job": "late"}, ((11_000.0, 2.0),)),
    )


@pytest.mark.parametrize(("start", "end", "step"), [(10, 0, 1), (0, 10, 0), (0, 10, -1)])
def test_a_range_that_is_none_is_a_mistake_of_the_program(
    connect: Connect, start: float, end: float, step: float
) -> None:
    with pytest.raises(ValueError, match="no range"):
        connect("http://127.0.0.1:1").range("up", start, end, step)


def test_warnings_are_collected_once_each_and_remarks_are_kept_apart(
    stub: StartStub, connect: Connect
) -> None:
    warning = "receive series from Addr: store-2: connection refused"
    server = stub(always(vector("1", warnings=[warning], infos=["metric might not be a counter"])))
    prometheus = connect(server.url)
    for _ in range(2):
        prometheus.instant("up")
    assert prometheus.warnings == (warning,)
    assert prometheus.infos == ("metric might not be a counter",)


@pytest.mark.parametrize(
    "partial",
    [
        {"isPartial": True},
        {"isPartial": "true"},
        {"isPartial": 1},
        {"is_partial": "yes"},
        {"data": {"resultType": "vector", "result": [], "isPartial": "True"}},
        {"error": "store-2 is missing"},
        {"warnings": "one that stands in no list"},
        {"warnings": [{"message": "one that is no text"}]},
        {"data": {"resultType": "vector", "result": [], "warnings": ["store-2 is missing"]}},
    ],
    ids=[
        *("VictoriaMetrics", "text", "a number", "another spelling", "within data", "an error"),
        *("no list", "no text", "old Thanos"),
    ],
)
def test_a_partial_answer_is_a_warning_however_a_server_tells_it(
    stub: StartStub, connect: Connect, partial: dict[str, object]
) -> None:
    server = stub(always(vector(**partial)))
    prometheus = connect(server.url)
    prometheus.instant("up")
    assert len(prometheus.warnings) == 1


@pytest.mark.parametrize("flag", [False, "false", None])
def test_a_flag_that_says_no_is_no_warning(stub: StartStub, connect: Connect, flag: object) -> None:
    prometheus = connect(stub(always(vector("1", isPartial=flag))).url)
    prometheus.instant("up")
    assert prometheus.warnings == ()


def test_thanos_is_told_to_refuse_rather_than_to_answer_in_part(stub: StartStub, connect: Connect) -> None:
    server = stub(always(vector()))
    connect(server.url).instant("up")
    assert server.asked[0].form["partial_response"] == "false"


def test_a_server_that_rejects_the_word_to_thanos_by_name_is_asked_without_it(
    stub: StartStub, connect: Connect
) -> None:
    message = (
        'Invalid JSON payload received. Unknown name \\"partial_response\\": Cannot bind query parameter.'
    )
    rejection = f'{{"error": {{"code": 400, "message": "{message}", "status": "INVALID_ARGUMENT"}}}}'
    server = stub(lambda a: Says(rejection.encode(), 400) if "partial_response" in a.form else vector("1"))
    prometheus = connect(server.url)
    assert prometheus.instant("up")[0].value == 1
    assert prometheus.instant("up")[0].value == 1
    assert prometheus.requests == 3


def test_requests_are_counted_and_share_a_connection(stub: StartStub, connect: Connect) -> None:
    server = stub(always(vector("1")))
    prometheus = connect(server.url)
    assert prometheus.requests == 0
    for _ in range(5):
        prometheus.instant("up")
    assert (prometheus.requests, server.connections) == (5, 1)


def test_the_servers_clock_comes_with_any_answer(stub: StartStub, connect: Connect) -> None:
    an_hour_ahead = formatdate(time.time() + 3600, usegmt=True)
    answer = Says(vector().body, headers={**JSON, "Date": an_hour_ahead}, date=False)
    server = stub(always(answer))
    prometheus = connect(server.url)
    prometheus.instant("up")
    assert prometheus.server_time() - time.time() == pytest.approx(3600, abs=2)
    assert prometheus.requests == 1


def test_a_server_without_a_date_is_asked_for_its_time(stub: StartStub, connect: Connect) -> None:
    answer = success("scalar", [5000, "5000"])
    server = stub(always(Says(answer.body, date=False)))
    assert connect(server.url).server_time() == 5000
    assert server.asked[0].form["query"] == "time()"


@pytest.mark.parametrize(
    "answer",
    [
        success("scalar", [5000, "NaN"]),
        success("scalar", [5000, "+Inf"]),
        success("vector", []),
        vector("1", "2"),
    ],
    ids=["NaN", "infinite", "empty", "two"],
)
def test_a_server_that_does_not_tell_its_time_has_no_answer(
    stub: StartStub, connect: Connect, answer: Says
) -> None:
    with pytest.raises(WrongAnswer, match="no Date, and no time where time"):
        connect(stub(always(Says(answer.body, date=False))).url).server_time()


@pytest.mark.parametrize("date", ["", " ", "yesterday", "Mon, 99 Foo 99999 99:99:99 GMT"])
def test_a_date_that_is_none_is_as_good_as_no_date(stub: StartStub, connect: Connect, date: str) -> None:
    answer = success("scalar", [5000, "5000"])
    server = stub(always(Says(answer.body, headers={**JSON, "Date": date}, date=False)))
    assert connect(server.url).server_time() == 5000


def test_the_http_client_is_loaded_only_for_a_question() -> None:
    program = (
        "import sys\n"
        "from slo_toolkit.query import Connection, Prometheus, resolve_connection\n"
        "Prometheus(resolve_connection({'url': 'http://localhost'}, {'SLO_CONFIG': ''}))\n"
        "print([name for name in ('requests', 'prometheus_api_client', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ([{"metric": {}, "histogram": [1, {"count": "1"}]}], "native histograms"),
        ([{"metric": {}}], "cannot be read"),
        ([{"metric": {}, "value": [1, "many"]}], "cannot be read"),
        ([{"metric": {}, "value": [1, 2.5]}], "cannot be read"),
        ([{"metric": [], "value": [1, "2"]}], "cannot be read"),
        ([{"metric": {"n": 1}, "value": [1, "2"]}], "cannot be read"),
        ([{"metric": {}, "value": [10**400, "2"]}], "cannot be read"),
        ([{"metric": {}, "value": [math.nan, "2"]}], "cannot be read"),
        ([{"metric": {}, "value": [math.inf, "2"]}], "cannot be read"),
        ([{"metric": {}, "value": ["1", "2"]}], "cannot be read"),
        ([{"metric": {}, "value": "12"}], "cannot be read"),
        ([{"metric": {}, "value": [True, "2"]}], "cannot be read"),
        ([{"metric": {}, "value": [1, "1_000"]}], "cannot be read"),
        ([{"metric": {}, "value": [1, " 1"]}], "cannot be read"),
        ([{"metric": {}, "value": [1, "\u0663"]}], "cannot be read"),
        ([{"metric": {"n": "\ud800"}, "value": [1, "2"]}], "cannot be read"),
        (None, "cannot be read"),
        ([7], "cannot be read"),
    ],
)
def test_samples_that_are_none_are_told(stub: StartStub, connect: Connect, result: object, told: str) -> None:
    server = stub(always(success("vector", result)))
    with pytest.raises(WrongAnswer, match=told):
        connect(server.url).instant("up")


def test_a_key_that_is_there_twice_is_a_damaged_answer(stub: StartStub, connect: Connect) -> None:
    body = success("vector", [{"metric": {}, "value": [1, "0"]}]).body.replace(
        b'"metric"', b'"value": 1, "metric"'
    )
    with pytest.raises(WrongAnswer, match="damaged"):
        connect(stub(always(Says(body))).url).instant("up")
