"""Unit tests of the generated rules for `promtool test rules`, made from the specs alone.

There are two files for a service, since promtool evaluates a whole file at one interval: outages need the
interval of the rules, and burns that last for hours need a coarser one to be quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from slo_toolkit.duration import Duration
from slo_toolkit.emit import no_telemetry, scenarios, targets_gone
from slo_toolkit.emit.gaps import gap, untestable
from slo_toolkit.emit.header import YAML_HEADER
from slo_toolkit.emit.isolation import groups_of
from slo_toolkit.emit.scenarios import Check, Scenario
from slo_toolkit.emit.selectors import Series
from slo_toolkit.emit.source_series import Source, source_series
from slo_toolkit.emit.yaml import quoted, scalar
from slo_toolkit.plan.ladder import BASE
from slo_toolkit.plan.model import Plan
from slo_toolkit.plan.tiers import effective_tiers
from slo_toolkit.slo import Slo
from slo_toolkit.windows import base_window

Builder: TypeAlias = Callable[[Slo, Source, Duration], Scenario | None]


def outage_tests(plans: Sequence[Plan], rules: str) -> str | None:
    """No telemetry, outages, silence, missing series and missing targets, at the evaluation interval of the rules.

    `rules` is the path of the rule file as seen from the test file. None where promtool cannot evaluate it.
    """
    if untestable(plan.slo for plan in plans):
        return None
    service = _Service([plan.slo for plan in plans])
    interval = min((plan.slo.evaluation_interval for plan in plans), default=BASE)
    tests = [
        service.no_telemetry(interval),
        *service.tests("total outage", _total_outage, interval),
        *service.tests("no traffic", _no_traffic, interval),
        *service.tests("no error series yet", _no_error_series, interval),
        *service.targets_gone(interval),
    ]
    return _file(rules, interval, tests, service.gaps())


def burn_tests(plans: Sequence[Plan], rules: str) -> str | None:
    """Burns just under and just over the thresholds, as seldom as the windows of the alerts allow.

    None where no SLO can be made to burn slowly, or promtool cannot evaluate the rules.
    """
    if untestable(plan.slo for plan in plans):
        return None
    service = _Service([plan.slo for plan in plans])
    interval = min((_burn_interval(plan.slo) for plan in plans), default=BASE)
    tests = [
        *service.tests("just under the highest threshold", _slow_burn, interval),
        *service.tests("just over the highest threshold", _fast_burn, interval),
    ]
    return _file(rules, interval, tests) if tests else None


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


def _total_outage(slo: Slo, source: Source, interval: Duration) -> Scenario | None:
    if source.mixes and source.sums_up:
        return scenarios.total_outage(slo, interval)
    return scenarios.whole_outage(slo, source, interval)


def _no_traffic(slo: Slo, source: Source, interval: Duration) -> Scenario | None:
    if not source.counts or source.lag.ms:
        return None
    return scenarios.no_traffic(slo, interval, source.counts_zero)


def _no_error_series(slo: Slo, source: Source, interval: Duration) -> Scenario | None:
    return scenarios.no_error_series(slo, interval) if source.errors_appear and not source.lag.ms else None


def _slow_burn(slo: Slo, source: Source, interval: Duration) -> Scenario | None:
    if not source.mixes:
        return None
    if source.averages and not source.sums_up:
        return scenarios.burst(slo, interval, scenarios.UNDER)
    return scenarios.slow_burn(slo, interval, source.sums_up)


def _fast_burn(slo: Slo, source: Source, interval: Duration) -> Scenario | None:
    if not source.mixes:
        return None
    if source.averages and not source.sums_up:
        return scenarios.burst(slo, interval, scenarios.OVER)
    return scenarios.fast_burn(slo, interval)


class _Service:
    """The SLOs of one rule file, and the series behind those that can be simulated."""

    def __init__(self, slos: Sequence[Slo]) -> None:
        self._slos = slos
        self._sources = {slo.id: source for slo in slos if (source := source_series(slo)) is not None}
        by_id = {slo.id: slo for slo in slos}
        self._groups = [[by_id[key] for key in group] for group in groups_of(self._sources)]

    def gaps(self) -> Iterator[str]:
        """A comment for each SLO of which not everything is tested."""
        for slo in self._slos:
            if (found := gap(slo, self._sources.get(slo.id))) is not None:
                yield f"# {slo.id} is tested without {found.what}: {found.reason}.\n"

    def no_telemetry(self, interval: Duration) -> str:
        """One test for all SLOs: there is nothing that they could read of each other."""
        return _test("no telemetry", interval, self._slos, (), no_telemetry.checks(self._slos, interval))

    def targets_gone(self, interval: Duration) -> Iterator[str]:
        """One test for as many SLOs at once as do not read each other's series."""
        for group in self._groups:
            known = [(slo, self._sources[slo.id]) for slo in group]
            if tested := [(slo, source) for slo, source in known if targets_gone.can_be_tested(slo, source)]:
                inputs, checks = targets_gone.inputs(tested, interval), targets_gone.checks(tested, interval)
                yield _test("targets gone", interval, [slo for slo, _ in tested], inputs, checks)

    def tests(self, name: str, build: Builder, interval: Duration) -> Iterator[str]:
        """One test for as many SLOs at once as do not read each other's series."""
        for group in self._groups:
            built = [build(slo, self._sources[slo.id], interval) for slo in group]
            if simulated := [scenario for scenario in built if scenario is not None]:
                inputs = (
                    each
                    for scenario in simulated
                    for each in scenario.course.inputs(self._sources[scenario.slo.id])
                )
                checks = (check for scenario in simulated for check in scenario.checks)
                yield _test(name, interval, [scenario.slo for scenario in simulated], inputs, checks)


# What follows writes what emit.yaml would, at a third of its cost: a test has hundreds of small values.


def _file(rules: str, interval: Duration, tests: Iterable[str], notes: Iterable[str] = ()) -> str:
    head = f'rule_files:\n- {quoted(rules)}\nevaluation_interval: "{interval}"\ntests:\n'
    return "".join((YAML_HEADER, *notes, head, *tests))


def _test(
    name: str,
    interval: Duration,
    slos: Iterable[Slo],
    inputs: Iterable[tuple[Series, str]],
    checks: Iterable[Check],
) -> str:
    title = scalar(f"{name}: {', '.join(slo.name for slo in slos)}", "  ")
    series = "".join(
        f"  - series: {scalar(str(each), '    ')}\n    values: {quoted(values)}\n" for each, values in inputs
    )
    return (
        f'- name: {title}\n  interval: "{interval}"\n'
        f"  input_series:{_list(series)}  promql_expr_test:{_list(''.join(map(_expected, checks)))}"
    )


def _expected(check: Check) -> str:
    samples = "".join(
        f"    - labels: {scalar(labels, '      ')}\n      value: {value}\n" for labels, value in check.samples
    )
    expr = scalar(check.expr, "    ")
    return f'  - expr: {expr}\n    eval_time: "{check.at}"\n    exp_samples:{_list(samples)}'


def _list(entries: str) -> str:
    return f"\n{entries}" if entries else " []\n"
