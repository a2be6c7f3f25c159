"""From the `alerting` section of an SLO to its Alerting, with the checks of burn rates and windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from slo_toolkit.budget import (
    burn_rate_for_share,
    can_fire,
    error_ratio_threshold,
    is_of_a_lasting_budget,
    plain,
)
from slo_toolkit.duration import Duration
from slo_toolkit.slo import Alerting, AlertMeta, Labels, Objective, Severity, Tier
from slo_toolkit.spec.advice import own_tiers
from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.options import AlertWindows
from slo_toolkit.spec.queries import Checks
from slo_toolkit.windows import (
    base_window,
    default_tiers,
    shortest_window,
    with_enough_scrapes,
    workbook_tiers,
)


@dataclass(frozen=True, slots=True)
class AlertingReader:
    """Reads the alerting of one SLO, whose `objective` is None where it is wrong.

    With `compat` its default tiers are those of another generator, whatever there is to say of them.
    """

    section: Mapping[str, Any]
    slo_at: Place
    objective: Objective | None
    period: Duration
    scrape_interval: Duration
    windows: AlertWindows
    annotations: Labels
    alert_rules: bool
    dialect: str
    checks: Checks
    compat: bool = False

    @property
    def at(self) -> Place:
        return self.slo_at / "alerting"

    def read(self) -> Alerting:
        section = self.section
        page, ticket = (self._meta(severity) for severity in Severity)
        silent = page.disabled and ticket.disabled
        absence = section.get("absence", {})
        default = Alerting()
        alerting = Alerting(
            name=section.get("name", ""),
            labels=section.get("labels", {}),
            annotations={**self.annotations, **section.get("annotations", {})},
            page=page,
            ticket=ticket,
            tiers=self._tiers(page, ticket),
            pending_for=section.get("for"),
            min_error_events=section.get("min_error_events", 0),
            absence=AlertMeta(
                absence.get("labels", {}), absence.get("annotations", {}), absence.get("disable", silent)
            ),
            # Two scrapes of a new target must come before anything is known of it.
            absence_for=absence.get("for", max(default.absence_for, self.scrape_interval * 2)),
            no_targets_for=absence.get("no_targets_for", default.no_targets_for),
        )
        self._named(alerting)
        self._templates()
        return alerting

    def _meta(self, severity: Severity) -> AlertMeta:
        alert = self.section.get(f"{severity}_alert", {})
        disabled = alert.get("disable", False) or not self.alert_rules
        return AlertMeta(alert.get("labels", {}), alert.get("annotations", {}), disabled)

    def _named(self, alerting: Alerting) -> None:
        silent = alerting.page.disabled and alerting.ticket.disabled and alerting.absence.disabled
        if not alerting.name and not silent and not self.slo_at.report.names((self.at / "name").path):
            at = self.at if self.section else self.slo_at
            at.wrong(
                "the alerts have no name",
                "add `name:` under `alerting:`, or disable all alerts",
                rule="missing",
            )

    def _templates(self) -> None:
        for key in ("", "page_alert", "ticket_alert", "absence"):
            section = self.section.get(key, {}) if key else self.section
            for texts in ("labels", "annotations"):
                if any("{{" in text for text in section.get(texts, {}).values()):
                    at = self.at / key if key else self.at
                    self.checks.templates(section[texts], at / texts)

    def _tiers(self, page: AlertMeta, ticket: AlertMeta) -> tuple[Tier, ...]:
        if "tiers" in self.section:
            return self._own_tiers(self.section["tiers"])
        disabled = {Severity.PAGE: page.disabled, Severity.TICKET: ticket.disabled}
        fitting = self._fitting(disabled)
        scraped = tuple((tier, with_enough_scrapes(tier, self.scrape_interval)) for tier in fitting)
        wanted = [(tier, made) for tier, made in scraped if not disabled[tier.severity]]
        self._warn_of_changes([(tier, made) for tier, made in wanted if made != tier])
        self._warn_defaults([made for _, made in wanted if made is not None])
        return tuple(made for _, made in scraped if made is not None)

    def _fitting(self, disabled: Mapping[Severity, bool]) -> tuple[Tier, ...]:
        """The tiers of a spec that writes none. Those that a lasting budget would set off are told."""
        own = self.windows.tiers(self.period)
        fitting = tuple(
            tier for tier in own or workbook_tiers(self.period) if tier.long_window <= self.period
        )
        if self.compat:
            return fitting
        lasting = [
            tier for tier in fitting if is_of_a_lasting_budget(tier.burn_rate) and not disabled[tier.severity]
        ]
        if lasting:
            told = ", ".join(f"{_rate(tier)} ({tier.severity}, {tier.long_window})" for tier in lasting)
            self.slo_at.warn(
                f"below 1x a budget of {self.period.words()} lasts, so these alerts "
                + (f"fire without need: {told}" if own else f"are left out: {told}"),
                own_tiers(self.dialect, "burn rates above 1", "a larger `errorBudgetPercent`"),
                rule="lasting-budget",
            )
        return fitting if own else default_tiers(self.period)

    def _warn_of_changes(self, changed: Sequence[tuple[Tier, Tier | None]]) -> None:
        """What the default alerts are instead where scrapes are too seldom for their windows."""
        if not changed:
            return
        base = base_window(self.scrape_interval)
        raised = sorted({tier.short_window for tier, made in changed if made is not None})
        done = [f"short windows of {_listed(raised)} become {base}"] if raised else []
        done += [
            f"the {tier.severity} over {tier.long_window} and {tier.short_window} is left out"
            for tier, made in changed
            if made is None
        ]
        self.slo_at.warn(
            f"scrapes every {self.scrape_interval} are too few for an alert window below {base}: "
            f"{', '.join(done)}",
            own_tiers(self.dialect, "windows of your choice", "windows of your choice"),
            rule="window",
        )

    def _warn_defaults(self, tiers: list[Tier]) -> None:
        objective = self.objective
        dead = [tier for tier in tiers if objective is not None and not can_fire(objective, tier.burn_rate)]
        if dead and objective is not None:
            rates = ", ".join(f"{_rate(tier)} ({tier.severity})" for tier in dead)
            (self.slo_at / "objective").warn(
                f"at {plain(objective.percent)} % these alerts can never fire: {rates}",
                "their thresholds are error ratios above 1: "
                + own_tiers(self.dialect, "lower burn rates", "a smaller `errorBudgetPercent`"),
                rule="cannot-fire",
            )

    def _own_tiers(self, sections: list[Any]) -> tuple[Tier, ...]:
        tiers = []
        for index, section in enumerate(sections):
            tier = _tier(section or {}, self.period)
            if tier is not None:
                self._check(tier, section, self.at / "tiers" / index)
                tiers.append(tier)
        return tuple(tiers)

    def _check(self, tier: Tier, section: Mapping[str, Any], at: Place) -> None:
        long, short = tier.long_window, tier.short_window
        if long > self.period:
            (at / "long_window").wrong(
                f"the window {long} is longer than the period of {self.period.words()}", rule="window"
            )
        if short >= long:
            (at / "short_window").wrong(
                f"the short window {short} is not shorter than the long one, {long}", rule="window"
            )
        least = shortest_window(self.scrape_interval)
        if short < least:
            (at / "short_window").wrong(
                f"the short window {short} is below four scrape intervals of {self.scrape_interval}",
                f"make it {least} or more, so that a failed scrape does not silence the alert",
                rule="window",
            )
        key = "burn_rate" if "burn_rate" in section else "budget_percent"
        if is_of_a_lasting_budget(tier.burn_rate):
            (at / key).warn(
                f"this alert fires without need: at {_rate(tier)} a budget of {self.period.words()} lasts",
                "take a burn rate above 1",
                rule="lasting-budget",
            )
        objective = self.objective
        if objective is not None and not can_fire(objective, tier.burn_rate):
            threshold = plain(_rounded(error_ratio_threshold(objective, tier.burn_rate)))
            largest = plain(_rounded(1 / objective.error_budget))
            (at / key).wrong(
                f"this alert can never fire: its threshold is the error ratio {threshold}, above 1",
                f"at {plain(objective.percent)} % the burn rate must be below {largest}",
                rule="cannot-fire",
            )


def _tier(section: Mapping[str, Any], period: Duration) -> Tier | None:
    """The tier of a section; None where something is missing, which reading reported."""
    share = section.get("budget_percent")
    if not {"severity", "long_window", "short_window"} <= section.keys() or (
        share is None and "burn_rate" not in section
    ):
        return None
    long = section["long_window"]
    rate = section["burn_rate"] if share is None else burn_rate_for_share(share / 100, period, long)
    return Tier(
        severity=Severity(section["severity"]),
        burn_rate=rate,
        long_window=long,
        short_window=section["short_window"],
        name=section.get("name", ""),
        severity_label=section.get("severity_label", ""),
    )


def _listed(windows: Sequence[Duration]) -> str:
    return " and ".join(map(str, windows))


def _rate(tier: Tier) -> str:
    return f"{plain(_rounded(tier.burn_rate))}x"


def _rounded(number: Decimal) -> Decimal:
    return round(number, 4)
