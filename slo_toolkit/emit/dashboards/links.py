"""Where dashboards live and what they link to: uids, and Grafana's own pages for Prometheus and Alertmanager.

A generator knows no addresses, but Grafana does: links go to its Explore and Alerting pages, which use the data
sources that the reader chose and work wherever Grafana is served.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

UID_PREFIX = "slo-"
OVERVIEW_UID = f"{UID_PREFIX}overview"
INFRASTRUCTURE_UID = f"{UID_PREFIX}infrastructure"

_LONGEST_UID = 40
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,32}")
_ODD = re.compile(r"[^A-Za-z0-9_-]")
_VARIABLE = re.compile(r"\$\{\w+(?::\w+)?\}")


def is_plain_uid(service: str) -> bool:
    """Whether the uid is just the name behind a prefix: short, without dots, and no other dashboard's."""
    return _PLAIN.fullmatch(service) is not None and not service.endswith("-api") and service not in _TAKEN


_TAKEN = ("overview", "infrastructure")


def service_uid(service: str) -> str:
    """The uid of a service's dashboard, the same at every compilation. Grafana allows 40 of these characters."""
    return f"{UID_PREFIX}{service}" if is_plain_uid(service) else _digested(f"{UID_PREFIX}{service}")


def api_uid(service: str) -> str:
    return f"{service_uid(service)}-api"


def _digested(name: str) -> str:
    digest = sha256(name.encode()).hexdigest()[:8]
    return f"{_ODD.sub('-', name)[: _LONGEST_UID - 4 - 1 - len(digest)]}-{digest}"


def top_link(title: str, url: str, tooltip: str) -> dict[str, Any]:
    """A link at the top of a dashboard. Another dashboard opens with the same time range."""
    is_dashboard = url.startswith("/d/")
    return {
        "title": title,
        "type": "link",
        "icon": "dashboard" if is_dashboard else "bolt",
        "url": url,
        "targetBlank": False,
        "keepTime": is_dashboard,
        "includeVars": False,
        "asDropdown": False,
        "tags": [],
        "tooltip": tooltip,
    }


def explore_url(expr: str) -> str:
    """Grafana's Explore with this query, over the shown range."""
    query = f'{{"refId":"A","expr":{_json_string(expr)}}}'
    left = f'{{"datasource":"${{datasource}}","queries":[{query}],"range":{{"from":"${{__from}}","to":"${{__to}}"}}}}'
    return f"/explore?left={_encoded(left)}"


def alerts_url(matcher: str) -> str:
    """The alerts that Alertmanager holds now, by label."""
    return f"/alerting/groups?alertmanager=${{alertmanager:text}}&queryString={quote(matcher)}"


def silence_url(labels: Mapping[str, str]) -> str:
    """A new silence of the alerts with these labels."""
    matchers = "".join(f"&matcher={quote(f'{name}={value}')}" for name, value in labels.items())
    return f"/alerting/silence/new?alertmanager=${{alertmanager:text}}{matchers}"


def _json_string(text: str) -> str:
    import json

    return json.dumps(text)


def _encoded(text: str) -> str:
    """URL-encoded, but for the variables that Grafana fills in."""
    parts, last = [], 0
    for match in _VARIABLE.finditer(text):
        parts += [quote(text[last : match.start()], safe=""), match[0]]
        last = match.end()
    return "".join((*parts, quote(text[last:], safe="")))
