"""Specs for the tests, and what loading says about them."""

from __future__ import annotations

from slo_toolkit.errors import Problem
from slo_toolkit.slo import Slo
from slo_toolkit.spec import Loaded, LoadedWindows, LoadOptions, Source, load

SLOTH = """\
version: prometheus/v1
service: shop
labels:
  owner: shop-team
slos:
  - name: availability
    objective: 99.9
    description: Requests that succeed.
    sli:
      events:
        error_query: sum(rate(requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(requests_total[{{.window}}]))
    alerting:
      name: ShopErrors
      labels:
        category: availability
      page_alert:
        labels:
          severity: critical
"""

NATIVE = """\
version: slo-toolkit/v1
service: shop
runbook_url: https://runbooks.example.com/{service}/{slo}
slos:
  - name: availability
    objective: 99.5
    period: 4w
    sli:
      availability:
        metric: requests_total
        filter: job="shop"
        errors: code=~"5.."
    alerting:
      name: ShopErrors
      tiers:
        - severity: page
          burn_rate: 10
          long_window: 1h
          short_window: 5m
"""

KUBERNETES = """\
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata:
  name: shop-slos
  namespace: monitoring
  labels:
    app.kubernetes.io/part-of: shop
spec:
  service: shop
  labels:
    owner: shop-team
  slos:
    - name: availability
      objective: 99.9
      sli:
        events:
          errorQuery: sum(rate(requests_total{code=~"5.."}[{{.window}}]))
          totalQuery: sum(rate(requests_total[{{.window}}]))
      alerting:
        name: ShopErrors
        pageAlert:
          labels:
            severity: critical
        ticketAlert:
          disable: true
"""

OPENSLO = """\
apiVersion: openslo/v1alpha
kind: SLO
metadata:
  name: shop-availability
  displayName: Shop availability
spec:
  service: shop
  description: Requests that succeed.
  budgetingMethod: Occurrences
  objectives:
    - ratioMetrics:
        good:
          source: prometheus
          queryType: promql
          query: sum(rate(requests_total{code!~"5.."}[{{.window}}]))
        total:
          source: prometheus
          queryType: promql
          query: sum(rate(requests_total[{{.window}}]))
      target: 0.999
    - ratioMetrics:
        good:
          source: prometheus
          queryType: promql
          query: sum(rate(requests_seconds_bucket{le="1"}[{{.window}}]))
        total:
          source: prometheus
          queryType: promql
          query: sum(rate(requests_seconds_count[{{.window}}]))
      target: 0.95
  timeWindows:
    - count: 4
      unit: Week
"""

WINDOWS = """\
apiVersion: sloth.slok.dev/v1
kind: AlertWindows
spec:
  sloPeriod: 7d
  page:
    quick: {errorBudgetPercent: 8, shortWindow: 5m, longWindow: 1h}
    slow: {errorBudgetPercent: 12.5, shortWindow: 30m, longWindow: 6h}
  ticket:
    quick: {errorBudgetPercent: 20, shortWindow: 2h, longWindow: 1d}
    slow: {errorBudgetPercent: 42, shortWindow: 6h, longWindow: 3d}
"""

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\n"


def changed(document: str, *changes: tuple[str, str]) -> str:
    """The document with each first text replaced by the second; the first must stand there."""
    for old, new in changes:
        assert old in document, old
        document = document.replace(old, new)
    return document


def loaded(*documents: str | bytes, options: LoadOptions | None = None) -> Loaded:
    """What loading makes of explicitly named files `a.yaml`, `b.yaml`, ..."""
    sources = [
        Source(f"{name}.yaml", document.encode() if isinstance(document, str) else document)
        for name, document in zip("abcdefgh", documents, strict=False)
    ]
    return load(sources, options or LoadOptions())


def only_slo(document: str, options: LoadOptions | None = None) -> Slo:
    """The one SLO of a document without problems."""
    result = loaded(document, options=options)
    assert told(result) == []
    (slo,) = result.slos
    return slo


def told(result: Loaded | LoadedWindows) -> list[str]:
    """The problems as `file:line:col level message`, with the hint behind a dash."""
    return [_line(problem) for problem in result.problems]


def doubts(document: str) -> list[Problem]:
    """The problems of a document but for how its queries are read: by which labels, and at which price."""
    return [p for p in loaded(document).problems if p.rule not in ("direct-read", "group-by")]


def _line(problem: Problem) -> str:
    hint = f" - {problem.hint}" if problem.hint else ""
    return f"{problem.position} {problem.level}: {problem.message}{hint}"


def marked(problem: Problem) -> str:
    """The part of the source line that the caret marks."""
    start = problem.position.column - 1
    return problem.snippet[start : start + problem.width]
