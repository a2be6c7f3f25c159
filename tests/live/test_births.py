"""What counters are born with is counted where it just happened, and nothing of what is older."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from deploy.live.api import samples_read, value
from deploy.live.remote_write import Series, labels_of, write
from deploy.live.replay import Plan, Span, replay
from deploy.live.rules import Rule, needed_for

from . import specs
from .events import DAY, EPOCH, HOUR, Outage, Shape
from .history import DURATION, REQUESTS, counters, targets, without

RulesFor = Callable[..., list[Rule]]
Figure = Callable[[str], None]

MINUTE = 60
SCRAPE = 30
PERIOD = 30 * DAY
RATIO = "slo:sli_error:ratio_rate30d"
VALID, ERRORS = "slo:valid_events:born1h", "slo:error_events:born1h"
LENGTH = 9 * HOUR
END = EPOCH + LENGTH + 5 * 60  # when the last hour was evaluated, too
A_LIFETIME = 3_000_000
AT = 7 * HOUR + 20 * MINUTE + 11
"""Amid an hour, and off every scrape and step."""

PODS_OF_SIX_HOURS = Shape(error_ratio=0.0003, night_share=0.3, replace_every=6 * HOUR)


def counter(*lives: tuple[float, float, float, float], metric: str = REQUESTS, **labels: str) -> Series:
    """A counter with its lives: when each begins and ends, its first value, and what it rises by between scrapes."""
    series = Series(labels_of({"__name__": metric, "job": "web", "instance": "i1", **labels}))
    for begin, end, first, step in lives:
        for number in range(int((end - begin) / SCRAPE)):
            series.add(round((EPOCH + begin + number * SCRAPE) * 1000), first + number * step)
        if end < LENGTH:
            series.add(round((EPOCH + begin + number * SCRAPE + SCRAPE) * 1000), None)
    return series


def up(begin: float = 0, end: float = LENGTH, **labels: str) -> Series:
    return counter((begin, end, 1, 0), metric="up", **labels)


def old(end: float = LENGTH, **labels: str) -> list[Series]:
    """An instance of long ago: its requests, and that it answers."""
    return [counter((0, end, A_LIFETIME, 300), code="200", **labels), up(0, end, **labels)]


def born(
    address: str, rules: Sequence[Rule], series: Iterable[Series], downtime: Sequence[Span] = ()
) -> tuple[float, float]:
    """Valid and error events that were added in all hours."""
    write(address, without(series, downtime, EPOCH))
    away = tuple(Span(EPOCH + span.start, EPOCH + span.end) for span in downtime)
    replay(address, needed_for(rules, VALID, ERRORS), Plan(EPOCH, END, downtime=away))
    valid, errors = (value(address, f"sum(sum_over_time({name}[10h]))", END) for name in (VALID, ERRORS))
    return valid or 0, errors or 0


@pytest.mark.parametrize("late_errors", [False, True], ids=["errors-from-zero", "errors-born-late"])
def test_twenty_four_pods_a_day_hide_no_error(
    late_errors: bool, prometheus: str, rules_for: RulesFor, figure: Figure
) -> None:
    history = counters(PODS_OF_SIX_HOURS, late_errors=late_errors)
    write(prometheus, history.series)
    replay(prometheus, needed_for(rules_for(specs.availability()), RATIO), Plan(history.start, history.end))
    truth = history.count(history.end - PERIOD, history.end).error_ratio
    recorded = value(prometheus, RATIO, history.end)
    errors, valid = (query.replace("{{.window}}", "30d") for query in (specs.ERRORS, specs.VALID))
    raw = value(prometheus, f"{errors} / {valid}", history.end)
    assert recorded is not None
    assert raw is not None
    born_as = "born with errors" if late_errors else "born at 0"
    figure(
        f"30d error ratio, 24 pods a day {born_as}: {recorded / truth - 1:+.3%}, raw {raw / truth - 1:+.3%}"
    )
    assert recorded == pytest.approx(truth, rel=0.001)


@pytest.mark.parametrize("with_up", [True, False], ids=["up", "no-up"])
def test_an_error_series_that_appears_on_a_known_instance_counts(
    with_up: bool, prometheus: str, rules_for: RulesFor
) -> None:
    series = [*old(), counter((AT, LENGTH, 7, 0), code="500")]
    kept = [one for one in series if with_up or dict(one.labels)["__name__"] != "up"]
    assert born(prometheus, rules_for(specs.availability()), kept) == (7, 7)


def test_so_do_two_of_them_in_one_hour(prometheus: str, rules_for: RulesFor) -> None:
    series = [
        *old(),
        counter((AT, LENGTH, 7, 0), code="500"),
        counter((AT + 13 * MINUTE, LENGTH, 5, 0), code="503"),
    ]
    assert born(prometheus, rules_for(specs.availability()), series) == (12, 12)


def test_a_pod_that_is_gone_before_the_hour_ends_keeps_its_births(
    prometheus: str, rules_for: RulesFor
) -> None:
    gone = AT + 12 * MINUTE
    series = [*old(gone), counter((AT, gone, 7, 0), code="500")]
    assert born(prometheus, rules_for(specs.availability()), series) == (7, 7)


def test_what_rates_tell_of_a_birth_is_not_added_again(prometheus: str, rules_for: RulesFor) -> None:
    """Sixty errors before each scrape, as in an outage: a rate begins half a scrape interval before the first."""
    series = [*old(), counter((AT, LENGTH, 60, 60), code="500")]
    valid, errors = born(prometheus, rules_for(specs.availability()), series)
    assert errors == pytest.approx(30, abs=0.5)
    assert valid == errors


def test_a_new_pod_counts_from_its_first_scrape(prometheus: str, rules_for: RulesFor) -> None:
    """What it counted before its first scrape is little beside the rest of the hour."""
    series = [
        counter((AT, LENGTH, 300, 300), code="200"),
        counter((AT, LENGTH, 4, 0), code="500"),
        up(AT),
    ]
    valid, errors = born(prometheus, rules_for(specs.availability()), series)
    assert errors == 4
    assert valid == pytest.approx(4 + 150, abs=1)


@pytest.mark.parametrize("later", [0, 100 * SCRAPE])
def test_instances_with_another_name_bring_nothing_of_their_lives(
    later: float, prometheus: str, rules_for: RulesFor
) -> None:
    series = [
        one
        for instance in ("i1", "i2")
        for one in (
            *old(AT, instance=instance),
            counter((0, AT, A_LIFETIME // 1000, 1), code="500", instance=instance),
            counter((AT, LENGTH, A_LIFETIME, 300), code="200", instance=f"{instance}:80"),
            counter((AT, LENGTH, A_LIFETIME // 1000, 1), code="500", instance=f"{instance}:80"),
            up(AT, instance=f"{instance}:80"),
        )
    ]
    if later:  # an error that is really born there
        series.append(counter((AT + later, LENGTH, 7, 0), code="503", instance="i2:80"))
    expected = 7 if later else 0
    assert born(prometheus, rules_for(specs.availability()), series) == (expected, expected)


RELABELLED = {
    "of the target": (AT, "new", LENGTH),
    "of the metric": (AT, "", LENGTH),
    "and the pod is deleted a little later": (AT, "new", AT + 12 * MINUTE),
    "right before a full hour": (8 * HOUR - 2 * MINUTE + 11, "new", LENGTH),
    "right after a full hour": (8 * HOUR + 2 * MINUTE + 11, "", LENGTH),
}


@pytest.mark.parametrize("name", RELABELLED, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.parametrize("away", [0, 14 * MINUTE], ids=["at-once", "while-Prometheus-was-away"])
def test_a_new_label_on_the_same_instances_brings_nothing(
    away: float, name: str, prometheus: str, rules_for: RulesFor
) -> None:
    at, up_label, end = RELABELLED[name]
    series = [
        counter((0, at, A_LIFETIME, 300), code="200"),
        counter((0, at, A_LIFETIME // 1000, 1), code="500"),
        counter((at, end, A_LIFETIME, 300), code="200", cluster="new"),
        counter((at, end, A_LIFETIME // 1000, 1), code="500", cluster="new"),
        *([up(0, at), up(at, end, cluster=up_label)] if up_label else [up(0, end)]),
    ]
    downtime = [Span(at - away / 2, at + away / 2)] if away else []
    assert born(prometheus, rules_for(specs.availability()), series, downtime) == (0, 0)


def test_nor_do_the_same_instances_that_another_prometheus_scrapes_too(
    prometheus: str, rules_for: RulesFor
) -> None:
    series = [
        *old(),
        counter((0, LENGTH, A_LIFETIME // 1000, 0), code="500"),
        *(
            counter((AT, LENGTH, count, step), code=code, replica="b")
            for code, count, step in (("200", A_LIFETIME, 300), ("500", A_LIFETIME // 1000, 0))
        ),
        up(AT, replica="b"),
    ]
    assert born(prometheus, rules_for(specs.availability()), series) == (0, 0)


def test_nor_does_it_where_there_are_so_few_events_that_an_idle_instance_could_have_begun(
    prometheus: str, rules_for: RulesFor
) -> None:
    series = [
        *(counter((0, AT, count, 0), code=code) for code, count in (("200", 30), ("500", 9))),
        *(
            counter((AT, LENGTH, count, 0), code=code, cluster="new")
            for code, count in (("200", 30), ("500", 9))
        ),
        up(),
    ]
    assert born(prometheus, rules_for(specs.availability()), series) == (0, 0)


def test_a_metric_that_scrapes_let_in_at_last_brings_nothing(prometheus: str, rules_for: RulesFor) -> None:
    """As of a drop rule that was taken away: the target is known for long, and so are its counts."""
    series = [
        counter((AT, LENGTH, A_LIFETIME, 300), code="200"),
        counter((AT, LENGTH, A_LIFETIME // 1000, 1), code="500"),
        up(),
    ]
    assert born(prometheus, rules_for(specs.availability()), series) == (0, 0)


def test_an_old_process_that_is_newly_scraped_and_restarted_brings_nothing(
    prometheus: str, rules_for: RulesFor
) -> None:
    restart = AT + 20 * MINUTE
    series = [
        counter((AT, restart, A_LIFETIME, 300), (restart, LENGTH, 0, 300), code="200"),
        counter((AT, restart, A_LIFETIME // 1000, 1), code="500"),
        up(AT),
    ]
    assert born(prometheus, rules_for(specs.availability()), series) == (0, 0)


def test_the_first_requests_of_an_instance_that_was_idle_count(prometheus: str, rules_for: RulesFor) -> None:
    """One of a good and one of a bad end, at the same scrape, and none after them."""
    series = [up(), counter((AT, LENGTH, 1, 0), code="200"), counter((AT, LENGTH, 1, 0), code="500")]
    assert born(prometheus, rules_for(specs.availability()), series) == (2, 1)


def test_of_an_instance_that_nobody_knows_they_do_not(prometheus: str, rules_for: RulesFor) -> None:
    """Without `up` nothing tells whether they just happened."""
    series = [counter((AT, LENGTH, 1, 0), code="200"), counter((AT, LENGTH, 1, 0), code="500")]
    assert born(prometheus, rules_for(specs.availability()), series) == (0, 0)


@pytest.mark.parametrize("minutes", [3, 14, 170])
def test_a_series_that_comes_back_after_failed_scrapes_is_not_born(
    minutes: int, prometheus: str, rules_for: RulesFor
) -> None:
    """They fail across a full hour."""
    gap = Span(6 * HOUR - MINUTE, 6 * HOUR - MINUTE + minutes * MINUTE)
    calls = minutes * MINUTE // SCRAPE
    series = [
        counter((0, gap.start, 100, 0), (gap.end, LENGTH, 100, 0), code="500"),
        counter(
            (0, gap.start, A_LIFETIME, 300), (gap.end, LENGTH, A_LIFETIME + 300 * calls, 300), code="200"
        ),
        counter((0, gap.start, 1, 0), (gap.start, gap.end, 0, 0), (gap.end, LENGTH, 1, 0), metric="up"),
    ]
    assert born(prometheus, rules_for(specs.availability()), series) == (0, 0)


def test_a_series_that_existed_before_and_vanishes_within_the_hour_is_not_born(
    prometheus: str, rules_for: RulesFor
) -> None:
    series = [*old(), counter((0, AT, 100, 0), code="500")]
    assert born(prometheus, rules_for(specs.availability()), series) == (0, 0)


def test_errors_that_a_restarted_process_shows_late_count(prometheus: str, rules_for: RulesFor) -> None:
    """The instance keeps its name, and had no error before; another series of it does not come back."""
    restart = AT - 10 * MINUTE
    series = [
        counter((0, restart, A_LIFETIME, 300), (restart, LENGTH, 0, 300), code="200"),
        counter((0, restart, A_LIFETIME, 0), code="404"),
        counter((AT, LENGTH, 7, 0), code="500"),
        up(),
    ]
    assert born(prometheus, rules_for(specs.availability()), series) == (7, 7)


def test_errors_that_a_restarted_process_shows_again_are_counted_once(
    prometheus: str, rules_for: RulesFor
) -> None:
    """The increase over five hours has them already, since it sees the series on both sides of the restart."""
    restart = 5 * HOUR + 40 * MINUTE + 11
    series = [
        counter((0, restart, A_LIFETIME, 300), (restart, LENGTH, 0, 300), code="200"),
        counter((0, restart, 100, 0), (AT, LENGTH, 7, 0), code="500"),
        up(),
    ]
    rules = rules_for(specs.availability())
    write(prometheus, series)
    counted, missed = "slo:error_events:count5m", "slo:error_events:missed1h"
    replay(prometheus, needed_for(rules, counted, missed), Plan(EPOCH, END))
    sums = [value(prometheus, f"sum_over_time({name}[10h])", END) for name in (counted, missed)]
    assert sum(one or 0 for one in sums) == pytest.approx(7, abs=0.5)


@pytest.mark.parametrize("minutes", [20, 170])
def test_what_was_born_while_prometheus_was_away_counts(
    minutes: int, prometheus: str, rules_for: RulesFor
) -> None:
    away = Span(AT - minutes * MINUTE + 5 * MINUTE, AT + 5 * MINUTE)
    series = [*old(), counter((AT, LENGTH, 7, 0), code="500")]
    assert born(prometheus, rules_for(specs.availability()), series, [away]) == (7, 7)


def test_a_created_timestamp_changes_nothing(prometheus: str, rules_for: RulesFor) -> None:
    """Prometheus 3 can put a 0 where a counter began: then rates see its first value, and it was born with 0."""
    late = counter((AT, LENGTH, 7, 0), code="500")
    late.times_ms.insert(0, round((EPOCH + AT - 17) * 1000))
    late.values.insert(0, 0)
    assert born(prometheus, rules_for(specs.availability()), [*old(), late]) == (0, 0)


def test_a_route_that_a_histogram_shows_late_counts(prometheus: str, rules_for: RulesFor) -> None:
    """Of nine requests two were slow: both buckets and the count are born with their first."""

    def route(begin: float, count: int, fast: int, step: int, name: str) -> list[Series]:
        values = {"1": fast, "+Inf": count}
        buckets = [
            counter((begin, LENGTH, found, step), metric=f"{DURATION}_bucket", le=le, route=name)
            for le, found in values.items()
        ]
        return [counter((begin, LENGTH, count, step), metric=f"{DURATION}_count", route=name), *buckets]

    series = [*route(0, A_LIFETIME, A_LIFETIME, 300, "/"), *route(AT, 9, 7, 0, "/pay"), up()]
    assert born(prometheus, rules_for(specs.latency()), series) == (9, 2)


def _queries(total: str, **counted: str) -> str:
    ((kind, query),) = counted.items()
    return specs._spec(
        "slo-toolkit/v1",
        "shop",
        f"    sli:\n      events:\n        {kind}_query: '{query}'\n        total_query: '{total}'",
    )


ALL, BAD, GOOD = (
    f"rate({REQUESTS}{chosen}[{{{{.window}}}}])" for chosen in ("", '{code="500"}', '{code!="500"}')
)
QUERIES = {
    "sums of two": (_queries(f"sum({GOOD}) + sum({BAD})", error=f"sum({BAD})"), (9, 7)),
    "a difference": (_queries(f"sum({ALL})", error=f"sum({ALL}) - sum({GOOD})"), (9, 7)),
    "good events": (_queries(f"sum({ALL})", good=f"sum({GOOD})"), (9, 7)),
    "factors": (_queries(f"2 * sum({ALL})", error=f"sum({BAD} * 3) / 2"), (18, 10.5)),
    "an alternative": (_queries(f"sum({ALL})", error=f"(sum({BAD}) or vector(0))"), (9, 7)),
    "an increase": (
        _queries(f"sum({ALL})".replace("rate", "increase"), error=f"sum({BAD})".replace("rate", "increase")),
        (9, 7),
    ),
    "errors of their own": (
        _queries(f"sum({ALL})", error='sum(rate(failures_total{kind="x[y]"}[{{.window}}]))'),
        (9, 4),
    ),
}


@pytest.mark.parametrize("name", QUERIES, ids=lambda name: name.replace(" ", "-"))
def test_every_query_that_counts_has_its_births(name: str, prometheus: str, rules_for: RulesFor) -> None:
    spec, expected = QUERIES[name]
    series = [
        *old(),
        counter((AT, LENGTH, 7, 0), code="500"),
        counter((AT + 12 * MINUTE, LENGTH, 2, 0), code="404"),
        counter((AT, LENGTH, 4, 0), metric="failures_total", kind="x[y]"),
    ]
    assert born(prometheus, rules_for(spec), series) == expected


def test_an_error_counter_of_its_own_that_is_all_that_is_born_counts(
    prometheus: str, rules_for: RulesFor
) -> None:
    spec, _ = QUERIES["errors of their own"]
    series = [*old(), counter((AT, LENGTH, 4, 0), metric="failures_total", kind="x[y]")]
    assert born(prometheus, rules_for(spec), series) == (0, 4)


def test_each_group_has_births_of_its_own(prometheus: str, rules_for: RulesFor) -> None:
    series = [
        *old(tenant="a"),
        counter((AT, LENGTH, 7, 0), code="500", tenant="a"),
        counter((AT, LENGTH, 5, 0), code="500", tenant="b"),
    ]
    rules = rules_for(specs.availability("tenant"))
    assert born(prometheus, rules, series) == (12, 12)
    for tenant, errors in (("a", 7), ("b", 5)):
        found = value(prometheus, f'max_over_time({ERRORS}{{tenant="{tenant}"}}[10h])', END)
        assert found == errors


def test_errors_are_never_more_than_the_events_of_a_total_outage(
    prometheus: str, rules_for: RulesFor
) -> None:
    """Pods that know nothing but errors from their first scrape on, each for an hour."""
    outage = Outage(3 * HOUR, 5 * HOUR)
    history = counters(
        Shape(days=0.5, replace_every=HOUR, events_per_second=3, outages=(outage,)), late_errors=True
    )
    rules = rules_for(specs.availability())
    names = [f"slo:{kind}_events:{part}" for part in ("count5m", "missed1h") for kind in ("valid", "error")]
    write(prometheus, [*history.series, *targets(Shape(days=0.5, replace_every=HOUR))])
    replay(prometheus, needed_for(rules, *names), Plan(history.start, history.end))
    at = history.at(7 * HOUR + 10 * MINUTE)
    (valid, born_valid), (errors, born_errors) = (
        [
            value(prometheus, f"sum_over_time(slo:{kind}_events:{part}[3h])", at) or 0
            for part in ("missed1h", "born1h")
        ]
        for kind in ("valid", "error")
    )
    counted = [
        value(prometheus, f"sum_over_time(slo:{kind}_events:count5m[3h])", at) or 0
        for kind in ("valid", "error")
    ]
    assert 0 < born_errors <= born_valid
    assert counted[1] + errors == pytest.approx(counted[0] + valid, rel=0.001)


def test_what_births_cost(prometheus: str, rules_for: RulesFor, figure: Figure) -> None:
    """12 source series, 6 of them errors. What a rule reads once an hour at the mark, it reads at no other time."""
    shape = Shape(days=0.5, error_ratio=0.001)
    history = counters(shape)
    write(prometheus, [*history.series, *targets(shape)])
    read = 0
    for rule in needed_for(rules_for(specs.events()), VALID, ERRORS):
        inner = rule.expr.removeprefix("last_over_time(").removesuffix("[4m59s999ms:1h])")
        assert inner != rule.expr
        read += samples_read(prometheus, inner, history.end)
    figure(f"samples read per hour for births: {read:,}")
    assert read < 5_000


def test_native_histograms_have_no_births(rules_for: RulesFor) -> None:
    """Their values are no numbers, of which the least could be taken."""
    spec = specs.latency().replace("threshold: 1s", "threshold: 1s\n        native: true")
    assert not [rule for rule in rules_for(spec) if rule.name in (VALID, ERRORS)]
