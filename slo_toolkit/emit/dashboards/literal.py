"""What a spec says, so that Grafana finds no variable in it: it fills in `$name` wherever it stands."""

from __future__ import annotations

import re
from dataclasses import replace

from slo_toolkit.meaning.text import STRING
from slo_toolkit.plan.model import Plan
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli

_VARIABLE = re.compile(r"\$(?=[\w{])")
_ZERO_WIDTH_SPACE = "\u200b"


def literal_text(text: str) -> str:
    """Text for people."""
    return text.replace("$", f"${_ZERO_WIDTH_SPACE}")


def literal_query(query: str) -> str:
    """The same PromQL: in a string an escape can stand for the dollar sign, and nowhere else is there one."""
    return STRING.sub(lambda string: _escaped(string[0]), query) if "$" in query else query


def _escaped(string: str) -> str:
    return string if string.startswith("`") else _VARIABLE.sub(r"\\x24", string)


def literal_plan(plan: Plan) -> Plan:
    """The plan of an SLO whose queries hold no variable."""
    sli = plan.slo.sli
    made = _literal_sli(sli)
    return plan if made == sli else replace(plan, slo=replace(plan.slo, sli=made))


def _literal_sli(sli: Sli) -> Sli:
    match sli:
        case EventSli(total, str() as errors):
            return replace(sli, total_query=literal_query(total), error_query=literal_query(errors))
        case AvailabilitySli(_, errors, matchers):
            return replace(sli, errors=literal_query(errors), filter=literal_query(matchers))
        case LatencySli() | ProbeSli():
            return replace(sli, filter=literal_query(sli.filter))
        case EventSli() | RawSli():
            return sli  # no panel shows their queries
