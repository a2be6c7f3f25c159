"""The alerts on the budget: burn rates in two windows at once, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slo_toolkit import budget, naming
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.plan.carried_labels import carrying_what_it_reads, indented, literal
from slo_toolkit.plan.model import MATCHERS, AlertingRule
from slo_toolkit.plan.sli import ratio_of
from slo_toolkit.plan.tiers import Alert, alerts
from slo_toolkit.promql import by, identity_matchers, identity_selector, number, selector
from slo_toolkit.rates import reads_directly, subtracts
from slo_toolkit.slo import Labels, Severity, Slo, Tier
from slo_toolkit.windows import base_window

_WHICH = "{{$labels.sloth_service}} {{$labels.sloth_slo}}"


def alert_rules(slo: Slo) -> Iterator[AlertingRule]:
    for alert in alerts(slo):
        yield carrying_what_it_reads(_burn_rate_alert(slo, alert), slo)


def _burn_rate_alert(slo: Slo, alert: Alert) -> AlertingRule:
    tiers = [_tier_condition(slo, tier) for tier in alert.tiers]
    expr = tiers[0] if len(tiers) == 1 else "\nor\n".join(f"(\n{indented(tier)}\n)" for tier in tiers)
    meta = slo.alerting.meta(alert.severity)
    labels = _labels(slo, meta.labels, alert.severity)
    if alert.severity_label:
        labels["severity"] = alert.severity_label
    objective = plain(slo.objective.percent)
    annotations = {
        "title": f"({alert.severity}) {_WHICH}: the error budget burns too fast",
        "summary": f"{{{{$value | humanizePercentage}}}} of events fail; the objective is {objective} %",
        "description": _description(slo, alert),
        **_what_is_left(slo),
        **_links(slo),
        **slo.alerting.annotations,
        **meta.annotations,
    }
    return AlertingRule(alert.name, expr, labels, annotations, slo.alerting.pending_for)


def _tier_condition(slo: Slo, tier: Tier) -> str:
    """Both windows above the threshold.

    The long window's ratio is multiplied with the share of it in which these rules were loaded: what
    was not recorded counts as free of errors, so that a blip just after the rules were first loaded
    does not look like a window full of errors. A window that is read from the source itself is as old as that.
    """
    threshold = number(budget.error_ratio_threshold(slo.objective, tier.burn_rate))
    short = _ratio(slo, tier.short_window)
    long = _ratio(slo, tier.long_window)
    if tier.long_window != base_window(slo.scrape_interval) and not reads_directly(slo):
        names = naming.identity_names(slo)
        loaded = f"max{by(names)}({identity_selector(naming.rules_loaded(tier.long_window), slo)})"
        long += f" * on ({', '.join(names)}) group_left () {loaded}" if slo.group_by else f" * {loaded}"
    condition = f"{short} > {threshold}\nand\n{long} > {threshold}"
    if slo.alerting.min_error_events:
        condition += f"\nand\n{_enough_errors(slo, tier.long_window)}"
    return condition


def _ratio(slo: Slo, window: Duration) -> str:
    """The recorded ratio without the owner's labels, which may have changed meanwhile.

    The identity stays: annotations see the labels of the result alone. What else they read is put on again.
    Where the window is the whole period, its ratio is recorded every five minutes, in another group; the
    rates that are recorded at every evaluation tell it without that delay.
    """
    if window == slo.period:
        rates = ratio_of(
            naming.error_events_rate(window), naming.valid_events_rate(window), clamped=subtracts(slo)
        )
        ratio = rates.replace(MATCHERS, identity_matchers(slo))
    else:
        ratio = identity_selector(naming.error_ratio(window), slo)
    return f"max{by(_kept(slo))}({ratio})"


def _enough_errors(slo: Slo, window: Duration) -> str:
    """At least so many error events in the window; the recorded rate is events per second over it."""
    errors = f"max{by(_kept(slo))}({identity_selector(naming.error_events_rate(window), slo)})"
    return f"{errors} * {number(Decimal(window.ms) / 1000)} >= {slo.alerting.min_error_events}"


def _kept(slo: Slo) -> tuple[str, ...]:
    return (*naming.identity_names(slo), *slo.group_by)


def _description(slo: Slo, alert: Alert) -> str:
    parts = []
    for tier in alert.tiers:
        left = budget.time_to_exhaustion(slo.period, tier.burn_rate)
        parts.append(
            f"above {burn_rate(tier)}x in {tier.long_window} and {tier.short_window}, "
            f"at which a whole budget lasts {rough(left)}"
        )
    return (
        f"The error budget of {plain(slo.objective.error_budget * 100)} % over {slo.period} burns "
        f"{', or '.join(parts)}."
    )


def burn_rate(tier: Tier) -> str:
    """A burn rate for people: at most four digits, so that 0.9333... reads 0.9333."""
    return plain(round(tier.burn_rate, 4))


def rough(length: Duration) -> str:
    """A length for people: hours up to three days, days beyond, with one decimal where it matters."""
    hours = Decimal(length.ms) / 3_600_000
    if hours <= 72:
        return f"{plain(round(hours, 1))} hours"
    return f"{plain(round(hours / 24, 1))} days"


def _what_is_left(slo: Slo) -> dict[str, str]:
    """Answers at the moment of the alert: Prometheus asks itself when it fills in the annotations.

    Until then is told at the burn rate of the shortest window, in which the alert is not yet diluted.
    """
    remaining = f"max({_templated(naming.BUDGET_REMAINING, slo)})"
    burning = f"(max({_templated(naming.CURRENT_BURN_RATE, slo)}) > 0)"
    seconds = number(Decimal(slo.period.ms) / 1000)
    until_none = f"clamp_min({remaining}, 0) * {seconds} / {burning}"
    return {
        "budget_remaining": _answer(slo, remaining, "humanizePercentage"),
        "time_to_exhaustion": _answer(slo, until_none, "humanizeDuration"),
    }


def _templated(metric: str, slo: Slo) -> str:
    """A selector with a place for each value that the alert's own labels have; `printf` quotes them."""
    places = enumerate(_asked(slo), start=1)
    return f"{metric}{{{', '.join(f'{name}=%[{place}]q' for place, name in places)}}}"


def _asked(slo: Slo) -> tuple[str, ...]:
    """The labels that tell one budget from all others."""
    return (*naming.key_names(slo), *slo.group_by)


def _answer(slo: Slo, query: str, unit: str) -> str:
    values = " ".join(f"$labels.{name}" for name in _asked(slo))
    asked = f'printf "{query}" {values} | query'
    return f"{{{{with {asked}}}}}{{{{. | first | value | {unit}}}}}{{{{else}}}}unknown{{{{end}}}}"


def _links(slo: Slo) -> dict[str, str]:
    links = {"runbook_url": slo.runbook_url, "dashboard_url": slo.dashboard_url}
    return {name: url for name, url in links.items() if url}


def exhausted_alerts(slo: Slo) -> Iterator[AlertingRule]:
    """The alert of Sloth's error_budget_exhausted_alert, on the budget that is counted in events.

    As in Sloth it has no severity but one that its own labels say.
    """
    wanted = slo.plugins.exhausted_alert
    if wanted is None:
        return
    left = selector(naming.BUDGET_REMAINING, {**naming.key(slo), **wanted.selector})
    threshold = plain(wanted.threshold)
    share = f"{plain(wanted.threshold * 100)} % or less" if wanted.threshold else "nothing"
    annotations = {
        "title": f"{_WHICH}: the error budget is exhausted",
        "summary": f"{{{{$value | humanizePercentage}}}} of the error budget of {slo.period} is left",
        "description": f"Fires while {share} of the error budget of {slo.period} is left.",
        **_links(slo),
        **wanted.annotations,
    }
    labels = {**literal(slo.labels), **wanted.labels, **naming.identity(slo)}
    rule = AlertingRule(
        wanted.name, f"max{by(_kept(slo))}({left}) <= {threshold}", labels, annotations, wanted.pending_for
    )
    yield carrying_what_it_reads(rule, slo, wanted.selector)


def _labels(slo: Slo, own: Labels, severity: Severity) -> dict[str, str]:
    identity = naming.identity(slo)
    return {
        **literal(slo.labels),
        **slo.alerting.labels,
        **own,
        **identity,
        naming.SEVERITY: severity.value,
    }
