"""Sloth's common SLI plugins as data: https://github.com/slok/sloth-common-sli-plugins.

Each of them names metrics and labels of a well-known program. Here they become SLIs of our own kinds, so
that silent times, absent error series and the two spellings of `le` are handled as everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from slo_toolkit.budget import plain
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli
from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.kinds import did_you_mean, found
from slo_toolkit.spec.quantities import decimal_of

Options: TypeAlias = Mapping[str, str]

_PREFIX = "sloth-common/"


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a plugin needs and takes, and the SLI that it stands for."""

    build: Callable[[Options], Sli]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ("filter",)


def _matchers(options: Options, *more: str) -> str:
    """The option `filter`, for which Sloth allows braces and commas around it, and more matchers."""
    return ",".join(part for part in (options.get("filter", "").strip("{},"), *more) if part)


def _availability(metric: str, errors: str, *matchers: str) -> Callable[[Options], Sli]:
    """Counter plugins; `{name}` in a matcher stands for an option."""
    return lambda options: AvailabilitySli(
        metric, _fill(errors, options), _matchers(options, *(_fill(matcher, options) for matcher in matchers))
    )


def _latency(histogram: str, *matchers: str, no_errors: str = "") -> Callable[[Options], Sli]:
    """Histogram plugins; `no_errors` is what the option `exclude_errors` leaves."""

    def build(options: Options) -> Sli:
        filled = [_fill(matcher, options) for matcher in matchers]
        excluded = no_errors if options.get("exclude_errors") in _TRUE else ""
        return LatencySli(histogram, Decimal(options["bucket"]), _matchers(options, *filled, excluded))

    return build


def _fill(matcher: str, options: Options) -> str:
    return re.sub(r"<(\w+)>", lambda name: _quoted(options.get(name[1], _DEFAULTS.get(name[1], ""))), matcher)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _kooper_availability(options: Options) -> Sli:
    matchers = _matchers(options, _fill("controller=<controller>", options))
    handled = "kooper_controller_processed_event_duration_seconds_count"
    # A retry is no event of its own: what was queued again is taken off the total.
    retries = (
        f'sum(rate(kooper_controller_queued_events_total{{{matchers},requeue="true"}}[{{{{.window}}}}]))'
    )
    return EventSli(
        total_query=f"sum(rate({handled}{{{matchers}}}[{{{{.window}}}}])) - ({retries} or on() vector(0))",
        error_query=f'sum(rate({handled}{{{matchers},success="false"}}[{{{{.window}}}}]))',
    )


def _fake(options: Options) -> Sli:
    ratio = Decimal(options["burn_rate"]) * Decimal(options["error_budget"])
    constant = f"max_over_time(vector({plain(ratio)})[{{{{.window}}}}:])"
    jitter = Decimal(options.get("jitter_percent", "0"))
    if not jitter:
        return RawSli(constant)
    swing = f"time() * minute() * hour() * day_of_week() * month() % {plain(jitter * 2)}"
    return RawSli(f"{constant} - {plain(ratio)} * ({plain(jitter)} - ({swing})) / 100")


_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_BOOLEANS = _TRUE | {"0", "f", "F", "false", "FALSE", "False", ""}
_DEFAULTS = {"custom_rcode_regex": "SERVFAIL"}
_LARGEST_BUCKET = Decimal("1e15")  # larger bounds are none
_NUMBERS = ("bucket", "burn_rate", "jitter_percent")
_REGEXES = ("backend_regex", "service_name_regex", "custom_rcode_regex")

_SERVER_ERRORS = 'code=~"(5..|429)"'
_ISTIO = ("destination_service_name=<service>", "destination_service_namespace=<namespace>")
_KOOPER = "controller=<controller>"
_LATENCY_OPTIONS = ("filter", "exclude_errors")

PLUGINS: Mapping[str, Plugin] = {
    "coredns/availability": Plugin(
        _availability("coredns_dns_responses_total", "rcode=~<custom_rcode_regex>"),
        optional=("filter", "custom_rcode_regex"),
    ),
    "coredns/latency": Plugin(_latency("coredns_dns_request_duration_seconds"), ("bucket",)),
    "fake": Plugin(_fake, ("burn_rate",), ("jitter_percent",)),
    "haproxy/frontend/availability": Plugin(
        _availability("haproxy_frontend_http_responses_total", 'code="5xx"')
    ),
    "istio/v1/availability": Plugin(
        _availability("istio_requests_total", 'response_code=~"(5..|429)"', *_ISTIO), ("service", "namespace")
    ),
    "istio/v1/latency": Plugin(
        _latency("istio_request_duration_milliseconds", *_ISTIO, no_errors='response_code!~"5.."'),
        ("bucket", "service", "namespace"),
        _LATENCY_OPTIONS,
    ),
    "kubernetes/apiserver/availability": Plugin(_availability("apiserver_request_total", _SERVER_ERRORS)),
    "kubernetes/apiserver/latency": Plugin(
        _latency("apiserver_request_duration_seconds", 'verb!="WATCH"'), ("bucket",)
    ),
    "kubernetes/kooper/availability": Plugin(_kooper_availability, ("controller",)),
    "kubernetes/kooper/latency": Plugin(
        _latency("kooper_controller_processed_event_duration_seconds", _KOOPER), ("bucket", "controller")
    ),
    "kubernetes/kooper/queue-congestion": Plugin(
        _latency("kooper_controller_event_in_queue_duration_seconds", _KOOPER), ("bucket", "controller")
    ),
    "kubernetes/nginx-ingress/availability": Plugin(
        _availability("nginx_ingress_controller_requests", 'status=~"(5..|429)"')
    ),
    "noop": Plugin(lambda options: RawSli("max_over_time(vector(0)[{{.window}}:])"), optional=()),
    "prometheus/rules/eval-availability": Plugin(
        lambda options: EventSli(
            total_query=f"sum(rate(prometheus_rule_evaluations_total{{{_matchers(options)}}}[{{{{.window}}}}]))",
            error_query=f"sum(rate(prometheus_rule_evaluation_failures_total{{{_matchers(options)}}}[{{{{.window}}}}]))",
        )
    ),
    "prometheus/targets/availability": Plugin(lambda options: ProbeSli("up", _matchers(options))),
    "slok-go-http-metrics/availability": Plugin(
        _availability("http_request_duration_seconds_count", _SERVER_ERRORS), ("filter",), ()
    ),
    "slok-go-http-metrics/latency": Plugin(
        _latency("http_request_duration_seconds", no_errors='code!~"5.."'),
        ("bucket", "filter"),
        ("exclude_errors",),
    ),
    "traefik/v1/availability": Plugin(
        _availability("traefik_backend_requests_total", _SERVER_ERRORS, "backend=~<backend_regex>"),
        ("backend_regex",),
    ),
    "traefik/v1/latency": Plugin(
        _latency(
            "traefik_backend_request_duration_seconds", "backend=~<backend_regex>", no_errors='code!~"5.."'
        ),
        ("bucket", "backend_regex"),
        _LATENCY_OPTIONS,
    ),
    "traefik/v2/availability": Plugin(
        _availability("traefik_service_requests_total", 'code=~"5.."', "service=~<service_name_regex>"),
        ("service_name_regex",),
    ),
    "traefik/v2/latency": Plugin(
        _latency(
            "traefik_service_request_duration_seconds",
            "service=~<service_name_regex>",
            no_errors='code!~"5.."',
        ),
        ("bucket", "service_name_regex"),
        _LATENCY_OPTIONS,
    ),
}


def plugin_sli(section: Mapping[str, Any], at: Place, error_budget: Decimal | None) -> Sli | None:
    """The SLI that a `plugin` section stands for; None where it is wrong, which was reported."""
    if "id" not in section:
        return None
    identifier: str = section["id"]
    plugin = PLUGINS.get(identifier.removeprefix(_PREFIX)) if identifier.startswith(_PREFIX) else None
    if plugin is None:
        known = [_PREFIX + name for name in PLUGINS]
        hint = did_you_mean(identifier, known) or f"known are {', '.join(known)}"
        (at / "id").wrong(f"the SLI plugin `{identifier}` is not built in", hint, rule="sli-plugin")
        return None
    options: Options = section.get("options", {})
    if not _options_fit(plugin, identifier, options, at) or error_budget is None:
        return None
    return plugin.build({**options, "error_budget": str(error_budget)})


def _options_fit(plugin: Plugin, identifier: str, options: Options, at: Place) -> bool:
    fit = True
    takes = (*plugin.required, *plugin.optional)
    for name, value in options.items():
        place = (at / "options").entry(name)
        if name not in takes:
            hint = did_you_mean(name, takes) or f"it takes {', '.join(takes) or 'none'}"
            place.wrong(f"{identifier} has no option `{name}`", hint, rule="sli-plugin", on_key=True)
            fit = False
        elif trouble := _trouble(name, value):
            place.wrong(trouble, rule="sli-plugin")
            fit = False
    for name in plugin.required:
        if not options.get(name, "").strip():
            (at / "id").wrong(f"{identifier} needs the option `{name}`", rule="sli-plugin")
            fit = False
    return fit


def _trouble(name: str, value: str) -> str:
    if name in _NUMBERS and decimal_of(value) is None:
        return f"`{name}` is a number, not {found(value)}"
    if name == "bucket" and not 0 < Decimal(value) < _LARGEST_BUCKET:
        return f"`{name}` is above 0, not {found(value)}"
    if name == "exclude_errors" and value not in _BOOLEANS:
        return f"`{name}` is true or false, not {found(value)}"
    if name in _REGEXES:
        try:
            re.compile(value)
        except re.error as error:
            return f"`{name}` is no regular expression: {error}"
    return ""
