"""Plans as a rule file of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from slo_toolkit.emit.header import YAML_HEADER
from slo_toolkit.emit.yaml import block, key, quoted, scalar
from slo_toolkit.plan.model import MATCHERS, AlertingRule, Plan, RecordingRule, Rule, RuleGroup
from slo_toolkit.slo import Labels


def rule_file(plans: Sequence[Plan]) -> str:
    """One `groups:` document: promtool and Prometheus read only the first document of a file."""
    return YAML_HEADER + groups_text((group for plan in plans for group in plan.groups), "")


def groups_text(groups: Iterable[RuleGroup], indent: str) -> str:
    """The key `groups` at `indent` with every group that has rules."""
    lines = [line for group in groups if group.rules for line in _group_lines(group, indent)]
    return "\n".join([f"{indent}groups:", *lines, ""]) if lines else f"{indent}groups: []\n"


def _group_lines(group: RuleGroup, indent: str) -> list[str]:
    lines = [f"{indent}- name: {quoted(group.name)}"]
    if group.interval is not None:
        lines.append(f"{indent}  interval: {group.interval}")
    lines.append(f"{indent}  rules:")
    rule_indent = indent + "  "
    # Most rules of a group share one mapping of labels: its text is made once.
    label_texts: dict[int, str] = {}
    for rule in group.rules:
        labels = label_texts.get(id(rule.labels))
        if labels is None:
            labels = label_texts[id(rule.labels)] = _strings("labels", rule.labels, rule_indent + "  ")
        lines.append(_rule_text(rule, labels, rule_indent))
    return lines


def _rule_text(rule: Rule, labels: str, indent: str) -> str:
    inner = indent + "  "
    if isinstance(rule, AlertingRule):
        pending_for = f"\n{inner}for: {rule.pending_for}" if rule.pending_for is not None else ""
        annotations = _strings("annotations", rule.annotations, inner)
        return (
            f"{indent}- alert: {quoted(rule.alert)}\n{inner}expr: {scalar(rule.expr, inner)}"
            f"{pending_for}{labels}{annotations}"
        )
    return f"{indent}- record: {quoted(rule.record)}\n{inner}expr: {_recorded(rule, inner)}{labels}"


def _recorded(rule: RecordingRule, indent: str) -> str:
    """The expression as a scalar; matchers are put into the text that all SLOs of a shape share."""
    if rule.matchers and rule.matchers.isprintable():
        return _shared(rule.text, indent).replace(MATCHERS, rule.matchers)
    return scalar(rule.expr, indent)


@lru_cache(maxsize=1024)
def _shared(text: str, indent: str) -> str:
    """A text that will hold matchers, and with them quotation marks: always a block."""
    return block(text, indent) or quoted(text)


def _strings(name: str, strings: Labels, indent: str) -> str:
    """The key `name` with a mapping, beginning on a new line; nothing for an empty mapping."""
    entries = [_entry(label, text, indent) for label, text in sorted(strings.items())]
    return f"\n{indent}{name}:{''.join(entries)}" if entries else ""


@lru_cache(maxsize=4096)
def _entry(label: str, text: str, indent: str) -> str:
    return f"\n{indent}  {key(label)}: {scalar(text, indent + '  ')}"
