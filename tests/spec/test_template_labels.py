"""A template of an alert reads labels that the alert has; any other one is told where it stands."""

from __future__ import annotations

import pytest

from slo_toolkit.errors import Level
from slo_toolkit.recipe import Compat, Recipe
from slo_toolkit.spec import LoadOptions

from .documents import KUBERNETES, NATIVE, SLOTH, changed, loaded, told

ANNOTATED = ("      name: ShopErrors\n", '      name: ShopErrors\n      annotations: {summary: "TEXT"}\n')


def _sloth(text: str) -> str:
    return changed(SLOTH, ANNOTATED, ("TEXT", text.replace('"', r"\"")))


@pytest.mark.parametrize(
    "label",
    [
        "owner",
        "category",
        "severity",
        "sloth_id",
        "sloth_service",
        "sloth_slo",
        "sloth_severity",
        "alertname",
    ],
)
def test_every_label_that_an_alert_has_may_be_read(label: str) -> None:
    """Of the service, of all alerts of the SLO, of the page alone, and those that all alerts have."""
    assert told(loaded(_sloth(f"{{{{ $labels.{label} }}}}"))) == []


def test_so_may_extra_labels_and_groups() -> None:
    document = changed(
        NATIVE,
        ("period: 4w\n", "period: 4w\n    group_by: [tenant]\n"),
        ANNOTATED,
        ("TEXT", "{{ $labels.cluster }} {{ .Labels.tenant }}"),
    )
    assert told(loaded(document, options=LoadOptions(extra_labels={"cluster": "eu"}))) == []


@pytest.mark.parametrize(
    ("read", "hint"),
    [
        ("$labels.region", "write `sum by (region) (...)` in every query"),
        (".Labels.region", "there are alertname, category, owner, severity, sloth_id,"),
        ("$labels.ownr", "did you mean `owner`?"),
        ("$labels.sloth_window", "an alert looks at several windows at once"),
    ],
)
def test_another_label_is_an_error_at_its_place(read: str, hint: str) -> None:
    (problem,) = loaded(_sloth(f"of {{{{ {read} }}}}")).problems
    assert problem.level is Level.ERROR
    assert problem.message == f"no alert of `availability` carries the label `{read.split('.')[-1]}`"
    assert problem.snippet[problem.position.column - 1 :].startswith(read)
    assert hint in problem.hint


def test_a_label_may_be_named_by_index_and_is_told_once() -> None:
    (line,) = told(loaded(_sloth('{{ index $labels "region" }} {{ $labels.region }}')))
    assert "carries the label `region`" in line


@pytest.mark.parametrize(
    "text",
    [
        "{{ range $name, $value := $labels }}{{ $name }}{{ end }}",
        "{{ if $labels.region }}in {{ $labels.region }}{{ end }}",
        '{{ range query "up == 0" }}{{ .Labels.instance }}{{ end }}',
    ],
)
def test_what_may_be_absent_is_no_error(text: str) -> None:
    assert told(loaded(_sloth(text))) == []


def test_in_the_native_format_the_hint_is_a_key() -> None:
    (line,) = told(loaded(changed(NATIVE, ANNOTATED, ("TEXT", "{{ $labels.region }}"))))
    assert "add `group_by: [region]` to have an alert for each `region`" in line


def test_a_label_of_one_alert_is_none_of_another() -> None:
    ticket = (
        "      page_alert:",
        "      ticket_alert: {annotations: {a: '{{ $labels.severity }}'}}\n      page_alert:",
    )
    (line,) = told(loaded(changed(SLOTH, ticket)))
    assert line.startswith("a.yaml:17:")
    assert "carries the label `severity`" in line


def test_a_label_that_is_a_template_itself_cannot_be_read() -> None:
    template = ("category: availability", 'category: "{{ $labels.owner }}s"')
    (line,) = told(loaded(changed(SLOTH, ANNOTATED, ("TEXT", "{{ $labels.category }}"), template)))
    assert line.endswith(
        "`category` is made from a template after the alert fired: write that template here, too"
    )


def test_a_label_that_is_to_be_a_group_of_that_name_is_told_how() -> None:
    template = ("category: availability", 'host: "{{ $labels.host }}"')
    (line,) = told(loaded(changed(SLOTH, template)))
    assert line.endswith("write `sum by (host) (...)` in every query to have an alert for each `host`")


def test_an_alert_that_is_not_made_says_nothing() -> None:
    off = (
        "      page_alert:",
        "      ticket_alert: {disable: true, labels: {a: '{{ $labels.b }}'}}\n      page_alert:",
    )
    assert told(loaded(changed(SLOTH, off))) == []


def test_a_text_for_all_slos_is_told_once() -> None:
    second = NATIVE[NATIVE.index("  - name") :].replace("availability\n", "second\n", 1)
    document = changed(NATIVE, ("slos:\n", "annotations: {who: '{{ $labels.team }}'}\nslos:\n")) + second
    (line,) = told(loaded(document))
    assert line.startswith("a.yaml:4:24 error: no alert of `availability` carries the label `team`")
    labelled = changed(document, ("service: shop\n", "service: shop\nlabels: {team: a}\n"))
    assert told(loaded(labelled)) == []


def test_a_template_of_the_root_is_checked_as_any_other() -> None:
    document = changed(NATIVE, ("slos:\n", "annotations: {who: '{{ $value | huminize }}'}\nslos:\n"))
    (line,) = told(loaded(document))
    assert "alert template" in line


def test_kubernetes_spells_the_place_in_its_own_way() -> None:
    document = changed(KUBERNETES, ("severity: critical", "severity: 'a{{ $labels.b }}'"))
    (line,) = told(loaded(document))
    assert line.startswith("a.yaml:23:28 error")


def test_sloths_own_rules_are_made_all_the_same() -> None:
    """Theirs carry no such label either, so it is told, and nobody's migration is held up."""
    compat = LoadOptions(recipe=Recipe(compat=Compat.SLOTH))
    (line,) = told(loaded(_sloth("{{ $labels.region }}"), options=compat))
    assert " warning: " in line
