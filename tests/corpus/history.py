"""The series behind the specs: few services, each with what one kind of query is about.

Counters grow by the same amount at each scrape while nothing changes, so that a rate differs between windows by what
changed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from deploy.live.remote_write import Series, labels_of
from deploy.live.replay import Span
from tests.corpus.timeline import (
    ALWAYS,
    END,
    EPOCH,
    MINUTE,
    OUTAGE,
    OUTSIDE_OUTAGE,
    PARTIAL,
    SILENCE,
    within,
)

SCRAPE = 30.0
PHASE = 7.3
"""Scrapes coincide with no evaluation."""

PER_SECOND = 100.0
BACKGROUND = 0.001
"""The share of events that fail on an ordinary day: under every threshold at an objective of 99."""
PARTLY = 0.2

At = Callable[[float], float]


def everything() -> Iterator[Series]:
    """All series of the corpus, under names of their own."""
    yield from shop()
    yield from calm()
    yield from late()
    yield from regions()
    yield from hosts()
    yield from checks()
    yield from calls()
    yield from renamed()
    yield from rpc()
    yield from sizes()
    yield from slow_scrapes()
    yield from exports()
    yield from nodes()
    yield from probes()
    yield from gauges()


def counter(
    name: str,
    labels: Mapping[str, str],
    per_second: At,
    *,
    alive: Sequence[Span] = (ALWAYS,),
    every: float = SCRAPE,
) -> Iterator[Series]:
    """A counter; each life of its process is a series of its own, begins at zero, and goes stale at its end."""

    def amount(at: float) -> float:
        return per_second(at - every / 2) * every

    for number, span in enumerate(alive):
        process = {"process": str(number)} if len(alive) > 1 else {}
        yield _scraped(name, {**labels, **process}, amount, (span,), every, cumulates=True)


def gauge(
    name: str,
    labels: Mapping[str, str],
    value: At,
    *,
    alive: Sequence[Span] = (ALWAYS,),
    every: float = SCRAPE,
    phase: float = PHASE,
) -> Series:
    return _scraped(name, labels, value, alive, every, cumulates=False, phase=phase)


def _scraped(
    name: str,
    labels: Mapping[str, str],
    amount: At,
    alive: Sequence[Span],
    every: float,
    *,
    cumulates: bool,
    phase: float = PHASE,
) -> Series:
    series = Series(labels_of({"__name__": name, **labels}))
    for span in alive:
        total, seen = 0.0, False
        for number in range(int(END / every)):
            at = number * every + phase
            stamp = round((EPOCH + at) * 1000)
            if within(span, at):
                total = total + amount(at) if cumulates else amount(at)
                series.add(stamp, total)
                seen = True
            elif seen:
                series.add(stamp, None)
                break
    return series


def constant(value: float) -> At:
    return lambda at: value


def changing(usual: float, *changes: tuple[Span, float]) -> At:
    """A value, and other ones in some spans."""

    def value(at: float) -> float:
        return next((changed for span, changed in changes if within(span, at)), usual)

    return value


def traffic(share: float = 1.0) -> At:
    return changing(PER_SECOND * share, (SILENCE, 0.0))


def of(rate: At, share: At) -> At:
    return lambda at: rate(at) * share(at)


def good_share(at: float) -> float:
    return 1 - error_share(at)


error_share = changing(BACKGROUND, (PARTIAL, PARTLY), (OUTAGE, 1.0))


def shop() -> Iterator[Series]:
    """A web shop: errors from the first day on, a partial and a total outage, and some silence."""
    web = {"job": "shop"}
    for code, part in (("200", 0.9), ("201", 0.1)):
        good = of(traffic(part), good_share)
        yield from counter("shop_requests_total", {**web, "code": code}, good, alive=OUTSIDE_OUTAGE)
    yield from counter("shop_requests_total", {**web, "code": "500"}, of(traffic(), error_share))
    proxied = {"service": "shop@file"}
    for code, share in (("200", good_share), ("502", error_share)):
        yield from counter("traefik_service_requests_total", {**proxied, "code": code}, of(traffic(), share))
    yield gauge("shop_info", {**web, "team": "checkout"}, constant(1))
    yield gauge("shop_maintenance", web, changing(0, (Span(OUTAGE.start + 600, OUTAGE.end), 1)))


def calm() -> Iterator[Series]:
    """A service that never failed, so that it has no series of errors."""
    yield from counter("calm_requests_total", {"job": "calm", "code": "200"}, traffic())


def late() -> Iterator[Series]:
    """Its first error brings the series of errors."""
    ratio = changing(0, (PARTIAL, PARTLY))
    yield from counter("late_requests_total", {"code": "200"}, of(traffic(), lambda at: 1 - ratio(at)))
    yield from counter(
        "late_requests_total", {"code": "500"}, of(traffic(), ratio), alive=(Span(PARTIAL.start, END),)
    )


def regions() -> Iterator[Series]:
    """Two regions in zones: `us` fails, `eu` never did and has no series of errors."""
    for region, zone in (("eu", "a"), ("us", "b")):
        where = {"region": region, "zone": zone, "instance": f"{region}-1"}
        if region == "eu":
            yield from counter("edge_requests_total", {**where, "code": "200"}, traffic())
            continue
        good = of(traffic(), good_share)
        yield from counter("edge_requests_total", {**where, "code": "200"}, good, alive=OUTSIDE_OUTAGE)
        yield from counter("edge_requests_total", {**where, "code": "500"}, of(traffic(), error_share))


def hosts() -> Iterator[Series]:
    """One host takes nearly all the traffic; the other one fails alone."""
    failing = changing(0, (PARTIAL, 1.0))
    for host, part in (("large", 0.99), ("small", 0.01)):
        ratio = failing if host == "small" else constant(0)
        rate = changing(PER_SECOND * part, (SILENCE, 0.0))
        yield from counter("gateway_requests_total", {"host": host, "code": "200"}, _rest_of(rate, ratio))
        yield from counter("gateway_requests_total", {"host": host, "code": "503"}, of(rate, ratio))


def _rest_of(rate: At, ratio: At) -> At:
    return lambda at: rate(at) * (1 - ratio(at))


def checks() -> Iterator[Series]:
    """What failed, what went well and what was left out are metrics of their own; nothing failed before the fault."""
    failed = changing(0, (PARTIAL, PARTLY), (OUTAGE, 1.0))
    yield from counter("checks_failed_total", {}, of(traffic(), failed), alive=(Span(PARTIAL.start, END),))
    yield from counter("checks_ok_total", {}, _rest_of(traffic(), failed), alive=OUTSIDE_OUTAGE)
    yield from counter("checks_late_total", {}, traffic(0.1), alive=(Span(SILENCE.end, END),))


def calls() -> Iterator[Series]:
    """Two ways to fail: refusals from the partial fault on, timeouts in the outage alone."""
    rejected = changing(0, (PARTIAL, PARTLY))
    timeouts = changing(0, (OUTAGE, 0.5))
    yield from counter("calls_total", {}, traffic())
    yield from counter("calls_rejected_total", {}, of(traffic(), rejected))
    yield from counter("calls_timeouts_total", {}, of(traffic(), timeouts), alive=(Span(OUTAGE.start, END),))


def renamed() -> Iterator[Series]:
    """A release within the quiet after the faults gives the metric another name."""
    release = OUTAGE.end + 20 * MINUTE
    for name, life in (("old_orders_total", Span(0, release)), ("new_orders_total", Span(release, END))):
        yield from counter(name, {"state": "done"}, of(traffic(), good_share), alive=(life,))
        yield from counter(name, {"state": "failed"}, of(traffic(), error_share), alive=(life,))


def rpc() -> Iterator[Series]:
    """Durations by status: in the outage nobody is answered, so the histogram of answers is gone."""
    slow = changing(BACKGROUND, (PARTIAL, PARTLY))
    answered = {"status": "ok"}
    for bound, share in (("0.1", 0.5), ("0.5", 1.0)):
        fast = of(traffic(share), lambda at: 1 - slow(at))
        labels = {**answered, "le": bound}
        yield from counter("rpc_duration_seconds_bucket", labels, fast, alive=OUTSIDE_OUTAGE)
    for bound in ("2", "+Inf"):
        yield from counter(
            "rpc_duration_seconds_bucket", {**answered, "le": bound}, traffic(), alive=OUTSIDE_OUTAGE
        )
    yield from counter("rpc_duration_seconds_count", answered, traffic(), alive=OUTSIDE_OUTAGE)
    seconds = of(traffic(), lambda at: 0.2 + 1.3 * slow(at))
    yield from counter("rpc_duration_seconds_sum", answered, seconds, alive=OUTSIDE_OUTAGE)
    failed = {"status": "failed"}
    unanswered = changing(0, (OUTAGE, PER_SECOND))
    for bound in ("0.1", "0.5", "2", "+Inf"):
        late = unanswered if bound in ("2", "+Inf") else constant(0)
        yield from counter("rpc_duration_seconds_bucket", {**failed, "le": bound}, late)
    yield from counter("rpc_duration_seconds_count", failed, unanswered)
    yield from counter("rpc_duration_seconds_sum", failed, lambda at: 2 * unanswered(at))


SPELLINGS = {
    "reply_size_bytes": "1.048576e+06",
    "upload_size_bytes": "1048576.0",
    "page_size_bytes": "1048576",
    "mesh_request_duration_milliseconds": "300",
}
"""Histograms whose bound is spelled as clients in Go, in Java and Python, and others spell it."""


def sizes() -> Iterator[Series]:
    """Histograms in bytes and milliseconds: the share above the one bound that matters is that of the errors."""
    for name, bound in SPELLINGS.items():
        yield from counter(f"{name}_bucket", {"le": "1"}, constant(0))
        yield from counter(f"{name}_bucket", {"le": bound}, of(traffic(), good_share))
        yield from counter(f"{name}_bucket", {"le": "+Inf"}, traffic())
        yield from counter(f"{name}_count", {}, traffic())


SLOW = {"jobs_finished_total": 300.0, "sync_rows_total": 600.0, "nightly_rows_total": 3600.0}
"""Counters of batch jobs, and every how many seconds each is scraped."""


def slow_scrapes() -> Iterator[Series]:
    """A tenth fails from the beginning of the partial fault to the end of the history."""
    failed = changing(0, (Span(PARTIAL.start, END), 0.1))
    for name, every in SLOW.items():
        yield from counter(name, {"result": "done"}, _rest_of(constant(PER_SECOND), failed), every=every)
        yield from counter(name, {"result": "failed"}, of(constant(PER_SECOND), failed), every=every)


def exports() -> Iterator[Series]:
    """A batch every ten minutes: all of its events come within one scrape."""

    def batch(at: float) -> float:
        return 20 * PER_SECOND if at % (10 * MINUTE) < SCRAPE else 0.0

    yield from counter("exports_total", {"result": "done"}, of(batch, good_share))
    yield from counter("exports_total", {"result": "failed"}, of(batch, error_share))


def nodes() -> Iterator[Series]:
    """Six nodes: one after the other restarts for four minutes, and in the outage half of them stay away."""
    for number in range(6):
        restart = Span(PARTIAL.start + number * 6 * MINUTE, PARTIAL.start + number * 6 * MINUTE + 4 * MINUTE)
        away = [(restart, 0.0)] + ([(OUTAGE, 0.0)] if number < 3 else [])
        yield gauge("up", {"job": "node", "instance": f"node-{number}"}, changing(1, *away))


def probes() -> Iterator[Series]:
    for target in ("login", "search"):
        away = [(PARTIAL, 0.0)] if target == "login" else []
        yield gauge("probe_success", {"target": target, "job": "blackbox"}, changing(1, *away, (OUTAGE, 0.0)))


def gauges() -> Iterator[Series]:
    """States rather than events."""
    yield gauge("queue_late_ratio", {"queue": "mail"}, changing(0.002, (PARTIAL, 0.3), (OUTAGE, 1.0)))
    yield gauge("queue_late_ratio", {"queue": "push"}, changing(0.001, (PARTIAL, 0.1)))
    yield gauge("sync_lag_seconds", {"replica": "one"}, changing(1, (PARTIAL, 12), (OUTAGE, 40)))
    yield gauge("sync_lag_seconds", {"replica": "two"}, changing(2, (OUTAGE, 35)))
    yield gauge("pool_in_use", {"pool": "a"}, changing(10, (PARTIAL, 60), (OUTAGE, 100)))
    yield gauge("pool_size", {"pool": "a"}, constant(100))
    yield gauge("config_version", {}, lambda at: at // (40 * MINUTE) if at < PARTIAL.start else at // 120)
    # Two sources that do not agree to the sample: in turn the one and the other lacks the last scrape of five minutes.
    short = [[Span(at, at + (270 if at // 300 % 2 == turn else 300)) for at in _BLOCKS] for turn in (0, 1)]
    yield gauge("relay_ok", {}, changing(1, (OUTAGE, 0)), alive=short[0])
    yield gauge("relay_seen", {}, constant(1), alive=short[1])
    # A count of the same thing by two parties, of which the one that counts errors counts more.
    yield from counter("double_errors_total", {}, changing(1, (OUTAGE, 1.5 * PER_SECOND)))
    yield from counter("double_calls_total", {}, constant(PER_SECOND))


_BLOCKS = range(0, int(END), 300)
