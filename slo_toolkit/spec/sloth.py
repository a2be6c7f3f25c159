"""Sloth's `version: prometheus/v1`. The native and the Kubernetes dialect build on its sections."""

from __future__ import annotations

from slo_toolkit import naming
from slo_toolkit.spec.kinds import Anything, Choice, Flag, FreeText, ListOf, Text
from slo_toolkit.spec.maps import TextMap
from slo_toolkit.spec.quantities import Promise, Whole
from slo_toolkit.spec.shape import Key, Section

VERSION = "prometheus/v1"

NAME = Text(
    r"[A-Za-z0-9][-A-Za-z0-9_.]*[A-Za-z0-9]",
    "is no name: use at least two letters, digits, `-`, `_` or `.`, with a letter or digit at both ends",
    rule="name",
    longest=naming.LONGEST_NAME,
)
LABELS = TextMap(reserved=True)
ANNOTATIONS = TextMap(name="annotation")
QUERY = Text()

EVENTS = Section(
    "an events SLI",
    {
        "error_query": Key(
            QUERY,
            "PromQL that counts the error events; `{{.window}}` stands for the look-back.",
            required=True,
            example='sum(rate(http_requests_total{job="shop",code=~"5.."}[{{.window}}]))',
        ),
        "total_query": Key(
            QUERY,
            "PromQL that counts all valid events; `{{.window}}` stands for the look-back.",
            required=True,
            example='sum(rate(http_requests_total{job="shop"}[{{.window}}]))',
        ),
    },
)
RAW = Section(
    "a raw SLI",
    {
        "error_ratio_query": Key(
            QUERY,
            "PromQL whose value is the error ratio, 0 to 1; `{{.window}}` stands for the look-back.",
            required=True,
            example="1 - avg_over_time(shop_health_ratio[{{.window}}])",
        )
    },
)
PLUGIN = Section(
    "an SLI plugin",
    {
        "id": Key(
            Text(),
            "One of Sloth's common SLI plugins.",
            required=True,
            example="sloth-common/coredns/availability",
        ),
        "options": Key(TextMap(name="option"), "The plugin's options.", example={"filter": 'job="coredns"'}),
    },
)
SLI = Section(
    "an SLI",
    {
        "events": Key(EVENTS, "Two queries that count events."),
        "raw": Key(RAW, "One query that gives the error ratio."),
        "plugin": Key(PLUGIN, "Queries that a plugin of Sloth's makes."),
    },
    exactly_one=("events", "raw", "plugin"),
)

ALERT = Section(
    "the alert of one severity",
    {
        "disable": Key(Flag(), "Leaves this alert out.", default="false"),
        "labels": Key(LABELS, "Labels that only this alert carries.", example={"severity": "critical"}),
        "annotations": Key(ANNOTATIONS, "Annotations that only this alert carries."),
    },
)
ALERTING = Section(
    "`alerting`",
    {
        "name": Key(
            Text(), "Name of the alerts; needed unless all of them are disabled.", example="ShopErrors"
        ),
        "labels": Key(LABELS, "Labels of every alert of this SLO.", example={"team": "shop"}),
        "annotations": Key(ANNOTATIONS, "Annotations of every alert of this SLO."),
        "page_alert": Key(ALERT, "The alerts that wake somebody."),
        "ticket_alert": Key(ALERT, "The alerts that can wait for the next working day."),
    },
)

PLUGIN_STEP = Section(
    "a step of the plugin chain",
    {
        "id": Key(Text(), "Id of the plugin.", required=True, example="sloth.dev/contrib/info_labels/v1"),
        "config": Key(Anything(), "Configuration of the plugin."),
        "priority": Key(Whole(), "Steps run from the lowest to the highest.", default="0"),
    },
)
PLUGINS = Section(
    "the plugin chain",
    {
        "overridePrevious": Key(
            Flag(), "Drops Sloth's default steps and those of the root.", default="false"
        ),
        "chain": Key(ListOf(PLUGIN_STEP), "The steps."),
    },
)

OBJECTIVE = Promise(100)

SLO = Section(
    "an SLO",
    {
        "name": Key(NAME, "Name, unique within the service.", required=True, example="requests-availability"),
        "description": Key(
            FreeText(), "What the SLO promises, for people.", example="Requests that succeed."
        ),
        "objective": Key(
            OBJECTIVE,
            "Percentage of good events that is promised, above 0 and below 100.",
            required=True,
            example=99.9,
        ),
        "labels": Key(LABELS, "Labels of every series and alert of this SLO.", example={"tier": "1"}),
        "plugins": Key(PLUGINS, "Steps of Sloth's plugin chain for this SLO."),
        "sli": Key(SLI, "How good and bad are measured.", required=True),
        "alerting": Key(ALERTING, "How the SLO alerts."),
    },
)

ROOT = Section(
    "a spec",
    {
        "version": Key(Choice(VERSION), "The format of this document.", required=True),
        "service": Key(NAME, "The service that makes the promises.", required=True, example="shop"),
        "labels": Key(
            LABELS, "Labels of every series and alert of the service.", example={"owner": "shop-team"}
        ),
        "slo_plugins": Key(PLUGINS, "Steps of Sloth's plugin chain for every SLO."),
        "slos": Key(ListOf(SLO), "The SLOs of the service.", required=True),
    },
    extensible=True,
)
