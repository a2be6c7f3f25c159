"""Which labels of its alert a template reads: of Go's template language, what Prometheus gives to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_toolkit.alert_template import label_references

READS = {
    "no template, $labels.team": [],
    "{{ $labels.team }} and {{- .Labels.tier -}}": ["team", "tier"],
    '{{ index $labels "team" }} {{index .Labels `tier` | toUpper}}': ["team", "tier"],
    "{{ $labels.team | reReplaceAll `a` `b` }}": ["team"],
    "{{ $.Labels.team }}": ["team"],
    '{{ "$labels.team" }} {{/* $labels.team */}} {{ `{{` }} $labels.team': [],
    "{{ $externalLabels.team }} {{ .ExternalLabels.team }} {{ $value }}": [],
    "{{ range $name, $value := $labels }}{{ $name }}{{ end }}": [""],
    "{{ $mine := $labels }}{{ $mine.team }}": [""],
    "{{ index $labels $name }} {{ index (.Labels) `team` }}": ["", ""],
    '{{ template "who" (args $labels $value) }}': [""],
    '{{ (query "up" | first).Labels.job }}': [],
    '{{ range query "up" }}{{ .Labels.job }}{{ $labels.team }}{{ end }}{{ .Labels.tier }}': ["team", "tier"],
    '{{ with query "up" }}{{ .Labels.job }}{{ else }}{{ .Labels.team }}{{ end }}': ["team"],
    '{{ range query "up" }}{{ if .Labels.job }}{{ .Labels.job }}{{ else }}{{ .Labels.x }}{{ end }}{{ end }}': [],
    '{{ if $value }}{{ else with query "up" }}{{ .Labels.job }}{{ end }}{{ .Labels.team }}': ["team"],
    '{{ define "who" }}{{ .Labels.job }}{{ end }}{{ .Labels.team }}': ["team"],
    "{{ $labels.team }} {{ $labels.tier": ["team"],
}


@pytest.mark.parametrize("text", READS)
def test_reads(text: str) -> None:
    assert [reference.name for reference in label_references(text)] == READS[text]


def test_a_read_is_found_where_it_stands() -> None:
    text = "é {{ $labels.team }}{{ .Labels.tier }}"
    assert [text[found.offset :][:7] for found in label_references(text)] == ["$labels", ".Labels"]


def test_the_condition_of_a_block_asks_whether_there_is_such_a_label() -> None:
    text = "{{ if $labels.a }}{{ $labels.b }}{{ else if .Labels.c }}{{ end }}{{ with .Labels.d }}{{ . }}{{ end }}"
    assert [(found.name, found.asks) for found in label_references(text)] == [
        ("a", True),
        ("b", False),
        ("c", True),
        ("d", True),
    ]


PIECES = [
    "{{",
    "}}",
    "-",
    "end",
    "else",
    "with",
    "range",
    "$labels",
    ".Labels",
    ".x",
    '"',
    "`",
    "/*",
    "*/",
    " ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text())
def test_any_text_is_read_to_its_end(text: str) -> None:
    for found in label_references(text):
        assert text.startswith(("$labels", ".Labels", "$.Labels"), found.offset)
