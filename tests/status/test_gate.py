"""A release gate passes nothing of which too little was measured, and says so."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slo_toolkit.cli.budget import command
from slo_toolkit.status.gate import DEFAULT_MIN_COVERAGE
from slo_toolkit.status.reading import FIGURE
from tests.query.stub import Asked, Says, success

from .conftest import Serve, SloCommand
from .fake import Answers, identity, of, recorded

COUNTED = [
    "slo:valid_events:rate5m",
    "slo:error_events:rate1h",
    "slo:error_events:rate1d",
    "slo:valid_events:count5m",
    "slo:error_events:count5m",
    "slo:valid_events:count30d",
    "slo:error_events:count30d",
    "slo:coverage:ratio30d",
]
"""What Sloth's own rules do not record."""

FORTY_SECONDS = 40 / 86_400 / 30


def told(err: str) -> str:
    return err.removeprefix("slo: shop/requests: not measurable: ").rstrip("\n")


def test_forty_seconds_of_data_are_no_pass(slo: SloCommand, serve: Serve) -> None:
    url = serve(of(recorded(ratio30d=FORTY_SECONDS))).url
    code, out, err = slo("budget", "--prometheus", url, "--fail-under", "10")
    assert code == 3
    assert out.splitlines()[1].startswith("met        shop/requests")
    assert told(err) == "less than 0.1 % of the period was measured, and --min-coverage asks for 25 %"
    assert slo("budget", "--prometheus", url)[0] == 0, "without a gate the table tells it"


@pytest.mark.parametrize(
    ("coverage", "arguments", "code"),
    [
        (0.25, [], 0),
        (0.2499, [], 3),
        (0.2499, ["--min-coverage", "20%"], 0),
        (0.9, ["--min-coverage", "95"], 3),
        (FORTY_SECONDS, ["--min-coverage", "0"], 0),
    ],
)
def test_how_much_must_have_been_measured_can_be_told(
    slo: SloCommand, serve: Serve, coverage: float, arguments: list[str], code: int
) -> None:
    url = serve(of(recorded(ratio30d=coverage))).url
    assert slo("budget", "--prometheus", url, "--fail-under", "10", *arguments)[0] == code


def test_a_least_coverage_is_a_gate_of_its_own(slo: SloCommand, serve: Serve) -> None:
    url = serve(of(recorded(ratio30d=0.4))).url
    assert slo("budget", "--prometheus", url, "--min-coverage", "50")[0] == 3
    assert slo("budget", "--prometheus", url, "--min-coverage", "40")[0] == 0


def test_what_falls_short_never_reads_as_if_it_did_not(slo: SloCommand, serve: Serve) -> None:
    url = serve(of(recorded(ratio30d=0.24999))).url
    assert told(slo("budget", "--prometheus", url, "--fail-under", "10")[2]).startswith(
        "24.9 % of the period"
    )


@pytest.mark.parametrize(
    ("ratio", "code"),
    [(0.01, 1), (0.00095, 3)],
    ids=["exhausted", "below the gate"],
)
def test_only_what_is_exhausted_is_bad_however_little_was_measured(
    slo: SloCommand, serve: Serve, ratio: float, code: int
) -> None:
    series = recorded(ratio_rate30d=ratio, ratio30d=FORTY_SECONDS)
    assert slo("budget", "--prometheus", serve(of(series)).url, "--fail-under", "10")[0] == code


def test_another_budget_that_is_bad_outranks_one_measured_too_little(slo: SloCommand, serve: Serve) -> None:
    series = [*recorded(ratio30d=FORTY_SECONDS), *recorded(slo="tight", ratio_rate30d=0.00095)]
    code, _, err = slo("budget", "--prometheus", serve(of(series)).url, "--fail-under", "10")
    assert code == 1
    assert "shop/requests: not measurable: less than 0.1 %" in err


def test_the_default_is_told(slo: SloCommand) -> None:
    (option,) = (one for one in command.params if one.name == "min_coverage")
    assert f"[default: {DEFAULT_MIN_COVERAGE * 100:.0f} with --fail-under]" in str(
        getattr(option, "help", "")
    )


STEPS = "[29d23h59m59s999ms:30m]"


class TestSlothsOwnRules:
    """They record no coverage, so it is asked for: in how many half hours of the month was there a ratio?"""

    @pytest.mark.parametrize(
        ("half_hours", "code", "why"),
        [
            (1440, 0, ""),
            (360, 0, ""),
            (359, 3, "24.9 % of the period was measured, and --min-coverage asks for 25 %"),
            (1, 3, "less than 0.1 % of the period was measured, and --min-coverage asks for 25 %"),
            (0, 3, "it is not known how much of the period was measured, and --min-coverage asks for 25 %"),
        ],
    )
    def test_pass_with_enough_of_them(
        self, slo: SloCommand, serve: Serve, half_hours: int, code: int, why: str
    ) -> None:
        stub = serve(ratios_alone({"": half_hours}))
        got, _, err = slo("budget", "--prometheus", stub.url, "--fail-under", "10")
        assert (got, told(err)) == (code, why)
        assert (
            "count_over_time((slo:sli_error:ratio_rate5m"
            '{sloth_service="shop", sloth_slo="requests"} >= 0)[29d23h59m59s999ms:30m])'
        ) in stub.asked[-1].form["query"]

    def test_are_asked_only_where_it_matters(self, slo: SloCommand, serve: Serve) -> None:
        stub = serve(ratios_alone({"": 1440}))
        slo("budget", "--prometheus", stub.url)
        slo("budget", "--prometheus", stub.url, "--fail-under", "10", "--min-coverage", "0")
        assert not [asked for asked in stub.asked if STEPS in asked.form.get("query", "")]

    def test_of_two_clusters_are_told_apart(self, slo: SloCommand, serve: Serve) -> None:
        stub = serve(ratios_alone({"eu": 1440, "us": 10}))
        code, _, err = slo("budget", "--prometheus", stub.url, "--fail-under", "10")
        assert code == 3
        assert "shop/requests{cluster=us}: not measurable: 0.6 % of the period" in err
        assert "cluster=eu" not in err

    def test_that_cannot_be_asked_do_not_pass(self, slo: SloCommand, serve: Serve) -> None:
        answers = ratios_alone({"": 1440})

        def script(asked: Asked) -> Says:
            refused = Says(b'{"status": "error", "errorType": "execution", "error": "too many samples"}', 422)
            return refused if STEPS in asked.form["query"] else answers(asked)

        code, _, err = slo("budget", "--prometheus", serve(script).url, "--fail-under", "10")
        assert code == 3
        assert "how much was measured could not be asked" in err
        assert "too many samples" in err


def of_cluster(name: str) -> dict[str, str]:
    return {"cluster": name} if name else {}


def ratios_alone(half_hours: Mapping[str, int]) -> Answers:
    """Sloth's rules in each cluster, and in how many half hours there was a ratio."""
    series = [
        (labels | of_cluster(cluster), value)
        for cluster in half_hours
        for labels, value in recorded(without=COUNTED)
    ]
    usual = of(series)

    def script(asked: Asked) -> Says:
        if STEPS not in asked.form["query"]:
            return usual(asked)
        at = float(asked.form["time"])
        numbers = asked.form["query"].count("label_replace")
        rows = [
            {"metric": identity() | of_cluster(cluster) | {FIGURE: str(n)}, "value": [at, str(steps)]}
            for n in range(numbers)
            for cluster, steps in half_hours.items()
            if steps
        ]
        return success("vector", rows)

    return script
