"""Labels that the templates of an alert read, put onto the result of its expression.

Prometheus fills in templates with the labels of the result alone, not with those that the rule adds. A result
keeps the identity, so that a label that its owner changes does not break the alert.
"""

from __future__ import annotations

from dataclasses import replace

from slo_toolkit import naming
from slo_toolkit.alert_template import label_references
from slo_toolkit.plan.model import AlertingRule
from slo_toolkit.promql import quote
from slo_toolkit.slo import Labels, Slo

_NAME = "alertname"


def carrying_what_it_reads(rule: AlertingRule, slo: Slo, more: Labels | None = None) -> AlertingRule:
    """The rule whose results carry every label that its texts read and that is known beforehand.

    Those are the SLO's own, those of the alert that are no templates themselves, and `more`.
    """
    texts = (*rule.labels.values(), *rule.annotations.values())
    read = {reference.name for text in texts for reference in label_references(text)}
    unknown = read.difference(naming.identity_names(slo), slo.group_by)
    if not unknown:
        return rule
    static = {name: text for name, text in rule.labels.items() if "{{" not in text}
    known = {**static, **(more or {}), **slo.labels}
    if "" in read:
        unknown |= known.keys()
    known[_NAME] = rule.alert
    wanted = sorted(unknown & (known.keys() - naming.identity(slo).keys()))
    if not wanted:
        return rule
    labels = ",\n".join(f'  "{name}", {_replacement(known[name])}, "", "")' for name in wanted)
    return replace(rule, expr=f"{'label_replace(' * len(wanted)}\n{indented(rule.expr)},\n{labels}")


def _replacement(text: str) -> str:
    """Text as label_replace takes it, to which `$1` would be a group of the regular expression."""
    return quote(text.replace("$", "$$"))


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def literal(labels: Labels) -> dict[str, str]:
    """On an alert, unlike on a recording rule, `{{` in a label starts a template; the SLO's own are none."""
    return {name: value.replace("{{", '{{"{{"}}') for name, value in labels.items()}
