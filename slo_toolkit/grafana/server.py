"""What the settings of a connection to Grafana are called."""

from __future__ import annotations

from types import MappingProxyType

from slo_toolkit.query.server import Server

GRAFANA = Server(
    name="Grafana",
    prefix="SLO_GRAFANA_",
    url_flag="--url",
    context_variable="SLO_GRAFANA_CONTEXT",
    short_names=MappingProxyType({"bearer_token": "token", "bearer_token_file": "token_file"}),
)
