"""Forms of queries that the generated tests must know how to simulate, or must leave alone."""

from __future__ import annotations

from slo_toolkit.slo import EventSli, RawSli, Sli

from .slos import W

RATE = {name: f"sum(rate({name}_total{W}))" for name in ("all", "good", "bad", "old", "late")}
ERRORS = f'sum(rate(all_total{{code=~"5..|429"}}{W}))'
_STEPS = "[{{.window}}:1m])"


def _events(total: str, errors: str) -> Sli:
    return EventSli(total, error_query=errors)


MIXED: dict[str, Sli] = {
    "total-of-four": _events(
        " + ".join(f"sum(rate({m}_total{W}))" for m in "abcd"),
        " + ".join(f"sum(rate({m}_failed_total{W}))" for m in "abcd"),
    ),
    "total-of-parts": _events(f"({RATE['good']} or vector(0)) + ({RATE['bad']} or vector(0))", RATE["bad"]),
    "total-less-three": _events(
        RATE["all"],
        " - ".join((RATE["all"], *(f'sum(rate(all_total{{code=~"{c}.."}}{W}))' for c in "234"))),
    ),
    "zero-for-errors": _events(RATE["all"], f"{ERRORS} OR on() vector(0)"),
    "one-for-no-traffic": _events(f"({RATE['all']} > 0) or on() vector(1)", f"{ERRORS} or on() vector(0)"),
    "new-or-old-name": _events(f"{RATE['all']} or {RATE['old']}", ERRORS),
    "clamped": _events(RATE["all"], f'clamp_min({RATE["all"]} - sum(rate(all_total{{code=~"2.."}}{W})), 0)'),
    "only-where-there-is-traffic": _events(f"{RATE['all']} and {RATE['all']} > 0.2", ERRORS),
    "joined": _events(
        *(
            f'sum(rate(all_total{{{m}}}{W}) * on (pod) group_left (team) kube_pod_labels{{team="x"}})'
            for m in ("", 'code="500"')
        )
    ),
    "last-rate": _events(f"sum(irate(all_total{W}))", f'sum(irate(all_total{{code="500"}}{W}))'),
    "insensitive": _events(
        f'sum(rate(j_total{{pod=~"shop-[a-z0-9]+-[a-z0-9]{{5}}"}}{W}))',
        f'sum(rate(j_total{{pod=~"shop-[a-z0-9]+-[a-z0-9]{{5}}",state=~"(?i)error|fail.*"}}{W}))',
    ),
    "samples": _events(
        f"sum(count_over_time(up{W}))", f"sum(count_over_time(up{W})) - sum(sum_over_time(up{W}))"
    ),
    "recorded-rates": _events(
        f"sum(avg_over_time(job:req:rate5m{W}))", f"sum(avg_over_time(job:err:rate5m{W}))"
    ),
    "ratio": RawSli(f"{ERRORS} / {RATE['all']}"),
    "ratio-of-the-good": RawSli(f"1 - {RATE['good']} / ({RATE['good']} + {RATE['bad']})"),
    "ratio-or-zero": RawSli(f"({ERRORS} / ({RATE['all']} > 0)) OR on() vector(0)"),
    "ratio-or-one": RawSli(f"1 - (({RATE['good']} / ({RATE['all']} > 0)) OR on() vector(1))"),
    "ratio-of-buckets": RawSli(
        f'1 - sum by (le) (rate(h_bucket{{le="7.5"}}{W})) / ignoring (le) sum(rate(h_count{W}))'
    ),
    "ratio-of-samples": RawSli(f"1 - sum(sum_over_time(probe:ok{W})) / sum(count_over_time(up{W}))"),
    "mean": RawSli(f"1 - avg(avg_over_time(satisfaction{W}))"),
    "mean-in-percent": RawSli(f"1 - avg_over_time(satisfaction{W}) / 100"),
    "maximum": RawSli(f"max(max_over_time(queue:late:ratio{W}))"),
    "replicas": RawSli(f"1 - sum(avg_over_time(ready{W})) / sum(avg_over_time(wanted{W}))"),
}
"""Any share of errors can be simulated."""

GROUPED: dict[str, tuple[Sli, str]] = {
    "zeros-of-the-total": (
        _events(
            f"sum by (ns) (rate(p_total{W}))",
            f'sum by (ns) (rate(p_total{{reason!="success"}}{W}) or 0 * rate(p_total{W}))',
        ),
        "ns",
    ),
    "a-pinned-label": (
        _events(
            f"sum(rate(all_total{W})) by (cluster)", f'sum(rate(bad_total{{cluster="prod"}}{W})) by (cluster)'
        ),
        "cluster",
    ),
    "a-made-label": (
        _events(
            f'sum by (app) (label_replace(rate(all_total{W}), "app", "$1", "pod", "(.*)-.*"))',
            f'sum by (app) (label_replace(rate(all_total{{code="500"}}{W}), "app", "$1", "pod", "(.*)-.*"))',
        ),
        "app",
    ),
}
"""The same with the label that each is grouped by."""

ON_OR_OFF: dict[str, Sli] = {
    "slices": _events(
        f"count_over_time(sum(rate(all_total[2m])){_STEPS}",
        f'sum_over_time((sum(rate(all_total{{code="500"}}[2m])) > bool 1){_STEPS}',
    ),
    "slow-slices": _events(
        f"sum_over_time(count(vector(1)){_STEPS}",
        f"sum_over_time(count(((sum(rate(d_sum[1m])) / sum(rate(d_count[1m]))) OR on() vector(0)) > 0.5){_STEPS}",
    ),
    "clients": _events(
        "sum_over_time(count(clients)[{{.window}}:])", "sum_over_time((count(clients < 0.75))[{{.window}}:])"
    ),
    "down": _events(
        'count_over_time(up{job="x"}[{{.window}}:1m])',
        'sum_over_time((up{job="x"} == bool 0)[{{.window}}:1m])',
    ),
    "slices-of-a-ratio": _events(
        f"count_over_time(sum(rate(all_total[5m])){_STEPS}",
        f"count_over_time((sum(rate(bad_total[5m])) / sum(rate(all_total[5m])) > 0.05){_STEPS}",
    ),
    "recorded-later": _events(
        f"sum(rate(all_total{W} offset 5m))", f'sum(rate(all_total{{code="500"}}{W} offset 5m))'
    ),
    "many-failures": _events(
        f"sum(increase(calls_total{W}))", f"(sum(increase(call_errors_total{W})) > 20) or vector(0)"
    ),
    "nodes-away": _events(f"count(avg_over_time(up{W}))", f"sum((1 - avg_over_time(up{W})) > 0.33)"),
}
"""A total outage can be simulated, but no share of errors."""

UNKNOWN: dict[str, Sli] = {
    "quantile": RawSli(f"histogram_quantile(0.99, sum by (le) (rate(h_bucket{W}))) > bool 0.5"),
    "age": RawSli(f"avg_over_time((time() - last_sync_seconds > bool 600){_STEPS}"),
    "absence": RawSli(f'avg_over_time((absent(up{{job="x"}}) or vector(0)){_STEPS}'),
    "constant": RawSli("max_over_time(vector(0)[{{.window}}:])"),
    "two-units": _events(f"sum(increase(all_total{W}))", RATE["bad"]),
    "range-of-one-sample": RawSli(f"avg_over_time((sum(rate(all_total[30s])) < bool 1){_STEPS}"),
    "window-in-a-window": RawSli(f"avg_over_time((sum(rate(all_total{W})) < bool 1){_STEPS}"),
    "no-such-text": _events(f'sum(rate(all_total{{code=~"2..",code=~"5.."}}{W}))', RATE["bad"]),
    "other-groups": _events(
        f"sum by (a) (rate(all_total{W})) + sum by (b) (rate(late_total{W}))", RATE["bad"]
    ),
    "a-series-for-each-window": _events("sum(job:req:rate{{.window}})", "sum(job:err:rate{{.window}})"),
    "own-series": RawSli(f"avg_over_time(slo:sli_error:ratio_rate5m{W})"),
    "a-zero-beside-groups": RawSli(f"avg(sum by (pod) (rate(bad_total{W})) or vector(0))"),
    "every-code-apart": RawSli(
        f'sum by (code) (rate(all_total{{code=~"5.."}}{W})) / sum by (code) (rate(all_total{W}))'
    ),
    "several-partners": RawSli(
        f'sum by (pod, code) (rate(all_total{{code=~"5.."}}{W})) / on (pod) sum by (pod, code) (rate(all_total{W}))'
    ),
}
"""No series can be told that these count as good, and others as errors."""
