"""What a gate passes, and what is told of the time before the data, on a real Prometheus with ten days of history."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.live.remote_write import Series, labels_of, write
from slo_toolkit.cli.app import run

from .events import DAY
from .prometheus import running_prometheus

MINUTE = 60
SLOTH = {"sloth_id": "shop-requests", "sloth_service": "shop", "sloth_slo": "requests"}

SPEC = """\
version: prometheus/v1
service: shop
slos:
  - name: new
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(new_errors_total[{{.window}}]))
        total_query: sum(RATE(new_requests_total{job=~"\\\\w*"}[{{.window}}])) or vector(0)
    alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}
"""


def series(labels: dict[str, str], value: float, start: float, step: float, rises: float = 0.0) -> Series:
    """Samples from `start` (Unix seconds) until now, each above the one before by `rises`."""
    made = Series(labels_of(labels))
    for number in range(int((time.time() - start) // step) + 1):
        made.add(round((start + number * step) * 1000), value + number * rises)
    return made


@pytest.fixture(scope="module")
def world() -> Iterator[str]:
    """A target for ten days, the ratios of Sloth's rules for as long, and requests for forty seconds."""
    now = time.time()
    born = now - 10 * DAY
    rules = {
        "slo:objective:ratio": 0.999,
        "slo:time_period:days": 30.0,
        "slo:sli_error:ratio_rate5m": 0.0001,
        "slo:sli_error:ratio_rate1h": 0.0001,
        "slo:sli_error:ratio_rate30d": 0.0001,
    }
    history = [
        series({"__name__": "up", "job": "shop"}, 1, born, MINUTE),
        *(series({"__name__": name, **SLOTH}, value, born, MINUTE) for name, value in rules.items()),
        series({"__name__": "new_requests_total"}, 0, now - 40, 10, rises=100),
        series({"__name__": "new_errors_total"}, 0, now - 40, 10),
    ]
    with running_prometheus() as address:
        write(address, history)
        yield address


@pytest.mark.parametrize(("least", "code"), [("25", 0), ("33", 0), ("34", 3)])
def test_sloths_own_rules_pass_by_what_they_measured(
    world: str, capsys: pytest.CaptureFixture[str], least: str, code: int
) -> None:
    gate = ["--fail-under", "10", "--min-coverage", least]
    assert run(["budget", "--prometheus", world, *gate, "shop/requests"]) == code
    captured = capsys.readouterr()
    assert captured.out.startswith("VERDICT")
    if code:
        assert "shop/requests: not measurable: 33.3 % of the period was measured" in captured.err


@pytest.mark.parametrize("function", ["rate", "irate"])
def test_forty_seconds_behind_a_total_that_always_answers_are_no_pass(
    world: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, function: str
) -> None:
    """The sum of rates is taken to its pieces; `irate` is read as it stands, with its `or vector(0)`."""
    spec = tmp_path / "shop.yaml"
    spec.write_text(SPEC.replace("RATE", function))
    asked = ["budget", "--prometheus", world, "--spec", str(spec), "--raw"]
    assert run(asked) == 0
    assert "measured 0 of 30 days" in capsys.readouterr().out
    assert run([*asked, "--fail-under", "10"]) == 3
    assert "shop/new: not measurable: less than 0.1 % of the period was measured" in capsys.readouterr().err


def test_the_table_says_since_when_there_are_data(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["budget", "--prometheus", world])
    last = capsys.readouterr().out.splitlines()[-1]
    began = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 10 * DAY))
    assert last.startswith(f"warning: the server's data begin about {began}T")
    assert last.endswith("a part of the period 30d is not in the figures; it keeps 10y (its retention)")


@pytest.mark.parametrize("moment", ["-11d", "2001-01-01T00:00:00Z", "0"])
def test_a_moment_before_the_data_is_told_as_that(
    world: str, capsys: pytest.CaptureFixture[str], moment: str
) -> None:
    assert run(["budget", "--prometheus", world, "--at", moment]) == 3
    err = capsys.readouterr().err
    assert re.search(r"the server has no data of \S+Z: they begin about \S+Z; it keeps 10y", err)
    assert "slo compile" not in err


def test_a_wrong_name_is_told_with_the_nearest(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["budget", "--prometheus", world, "shop/request"]) == 3
    assert "named 'shop/request'; did you mean shop/requests?" in capsys.readouterr().err
