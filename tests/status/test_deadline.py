"""One slow SLO costs the others nothing, and what is known by the deadline is told."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from slo_toolkit.query.failures import Late, QueryFailed, ServerError, Unreachable
from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import AvailabilitySli, Objective, Slo
from slo_toolkit.status.batches import asked_in_batches
from slo_toolkit.status.contributions import with_contributions
from slo_toolkit.status.episodes import Episode
from slo_toolkit.status.survey import Wanted, ask
from tests.query.stub import Asked, Says, Script, Stub, success

from .conftest import Serve, SloCommand
from .fake import AT, FakePrometheus, identity, of, recorded
from .test_faults import SPEC, error_body, raw

COUNT = 20
SLOW = "slow_total"


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """Twenty SLOs, the thirteenth of which is the slow one."""
    head, _, one = SPEC.partition("slos:\n")
    parts = [
        one.replace("name: requests", f"name: slo-{n:02}").replace(
            "requests_total", SLOW if n == 12 else f"r{n}_total"
        )
        for n in range(COUNT)
    ]
    path = tmp_path / "shop.yaml"
    path.write_text(head + "slos:\n" + "".join(parts))
    return str(path)


def slowly(stub: Callable[[], Stub], otherwise: Script) -> Script:
    """What asks for the slow metric is not answered for as long as the server lives."""

    def script(asked: Asked) -> Says:
        if SLOW in asked.form.get("query", ""):
            stub().stopping.wait()
        answer = otherwise(asked)
        assert isinstance(answer, Says)
        return answer

    return script


def told(slo: SloCommand, *arguments: str) -> tuple[dict[str, dict[str, str]], str]:
    code, out, err = slo("budget", "--output", "csv", *arguments)
    assert code == 3
    return {row["slo"]: row for row in csv.DictReader(StringIO(out))}, err


def test_a_server_that_times_out_on_one_slo_answers_the_others(
    slo: SloCommand, serve: Serve, spec: str
) -> None:
    fine = raw("0", "5")

    def script(asked: Asked) -> Says:
        if SLOW in asked.form.get("query", ""):
            return Says(error_body("timeout", "query timed out in expression evaluation"), 503)
        return fine(asked)

    stub = serve(script)
    rows, err = told(slo, "--prometheus", stub.url, "--spec", spec)
    assert {name for name, row in rows.items() if row["verdict"] != "met"} == {"slo-12"}
    assert "query timed out in expression evaluation" in rows["slo-12"]["reasons"]
    assert err.count("\n") == 1
    assert len([asked for asked in stub.asked if SLOW in asked.form.get("query", "")]) == 5, "20, 10, 5, 2, 1"


def test_the_deadline_is_for_the_whole_answer_and_one_slow_slo_costs_the_others_nothing(
    slo: SloCommand, serve: Serve, spec: str
) -> None:
    stub: Stub = serve(slowly(lambda: stub, raw("0", "5")))
    started = time.monotonic()
    rows, err = told(slo, "--prometheus", stub.url, "--spec", spec, "--timeout", "6")
    assert time.monotonic() - started < 9
    assert {name for name, row in rows.items() if row["verdict"] != "met"} == {"slo-12"}
    reason = "not answered within 6 s, the time for the whole answer; allow more with --timeout"
    assert rows["slo-12"]["reasons"] == reason
    assert f"shop/slo-12: not measurable: {reason}" in err


def test_what_rules_recorded_is_told_where_its_sums_come_too_late(slo: SloCommand, serve: Serve) -> None:
    """What is left is recorded. But whether the error query still finds anything is asked with the sums."""
    fine = of(recorded())

    def script(asked: Asked) -> Says:
        if "week_errors" in asked.form.get("query", ""):
            stub.stopping.wait()
        return fine(asked)

    stub: Stub = serve(script)
    code, out, _ = slo("budget", "--prometheus", stub.url, "--output", "json", "--timeout", "1")
    (status,) = json.loads(out)["slos"]
    assert (code, status["verdict"], status["budget_remaining"]) == (3, "no_data", 0.9)
    assert status["reasons"] == [
        "whether its errors are still found: not answered within 1 s, the time for the whole answer; "
        "allow more with --timeout"
    ]
    code, out, err = slo(
        "budget", "--prometheus", stub.url, "--output", "json", "--timeout", "1", "--period", "7d"
    )
    (status,) = json.loads(out)["slos"]
    assert (code, status["verdict"]) == (3, "no_data")
    assert status["reasons"] == [
        "not answered within 1 s, the time for the whole answer; allow more with --timeout"
    ]
    assert "not answered within 1 s" in err


def test_alerts_that_come_too_late_are_unknown_and_the_windows_tell_in_their_place(
    slo: SloCommand, serve: Serve
) -> None:
    fine = of(recorded(ratio_rate5m=0.02, ratio_rate1h=0.02))

    def script(asked: Asked) -> Says:
        if "ALERTS" in asked.form.get("query", ""):
            return Says(error_body("timeout", "query timed out in query queue"), 503)
        return fine(asked)

    code, out, _ = slo("budget", "--prometheus", serve(script).url, "--output", "json")
    (status,) = json.loads(out)["slos"]
    assert (code, status["verdict"], status["alerts"]) == (0, "at_risk", None)
    assert "burns faster than 14.4x in 1h and 5m (page)" in status["reasons"]


def test_a_report_without_the_month_before_is_one_still(slo: SloCommand, serve: Serve) -> None:
    """Of the requests for the month before, none comes back in time; the month itself is told."""
    counted = (("valid", 1e6), ("errors", 100.0), ("slots", 8928.0))
    sums = [({**identity(), "slo_figure": kind}, value) for kind, value in counted]
    moments: list[str] = []

    def script(asked: Asked) -> Says:
        moments.append(asked.form["time"])
        if asked.form["time"] != moments[0]:
            stub.stopping.wait()
        at = float(asked.form["time"])
        fake = FakePrometheus(recorded(), evaluated_at=at, sample_age=AT - at, sums=sums)
        samples = fake.instant(asked.form["query"], at)
        return success("vector", [{"metric": dict(s.labels), "value": [at, repr(s.value)]} for s in samples])

    stub: Stub = serve(script)
    code, out, err = slo(
        "report", "--prometheus", stub.url, "--month", "2026-10", "--output", "json", "--timeout", "1"
    )
    (status,) = json.loads(out)["slos"]
    assert (code, status["verdict"], status["before"]) == (0, "met", None)
    assert "warning: the period before: not answered within 1 s" in err
    assert "warning: episodes and plots: not answered within 1 s" in err


class Slow(FakePrometheus):
    """It never answers in time."""

    def instant(self, expr: str, at: float, share: float = 1) -> Sequence[Sample]:
        raise _late()


def test_episodes_are_told_without_the_labels_that_come_too_late() -> None:
    (status,) = ask(FakePrometheus(recorded()), Wanted(at=AT)).statuses
    spec = Slo(
        "shop", "requests", Objective(Decimal("0.999")), AvailabilitySli("requests_total", 'code="500"')
    )
    episodes = (Episode(AT - 3600, AT, 70.0, 500, 0.2),)
    found = with_contributions(Slow(), {status.key: (status, episodes)}, (spec,))
    assert found == {status.key: episodes}


def _late() -> Late:
    return Late("here", "no answer", "", 30)


def test_halves_wait_until_all_others_were_asked() -> None:
    asked: list[list[int]] = []

    def ask(batch: list[int], share: float) -> list[int]:
        asked.append(list(batch))
        if 0 in batch:
            raise _late()
        return [10 * number for number in batch]

    outcomes = asked_in_batches(ask, list(range(8)), 4)  # type: ignore[arg-type]
    assert asked == [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1], [2, 3], [0], [1]]
    assert isinstance(outcomes[0], Late)
    assert outcomes[1:] == [10, 20, 30, 40, 50, 60, 70]


def test_the_last_question_has_all_the_time_that_is_left_and_no_other_has() -> None:
    shares: list[float] = []

    def ask(batch: list[int], share: float) -> list[int]:
        shares.append(share)
        if len(batch) > 1:
            raise _late()
        return batch

    asked_in_batches(ask, [0, 1], 20)  # type: ignore[arg-type]
    assert shares[-1] == 1
    assert max(shares[:-1]) <= 0.5


def test_where_nobody_answers_nobody_is_asked_again() -> None:
    asked: list[list[int]] = []

    def ask(batch: list[int], share: float) -> list[int]:
        asked.append(batch)
        raise Unreachable("here", "connection refused")

    outcomes = asked_in_batches(ask, list(range(40)), 20)  # type: ignore[arg-type]
    assert len(asked) == 1
    assert all(isinstance(outcome, Unreachable) for outcome in outcomes)


@pytest.mark.parametrize(
    ("failure", "of_time"),
    [
        (_late(), True),
        (ServerError("here", "503", status=503, error_type="timeout", error="query timed out"), True),
        (ServerError("here", "504", status=504), True),
        (ServerError("here", "422", status=422, error="timeout exceeded during query execution"), True),
        (ServerError("here", "422", status=422, error="expanding series: context deadline exceeded"), True),
        (ServerError("here", "400", status=400, error_type="bad_data", error="parse error"), False),
        (Unreachable("here", "connection refused"), False),
    ],
)
def test_a_time_out_is_told_from_a_refusal(failure: QueryFailed, of_time: bool) -> None:
    assert failure.is_of_time is of_time
