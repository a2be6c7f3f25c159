"""A runbook for each SLO, for somebody who was just woken up: what is wrong, how bad, where to look."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from slo_toolkit import budget, naming
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.emit.first_errors import first_errors
from slo_toolkit.emit.header import MARKDOWN_HEADER
from slo_toolkit.emit.investigation import first_queries
from slo_toolkit.meaning.text import WINDOW
from slo_toolkit.plan.alerts import burn_rate, rough
from slo_toolkit.plan.model import Plan
from slo_toolkit.plan.targets import sources
from slo_toolkit.plan.telemetry import MEMORY, USUAL_EVENTS, an_hour, counts_events, lately, target_labels
from slo_toolkit.plan.tiers import Alert, alerts
from slo_toolkit.promql import identity_selector
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Severity, Slo, Tier
from slo_toolkit.windows import base_window

_COLUMNS = (
    "Alert",
    "Severity",
    "Burn rate",
    "Windows",
    "Budget gone by then",
    "A whole budget lasts",
    "A total outage fires it after",
)


def runbook(plan: Plan) -> str:
    """The runbook of one SLO in Markdown."""
    return MARKDOWN_HEADER + "\n".join(_lines(plan.slo)) + "\n"


def _lines(slo: Slo) -> Iterator[str]:
    yield f"# {slo.service}: {slo.name}"
    yield ""
    if slo.description:
        yield from (slo.description.strip(), "")
    yield from _promise(slo)
    yield from _alert_table(slo)
    yield from _first_steps(slo)
    yield from _absence(slo)
    yield from _measured(slo)
    yield from first_errors(slo.sli)


def _promise(slo: Slo) -> Iterator[str]:
    objective = plain(slo.objective.percent)
    failing = plain(slo.objective.error_budget * 100)
    outage = Decimal(budget.full_outage(slo.period, slo.objective).ms) / 60_000
    yield f"- **Objective:** {objective} % of {_events(slo)} good over {slo.period.words()}."
    yield (
        f"- **Error budget:** {failing} % may fail, as much as "
        f"{plain(round(outage, 1))} minutes of total outage under even traffic."
    )
    if slo.group_by:
        yield f"- Each {_code(slo.group_by)} has a budget and alerts of its own."
    links = {"Dashboard": slo.dashboard_url, "More on this service": slo.runbook_url}
    for title, url in links.items():
        if url:
            yield f"- **{title}:** <{url}>"
    yield ""


def _events(slo: Slo) -> str:
    match slo.sli:
        case LatencySli():
            return "requests are"
        case ProbeSli():
            return "probes are"
        case RawSli():
            return "the time, as its own error ratio tells, is"
        case _:
            return "events are"


def _alert_table(slo: Slo) -> Iterator[str]:
    yield "## The alerts"
    yield ""
    yield from _exhausted(slo)
    found = alerts(slo)
    if not found:
        yield from ("No burn-rate alert is switched on, or none can fire at this objective.", "")
        return
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{'---|' * len(_COLUMNS)}"
    for alert in found:
        for tier in alert.tiers:
            yield _tier_row(slo, alert, tier)
    yield ""
    yield (
        "A burn rate of 1x spends exactly the whole budget within the period. An alert fires while **both** "
        "windows burn faster than its rate: the long one says that it matters, the short one that it goes on."
    )
    for tier in _silent_tiers(slo):
        yield (
            f"The {burn_rate(tier)}x alert of {tier.long_window} and {tier.short_window} is left out: "
            "at this objective no error ratio is high enough for it."
        )
    if slo.alerting.min_error_events:
        yield f"It also takes at least {slo.alerting.min_error_events} error events in the long window."
    yield ""


def _exhausted(slo: Slo) -> Iterator[str]:
    wanted = slo.plugins.exhausted_alert
    if wanted is None:
        return
    left = plain(wanted.threshold * 100)
    yield (
        f"`{_cell(wanted.name)}` fires once {left} % of the budget of {slo.period.words()} or less has been left "
        f"for {wanted.pending_for}."
    )
    yield ""


def _silent_tiers(slo: Slo) -> list[Tier]:
    return [tier for tier in slo.alerting.tiers if not budget.can_fire(slo.objective, tier.burn_rate)]


def _tier_row(slo: Slo, alert: Alert, tier: Tier) -> str:
    detection = budget.detection_time(slo.objective, tier)
    cells = (
        f"`{_cell(alert.name)}`",
        _cell(alert.severity_label or alert.severity.value),
        f"{burn_rate(tier)}x",
        f"{tier.long_window} and {tier.short_window}",
        f"{plain(round(tier.budget_share(slo.period) * 100, 1))} %",
        rough(budget.time_to_exhaustion(slo.period, tier.burn_rate)),
        "never" if detection is None else str(_whole_seconds(detection + _pending(slo))),
    )
    return f"| {' | '.join(cells)} |"


def _pending(slo: Slo) -> Duration:
    return slo.alerting.pending_for or Duration(0)


def _whole_seconds(length: Duration) -> Duration:
    return Duration(-(-length.ms // 1000) * 1000)


def _first_steps(slo: Slo) -> Iterator[str]:
    yield "## What to do first"
    yield ""
    severities = {alert.severity for alert in alerts(slo)}
    if Severity.PAGE in severities:
        yield (
            "- **Page:** users are hurt right now. Undo the last change or move traffic away before you look "
            "for the cause."
        )
    if Severity.TICKET in severities:
        yield (
            "- **Ticket:** the budget leaks slowly. Nobody need get up, but it will be gone before the "
            "period ends; look at it on the next working day."
        )
    yield ""
    yield "Run these in Prometheus, in this order:"
    yield ""
    for number, step in enumerate(first_queries(slo), start=1):
        yield f"{number}. {step.question}"
        yield ""
        yield from _fenced(step.query, "   ")
        yield ""


def _absence(slo: Slo) -> Iterator[str]:
    if slo.alerting.absence.disabled:
        return
    silent = an_hour(lately(slo))
    yield "## Telemetry that is gone"
    yield ""
    yield (
        "No burn-rate alert can fire and nobody knows whether the objective is met. These tickets are of the whole "
        f"service: each is one, and its annotation `slos` names all SLOs that it is about. They come when an SLI has "
        f"had no value for {slo.alerting.absence_for}, ten minutes later at the latest."
    )
    yield ""
    yield (
        f"- `{naming.TARGET_GONE}`: no target answers (`up` is 0), or there has been none for "
        f"{slo.alerting.no_targets_for.words()}, which is too long for a service that is scaled to zero. Look at "
        "the pods or processes of the service, then at what Prometheus discovers of it."
    )
    yield (
        f"- `{naming.METRIC_GONE}`: targets answer, and the queries find nothing. A metric or a label was renamed, "
        "or a counter has no value before its first event. Undo the last deployment, or change the spec with it."
    )
    if counts_events(slo):
        yield (
            f"- `{naming.TRAFFIC_STOPPED}`: the metrics are there but counted no event for {silent} in which there are "
            f"usually more than {USUAL_EVENTS}. Look in front of the service, at DNS, load balancer and clients."
        )
    yield ""
    yield "What is gone (1 the target, 2 all targets for long, 3 the metric, 4 the traffic), and `up` of the targets:"
    yield ""
    yield from _fenced(identity_selector(naming.TELEMETRY_STATE, slo))
    yield ""
    yield from _fenced(_targets(slo))
    yield ""
    yield (
        "An SLI that has never had a value, or none for 30 days, is no alert: `slo budget` says that it has no "
        "data, and the last of these queries finds nothing."
    )
    yield ""


def _targets(slo: Slo) -> str:
    """`up` of the targets that the SLI's series came from."""
    remembered = identity_selector(naming.targets_within(MEMORY), slo)
    return f"{sources(slo.sli).up} and on ({', '.join(target_labels(slo))}) {remembered} > 0"


def _measured(slo: Slo) -> Iterator[str]:
    base = str(base_window(slo.scrape_interval))
    yield "## What is measured"
    yield ""
    match slo.sli:
        case EventSli(total, errors, good):
            yield from _two_queries(total, "Error" if errors else "Good", errors or good or "", base)
        case AvailabilitySli(metric, errors, matchers):
            yield f"Every event in `{_selector(metric, matchers)}` is valid."
            yield f"It is an error if `{errors}` matches as well."
        case LatencySli(histogram, threshold, matchers):
            yield f"Every request in the histogram `{_selector(histogram, matchers)}` is valid."
            yield f"It is an error if it took longer than {plain(threshold)}, in the unit of the histogram."
        case ProbeSli(metric, matchers):
            yield f"Every sample of `{_selector(metric, matchers)}` is a probe: 1 succeeded, 0 failed."
        case RawSli(query):
            yield "One query gives the error ratio itself. Every second weighs the same:"
            yield ""
            yield from _fenced(WINDOW.sub(base, query))
        case _ as unreachable:
            assert_never(unreachable)


def _two_queries(total: str, kind: str, counted: str, window: str) -> Iterator[str]:
    yield "Valid events:"
    yield ""
    yield from _fenced(WINDOW.sub(window, total))
    yield ""
    yield f"{kind} events:"
    yield ""
    yield from _fenced(WINDOW.sub(window, counted))


def _fenced(query: str, indent: str = "") -> Iterator[str]:
    yield f"{indent}```promql"
    yield from (f"{indent}{line}" for line in query.strip().splitlines())
    yield f"{indent}```"


def _code(names: tuple[str, ...]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _selector(metric: str, matchers: str) -> str:
    return f"{metric}{{{matchers}}}" if matchers else metric
