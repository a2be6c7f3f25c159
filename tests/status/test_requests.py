"""How many requests an answer costs, and which of them find what the rules recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal

import pytest

from slo_toolkit.errors import InputError, NotMeasurable
from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import Objective, RawSli, Slo
from slo_toolkit.status.model import Origin
from slo_toolkit.status.names import Selection
from slo_toolkit.status.periods import parse_period
from slo_toolkit.status.reading import FIGURE
from slo_toolkit.status.survey import Wanted, ask

from .fake import AT, FakePrometheus, identity, recorded

SPEC = Slo("shop", "requests", Objective(Decimal("0.99")), RawSli("vector(0)"))


def _requests(number: int, period: str | None = None) -> int:
    series = [item for slo in range(number) for item in recorded(slo=f"slo-{slo}")]
    prometheus = FakePrometheus(series)
    ask(prometheus, Wanted(at=AT, period=parse_period(period, UTC) if period else None))
    return len(prometheus.asked)


@pytest.mark.parametrize("period", [None, "7d", "calendar:month"])
def test_a_thousand_slos_take_as_many_requests_as_one(period: str | None) -> None:
    assert _requests(1, period) == _requests(1000, period) <= 5


def test_another_period_is_summed_from_the_event_counts() -> None:
    sums = [
        ({**identity(), FIGURE: "valid"}, 7_000_000.0),
        ({**identity(), FIGURE: "errors"}, 3500.0),
        ({**identity(), FIGURE: "slots"}, 1008.0),
    ]
    period = parse_period("7d", UTC)
    (status,) = ask(FakePrometheus(recorded(), sums=sums), Wanted(at=AT, period=period)).statuses
    assert status.error_ratio == Decimal("0.0005")
    assert status.budget_remaining == Decimal("0.5")
    assert status.coverage == Decimal("0.5")


def test_a_running_month_allows_what_its_traffic_so_far_would_come_to() -> None:
    """A fifth of the month is over; all of its budget so far is a fifth of the whole."""
    at = AT - 18 * 86_400  # 6 November, a quarter past its fifth day
    sums = [({**identity(), FIGURE: "valid"}, 1_000_000.0), ({**identity(), FIGURE: "errors"}, 1000.0)]
    prometheus = FakePrometheus(recorded(), sums=sums, evaluated_at=at, sample_age=AT - at)
    (status,) = ask(prometheus, Wanted(at=at, period=parse_period("calendar:month", UTC))).statuses
    elapsed = status.span.share_elapsed
    assert Decimal("0.17") < elapsed < Decimal("0.18")
    assert status.budget_remaining == 1 - elapsed
    assert status.spending is not None
    assert status.spending.allowed_events == 1000 / elapsed


def test_an_slo_without_rules_is_read_raw_and_says_so() -> None:
    prometheus = FakePrometheus(recorded(slo="other"))
    (status,) = ask(prometheus, Wanted(at=AT, specs=(SPEC,))).statuses
    assert status.origin is Origin.RAW
    assert status.reasons == ("its queries return nothing",)


def test_a_recorded_slo_is_judged_by_its_spec() -> None:
    answer = ask(FakePrometheus(recorded()), Wanted(at=AT, specs=(SPEC,)))
    (status,) = answer.statuses
    assert (status.origin, status.objective) == (Origin.RECORDED, Decimal("0.99"))
    assert status.budget_remaining == Decimal("0.99")
    assert answer.warnings == (
        "shop/requests: the loaded rules have the objective 99.9 %, the spec 99 %; judged by the spec",
    )


def test_a_name_that_no_spec_has_is_a_mistake_of_the_call_and_the_nearest_is_told() -> None:
    with pytest.raises(InputError, match=r"named 'shop/reqests'; did you mean shop/requests\?"):
        ask(
            FakePrometheus(recorded()), Wanted(at=AT, specs=(SPEC,), selection=Selection.of(["shop/reqests"]))
        )
    with pytest.raises(InputError, match=r"named 'zzz'$"):
        ask(FakePrometheus(recorded()), Wanted(at=AT, specs=(SPEC,), selection=Selection.of(["zzz"])))


class OfNames(FakePrometheus):
    """It records some SLOs, and nothing of those that are asked for."""

    def instant(self, expr: str, at: float) -> Sequence[Sample]:
        if expr != "group by (sloth_service, sloth_slo) (slo:objective:ratio)":
            return ()
        names = [("checkout", "availability"), ("checkout", "latency"), ("search", "availability")]
        return [Sample(identity(*name), 1.0, at) for name in names]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("availabilty", "did you mean checkout/availability or search/availability?"),
        ("chekout/*", "did you mean checkout/availability or checkout/latency?"),
        ("Checkout/Latency", "did you mean checkout/latency?"),
        ("checkout_latency", "did you mean checkout/latency?"),
        ("quite-another", "load the rules that `slo compile` makes"),
    ],
)
def test_a_name_that_no_rules_record_is_told_with_the_nearest(asked: str, told: str) -> None:
    with pytest.raises(NotMeasurable) as caught:
        ask(OfNames(), Wanted(at=AT, selection=Selection.of([asked])))
    assert str(caught.value).startswith(f"no rules record an SLO named {asked!r}; {told}")
