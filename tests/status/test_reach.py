"""A period that begins before the server's data is told, once, and with the table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.errors import NotMeasurable
from slo_toolkit.query.retention import retention_of
from slo_toolkit.query.samples import Series
from slo_toolkit.status.model import BudgetStatus
from slo_toolkit.status.moments import rfc3339
from slo_toolkit.status.reach import before_the_data, short_reach
from tests.query.stub import Asked, Says, Script, success

from .conftest import Serve, SloCommand, StatusOf
from .fake import AT, DAY, FakePrometheus, of, recorded


@dataclass
class Targets:
    """A server that has scraped since `since`, None for one that scrapes nothing."""

    since: float | None
    keeps: Duration | None = None
    asked: list[tuple[float, float, float]] = field(default_factory=list)

    def range(self, expr: str, start: float, end: float, step: float) -> Sequence[Series]:
        assert expr == "count(up)"
        self.asked.append((start, end, step))
        since = self.since
        if since is None:
            return ()
        moments = (start + number * step for number in range(int((end - start) // step) + 1))
        return (Series({}, tuple((moment, 1.0) for moment in moments if moment >= since)),)

    def retention(self) -> Duration | None:
        return self.keeps


@pytest.fixture
def half(status_of: StatusOf) -> BudgetStatus:
    """An SLO over 30 days, half of which was measured."""
    return status_of(FakePrometheus(recorded(ratio30d=0.5)))


@pytest.mark.parametrize("days", [0.0001, 0.3, 3, 15, 29])
def test_data_that_begin_within_the_period_are_told_to_a_minute(half: BudgetStatus, days: float) -> None:
    since = AT - days * DAY
    storage = Targets(since, Duration.of(days=15))
    (warning,) = short_reach(storage, [half, half], AT)
    told = [rfc3339(since + seconds) for seconds in range(61)]
    assert any(
        warning
        == f"the server's data begin about {moment}, so a part of the period 30d is not in the figures; "
        "it keeps 15d (its retention)"
        for moment in told
    )
    assert len(storage.asked) <= 3


def test_data_that_begin_before_the_period_are_no_warning(half: BudgetStatus) -> None:
    """The SLO is new, or was not measured; the server has the time."""
    assert short_reach(Targets(AT - 31 * DAY, Duration.of(days=15)), [half], AT) == ()


def test_a_period_that_was_measured_whole_asks_nothing(half: BudgetStatus) -> None:
    storage = Targets(AT - DAY)
    assert short_reach(storage, [replace(half, coverage=half.coverage and half.coverage * 2)], AT) == ()
    assert storage.asked == []


@pytest.mark.parametrize(
    ("keeps", "told"), [(Duration.of(days=15), True), (Duration.of(days=30), False), (None, False)]
)
def test_without_targets_the_retention_tells(half: BudgetStatus, keeps: Duration | None, told: bool) -> None:
    warnings = short_reach(Targets(None, keeps), [half], AT)
    expected = "the server keeps 15d (its retention), so a part of the period 30d is not in the figures"
    assert warnings == ((expected,) if told else ())


def test_a_server_that_answers_no_more_is_no_failure(half: BudgetStatus) -> None:
    class Gone(Targets):
        def range(self, expr: str, start: float, end: float, step: float) -> Sequence[Series]:
            raise NotMeasurable("connection refused")

    assert short_reach(Gone(AT), [half], AT) == ()
    assert before_the_data(Gone(AT), AT - DAY, AT) == ""


def test_a_moment_before_the_data_is_told() -> None:
    storage = Targets(AT - 3 * DAY)
    long_ago = rfc3339(AT - 20 * 365 * DAY)
    told = before_the_data(storage, AT - 20 * 365 * DAY, AT)
    assert told.startswith(f"the server has no data of {long_ago}: they begin about 2026-11-21T06:0")
    assert before_the_data(storage, AT - 2 * DAY, AT) == ""
    assert before_the_data(storage, AT, AT) == ""


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        ("15d", "15d"),
        ("1y", "1y"),
        ("15d or 512MB", "15d"),
        ("512MB", None),
        ("512MB or 15d", "15d"),
        ("", None),
        (15, None),
        (None, None),
    ],
)
def test_the_retention_is_read_as_a_prometheus_tells_it(text: object, keeps: str | None) -> None:
    document = {"status": "success", "data": {"storageRetention": text}}
    assert retention_of(document) == (Duration.parse(keeps) if keeps else None)


@pytest.mark.parametrize("document", [None, [], {}, {"data": None}, {"data": {}}, "15d"])
def test_a_server_that_tells_no_retention_has_none(document: object) -> None:
    assert retention_of(document) is None


def young() -> Script:
    """A Prometheus that was started lately and keeps 15 days; half of the period of its SLO was measured."""
    usual = of(recorded(ratio30d=0.5))

    def script(asked: Asked) -> Says:
        if asked.path == "/api/v1/status/runtimeinfo":
            return Says(json.dumps({"status": "success", "data": {"storageRetention": "15d"}}).encode())
        if asked.form.get("query") == "count(up)":
            return success("matrix", [{"metric": {}, "values": [[float(asked.form["end"]), "1"]]}])
        return usual(asked)

    return script


def test_the_table_has_the_warning_once_and_nothing_else_has(slo: SloCommand, serve: Serve) -> None:
    code, out, err = slo("budget", "--prometheus", serve(young()).url)
    assert (code, err) == (0, "")
    last = out.splitlines()[-1]
    assert last.startswith("warning: the server's data begin about ")
    assert last.endswith("a part of the period 30d is not in the figures; it keeps 15d (its retention)")
    assert out.count("warning") == 1


@pytest.mark.parametrize("output", ["json", "markdown", "html"])
def test_other_forms_have_it_in_their_own_place(slo: SloCommand, serve: Serve, output: str) -> None:
    code, out, err = slo("budget", "--prometheus", serve(young()).url, "--output", output)
    assert code == 0
    assert err.startswith("slo: warning: the server")
    assert "data begin about" in out


def test_a_moment_before_the_data_advises_no_rules(slo: SloCommand, serve: Serve) -> None:
    answers = young()

    def script(asked: Asked) -> Says:
        if asked.path.endswith("/query"):
            return success("vector", [])
        answer = answers(asked)
        assert isinstance(answer, Says)
        return answer

    code, out, err = slo("budget", "--prometheus", serve(script).url, "--at", "-3d")
    assert (code, out) == (3, "")
    assert "the server has no data of " in err
    assert "slo compile" not in err


def test_a_report_has_the_warning_below_its_table_and_in_its_json(slo: SloCommand, serve: Serve) -> None:
    url = serve(young()).url
    _, out, err = slo("report", "--prometheus", url, "--month", "2026-10")
    assert out.splitlines()[-1].startswith("warning: the server has no data of 2026-11-01T00:00:00Z")
    assert "warning" not in err
    _, out, err = slo("report", "--prometheus", url, "--month", "2026-10", "--output", "json")
    (warning,) = json.loads(out)["warnings"]
    assert warning.startswith("the server has no data of 2026-11-01T00:00:00Z")
    assert f"slo: warning: {warning}" in err
