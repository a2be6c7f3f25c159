"""Queries from a grammar: what people build of rates, sums, bounds, averages and subqueries."""

from __future__ import annotations

from hypothesis import strategies as st

WINDOW = "{{.window}}"

COUNTERS = (
    'shop_requests_total{code="500"}',
    'shop_requests_total{code=~"2.."}',
    'late_requests_total{code="500"}',
    "calls_rejected_total",
    'exports_total{result="failed"}',
)
GAUGES = ('up{job="node"}', "queue_late_ratio", "sync_lag_seconds", 'probe_success{target="login"}')
TOTALS = (
    f"sum(rate(calls_total[{WINDOW}]))",
    f"sum(increase(calls_total[{WINDOW}])) / 300",
    f'sum(count_over_time(up{{job="node"}}[{WINDOW}]))',
    f"sum_over_time(vector(1)[{WINDOW}:1m])",
    f"sum(avg_over_time(pool_size[{WINDOW}]))",
)

_AGGREGATIONS = st.sampled_from(("sum", "sum", "sum", "max", "min", "avg", "count"))
_BOUNDS = st.sampled_from(("0.5", "5", "20", "1000"))
_FACTORS = st.sampled_from(("2", "0.5", "(1/3)", "60"))


def _over_a_range() -> st.SearchStrategy[str]:
    counted = st.tuples(
        st.sampled_from(("rate", "rate", "increase", "irate", "delta")), st.sampled_from(COUNTERS)
    )
    over_time = st.sampled_from(("sum", "count", "avg", "max", "min", "last", "stddev"))
    measured = st.tuples(over_time.map("{}_over_time".format), st.sampled_from(GAUGES))
    return st.builds(
        lambda aggregation, call: f"{aggregation}({call[0]}({call[1]}[{WINDOW}]))",
        _AGGREGATIONS,
        counted | measured,
    )


def _subqueries() -> st.SearchStrategy[str]:
    inner = st.sampled_from(COUNTERS).map("sum(rate({}[2m]))".format) | st.sampled_from(GAUGES).map(
        "max({})".format
    )
    bound = st.just("") | _BOUNDS.map(" > bool {}".format)
    function = st.sampled_from(("sum_over_time", "sum_over_time", "avg_over_time", "max_over_time"))
    return st.builds(lambda name, of, above: f"{name}(({of}{above})[{WINDOW}:1m])", function, inner, bound)


def _combined(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{1} * {0}".format, part, _FACTORS),
        st.builds("({0}) / 3".format, part),
        st.builds("({0}) + ({1})".format, part, part),
        st.builds("({0}) - ({1})".format, part, part),
        st.builds("-({0})".format, part),
        st.builds("clamp_min({0}, {1})".format, part, _BOUNDS),
        st.builds("(({0}) > {1}) or vector(0)".format, part, _BOUNDS),
        st.builds("({0}) or vector(0)".format, part),
    )


def error_queries() -> st.SearchStrategy[str]:
    """Queries for errors, from one call to three that are put together."""
    return st.recursive(_over_a_range() | _subqueries(), _combined, max_leaves=3)


def total_queries() -> st.SearchStrategy[str]:
    """Queries for totals that always have a series."""
    return st.sampled_from(TOTALS)
