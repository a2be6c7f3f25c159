"""Whatever a server answers: a code that says so, no traceback, nothing that commands the terminal, and never green.

The answers are made by a grammar: healthy ones, with one thing changed. Where that leaves them whole and healthy
(other bytes for the same JSON, a remark beside it) the verdict stays `met`; everywhere else it must not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from slo_toolkit.cli.app import run
from tests.query.stub import Asked, Raw, Says, Script, Stub, running, success

from .answer_grammar import CASES, Case
from .fake import identity, of, recorded
from .test_faults import SPEC, raw

EXAMPLES = 400
"""More than the three hundred that are promised."""

STABLE = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

OUTPUTS = ("table", "json", "csv", "markdown", "prometheus", "html")


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    """One server for all examples; each replaces its script."""
    with running(of(recorded())) as stub:
        yield stub


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A spec whose SLO no rules record."""
    path = tmp_path_factory.mktemp("spec") / "shop.yaml"
    path.write_text(SPEC)
    return str(path)


def sick(stub: Stub, case: Case, nth: int | None, given_out: list[Says | Raw]) -> Script:
    """Healthy answers, of which the nth is changed, or each. The first tells the objective, the second the figures."""
    healthy = of(recorded())

    def script(asked: Asked) -> Says | Raw:
        says = healthy(asked)
        if not case.is_everywhere and nth is not None and nth != len(stub.asked):
            return says
        answer = case.change(says)
        given_out.append(answer)
        return answer

    return script


def matrix(asked: Asked, value: str, other: str, times: Sequence[float]) -> Says:
    """A series for each figure that is asked for over a range, with these values in turn, and at these times, too."""
    start, end, step = (float(asked.form[name]) for name in ("start", "end", "step"))
    asked_for = [start + number * step for number in range(min(int((end - start) / step) + 1, 50))]
    names = re.findall(r'"slo_figure", "([^"]+)"', asked.form["query"])
    values = [[time, (value, other)[number % 2]] for number, time in enumerate([*asked_for, *times])]
    return success(
        "matrix", [{"metric": {**identity(), "slo_figure": name}, "values": values} for name in names]
    )


def report_figures(asked: Asked, figure: str) -> Says:
    """What a report asks of one SLO at 99.9 %, whose events are all the same number."""
    told: dict[str, str] = {"slo:objective:ratio": "0.999", "last_objective": "0.999", "last_period": "30"}
    told.update(dict.fromkeys(("valid", "errors", "slots"), figure))
    names = re.findall(r'"slo_figure", "([^"]+)"', asked.form["query"])
    moment = float(asked.form["time"])
    values = {name: [moment, told[name]] for name in names if name in told}
    rows: list[dict[str, Any]] = [
        {"metric": {**identity(), "slo_figure": name}, "value": value} for name, value in values.items()
    ]
    return success("vector", rows)


VALUES = ("0", "1", "-1", "1e19", "5e-324", "1e300", "-1e300", "NaN", "+Inf", "-Inf", "0.1", "3000")


@given(
    value=st.sampled_from(VALUES),
    other=st.sampled_from(VALUES),
    times=st.sampled_from([(), (), (), (0.0,), (1e300,), (-1e300,), (4e9,)]),
    verb=st.sampled_from([("budget", "--output", "html"), ("report", "--output", "html"), ("report",)]),
    figure=st.sampled_from(VALUES),
)
@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_history_is_told_or_refused(
    server: Stub,
    capsys: pytest.CaptureFixture[str],
    value: str,
    other: str,
    times: Sequence[float],
    verb: Sequence[str],
    figure: str,
) -> None:
    healthy = of(recorded())

    def script(asked: Asked) -> Says:
        if asked.path.endswith("query_range"):
            return matrix(asked, value, other, times)
        return healthy(asked) if verb[0] == "budget" else report_figures(asked, figure)

    server.script = script
    code = run([*verb, "--prometheus", server.url, "--timeout", "60"])
    out, err = capsys.readouterr()
    note(err)
    assert "internal error" not in err
    assert not re.search(r"\b(?:nan|inf)\b", re.sub(r"<style>.*</style>", "", out, flags=re.DOTALL))
    assert code in (0, 1, 3)
    if times and verb[0] == "budget":
        assert "points at times that were not asked for" in err


@given(case=CASES, nth=st.sampled_from([None, 1, 2]), output=st.sampled_from(OUTPUTS))
@settings(STABLE, max_examples=EXAMPLES)
def test_an_answer_of_the_grammar(
    server: Stub, capsys: pytest.CaptureFixture[str], case: Case, nth: int | None, output: str
) -> None:
    server.asked.clear()
    given_out: list[Says | Raw] = []
    server.script = sick(server, case, nth, given_out)
    code, said = told(server, capsys, output)
    note(f"{given_out[0]!r:.3000}\n{said}")
    assert given_out
    assert code in ((0,) if case.is_healthy else (1, 2, 3))


@given(case=CASES, output=st.sampled_from(OUTPUTS[:-1]))
@settings(STABLE, max_examples=80)
def test_an_answer_of_the_grammar_to_raw_queries(
    server: Stub, capsys: pytest.CaptureFixture[str], shop: str, case: Case, output: str
) -> None:
    """Each answer is changed; where there is nothing to change in any of them, the verdict is `met` as ever."""
    healthy = raw("0", "5")
    differs: list[Says | Raw] = []

    def script(asked: Asked) -> Says | Raw:
        says = healthy(asked)
        answer = case.change(says)
        if answer != says:
            differs.append(answer)
        return answer

    server.script = script
    code, said = told(server, capsys, output, "--spec", shop)
    note(f"{differs[:1]!r:.3000}\n{said}")
    assert code in ((1, 2, 3) if differs and not case.is_healthy else (0,))


def told(server: Stub, capsys: pytest.CaptureFixture[str], output: str, *more: str) -> tuple[int, str]:
    """The exit code of `slo budget`, and what it says on standard error."""
    code = run(["budget", "--prometheus", server.url, "--timeout", "60", "--output", output, *more])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "internal error" not in err
    assert (out + err).replace("\n", "").isprintable()
    assert len(err) < 2000
    return code, err
