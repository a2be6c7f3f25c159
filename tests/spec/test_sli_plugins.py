"""Sloth's common SLI plugins, built in."""

from __future__ import annotations

from decimal import Decimal

import promql_parser
import pytest

from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli
from slo_toolkit.spec.sli_plugins import PLUGINS
from tests.spec.documents import SLOTH, loaded, only_slo

OPTIONS = {
    "bucket": "1",
    "backend_regex": "shop.*",
    "burn_rate": "2",
    "controller": "shop",
    "filter": 'job="x"',
    "namespace": "prod",
    "service": "shop",
    "service_name_regex": "shop@.*",
}


def with_plugin(identifier: str, options: dict[str, str]) -> str:
    start, end = SLOTH.index("      events:"), SLOTH.index("    alerting:")
    lines = "".join(f"          {name}: '{value}'\n" for name, value in options.items())
    section = f"      plugin:\n        id: sloth-common/{identifier}\n" + (
        f"        options:\n{lines}" if lines else ""
    )
    return SLOTH[:start] + section + SLOTH[end:]


def sli_of(identifier: str, **options: str) -> Sli:
    return only_slo(with_plugin(identifier, options)).sli


def test_there_are_21() -> None:
    assert len(PLUGINS) == 21


@pytest.mark.parametrize("identifier", PLUGINS)
def test_each_makes_an_sli_from_the_options_that_it_requires(identifier: str) -> None:
    required = {name: OPTIONS[name] for name in PLUGINS[identifier].required}
    sli = sli_of(identifier, **required)
    for query in _queries(sli):
        promql_parser.parse(query.replace("{{.window}}", "5m"))


def _queries(sli: Sli) -> list[str]:
    match sli:
        case EventSli(total, errors):
            return [total, errors or ""]
        case RawSli(query):
            return [query]
        case AvailabilitySli(metric, errors, matchers):
            return [f"{metric}{{{','.join(filter(None, (matchers, errors)))}}}"]
        case LatencySli(histogram, filter=matchers):
            return [f"{histogram}_bucket{{{matchers}}}"]
        case ProbeSli(metric, matchers):
            return [f"{metric}{{{matchers}}}"]


@pytest.mark.parametrize("identifier", [name for name, plugin in PLUGINS.items() if plugin.required])
def test_an_option_that_is_missing_is_told(identifier: str) -> None:
    first, *rest = PLUGINS[identifier].required
    (problem,) = loaded(with_plugin(identifier, {name: OPTIONS[name] for name in rest})).problems
    assert problem.message == f"sloth-common/{identifier} needs the option `{first}`"


def test_counters() -> None:
    assert sli_of(
        "istio/v1/availability", service="shop", namespace="prod", filter="{a='b',}".replace("'", '"')
    ) == (
        AvailabilitySli(
            "istio_requests_total",
            'response_code=~"(5..|429)"',
            'a="b",destination_service_name="shop",destination_service_namespace="prod"',
        )
    )
    assert sli_of("coredns/availability", custom_rcode_regex="SERVFAIL|REFUSED") == AvailabilitySli(
        "coredns_dns_responses_total", 'rcode=~"SERVFAIL|REFUSED"'
    )


def test_histograms() -> None:
    assert sli_of(
        "traefik/v2/latency", bucket="0.3", service_name_regex="shop", exclude_errors="true"
    ) == LatencySli("traefik_service_request_duration_seconds", Decimal("0.3"), 'service=~"shop",code!~"5.."')
    assert sli_of("kubernetes/apiserver/latency", bucket="0.4") == LatencySli(
        "apiserver_request_duration_seconds", Decimal("0.4"), 'verb!="WATCH"'
    )


def test_others() -> None:
    assert sli_of("prometheus/targets/availability", filter='job="x"') == ProbeSli("up", 'job="x"')
    assert sli_of("noop") == RawSli("max_over_time(vector(0)[{{.window}}:])")
    assert sli_of("fake", burn_rate="2") == RawSli("max_over_time(vector(0.002)[{{.window}}:])")


@pytest.mark.parametrize(
    ("identifier", "options", "message"),
    [
        ("coredns/latency", {"bucket": "fast"}, "`bucket` is a number, not `fast`"),
        ("coredns/latency", {"bucket": "0"}, "`bucket` is above 0, not `0`"),
        (
            "istio/v1/latency",
            {"bucket": "0.3", "service": "shop", "namespace": "prod"},
            "`0.3` of `istio_request_duration_milliseconds` is 0.3 ms, not 0.3 s",
        ),
        (
            "coredns/latency",
            {"bucket": "1", "buckets": "2"},
            "sloth-common/coredns/latency has no option `buckets`",
        ),
        ("traefik/v1/availability", {"backend_regex": "("}, "`backend_regex` is no regular expression: "),
        (
            "traefik/v1/latency",
            {"backend_regex": "a", "bucket": "1", "exclude_errors": "no"},
            "`exclude_errors` is true or false, not `no`",
        ),
        ("coredns/availability", {"filter": "job=x"}, "this is no PromQL: "),
    ],
)
def test_mistakes_in_options(identifier: str, options: dict[str, str], message: str) -> None:
    (problem,) = loaded(with_plugin(identifier, options)).problems
    assert problem.message.startswith(message)


def test_an_id_that_is_not_built_in_lists_those_that_are() -> None:
    (problem,) = loaded(
        with_plugin("coredns/availability", {}).replace("sloth-common/coredns/availability", "own")
    ).problems
    assert problem.message == "the SLI plugin `own` is not built in"
    assert problem.hint.startswith(
        "known are sloth-common/coredns/availability, sloth-common/coredns/latency, "
    )
