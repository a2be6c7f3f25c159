"""Unit tests of the generated rules for `promtool test rules`, made from the specs alone.

There are two files for a service, since promtool evaluates a whole file at one interval: outages need the
interval of the rules, and burns that last for hours need a coarser one to be quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from slo_toolkit.duration import Duration
from slo_toolkit.emit import scenarios
from slo_toolkit.emit.header import YAML_HEADER
from slo_toolkit.emit.isolation import groups_of
from slo_toolkit.emit.scenarios import Check, Scenario
from slo_toolkit.emit.source_series import EventSeries, source_series, unknown_reason
from slo_toolkit.emit.yaml import Value, document
from slo_toolkit.plan.ladder import BASE
from slo_toolkit.plan.model import Plan
from slo_toolkit.plan.tiers import effective_tiers
from slo_toolkit.slo import Slo
from slo_toolkit.windows import base_window

Builder: TypeAlias = Callable[[Slo, Duration], Scenario | None]


def outage_tests(plans: Sequence[Plan], rules: str) -> str:
    """Outages, silence and missing series, at the evaluation interval of the rules.

    `rules` is the path of the rule file as seen from the test file.
    """
    service = _Service([plan.slo for plan in plans])
    interval = min((plan.slo.evaluation_interval for plan in plans), default=BASE)
    tests = [
        *service.tests("total outage", scenarios.total_outage, interval),
        *service.tests("no traffic", scenarios.no_traffic, interval, service.counts_events),
        *service.tests("no error series yet", scenarios.no_error_series, interval, service.has_error_series),
    ]
    return service.file(rules, interval, tests)


def burn_tests(plans: Sequence[Plan], rules: str) -> str:
    """Burns just under and just over the thresholds, as seldom as the windows of the alerts allow."""
    service = _Service([plan.slo for plan in plans])
    interval = min((_burn_interval(plan.slo) for plan in plans), default=BASE)
    tests = [
        *service.tests("just under the highest threshold", scenarios.slow_burn, interval),
        *service.tests("just over the highest threshold", scenarios.fast_burn, interval),
    ]
    return service.file(rules, interval, tests)


def _burn_interval(slo: Slo) -> Duration:
    """Five minutes, unless a window is shorter, or is one of which every evaluation is counted.

    A window that is read from the source needs two samples, so the interval is the longest part of five minutes
    that the shortest one holds.
    """
    tiers, base = effective_tiers(slo), base_window(slo.scrape_interval)
    if not all(base.divides(tier.long_window) for tier in tiers):
        return slo.evaluation_interval
    shortest = min((tier.short_window for tier in tiers), default=BASE)
    parts = (Duration(BASE.ms // count) for count in range(1, BASE.ms // 1000 + 1) if BASE.ms % count == 0)
    return next(part for part in parts if part <= shortest)


class _Service:
    """The SLOs of one rule file, and the series behind those that can be simulated."""

    def __init__(self, slos: Sequence[Slo]) -> None:
        self._slos = slos
        self._sources = {slo.id: source for slo in slos if (source := source_series(slo)) is not None}
        by_id = {slo.id: slo for slo in slos}
        self._groups = [[by_id[key] for key in group] for group in groups_of(self._sources)]

    def counts_events(self, slo: Slo) -> bool:
        return isinstance(self._sources[slo.id], EventSeries)

    def has_error_series(self, slo: Slo) -> bool:
        source = self._sources[slo.id]
        return isinstance(source, EventSeries) and bool(source.only_errors)

    def file(self, rules: str, interval: Duration, tests: Sequence[Value]) -> str:
        left_out = [slo for slo in self._slos if slo.id not in self._sources]
        notes = [f"# {slo.id} is not simulated: {unknown_reason(slo)}.\n" for slo in left_out]
        content: dict[str, Value] = {
            "rule_files": [rules],
            "evaluation_interval": str(interval),
            "tests": tests,
        }
        return YAML_HEADER + "".join(notes) + document(content)

    def tests(
        self,
        name: str,
        build: Builder,
        interval: Duration,
        wanted: Callable[[Slo], bool] = lambda slo: True,
    ) -> Iterator[Value]:
        """One test for as many SLOs at once as do not read each other's series."""
        for group in self._groups:
            scenarios = [build(slo, interval) for slo in group if wanted(slo)]
            if simulated := [scenario for scenario in scenarios if scenario is not None]:
                yield self._test(name, interval, simulated)

    def _test(self, name: str, interval: Duration, group: Sequence[Scenario]) -> Value:
        return {
            "name": f"{name}: {', '.join(scenario.slo.name for scenario in group)}",
            "interval": str(interval),
            "input_series": [
                {"series": str(series), "values": values}
                for scenario in group
                for series, values in scenario.course.inputs(self._sources[scenario.slo.id])
            ],
            "promql_expr_test": [_expected(check) for scenario in group for check in scenario.checks],
        }


def _expected(check: Check) -> Value:
    samples: list[Value] = [{"labels": labels, "value": value} for labels, value in check.samples]
    return {"expr": check.expr, "eval_time": str(check.at), "exp_samples": samples}
