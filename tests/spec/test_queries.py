"""PromQL is judged by the embedded parser, and where that doubts, by promtool."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from slo_toolkit.errors import Level
from tests.spec.documents import NATIVE, SLOTH, changed, loaded, marked, only_slo, told

TOTAL = "sum(rate(requests_total[{{.window}}]))"

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def with_total(query: str) -> str:
    return changed(SLOTH, (f"total_query: {TOTAL}", f"total_query: {query}"))


@pytest.mark.parametrize("template", ["{{.window}}", "{{ .window }}", "{{- .window -}}", "{{-  .window  -}}"])
def test_every_spelling_of_the_window(template: str) -> None:
    assert told(loaded(with_total(TOTAL.replace("{{.window}}", template)))) == []


@needs_promtool
@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (
            "sum(rate(requests_total[{{.window}}])",
            "a.yaml:12:59 error: this is no PromQL: unclosed left parenthesis",
        ),
        (
            "sum(ratee(requests_total[{{.window}}]))",
            'a.yaml:12:26 error: this is no PromQL: unknown function with name "ratee"',
        ),
        (
            "sum(rate(requests_total[{{.window}}])) +",
            "a.yaml:12:62 error: this is no PromQL: unexpected end of input",
        ),
        (
            "sum(rate(requests_total[{{.window}}])) by by",
            "a.yaml:12:64 error: this is no PromQL: unexpected <by> in grouping opts",
        ),
        (
            "'sum(rate(requests_total[{{.window}}])'",
            "a.yaml:12:60 error: this is no PromQL: unclosed left parenthesis",
        ),
        (
            'rate(requests_total{a=~"("}[{{.window}}])',
            "a.yaml:12:42 error: this is no PromQL: error parsing regexp",
        ),
    ],
)
def test_the_caret_stands_inside_the_query(query: str, problem: str) -> None:
    (line,) = told(loaded(with_total(query)))
    assert line.startswith(problem)


@needs_promtool
def test_the_caret_stands_inside_a_block() -> None:
    result = loaded(
        with_total("|\n          sum(\n            ratee(requests_total[{{.window}}])\n          )")
    )
    (problem,) = result.problems
    assert (problem.position.line, problem.position.column) == (14, 13)
    assert problem.snippet[12:17] == "ratee"


@needs_promtool
def test_the_start_of_a_folded_query_is_near_enough() -> None:
    (problem,) = loaded(with_total(">-\n          sum(\n          ratee(up[{{.window}}]))")).problems
    assert (problem.position.line, problem.position.column) == (12, 22)


@needs_promtool
@pytest.mark.parametrize(
    "query", [r"sum(rate(x{a=`\d`}[{{.window}}]))", r"sum(rate(x{a=~'\\Qa.b\\E'}[{{.window}}]))"]
)
def test_what_promtool_takes_is_no_problem(query: str) -> None:
    assert told(loaded(with_total(query))) == []


@needs_promtool
@pytest.mark.parametrize("character", ["🦥", "\u2028", "\ufffe", "\x7f", "\x9d"])
def test_promtool_is_asked_about_any_character(character: str) -> None:
    query = f"sum(ratee(x{{a='\\U{ord(character):08X}'}}[{{{{.window}}}}]))"
    (problem,) = loaded(with_total(f'"{query}"')).problems
    assert (problem.message, problem.position.column) == (
        'this is no PromQL: unknown function with name "ratee"',
        27,
    )


@needs_promtool
def test_one_call_judges_all_doubts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls"
    script = tmp_path / "promtool"
    script.write_text(f'#!/bin/sh\necho called >>{calls}\nexec {shutil.which("promtool")} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    broken = changed(SLOTH, ("sum(rate(", "sum(ratee("))
    assert len(loaded(broken, changed(broken, ("service: shop", "service: stock"))).problems) == 4
    assert calls.read_text() == "called\n"


@pytest.fixture
def no_promtool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_promtool")
def test_without_promtool_a_doubt_is_a_warning() -> None:
    result = loaded(with_total("sum(brand_new(requests_total[{{.window}}]))"))
    assert told(result) == [
        "a.yaml:12:26 warning: this is no PromQL: unknown function with name 'brand_new' - install promtool "
        "to be sure: newer PromQL than the embedded parser knows may be right"
    ]
    assert len(result.slos) == 1


@pytest.mark.usefixtures("no_promtool")
def test_without_promtool_a_certain_fault_is_an_error() -> None:
    (problem,) = loaded(with_total("sum(rate(requests_total[{{.window}}])")).problems
    assert (problem.message, problem.level) == ("this is no PromQL: unclosed left parenthesis", Level.ERROR)


def test_a_promtool_that_does_not_work_is_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "promtool"
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (problem,) = loaded(with_total("sum(brand_new(requests_total[{{.window}}]))")).problems
    assert problem.level is Level.WARNING


@needs_promtool
def test_matchers_are_judged_at_their_own_place() -> None:
    (problem,) = loaded(changed(NATIVE, ('filter: job="shop"', 'filter: job="shop" code="x"'))).problems
    assert problem.position.line == 11
    assert problem.message.startswith("this is no PromQL")


@pytest.mark.parametrize(
    "text",
    [
        "{{ $labels.sloth_id }}",
        "{{$value | humanizePercentage}}",
        "{{ .Labels.sloth_slo }} is down",
        "no template",
    ],
)
def test_common_alert_templates_need_no_judge(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    document = changed(
        SLOTH,
        (
            "      labels:\n        category",
            f"      annotations: {{summary: '{text}'}}\n      labels:\n        category",
        ),
    )
    assert only_slo(document).alerting.annotations == {"summary": text}


@needs_promtool
def test_a_template_that_prometheus_would_refuse_is_an_error() -> None:
    document = changed(SLOTH, ("severity: critical", "severity: '{{ $labels.a'"))
    result = loaded(document)
    assert told(result) == ["a.yaml:19:21 error: this is no alert template: unclosed action"]
    assert marked(result.problems[0]) == "'{{ $labels.a'"


def test_metricsql_is_not_judged_as_promql() -> None:
    chain = "slo_plugins:\n  chain: [{id: sloth.dev/contrib/validate_victoria_metrics/v1}]\nslos:\n"
    document = changed(with_total("vector(1)[{{.window}}]"), ("slos:\n", chain))
    assert only_slo(document).plugins.metricsql
