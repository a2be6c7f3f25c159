"""Inhibition for Alertmanager: while somebody is paged for an SLO, nobody needs its ticket."""

from __future__ import annotations

from collections.abc import Sequence

from slo_toolkit import naming
from slo_toolkit.emit.header import YAML_HEADER
from slo_toolkit.emit.yaml import Value, document
from slo_toolkit.plan.model import Plan
from slo_toolkit.promql import quote
from slo_toolkit.slo import Severity

_NOTE = "# Append the rule to `inhibit_rules` in the configuration of Alertmanager.\n"


def inhibit_rules(plans: Sequence[Plan]) -> str:
    """A page silences the ticket of the same SLO and, where an SLO has groups, of the same group only.

    One rule is enough for all: a label that neither alert has is equal in both.
    """
    names = dict.fromkeys(name for plan in plans for name in naming.identity_names(plan.slo))
    groups = sorted({label for plan in plans for label in plan.slo.group_by})
    rule: dict[str, Value] = {
        "source_matchers": [_severity(Severity.PAGE)],
        "target_matchers": [_severity(Severity.TICKET)],
        "equal": [*names, *groups],
    }
    return YAML_HEADER + _NOTE + document({"inhibit_rules": [rule]})


def _severity(severity: Severity) -> str:
    return f"{naming.SEVERITY}={quote(severity)}"
