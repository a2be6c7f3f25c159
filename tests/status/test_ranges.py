"""A figure is a finite number within its range, of the moment that was asked for; anything else is not known."""

from __future__ import annotations

import csv
import math
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.status.model import Verdict
from slo_toolkit.status.periods import Rolling
from slo_toolkit.status.render.as_csv import as_csv
from slo_toolkit.status.render.as_html import as_html
from slo_toolkit.status.render.as_json import as_json
from slo_toolkit.status.render.as_markdown import as_markdown
from slo_toolkit.status.render.as_prometheus import as_prometheus
from slo_toolkit.status.render.as_table import as_table
from slo_toolkit.status.survey import Wanted, ask

from .conftest import Serve, SloCommand, StatusOf
from .fake import AT, FIGURES, FakePrometheus, identity, of, recorded
from .test_faults import SPEC, raw


def with_figure(metric: str, value: float) -> list[tuple[dict[str, str], float]]:
    changed: dict[str, Any] = {metric: value}
    return recorded(**changed)


DECIDING = [metric for metric in FIGURES if "error_events" not in metric]


@pytest.mark.parametrize("value", [-0.5, math.inf, -math.inf, 1e300, -1e300])
@pytest.mark.parametrize("metric", DECIDING)
def test_a_figure_outside_its_range_is_not_known(status_of: StatusOf, metric: str, value: float) -> None:
    status = status_of(FakePrometheus(with_figure(metric, value)))
    assert status.verdict is Verdict.NO_DATA
    assert any(" is infinite" in reason or ", which is no " in reason for reason in status.reasons)


@pytest.mark.parametrize("metric", ["slo:objective:ratio", "slo:time_period:days"])
def test_what_rules_always_know_is_never_nan(status_of: StatusOf, metric: str) -> None:
    status = status_of(FakePrometheus(with_figure(metric, math.nan)))
    assert status.verdict is Verdict.NO_DATA
    assert any("is NaN" in reason for reason in status.reasons)


@pytest.mark.parametrize("days", [740_000, 1e-9, 0, -30])
def test_a_recorded_period_that_is_none_is_told(slo: SloCommand, serve: Serve, days: float) -> None:
    for output in ("table", "json", "html"):
        code, _, err = slo("budget", "--prometheus", serve(of(recorded(days=days))).url, "--output", output)
        assert code == 3
        assert "which is no period from five minutes" in err


@pytest.mark.parametrize("evaluated", [math.nan, math.inf, -math.inf, 1e300, -1e300, AT + 3600, AT * 1000])
def test_rules_are_evaluated_in_the_past(status_of: StatusOf, evaluated: float) -> None:
    status = status_of(FakePrometheus(recorded(), evaluated_at=evaluated))
    assert status.verdict is Verdict.NO_DATA


@pytest.mark.parametrize("age", [3600, -3600, 1e12, -1e12])
def test_a_sample_of_another_moment_tells_nothing_of_this_one(status_of: StatusOf, age: float) -> None:
    status = status_of(FakePrometheus(recorded(), sample_age=age))
    assert status.verdict is Verdict.NO_DATA
    assert status.reasons.count("the server's answer is of another moment than was asked for") == 1


def test_the_noise_of_floats_below_0_is_0(status_of: StatusOf) -> None:
    status = status_of(FakePrometheus(recorded(ratio_rate30d=-1e-17, ratio_rate1h=-1e-17)))
    assert status.verdict is Verdict.MET
    assert status.error_ratio == status.burn_rate == 0


def test_in_a_short_window_the_noise_of_a_difference_is_0(status_of: StatusOf) -> None:
    assert status_of(FakePrometheus(recorded(ratio_rate1h=-0.01))).burn_rate == 0
    assert status_of(FakePrometheus(recorded(ratio_rate30d=-0.01))).verdict is Verdict.NO_DATA


def test_errors_a_little_below_0_are_none_and_far_below_0_are_unknown(status_of: StatusOf) -> None:
    assert status_of(FakePrometheus(with_figure("error_events:count30d", -1000))).error_events == 0
    status = status_of(FakePrometheus(with_figure("error_events:count30d", -5e6)))
    assert status.verdict is Verdict.NO_DATA
    assert "there are -5e+06 errors: more good events than there were events" in "".join(status.reasons)


@pytest.mark.parametrize(
    ("errors", "verdict"), [(0.5, Verdict.MET), (-0.5, Verdict.MET), (-500, Verdict.NO_DATA)]
)
def test_a_period_that_is_summed_has_the_same_ranges(errors: float, verdict: Verdict) -> None:
    sums = [
        ({**identity(), "slo_figure": "valid"}, 5000.0),
        ({**identity(), "slo_figure": "errors"}, errors),
        ({**identity(), "slo_figure": "slots"}, 288.0),
    ]
    wanted = Wanted(at=AT, period=Rolling(Duration.of(days=1)))
    (status,) = ask(FakePrometheus(recorded(), sums=sums), wanted).statuses
    assert status.verdict is verdict


@pytest.mark.parametrize(
    ("errors", "valid"), [("-1", "5"), ("0", "-5"), ("+Inf", "5"), ("0", "+Inf"), ("0", "1e300")]
)
def test_a_raw_rate_outside_its_range_is_not_known(
    slo: SloCommand, serve: Serve, tmp_path: Path, errors: str, valid: str
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(SPEC)
    url = serve(raw(errors, valid)).url
    code, out, _ = slo("budget", "--prometheus", url, "--spec", str(path), "--output", "csv")
    assert code == 3
    assert [row["verdict"] for row in csv.DictReader(StringIO(out))] == ["no_data"]


@pytest.mark.parametrize(("errors", "code"), [("-0.1", 0), ("-4", 3)])
def test_a_raw_difference_may_be_a_little_below_0(
    slo: SloCommand, serve: Serve, tmp_path: Path, errors: str, code: int
) -> None:
    path = tmp_path / "shop.yaml"
    good = SPEC.replace("error_query: sum(rate(errors_total[{{.window}}]))", "error_query: {difference}")
    difference = "sum(rate(requests_total[{{.window}}])) - sum(rate(good_total[{{.window}}]))"
    path.write_text(good.replace("{difference}", difference))
    told, out, _ = slo("budget", "--prometheus", serve(raw(errors, "5")).url, "--spec", str(path))
    assert told == code
    assert ("100.0 %" in out) == (code == 0)


@pytest.mark.parametrize("metric", DECIDING)
@pytest.mark.parametrize("value", [5e-324, 1e19, 999_999.0, 1 - 1e-16])
def test_no_figure_is_too_small_or_too_large_to_be_shown(metric: str, value: float) -> None:
    answer = ask(FakePrometheus(with_figure(metric, value)), Wanted(at=AT))
    for render in (as_table, as_markdown, as_csv, as_prometheus, as_json, lambda answer: as_html(answer, {})):
        assert "shop" in render(answer)
