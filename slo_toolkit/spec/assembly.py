"""From a document that was read by its shape to SLOs: defaults, precedence, and checks across keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from slo_toolkit import naming
from slo_toolkit.budget import plain
from slo_toolkit.duration import Duration
from slo_toolkit.errors import Level
from slo_toolkit.meaning.query import read
from slo_toolkit.slo import (
    Alerting,
    KubernetesMeta,
    Labels,
    LatencySli,
    Objective,
    Quantity,
    Sli,
    Slo,
    SlothPlugins,
)
from slo_toolkit.spec.advice import objective_as_written
from slo_toolkit.spec.alerting import AlertingReader
from slo_toolkit.spec.direct_reads import tell_direct_reads
from slo_toolkit.spec.flaws import Path, Place
from slo_toolkit.spec.grouping import groups_of_queries
from slo_toolkit.spec.indicators import Indicator
from slo_toolkit.spec.links import check_link, fill_link
from slo_toolkit.spec.options import AlertWindows, LoadOptions
from slo_toolkit.spec.queries import Checks
from slo_toolkit.spec.template_labels import AlertTexts, alert_texts, check_labels, exhausted_alert_texts

if TYPE_CHECKING:
    from slo_toolkit.spec.slo_plugins import Chain

_PERIOD = Duration.of(days=30)
_INTERVAL = Duration.of(seconds=30)
_KEY = "replica_labels"
_LINKS = ("runbook_url", "dashboard_url")
_NO_PLUGINS = SlothPlugins()


class _Times(NamedTuple):
    """The spans of time of one SLO."""

    period: Duration
    evaluation: Duration
    scrape: Duration


@dataclass(frozen=True, slots=True)
class Draft:
    """One SLO of a document, None where it is wrong; its id is known as soon as both names are."""

    slo: Slo | None
    id: str
    at: Place


@dataclass(frozen=True, slots=True)
class Assembler:
    """Makes the SLOs of one document, whose root stands at `at` and whose SLOs at `places`."""

    root: Mapping[str, Any]
    at: Place
    places: list[Place]
    options: LoadOptions
    windows: AlertWindows
    checks: Checks
    dialect: str
    source: str
    kubernetes: KubernetesMeta | None = None
    _bad_links: set[str] = field(default_factory=set)
    _told: set[tuple[Path, str]] = field(default_factory=set)

    def drafts(self) -> Iterator[Draft]:
        self._bad_links.update(
            key for key in _LINKS if key in self.root and not check_link(self.root[key], self.at / key)
        )
        self.checks.templates(self.root.get("annotations", {}), self.at / "annotations")
        for section, at in zip(self.root.get("slos", ()), self.places, strict=True):
            if section is not None:
                yield self._draft(section, at)

    def _draft(self, section: Mapping[str, Any], at: Place) -> Draft:
        service, name = self.root.get("service"), section.get("name")
        links = {key: self._link(section, at, key, service, name) for key in _LINKS}
        objective = self._objective(section, at)
        chain = self._plugins(section, at)
        plugins = chain.plugins if chain else _NO_PLUGINS
        times = self._times(section, chain)
        labels = {**self.root.get("labels", {}), **section.get("labels", {}), **self.options.extra_labels}
        sli = self._sli(section, at, objective, plugins)
        group_by = self._groups(section, at, labels)
        queries, sli_at = (
            self._queries(section, at) if sli is not None and not plugins.metricsql else ({}, at)
        )
        if queries:
            group_by = groups_of_queries(queries, group_by, labels, sli_at)
        aliases = section.get("aliases", {})
        _check_aliases(aliases, sli, at / "aliases")
        alerting = self._alerting(section, at, objective, times, chain is None or chain.alerts)
        identifier = f"{service}-{name}" if service and name else ""
        if not identifier or objective is None or sli is None:
            return Draft(None, identifier, at / "name")
        slo = Slo(
            service=str(service),
            name=str(name),
            objective=objective,
            sli=sli,
            description=section.get("description", ""),
            labels=labels,
            extra_labels=dict(sorted(self.options.extra_labels.items())),
            period=times.period,
            group_by=group_by,
            evaluation_interval=times.evaluation,
            scrape_interval=times.scrape,
            replica_labels=self._replica_labels(section),
            alerting=alerting,
            aliases=aliases,
            plugins=plugins,
            kubernetes=self.kubernetes,
            spec=self.dialect,
            source=self.source,
            **links,
        )
        if slo.replica_labels:
            self._check_replicas(slo, section, at)
        if queries and not self.options.compat:
            tell_direct_reads(slo, queries, sli_at)
        self._check_templates(slo, section, at, chain)
        return Draft(slo, identifier, at / "name")

    def _check_templates(self, slo: Slo, section: Mapping[str, Any], at: Place, chain: Chain | None) -> None:
        if "annotations" in section:
            self.checks.templates(section["annotations"], at / "annotations")
        texts = [*alert_texts(slo, self.root, self.at, section, at)]
        if chain:
            texts += self._plugin_texts(slo, chain)
        level = Level.WARNING if self.options.compat else Level.ERROR
        check_labels(slo, texts, level, self._told)

    def _plugin_texts(self, slo: Slo, chain: Chain) -> Iterator[AlertTexts]:
        """The texts of alerts that plugins make, which are templates as well."""
        from slo_toolkit.spec.plugin_effects import warn_of_foreign_selector

        if not self.options.compat:
            warn_of_foreign_selector(chain.steps, slo, self._told)
        for step in [step for step in chain.steps if step.name == "error_budget_exhausted_alert"][-1:]:
            for texts in exhausted_alert_texts(slo, step.place / "config"):
                if (texts.at.path, "") not in self._told:  # the SLOs share the steps of the root
                    self._told.add((texts.at.path, ""))
                    self.checks.templates(texts.texts, texts.at)
                yield texts

    def _inherited(self, section: Mapping[str, Any], key: str) -> Any:
        return section[key] if key in section else self.root.get(key)

    def _times(self, section: Mapping[str, Any], chain: Chain | None) -> _Times:
        written = self._inherited(section, "evaluation_interval")
        evaluation = written or _INTERVAL
        return _Times(
            period=self._inherited(section, "period") or self.options.period or _PERIOD,
            evaluation=self._evaluated(chain, written) if chain else evaluation,
            scrape=self._inherited(section, "scrape_interval") or self.options.scrape_interval or evaluation,
        )

    def _evaluated(self, chain: Chain, written: Duration | None) -> Duration:
        """How often the SLI is evaluated: as the spec says, or else as a plugin of Sloth's does."""
        from slo_toolkit.spec.plugin_effects import evaluation_interval, warn_of_no_effect

        evaluated = written or evaluation_interval(chain.steps) or _INTERVAL
        if not self.options.compat:
            warn_of_no_effect(chain.steps, evaluated, self._told)
        return evaluated

    def _plugins(self, section: Mapping[str, Any], at: Place) -> Chain | None:
        """What Sloth's plugin chain asks for; None where there is none."""
        root, own = self.root.get("slo_plugins", {}), section.get("plugins", {})
        if not root and not own:
            return None
        from slo_toolkit.spec.slo_plugins import chain  # few specs have one, and its tables take 4 ms

        return chain(root, self.at / "slo_plugins", own, at / "plugins")

    def _sli(
        self, section: Mapping[str, Any], at: Place, objective: Objective | None, plugins: SlothPlugins
    ) -> Sli | None:
        if "sli" not in section:
            return None
        budget = objective.error_budget if objective else None
        return Indicator(section["sli"], at / "sli", self.checks, budget, plugins.metricsql).read()

    def _queries(self, section: Mapping[str, Any], at: Place) -> tuple[dict[str, str], Place]:
        """The owner's own queries and where they stand; none where one has a flaw, which is enough to tell."""
        kind, queries = _own_queries(section["sli"])
        place = at / "sli" / kind
        flawed = any(
            not read(query).known or at.report.names((place / key).path) for key, query in queries.items()
        )
        return ({} if flawed else queries), place

    def _replica_labels(self, section: Mapping[str, Any]) -> tuple[str, ...]:
        labels = self._inherited(section, "replica_labels") or self.options.replica_labels
        return tuple(dict.fromkeys(label for label in labels if label))

    def _check_replicas(self, slo: Slo, section: Mapping[str, Any], at: Place) -> None:
        from slo_toolkit.spec.replicas import check_replica_labels  # few specs have replicas

        queries, sli_at = self._queries(section, at)
        if not queries:
            sli_at = at / "sli" / next(iter(section["sli"]))
        owner = next((place for part, place in ((section, at), (self.root, self.at)) if _KEY in part), None)
        place = owner / _KEY if owner else at / "name"
        if self.options.compat:
            place.wrong(
                "the rules of Sloth read the series of every replica", "leave them out", rule="replica-labels"
            )
        else:
            check_replica_labels(slo, queries, sli_at, place)

    def _alerting(
        self,
        section: Mapping[str, Any],
        at: Place,
        objective: Objective | None,
        times: _Times,
        alert_rules: bool,
    ) -> Alerting:
        return AlertingReader(
            section=section.get("alerting", {}),
            slo_at=at,
            objective=objective,
            period=times.period,
            scrape_interval=times.scrape,
            windows=self.windows,
            annotations={**self.root.get("annotations", {}), **section.get("annotations", {})},
            alert_rules=alert_rules,
            dialect=self.dialect,
            checks=self.checks,
            compat=self.options.compat,
        ).read()

    def _objective(self, section: Mapping[str, Any], at: Place) -> Objective | None:
        if "objective" not in section:
            return None
        objective = Objective.from_percent(section["objective"])
        if objective.percent < 1:
            meant = objective_as_written(objective.percent * 100, self.dialect)
            message = f"an objective of {plain(objective.percent)} % lets nearly everything fail"
            (at / "objective").warn(message, f"did you mean {meant}?", rule="objective")
        return objective

    def _link(self, section: Mapping[str, Any], at: Place, key: str, service: Any, name: Any) -> str:
        if key in section:
            template, fit = section[key], check_link(section[key], at / key)
        else:
            template, fit = self.root.get(key, ""), key not in self._bad_links
        return fill_link(template, service, name) if fit and service and name else ""

    def _groups(self, section: Mapping[str, Any], at: Place, labels: Labels) -> tuple[str, ...]:
        groups = tuple(label for label in self._inherited(section, "group_by") or () if label)
        if groups:
            _check_groups(groups, labels, (at if "group_by" in section else self.at) / "group_by")
        return groups


_OWN_QUERIES = {"events": ("error_query", "good_query", "total_query"), "raw": ("error_ratio_query",)}


def _own_queries(sli: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The owner's own queries by their keys, the total's last, and the key that they stand below."""
    for kind, keys in _OWN_QUERIES.items():
        if kind in sli:
            return kind, {key: sli[kind][key] for key in keys if key in sli[kind]}
    return "", {}


def _check_groups(groups: tuple[str, ...], labels: Labels, at: Place) -> None:
    for label in groups:
        if label in labels:
            message = f"`{label}` is a label of the SLO, which would hide the groups"
            at.wrong(message, "rename one of them", rule="group-by")
        if label.startswith(("__", "sloth_")):
            at.wrong(f"the label name `{label}` is reserved", rule="group-by")
    if len(set(groups)) < len(groups):
        at.wrong("a label stands here twice", rule="group-by")


def _check_aliases(aliases: Mapping[str, Quantity | Decimal], sli: Sli | None, at: Place) -> None:
    for name, what in aliases.items():
        place = at.entry(name)
        if isinstance(what, Decimal) and sli is not None and not isinstance(sli, LatencySli):
            place.wrong("only a latency SLI has quantiles", "write good_ratio or error_ratio", rule="alias")
        if naming.is_generated(name):
            message = f"`{name}` is the name of a series that the rules record already"
            place.wrong(message, "choose another one", rule="alias", on_key=True)
