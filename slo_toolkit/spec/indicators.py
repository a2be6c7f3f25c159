"""From the `sli` section of an SLO to its Sli."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from slo_toolkit.meaning.query import quotient
from slo_toolkit.slo import AvailabilitySli, EventSli, LatencySli, ProbeSli, RawSli, Sli
from slo_toolkit.spec.first_look import pair_is_worth_reading, ratio_is_worth_reading
from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.queries import Checks


@dataclass(frozen=True, slots=True)
class Indicator:
    """The one SLI of an SLO, with what is needed to check it."""

    section: Mapping[str, Any]
    at: Place
    checks: Checks
    error_budget: Decimal | None
    metricsql: bool

    def read(self) -> Sli | None:
        """The SLI; None where it is incomplete, which was reported."""
        for kind, reader in _READERS.items():
            if kind in self.section:
                return reader(self, self.section[kind], self.at / kind)
        return None

    def _queries(self, section: Mapping[str, Any], at: Place) -> None:
        for key, query in section.items():
            self.checks.query(query, at / key, metricsql=self.metricsql)

    def events(self, section: Mapping[str, Any], at: Place) -> Sli | None:
        self._queries(section, at)
        total = section.get("total_query")
        for key in ("error_query", "good_query"):
            if total and section.get(key, "").split() == total.split():
                (at / key).wrong(
                    f"`{at.spell(key)}` and `{at.spell('total_query')}` are the same",
                    "one must count a part of the other",
                    rule="same-query",
                )
        counted = section.get("error_query", "") + section.get("good_query", "")
        if pair_is_worth_reading(counted, total or ""):
            from slo_toolkit.spec.query_warnings import warn_events  # few queries need more than a look

            warn_events(section, at)
        if total is None or not ("error_query" in section or "good_query" in section):
            return None
        return EventSli(total, section.get("error_query"), section.get("good_query"))

    def raw(self, section: Mapping[str, Any], at: Place) -> Sli | None:
        self._queries(section, at)
        query = section.get("error_ratio_query")
        if query is None:
            return None
        if ratio_is_worth_reading(query):
            from slo_toolkit.spec.query_warnings import warn_raw  # few queries need more than a look

            warn_raw(query, at / "error_ratio_query")
        # Two sums of events are weighed by their events; only as a whole would a quiet minute weigh as much.
        parts = None if self.metricsql else quotient(query)
        if parts is None:
            return RawSli(query)
        errors, good = (None, parts.counted) if parts.counts_good else (parts.counted, None)
        return EventSli(parts.valid, errors, good, error_ratio_query=query)

    def availability(self, section: Mapping[str, Any], at: Place) -> Sli | None:
        self._matchers(section, at, "filter", "errors")
        if "metric" not in section or "errors" not in section:
            return None
        return AvailabilitySli(section["metric"], section["errors"], section.get("filter", ""))

    def latency(self, section: Mapping[str, Any], at: Place) -> Sli | None:
        self._matchers(section, at, "filter")
        histogram, threshold = section.get("histogram"), section.get("threshold")
        if histogram is None or threshold is None:
            return None
        for suffix in ("_bucket", "_count", "_sum"):
            if histogram.endswith(suffix):
                hint = f"did you mean `{histogram.removesuffix(suffix)}`?"
                (at / "histogram").wrong(f"a histogram's base name has no `{suffix}`", hint, rule="metric")
        from slo_toolkit.spec.bucket_units import latency_bound  # of this kind of SLI alone

        matchers = section.get("filter", "")
        bound = latency_bound(histogram, threshold, matchers, at / "threshold")
        if bound is None:
            return None
        return LatencySli(histogram, bound, matchers, section.get("native", False))

    def probe(self, section: Mapping[str, Any], at: Place) -> Sli | None:
        self._matchers(section, at, "filter")
        return ProbeSli(section["metric"], section.get("filter", "")) if "metric" in section else None

    def plugin(self, section: Mapping[str, Any], at: Place) -> Sli | None:
        from slo_toolkit.spec.sli_plugins import plugin_sli  # few specs name one

        sli = plugin_sli(section, at, self.error_budget)
        match sli:
            case AvailabilitySli(metric, errors, matchers):
                self.checks.matchers(
                    metric, ",".join(part for part in (matchers, errors) if part), at / "options"
                )
            case LatencySli(metric, bound, matchers):
                from slo_toolkit.spec.bucket_units import warn_bound

                self._optional_matchers(metric, matchers, at / "options")
                warn_bound(metric, bound, (), (at / "options").entry("bucket"), "{}")
            case ProbeSli(metric, matchers):
                self._optional_matchers(metric, matchers, at / "options")
            case EventSli(total_query=total):
                self.checks.query(total, at / "options")
        return sli

    def _optional_matchers(self, metric: str, matchers: str, at: Place) -> None:
        if matchers:
            self.checks.matchers(metric, matchers, at)

    def _matchers(self, section: Mapping[str, Any], at: Place, *keys: str) -> None:
        for key in keys:
            if key in section:
                self.checks.matchers("metric", section[key], at / key)


_READERS = {
    "events": Indicator.events,
    "raw": Indicator.raw,
    "availability": Indicator.availability,
    "latency": Indicator.latency,
    "probe": Indicator.probe,
    "plugin": Indicator.plugin,
}
