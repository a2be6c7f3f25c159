"""Whatever a server answers: a code that says so, no traceback, nothing that commands the terminal, and never green.

The answers are made by a grammar: healthy ones, with one thing changed. Where that leaves them whole and healthy
(other bytes for the same JSON, a remark beside it) the verdict stays `met`; everywhere else it must not.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from slo_toolkit.cli.app import run
from tests.query.stub import Asked, Raw, Says, Script, Stub, running

from .answer_grammar import CASES, Case
from .fake import of, recorded

EXAMPLES = 400
"""More than the three hundred that are promised."""

OUTPUTS = ("table", "json", "csv", "markdown", "prometheus", "html")


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    """One server for all examples; each replaces its script."""
    with running(of(recorded())) as stub:
        yield stub


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


@given(case=CASES, nth=st.sampled_from([None, 1, 2]), output=st.sampled_from(OUTPUTS))
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_answer_of_the_grammar(
    server: Stub, capsys: pytest.CaptureFixture[str], case: Case, nth: int | None, output: str
) -> None:
    server.asked.clear()
    given_out: list[Says | Raw] = []
    server.script = sick(server, case, nth, given_out)
    code = run(["budget", "--prometheus", server.url, "--timeout", "5", "--output", output])
    out, err = capsys.readouterr()
    assert given_out
    note(f"{given_out[0]!r:.3000}\n{err}")
    assert "Traceback" not in out + err
    assert "internal error" not in err
    assert (out + err).replace("\n", "").isprintable()
    assert len(err) < 2000
    assert code in ((0,) if case.is_healthy else (1, 2, 3))
