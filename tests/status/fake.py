"""A Prometheus in memory that answers the few requests about recorded series, and counts them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from slo_toolkit.query.samples import Sample, Series
from slo_toolkit.slo import Objective, RawSli, Slo
from slo_toolkit.status.model import Answer
from slo_toolkit.status.reading import FIGURE
from slo_toolkit.status.survey import Wanted, ask
from tests.query.stub import Asked, Says, success

Answers = Callable[[Asked], Says]

AT = 1_795_500_000.0
DAY = 86_400

SPEC = Slo("shop", "requests", Objective(Decimal("0.99")), RawSli("vector(0)"))

# A plain SLO: 99.9 % over 30 days, a tenth of whose budget is spent.
FIGURES = {
    "slo:objective:ratio": 0.999,
    "slo:time_period:days": 30.0,
    "slo:sli_error:ratio_rate5m": 0.0,
    "slo:sli_error:ratio_rate1h": 0.0001,
    "slo:sli_error:ratio_rate1d": 0.0001,
    "slo:sli_error:ratio_rate30d": 0.0001,
    "slo:valid_events:rate5m": 10.0,
    "slo:error_events:rate1h": 0.001,
    "slo:error_events:rate1d": 0.001,
    "slo:valid_events:count5m": 3000.0,
    "slo:error_events:count5m": 0.3,
    "slo:valid_events:count30d": 10_000_000.0,
    "slo:error_events:count30d": 1000.0,
    "slo:coverage:ratio30d": 1.0,
}


@dataclass
class FakePrometheus:
    """`clock` is what the server's clock shows; `evaluated_at` when the rules last ran, None for never.

    An SLO that was measured in a part of its period was measured since then, and not in so many slots, `lost`, of the
    time before.
    """

    series: list[tuple[dict[str, str], float]] = field(default_factory=list)
    warnings: Sequence[str] = ()
    clock: float = AT
    evaluated_at: float | None = AT - 20
    alerts: list[dict[str, str]] = field(default_factory=list)
    sums: list[tuple[dict[str, str], float]] = field(default_factory=list)
    checks: list[tuple[dict[str, str], float]] = field(default_factory=list)
    """What rules found wrong with the counters behind SLOs."""
    sample_age: float = 0.0
    lost: int = 0
    asked: list[str] = field(default_factory=list)

    def instant(self, expr: str, at: float, share: float = 1) -> Sequence[Sample]:
        self.asked.append(expr)
        if "ALERTS" in expr:
            return [Sample({"__name__": "ALERTS", **labels}, 1.0, at) for labels in self.alerts]
        if "__name__=~" in expr:
            whole = ("slo:objective:ratio", "slo:time_period:days")
            return [
                self._sample(labels, value)
                for labels, value in self.series
                if labels["__name__"] not in whole
            ]
        if "first_slot" in expr:
            return list(self._gaps(at))
        if "slo:false_resets:" in expr:
            return [self._sample(labels, value) for labels, value in self.checks]
        if "max_over_time(timestamp(" in expr:
            return []
        if "last_objective" in expr:
            return self._objectives()
        return [self._sample(labels, value) for labels, value in self.sums]

    def range(self, expr: str, start: float, end: float, step: float) -> Sequence[Series]:
        self.asked.append(expr)
        return []

    def server_time(self) -> float:
        return self.clock

    def _sample(self, labels: Mapping[str, str], value: float) -> Sample:
        return Sample(labels, value, AT - self.sample_age)

    def _gaps(self, at: float) -> Iterator[Sample]:
        for labels, value in self.series:
            if labels["__name__"] == "slo:coverage:ratio30d":
                slots = min(max(round(value * 8640), 1), 8640 - self.lost)
                first = at - at % 300 - (slots + self.lost - 1) * 300
                own = {name: text for name, text in labels.items() if name != "__name__"}
                for figure, told in (("first_slot", first), ("counted_slots", slots), ("busiest_hour", 10.0)):
                    yield self._sample({**own, FIGURE: figure}, told)

    def _objectives(self) -> list[Sample]:
        answer = []
        for labels, value in self.series:
            own = {name: text for name, text in labels.items() if name != "__name__"}
            if labels["__name__"] == "slo:objective:ratio":
                answer.append(self._sample({**labels, FIGURE: "last_objective"}, value))
                if self.evaluated_at is not None:
                    answer.append(self._sample({**labels, FIGURE: "slo:objective:ratio"}, value))
                    answer.append(self._sample({**own, FIGURE: "evaluated_at"}, self.evaluated_at))
            elif labels["__name__"] == "slo:time_period:days":
                answer.append(self._sample({**own, FIGURE: "last_period"}, value))
        return answer


def identity(service: str = "shop", slo: str = "requests") -> dict[str, str]:
    return {"sloth_id": f"{service}-{slo}", "sloth_service": service, "sloth_slo": slo}


def recorded(
    service: str = "shop",
    slo: str = "requests",
    group: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
    **changed: float,
) -> list[tuple[dict[str, str], float]]:
    """The series of one SLO; a keyword such as `ratio_rate30d` replaces the value of the metric that ends so."""
    series = []
    for metric, value in FIGURES.items():
        if metric in without:
            continue
        whole = metric in ("slo:objective:ratio", "slo:time_period:days")
        owner = {"owner": "red"} if whole or "ratio_rate" in metric else {}
        labels = {"__name__": metric, **identity(service, slo), **owner, **({} if whole else group or {})}
        for ending, other in changed.items():
            if metric.endswith(ending):
                value = other
        series.append((labels, value))
    return series


def one_of_each_verdict(route: str) -> Answer:
    """Four SLOs, one of them grouped by route, with an alert and a warning."""
    alert = {
        **identity(slo="tight"),
        "alertname": "ShopErrors",
        "sloth_severity": "page",
        "alertstate": "firing",
    }
    series = [
        *recorded(slo="fine", group={"route": route}),
        *recorded(slo="silent", ratio_rate30d=math.nan),
        *recorded(slo="tight", ratio_rate30d=0.00095, ratio30d=0.3666),
        *recorded(slo="spent", ratio_rate30d=0.002),
    ]
    found = ask(FakePrometheus(series, alerts=[alert]), Wanted(at=AT))
    return replace(found, warnings=("the server's clock is 40 seconds behind this one",))


def of(series: list[tuple[dict[str, str], float]], **kept: Any) -> Answers:
    """Answers over HTTP as a Prometheus would that has these series, and recorded them just now."""

    def script(asked: Asked) -> Says:
        if asked.method == "GET":  # what a Prometheus alone tells of itself
            return Says(b"404 page not found", 404)
        if asked.path.endswith("query_range"):
            return success("matrix", [])
        now = time.time()
        fake = FakePrometheus(series, **{"evaluated_at": now - 20, "sample_age": AT - now, **kept})
        samples = fake.instant(asked.form["query"], float(asked.form["time"]))
        return success(
            "vector", [{"metric": dict(s.labels), "value": [s.time, repr(s.value)]} for s in samples]
        )

    return script
