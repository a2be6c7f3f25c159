"""Grafana dashboards: an overview of all SLOs, one for each service, one for its API, one for what it runs on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slo_toolkit import naming
from slo_toolkit.emit.dashboards.api import api_dashboard
from slo_toolkit.emit.dashboards.infrastructure import infrastructure
from slo_toolkit.emit.dashboards.layout import dashboard_text
from slo_toolkit.emit.dashboards.literal import literal_plan
from slo_toolkit.emit.dashboards.overview import overview
from slo_toolkit.emit.dashboards.queries import Selection
from slo_toolkit.emit.dashboards.service import service_dashboard
from slo_toolkit.plan.model import Plan
from slo_toolkit.windows import base_window

_OVERVIEW, _INFRASTRUCTURE = "slo-overview.json", "infrastructure.json"


def dashboards(services: Mapping[str, Sequence[Plan]], counted: bool) -> Iterator[tuple[str, str]]:
    """File names and texts. `counted` says that the rules record events, which Sloth's do not."""
    if not services:
        return
    services = {service: [literal_plan(plan) for plan in plans] for service, plans in services.items()}
    plans = [plan for of_service in services.values() for plan in of_service]
    yield _OVERVIEW, dashboard_text(overview(plans, _selection(plans, counted)))
    yield _INFRASTRUCTURE, dashboard_text(infrastructure())
    taken = {_OVERVIEW, _INFRASTRUCTURE, *(f"{service}.json" for service in services)}
    for service, of_service in services.items():
        api = api_dashboard(service, [plan.slo for plan in of_service])
        made = service_dashboard(service, of_service, _selection(of_service, counted), api is not None)
        yield _free(f"{service}.json", "slos", (_OVERVIEW, _INFRASTRUCTURE)), dashboard_text(made)
        if api is not None:
            yield _free(f"{service}-api.json", "requests", taken), dashboard_text(api)


def _free(name: str, ending: str, taken: Sequence[str] | set[str]) -> str:
    """The name, or another one where a service is called as another dashboard is."""
    return name if name not in taken else f"{name.removesuffix('.json')}.{ending}.json"


def _selection(plans: Sequence[Plan], counted: bool) -> Selection:
    """What is recorded of these SLOs, still without matchers."""
    return Selection(
        identity="",
        names=tuple(dict.fromkeys(name for plan in plans for name in naming.identity_names(plan.slo))),
        groups=tuple(sorted({label for plan in plans for label in plan.slo.group_by})),
        periods=tuple(sorted({plan.slo.period for plan in plans})),
        bases=tuple(sorted({base_window(plan.slo.scrape_interval) for plan in plans})),
        counted=counted,
    )
