"""Links of alerts to runbooks and dashboards: `{service}`, `{slo}` and `{id}` stand for the SLO."""

from __future__ import annotations

from string import Formatter

from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.kinds import did_you_mean

_PLACEHOLDERS = ("service", "slo", "id")


def check_link(template: str, at: Place) -> bool:
    """Whether every placeholder of a template is known; what is wrong is reported."""
    try:
        # What stands behind a `:` or `!` would format the name; a link has no use for that.
        fields = [
            f"{field}:{style or ''}{conversion or ''}" if style or conversion else field
            for _, field, style, conversion in Formatter().parse(template)
            if field is not None
        ]
    except ValueError:
        at.wrong(
            "a brace of this link has no partner", "write {{ and }} for braces of the link's own", rule="link"
        )
        return False
    unknown = [field for field in fields if field not in _PLACEHOLDERS]
    for field in unknown:
        hint = (
            did_you_mean(field, _PLACEHOLDERS) or "known are {service}, {slo} and {id}; {{ stands for a brace"
        )
        at.wrong(f"this link has an unknown placeholder {{{field}}}", hint, rule="link")
    return not unknown


def fill_link(template: str, service: str, slo: str) -> str:
    """The link of one SLO."""
    return template.format(service=service, slo=slo, id=f"{service}-{slo}")
