"""Templates of alerts: each label that one reads is one that some alert of the SLO has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slo_toolkit import naming
from slo_toolkit.alert_template import Reference, label_references
from slo_toolkit.errors import Level
from slo_toolkit.slo import Labels, Slo
from slo_toolkit.spec.flaws import Path, Place
from slo_toolkit.spec.kinds import did_you_mean

_KINDS = ("labels", "annotations")
_OF_ONE_ALERT = ("page_alert", "ticket_alert", "absence")


@dataclass(frozen=True, slots=True)
class AlertTexts:
    """Labels or annotations of alerts at a place of the document.

    `static` and `templates` are the names of the labels that only these alerts have.
    """

    texts: Labels
    at: Place
    static: frozenset[str]
    templates: frozenset[str]


def check_labels(slo: Slo, texts: Iterable[AlertTexts], level: Level, told: set[tuple[Path, str]]) -> None:
    """Report every label that a text reads and that no result of an alert's expression can carry.

    `told` holds what was reported of the same document, whose SLOs may share a text.
    """
    has = {*naming.identity(slo), *slo.group_by, *slo.labels, naming.SEVERITY, "alertname"}
    for of_alerts in texts:
        known = has | of_alerts.static
        for name, text in of_alerts.texts.items():
            at = of_alerts.at.entry(name)
            for reference in _unknown(text, known):
                if (at.path, reference.name) not in told:
                    told.add((at.path, reference.name))
                    message = f"no alert of `{slo.name}` carries the label `{reference.name}`"
                    hint = _hint(slo, reference.name, known, of_alerts.templates - {name})
                    at.report(at.path, message, hint, rule="template", level=level, offset=reference.offset)


def _unknown(text: str, known: set[str]) -> Iterator[Reference]:
    """The first read of each unknown label; one that the text itself asks for may be absent."""
    references = label_references(text)
    told = {"", *known, *(reference.name for reference in references if reference.asks)}
    for reference in references:
        if reference.name not in told:
            told.add(reference.name)
            yield reference


def _hint(slo: Slo, name: str, known: set[str], templates: frozenset[str]) -> str:
    if name in templates:
        return f"`{name}` is made from a template after the alert fired: write that template here, too"
    if name == naming.WINDOW:
        return "an alert looks at several windows at once: its description tells them"
    if near := did_you_mean(name, sorted(known)):
        return near
    there = f"there are {', '.join(sorted(known))}"
    query = f"write `sum by ({name}) (...)` in every query to have an alert for each `{name}`"
    if slo.spec == "slo-toolkit/v1":
        query = f"add `group_by: [{name}]` to have an alert for each `{name}`"
    return f"{there}; {query}"


def alert_texts(
    slo: Slo, root: Mapping[str, Any], root_at: Place, section: Mapping[str, Any], at: Place
) -> Iterator[AlertTexts]:
    """The labels and annotations of an SLO's alerts as the document has them, without those that no alert has."""
    alerting, page, ticket, absence = (
        slo.alerting,
        slo.alerting.page,
        slo.alerting.ticket,
        slo.alerting.absence,
    )
    alerts = dict(zip(_OF_ONE_ALERT, (page, ticket, absence), strict=True))
    active = {key: meta for key, meta in alerts.items() if not meta.disabled}
    if not active:
        return
    of_all = dict(alerting.labels)
    if any(tier.severity_label for tier in alerting.tiers):
        of_all["severity"] = ""
    of_any = of_all | {name: text for meta in active.values() for name, text in meta.labels.items()}
    own = section.get("alerting", {})
    replaced = {*section.get("annotations", {}), *own.get("annotations", {})}
    inherited = {name: text for name, text in root.get("annotations", {}).items() if name not in replaced}
    yield _texts(inherited, root_at / "annotations", of_any)
    yield _texts(section.get("annotations", {}), at / "annotations", of_any)
    for kind in _KINDS:
        yield _texts(own.get(kind, {}), at / "alerting" / kind, of_any)
    for key, meta in active.items():
        for kind, texts in zip(_KINDS, (meta.labels, meta.annotations), strict=True):
            yield _texts(texts, at / "alerting" / key / kind, of_all | dict(meta.labels))


def exhausted_alert_texts(slo: Slo, at: Place) -> Iterator[AlertTexts]:
    """The same of the alert of Sloth's plugin, whose configuration stands at `at`."""
    wanted = slo.plugins.exhausted_alert
    if wanted is not None:
        has = {**wanted.selector, **wanted.labels}
        yield _texts(wanted.labels, at.entry("alert_labels"), has)
        yield _texts(wanted.annotations, at.entry("annotations"), has)


def _texts(texts: Labels, at: Place, labels: Labels) -> AlertTexts:
    templates = frozenset(name for name, text in labels.items() if "{{" in text)
    return AlertTexts(texts, at, frozenset(labels) - templates, templates)
