"""The corpus is whole: every kind of query that was met has a spec, and every spec says what it is."""

from __future__ import annotations

from collections import Counter

from tests.corpus.forms import ENDS, forms

KINDS = {
    "aggregation": "avg, min, max, quantile and count over series",
    "averages": "a ratio of averages",
    "extra-labels": "one spec in two clusters of one store",
    "functions": "irate, delta, absent, scalar, label_replace",
    "grouping": "by in both queries, in one, in another order, without",
    "joins": "group_left, and on, unless",
    "labels": "templates of alerts with labels of the SLO",
    "latency": "histograms in seconds, milliseconds and bytes; inverted ones",
    "metricsql": "queries for VictoriaMetrics",
    "narrow": "errors with a filter that the total lacks",
    "offset": "offset and @",
    "over-time": "functions over a range of a gauge",
    "percent": "a percentage in place of a ratio",
    "plugin": "Sloth's common plugins",
    "probe": "gauges that are one or zero",
    "raw": "ratios of the owner's own",
    "recorded": "series that rules of the owner's record",
    "renamed": "a metric that got another name",
    "scaled": "factors, divisors, signs",
    "scrape": "series that are scraped seldom",
    "several-windows": "the look-back more than once",
    "slices": "time slices with a least number of errors",
    "subquery": "subqueries",
    "subtraction": "what is no success is an error",
    "sums": "sums of rates and increases",
    "text": "comments, strings, blocks, and text that breaks",
    "threshold": "a bound within the query",
    "total": "totals that are put together, bounded or guarded",
    "unaggregated": "rates of single series",
    "windows": "short periods, short windows, odd windows",
    "zero": "a zero where there is nothing",
}
"""Each kind of the corpus in a few words."""

LEAST = 60


def test_every_kind_has_a_spec() -> None:
    assert {form.kind for form in forms()} == KINDS.keys()
    assert len(forms()) >= LEAST


def test_every_spec_says_what_it_is_and_how_it_ends() -> None:
    for form in forms():
        first = form.path.read_text().splitlines()[0]
        assert first.startswith("# "), form.id
        assert form["ends"] in ENDS, form.id
        assert (form["ends"] == "same") == (form["says"] == ""), form.id


def test_no_two_specs_share_a_service() -> None:
    """Rules of one spec must not be taken for those of another; but for those that are made to be beside each other."""
    services = Counter(form.service for form in forms() if not form["beside"])
    assert [service for service, count in services.items() if count > 1] == []
