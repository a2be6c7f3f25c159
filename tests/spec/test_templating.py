"""Templates that nobody rendered yet are named as such, in one problem; Sloth's and the alerts' own are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo_toolkit.spec import LoadOptions, discover, load
from tests.spec.documents import KUBERNETES, NATIVE, SLOTH, changed, loaded, marked, only_slo, told

HELM = "this is a template of Helm's, not a spec yet - render it first: `helm template`"
JINJA = "this is a Jinja template, not a spec yet - render it first, with what fills it in"
GO = "this is a Go template, not a spec yet - render it first, with what fills it in"


@pytest.mark.parametrize(
    ("document", "place", "caret", "problem"),
    [
        ("{{- if .Values.slos }}\n" + KUBERNETES + "{{- end }}\n", "1:1", "{{- if .Values.slos }}", HELM),
        (
            changed(KUBERNETES, ("name: shop-slos", 'name: {{ include "shop.name" . }}')),
            "4:9",
            '{{ include "shop.name" . }}',
            HELM,
        ),
        (
            changed(SLOTH, ("service: shop", "service: {{ .Values.service | quote }}")),
            "2:10",
            "{{ .Values.service | quote }}",
            HELM,
        ),
        (changed(SLOTH, ("99.9", '"{{ .Values.objective }}"')), "7:17", "{{ .Values.objective }}", HELM),
        (
            changed(
                KUBERNETES,
                ("  labels:\n    owner", "  labels:\n    {{- toYaml .labels | nindent 4 }}\n    owner"),
            ),
            "11:5",
            "{{- toYaml .labels | nindent 4 }}",
            HELM,
        ),
        (
            changed(SLOTH, ("[{{.window}}]", "[{{`{{.window}}`}}]")),
            "11:59",
            "{{`{{.window}}",
            HELM,
        ),
        ("{% for s in services %}\n" + SLOTH + "{% endfor %}\n", "1:1", "{% for s in services %}", JINJA),
        (changed(SLOTH, ("service: shop", "service: {{ service }}")), "2:10", "{{ service }}", JINJA),
        (changed(SLOTH, ("service: shop", 'service: "{{ service }}"')), "2:11", "{{ service }}", JINJA),
        (
            changed(NATIVE, ("99.5", "{{ objective | default(99.9) }}")),
            "6:16",
            "{{ objective | default(99.9) }}",
            JINJA,
        ),
        (changed(SLOTH, ("service: shop", "service: {{ .Service }}")), "2:10", "{{ .Service }}", GO),
        ("{{ range .Services }}\n" + SLOTH + "{{ end }}\n", "1:1", "{{ range .Services }}", GO),
    ],
)
def test_it_is_one_problem_at_its_first_action(document: str, place: str, caret: str, problem: str) -> None:
    result = loaded(document)
    assert told(result) == [f"a.yaml:{place} error: {problem}"]
    assert marked(result.problems[0]) == caret
    assert result.slos == ()


@pytest.mark.parametrize(
    "text",
    [
        "{{ $labels.sloth_slo }} is down",
        "{{ $value | humanizePercentage }} of {{ .Labels.sloth_service }}",
        "{{ if gt $value 1.0 }}much{{ else }}little{{ end }}",
        '{{ range query "up" }}{{ .Labels.job }}{{ end }}',
        "{{ with query `up` }}{{ . | first | value }}{{ end }}",
        "see {{ externalURL }}",
        "50 % {of} them",
    ],
)
def test_the_templates_of_alerts_are_none(text: str) -> None:
    document = changed(
        SLOTH,
        (
            "      labels:\n        category",
            f"      annotations: {{summary: '{text}'}}\n      labels:\n        category",
        ),
    )
    assert only_slo(document).alerting.annotations == {"summary": text}


@pytest.mark.parametrize(
    "document",
    [
        changed(SLOTH, ("{{.window}}", "{{- .window -}}")),
        changed(SLOTH, ("service: shop", "service: shop # as {{ .Values.service }} says")),
        "# {{ .Values.slos }}, {% for %}\n" + SLOTH,
    ],
)
def test_neither_is_sloths_window_nor_a_comment(document: str) -> None:
    only_slo(document)


def test_another_mistake_beside_an_alert_template_is_told_as_itself() -> None:
    document = changed(SLOTH, ("severity: critical", "severity: {{ $labels.severity }}"))
    assert told(loaded(document)) == [
        "a.yaml:19:21 error: text that begins with {{ is read as a mapping - put the whole value in quotes"
    ]


def test_other_files_of_the_same_call_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("{{- if .Values.on }}\n" + SLOTH)
    (tmp_path / "b.yaml").write_text(changed(SLOTH, ("service: shop", "service: cart")))
    (tmp_path / "deployment.yaml").write_text("kind: Deployment\nmetadata: {name: {{ .Values.name }}}\n")
    import io

    result = load(discover([str(tmp_path)], io.BytesIO()), LoadOptions())
    assert [slo.id for slo in result.slos] == ["cart-availability"]
    assert [problem.rule for problem in result.problems] == ["unrendered"]
    assert result.notes == (
        f"skipped {tmp_path / 'deployment.yaml'}: this is a template of Helm's, not a spec yet",
    )
