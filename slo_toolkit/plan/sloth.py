"""Sloth's own rules, expression by expression, for a migration that must not move a number.

They keep Sloth's faults as well: docs/sloth.md tells what the default plan does better. Numbers are written
exactly where Sloth prints the noise of binary floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from slo_toolkit import naming
from slo_toolkit.buckets import histogram_of
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.meaning.text import WINDOW, without_comments
from slo_toolkit.plan.model import AlertingRule, Plan, RecordingRule, RuleGroup
from slo_toolkit.promql import number, selector
from slo_toolkit.rates import counter_range, event_rates
from slo_toolkit.slo import EventSli, Labels, RawSli, Severity, Slo, Tier, no_labels
from slo_toolkit.windows import workbook_tiers

# Names that only Sloth's rules have.
_SLI_GROUP = "sloth-slo-sli-recordings-"
_META_GROUP = "sloth-slo-meta-recordings-"
_ALERT_GROUP = "sloth-slo-alerts-"
_NUMERATOR_CORRECTION = "slo:numerator_correction:ratio"

_OPENSLO_RATIO = """(
  1 - (
    (
      {good}
    )
    /
    (
      {total}
    )
  )
)"""


def sloth_mode(slo: Slo) -> str:
    """The `sloth_mode` that Sloth's command line writes for a spec of this dialect."""
    if slo.kubernetes is not None:
        return "cli-gen-k8s"
    return "cli-gen-openslo" if slo.spec.startswith("openslo/") else "cli-gen-prom"


def sloth_plan(slo: Slo, mode: str, version: str) -> Plan:
    """What Sloth 0.16 makes of `slo`; `mode` and `version` go into the labels of its info series.

    To Sloth an extra label is one of the SLO's own, which its selectors do not know.
    """
    slo = replace(slo, extra_labels=no_labels())
    intervals = slo.plugins.intervals
    sli, metadata = _sli_rules(slo), _metadata_rules(slo, mode, version)
    if slo.plugins.label_removal is not None:
        sli, metadata = _without_labels(slo, sli, (naming.WINDOW,)), _without_labels(slo, metadata)
    groups = (
        RuleGroup(_SLI_GROUP + slo.id, tuple(sli), intervals.sli),
        RuleGroup(_META_GROUP + slo.id, tuple(metadata), intervals.metadata),
        RuleGroup(_ALERT_GROUP + slo.id, tuple(_alerts(slo)), intervals.alerts),
    )
    return Plan(slo, tuple(group for group in groups if group.rules))


def _tiers(slo: Slo) -> tuple[Tier, ...]:
    return slo.alerting.tiers or workbook_tiers(slo.period)


def sloth_windows(slo: Slo) -> list[Duration]:
    """Every window whose error ratio is recorded but the period, shortest first."""
    return sorted({window for tier in _tiers(slo) for window in (tier.short_window, tier.long_window)})


def _base_window(slo: Slo) -> Duration:
    """The window whose ratios stand for "now": the short one of the fastest page."""
    return _tiers(slo)[0].short_window


def _series(metric: str, slo: Slo) -> str:
    return selector(metric, naming.identity(slo))


def _filled(query: str, window: Duration) -> str:
    """The query as Sloth fills it in, with every space that its author wrote."""
    return WINDOW.sub(str(window), without_comments(query))


def _own_labels(slo: Slo) -> dict[str, str]:
    return {**naming.identity(slo), **slo.labels}


def _sli_rules(slo: Slo) -> list[RecordingRule]:
    rules = [_sli_rule(slo, window, _ratio(slo, window)) for window in sloth_windows(slo)]
    return [*rules, _sli_rule(slo, slo.period, _period_ratio(slo))]


def _sli_rule(slo: Slo, window: Duration, expr: str) -> RecordingRule:
    labels = {**naming.identity(slo), naming.WINDOW: str(window), **slo.labels}
    return RecordingRule(naming.error_ratio(window), expr, labels)


def _ratio(slo: Slo, window: Duration) -> str:
    match slo.sli:
        case EventSli(total, str() as errors) if slo.plugins.denominator_corrected:
            correction = _series(f"{_NUMERATOR_CORRECTION}{window}", slo)
            weighted = f"(\n{correction}\n* on()\n{_filled(errors, window)}\n)"
            return f"{weighted}\n/\n({_filled(total, window)})\n"
        case _:
            return _plain_ratio(slo, window)


def _plain_ratio(slo: Slo, window: Duration) -> str:
    match slo.sli:
        case EventSli(error_ratio_query=str() as query) if query:
            return f"({_filled(query, window)})"
        case EventSli(total, str() as errors):
            return f"({_filled(errors, window)})\n/\n({_filled(total, window)})\n"
        case EventSli(total, None, str() as good):
            return _OPENSLO_RATIO.format(good=_filled(good, window), total=_filled(total, window))
        case RawSli(query):
            return f"({_filled(query, window)})"
        case _:
            # Kinds of SLI that Sloth does not know, in the form of one that it does.
            valid = _latency_sums(slo, window) or event_rates(slo, window, "").valid
            return f"({event_rates(slo, window, f'({valid})').errors})\n/\n({valid})\n"


def _latency_sums(slo: Slo, window: Duration) -> str | None:
    """The events of a classic histogram, as a query in a spec of Sloth's own counts them: with or without a bucket."""
    histogram, length = histogram_of(slo), counter_range(slo, window)
    if histogram is None:
        return None
    return f"{histogram.all_events(slo, length)} and {histogram.fast_events(slo, length)}"


def _period_ratio(slo: Slo) -> str:
    if slo.plugins.disable_optimized:
        return _plain_ratio(slo, slo.period)
    recorded = f"{_series(naming.error_ratio(_base_window(slo)), slo)}[{slo.period}]"
    return f"sum_over_time({recorded})\n/ ignoring ({naming.WINDOW})\ncount_over_time({recorded})\n"


def _metadata_rules(slo: Slo, mode: str, version: str) -> list[RecordingRule]:
    labels = _own_labels(slo)
    objective = plain(slo.objective.ratio)
    info = {
        "sloth_version": version,
        "sloth_mode": mode,
        "sloth_spec": slo.spec,
        "sloth_objective": plain(slo.objective.percent),
    }
    period_burn_rate = _series(naming.PERIOD_BURN_RATE, slo)
    rules = [
        RecordingRule(naming.OBJECTIVE, f"vector({objective})", labels),
        RecordingRule(naming.ERROR_BUDGET, f"vector(1-{objective})", labels),
        RecordingRule(naming.PERIOD_DAYS, f"vector({slo.period.days:g})", labels),
        RecordingRule(naming.CURRENT_BURN_RATE, _burn_rate(slo, _base_window(slo)), labels),
        RecordingRule(naming.PERIOD_BURN_RATE, _burn_rate(slo, slo.period), labels),
        RecordingRule(naming.BUDGET_REMAINING, f"1 - {period_burn_rate}", labels),
        RecordingRule(naming.INFO, "vector(1)", {**labels, **info}),
        *_corrections(slo),
    ]
    return [_with_info_labels(slo, rule) for rule in rules]


def _burn_rate(slo: Slo, window: Duration) -> str:
    ratio = _series(naming.error_ratio(window), slo)
    budget = _series(naming.ERROR_BUDGET, slo)
    on = f"on({naming.ID}, {naming.SLO}, {naming.SERVICE})"
    return f"{ratio}\n/ {on} group_left\n{budget}\n"


def _corrections(slo: Slo) -> list[RecordingRule]:
    if not slo.plugins.denominator_corrected or not isinstance(slo.sli, EventSli):
        return []
    total = slo.sli.total_query
    whole = _filled(total, slo.period)
    return [
        RecordingRule(
            f"{_NUMERATOR_CORRECTION}{window}", f"({_filled(total, window)})/({whole})", _own_labels(slo)
        )
        for window in sloth_windows(slo)
    ]


def _with_info_labels(slo: Slo, rule: RecordingRule) -> RecordingRule:
    extra = slo.plugins.info_labels
    if not extra or rule.record != slo.plugins.info_metric:
        return rule
    return RecordingRule(rule.record, rule.expr, {**rule.labels, **extra})


def _without_labels(
    slo: Slo, rules: Sequence[RecordingRule], kept: tuple[str, ...] = ()
) -> list[RecordingRule]:
    removal = slo.plugins.label_removal
    assert removal is not None
    skipped = {naming.INFO, *removal.skipped_metrics}
    names = {*naming.IDENTITY, *removal.preserved, *kept}
    return [
        rule
        if rule.record in skipped
        else RecordingRule(rule.record, rule.expr, {k: v for k, v in rule.labels.items() if k in names})
        for rule in rules
    ]


def _alerts(slo: Slo) -> Iterable[AlertingRule]:
    for severity in Severity:
        tiers = [tier for tier in _tiers(slo) if tier.severity is severity]
        if tiers and not slo.alerting.meta(severity).disabled:
            yield _burn_alert(slo, severity, tiers)
    if slo.plugins.exhausted_alert is not None:
        yield _exhausted_alert(slo)


def _burn_alert(slo: Slo, severity: Severity, tiers: Sequence[Tier]) -> AlertingRule:
    who = f"{{{{$labels.{naming.SERVICE}}}}} {{{{$labels.{naming.SLO}}}}}"
    annotations = {
        "title": f"({severity}) {who} SLO error budget burn rate is too fast.",
        "summary": f"{who} SLO error budget burn rate is over expected.",
    }
    alerting, meta = slo.alerting, slo.alerting.meta(severity)
    return AlertingRule(
        alert=alerting.name,
        expr="or\n".join(_pair(slo, tier) for tier in tiers),
        labels={naming.SEVERITY: severity.value, **alerting.labels, **meta.labels},
        annotations={**annotations, **alerting.annotations, **meta.annotations},
        pending_for=alerting.pending_for,
    )


def _pair(slo: Slo, tier: Tier) -> str:
    short, long = (_exceeds(slo, tier, window) for window in (tier.short_window, tier.long_window))
    return f"(\n    {short}\n    and\n    {long}\n)\n"


def _exceeds(slo: Slo, tier: Tier, window: Duration) -> str:
    threshold = f"({number(tier.burn_rate)} * {plain(slo.objective.error_budget)})"
    ratio = _series(naming.error_ratio(window), slo)
    return f"max({ratio} > {threshold}) without ({naming.WINDOW})"


def _exhausted_alert(slo: Slo) -> AlertingRule:
    wanted = slo.plugins.exhausted_alert
    assert wanted is not None
    matched: Labels = dict(sorted({**_own_labels(slo), **wanted.selector}.items()))
    return AlertingRule(
        alert=wanted.name,
        expr=f"{selector(naming.BUDGET_REMAINING, matched)} <= {plain(wanted.threshold)}",
        labels=wanted.labels,
        annotations=wanted.annotations,
        pending_for=wanted.pending_for,
    )
