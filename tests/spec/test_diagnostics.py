"""Everything that can be wrong in a spec, told at its place with what would be right."""

from __future__ import annotations

import pytest

from slo_toolkit.errors import Level
from tests.spec.documents import KUBERNETES, NATIVE, OPENSLO, SLOTH, changed, loaded, marked, told

EVENTS = """\
      events:
        error_query: sum(rate(requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(requests_total[{{.window}}]))
"""

NO_NAME = "is no name: use at least two letters, digits, `-`, `_` or `.`, with a letter or digit at both ends"
NO_BUDGET = "a promise without any error has no budget to spend or alert on: write for example 99.9"
KNOWN = "known versions are slo-toolkit/v1, prometheus/v1, sloth.slok.dev/v1, openslo/v1alpha"

# What is written in place of what, what the caret marks, the message and the hint.
SLOTH_MISTAKES = [
    # keys
    (
        "total_query:",
        "total_qeury:",
        "total_qeury",
        "an events SLI has no key `total_qeury`",
        "did you mean `total_query`?",
    ),
    ("objective:", "objectiv:", "objectiv", "an SLO has no key `objectiv`", "did you mean `objective`?"),
    (
        "page_alert:",
        "pageAlert:",
        "pageAlert",
        "`alerting` has no key `pageAlert`",
        "did you mean `page_alert`?",
    ),
    (
        "    objective: 99.9\n",
        "    objective: 99.9\n    objective: 99\n",
        "objective",
        "the key `objective` stands here twice",
        "remove one of them",
    ),
    ("    objective: 99.9\n", "", "n", "an SLO has no `objective`", "add `objective:`"),
    ("service: shop\n", "", "v", "a spec has no `service`", "add `service:`"),
    ("version: prometheus/v1\n", "", "s", "a spec has no `version`", "add `version: slo-toolkit/v1`"),
    (
        "prometheus/v1",
        "prometheus/v2",
        "prometheus/v2",
        "there is no version `prometheus/v2`",
        "did you mean `prometheus/v1`?",
    ),
    # numbers
    ("99.9", "100", "100", "`objective` is above 0 and below 100, not `100`", NO_BUDGET),
    ("99.9", "0", "0", "`objective` is above 0 and below 100, not `0`", "write for example 99.9"),
    ("99.9", "-1", "-1", "`objective` is above 0 and below 100, not `-1`", "write for example 99.9"),
    ("99.9", "101", "101", "`objective` is above 0 and below 100, not `101`", "write for example 99.9"),
    ("99.9", ".nan", ".nan", "YAML may read `.nan` as not a number", "write a decimal number"),
    ("99.9", "NaN", "NaN", "expected a finite number, found `NaN`", "write a decimal number"),
    ("99.9", ".inf", ".inf", "YAML may read `.inf` as infinity", "write a decimal number"),
    ("99.9", "Infinity", "Infinity", "expected a finite number, found `Infinity`", "write a decimal number"),
    ("99.9", "010", "010", "YAML may read `010` as an octal number", "write a decimal number"),
    ("99.9", "99,9", "99,9", "expected a finite number, found `99,9`", "write a decimal number"),
    (
        "99.9",
        "99.99999999999999999",
        "99.99999999999999999",
        "`objective` has more digits than Prometheus can tell apart",
        "keep 15 of them",
    ),
    # names and labels
    ("name: availability", "name: a", "a", f"`a` {NO_NAME}", ""),
    ("name: availability", "name: avail ability", "avail ability", f"`avail ability` {NO_NAME}", ""),
    ("service: shop", "service: shop-", "shop-", f"`shop-` {NO_NAME}", ""),
    (
        "owner:",
        "own-er:",
        "own-er",
        "`own-er` is no label name",
        "use letters, digits and _, and no digit in front",
    ),
    (
        "owner:",
        "__name__:",
        "__name__",
        "the label name `__name__` is reserved",
        "names with sloth_ or __ in front are taken",
    ),
    (
        "owner:",
        "sloth_id:",
        "sloth_id",
        "the label name `sloth_id` is reserved",
        "names with sloth_ or __ in front are taken",
    ),
    ("owner: shop-team", 'owner: ""', '""', "the label `owner` has no value", "give it one or remove it"),
    ("owner: shop-team", "owner: [a]", "[", "expected text, found a list", "put text with braces in quotes"),
    # what YAML makes of text
    (
        "owner: shop-team",
        "owner: yes",
        "yes",
        "YAML may read `yes` as the truth value true",
        'put it in quotes: "yes"',
    ),
    (
        "owner: shop-team",
        "owner: Off",
        "Off",
        "YAML may read `Off` as the truth value false",
        'put it in quotes: "Off"',
    ),
    (
        "owner: shop-team",
        "owner: 010",
        "010",
        "YAML may read `010` as an octal number",
        'put it in quotes: "010"',
    ),
    (
        "owner: shop-team",
        "owner: 0x1F",
        "0x1F",
        "YAML may read `0x1F` as a hexadecimal number",
        'put it in quotes: "0x1F"',
    ),
    (
        "owner: shop-team",
        "owner: 1:30",
        "1:30",
        "YAML may read `1:30` as a number in base 60",
        'put it in quotes: "1:30"',
    ),
    (
        "owner: shop-team",
        "owner: 2026-11-24",
        "2026-11-24",
        "YAML may read `2026-11-24` as a date",
        'put it in quotes: "2026-11-24"',
    ),
    (
        "owner: shop-team",
        "owner: 1_000",
        "1_000",
        "YAML may read `1_000` as a number without the underscores",
        'put it in quotes: "1_000"',
    ),
    ("owner: shop-team", "owner: 1.0", "1.0", "YAML may read `1.0` as a number", 'put it in quotes: "1.0"'),
    (
        "  owner: shop-team",
        "  on: shop-team",
        "on",
        "YAML may read the key `on` as the truth value true",
        'put it in quotes: "on"',
    ),
    # queries
    (
        "[{{.window}}]))\n    alerting",
        "[5m]))\n    alerting",
        "sum(rate(requests_total[5m]))",
        "the query has no {{.window}}",
        "write the look-back of the range as [{{.window}}]",
    ),
    (
        "rate(requests_total[{{.window}}])",
        "rate(requests_total[{{.windw}}])",
        "sum(rate(requests_total[{{.windw}}]))",
        "the query has no {{.window}}",
        "write the look-back of the range as [{{.window}}]",
    ),
    (
        "rate(requests_total[{{.window}}])",
        "rate(requests_total[{{.window}}]) * {{.scale}}",
        "{",
        "only {{.window}} is filled in",
        "",
    ),
    (
        'sum(rate(requests_total{code=~"5.."}[{{.window}}]))',
        "sum(rate(requests_total[{{.window}}]))",
        "sum(rate(requests_total[{{.window}}]))",
        "`error_query` and `total_query` are the same",
        "one must count a part of the other",
    ),
    (
        "sum(rate(requests_total[{{.window}}]))",
        "scalar(sum(rate(requests_total[{{.window}}])))",
        "scalar(sum(rate(requests_total[{{.window}}])))",
        "the query gives a scalar, not an instant vector",
        "a scalar has no series: vector() makes one of it",
    ),
    (
        "sum(rate(requests_total[{{.window}}]))",
        "requests_total[{{.window}}]",
        "requests_total[{{.window}}]",
        "the query gives a range vector, not an instant vector",
        "apply a function such as rate()",
    ),
    (
        'error_query: sum(rate(requests_total{code=~"5.."}[{{.window}}]))',
        "error_query: {{.window}}",
        "{{",
        "text that begins with {{ is read as a mapping",
        "put the whole value in quotes",
    ),
    # kinds of values
    (EVENTS, "      events: yes\n", "yes", "an events SLI is a mapping, not `yes`", ""),
    (EVENTS, "      raw: []\n", "[", "a raw SLI is a mapping, not a list", ""),
    (EVENTS, "      {}\n", "{", "an SLI has none of `events`, `raw`, `plugin`", "write exactly one of them"),
    (
        "    alerting:\n",
        '      raw:\n        error_ratio_query: errors:ratio{w="{{.window}}"}\n    alerting:\n',
        "raw",
        "an SLI has both `events` and `raw`",
        "write exactly one of `events`, `raw`, `plugin`",
    ),
    (
        "      name: ShopErrors\n",
        "",
        "l",
        "the alerts have no name",
        "add `name:` under `alerting:`, or disable all alerts",
    ),
    ("      name: ShopErrors\n", '      name: " "\n', '" "', "`name` is empty", ""),
    (
        "      page_alert:\n",
        "      ticket_alert:\n        disable: maybe\n      page_alert:\n",
        "maybe",
        "expected true or false, found `maybe`",
        "",
    ),
    # plugins
    (
        EVENTS,
        "      plugin:\n        id: sloth-common/corednss/latency\n",
        "sloth-common/corednss/latency",
        "the SLI plugin `sloth-common/corednss/latency` is not built in",
        "did you mean `sloth-common/coredns/latency`?",
    ),
    (
        EVENTS,
        "      plugin:\n        id: sloth-common/coredns/latency\n",
        "sloth-common/coredns/latency",
        "sloth-common/coredns/latency needs the option `bucket`",
        "",
    ),
    (
        "slos:\n",
        "slo_plugins:\n  chain:\n    - id: sloth.dev/contrib/info_label/v1\nslos:\n",
        "sloth.dev/contrib/info_label/v1",
        "the SLO plugin `sloth.dev/contrib/info_label/v1` is not built in",
        "did you mean `sloth.dev/contrib/info_labels/v1`?",
    ),
]


@pytest.mark.parametrize(("old", "new", "caret", "message", "hint"), SLOTH_MISTAKES)
def test_a_mistake_is_the_only_problem_and_stands_at_its_place(
    old: str, new: str, caret: str, message: str, hint: str
) -> None:
    result = loaded(changed(SLOTH, (old, new)))
    (problem,) = result.problems
    assert (problem.message, problem.hint) == (message, hint)
    assert marked(problem) == caret
    assert problem.level is Level.ERROR
    assert result.slos == ()


TIER = "          burn_rate: 10\n          long_window: 1h\n          short_window: 5m\n"

NATIVE_MISTAKES = [
    (
        "burn_rate: 10",
        "burn_rate: 200",
        "200",
        "this alert can never fire: its threshold is the error ratio 1, above 1",
        "at 99.5 % the burn rate must be below 200",
    ),
    (
        "burn_rate: 10",
        "budget_percent: 100",
        "100",
        "this alert can never fire: its threshold is the error ratio 3.36, above 1",
        "at 99.5 % the burn rate must be below 200",
    ),
    ("burn_rate: 10", "burn_rate: 0", "0", "`burn_rate` is above 0, not `0`", ""),
    ("long_window: 1h", "long_window: 5w", "5w", "the window 5w is longer than the period of 28 days", ""),
    (
        "short_window: 5m",
        "short_window: 1h",
        "1h",
        "the short window 1h is not shorter than the long one, 1h",
        "",
    ),
    (
        "short_window: 5m",
        "short_window: 90s",
        "90s",
        "the short window 1m30s is below four scrape intervals of 30s",
        "make it 2m or more, so that a failed scrape does not silence the alert",
    ),
    (
        "short_window: 5m",
        "short_window: 5",
        "5",
        "'5' is no duration: write for example 30s, 5m, 1h30m, 30d or 4w",
        "",
    ),
    (
        "short_window: 5m",
        "short_window: 1:30",
        "1:30",
        "YAML may read `1:30` as a number in base 60",
        "write for example 30s, 5m or 30d",
    ),
    (
        "burn_rate: 10",
        "burn_rate: 10\n          budget_percent: 2",
        "budget_percent",
        "a tier has both `burn_rate` and `budget_percent`",
        "write exactly one of `burn_rate`, `budget_percent`",
    ),
    (
        "severity: page",
        "severity: pager",
        "pager",
        "`pager` is not `page` or `ticket`",
        "did you mean `page`?",
    ),
    (
        TIER,
        "          long_window: 1h\n          short_window: 5m\n",
        "s",
        "a tier has none of `burn_rate`, `budget_percent`",
        "write exactly one of them",
    ),
    (
        "period: 4w",
        "period: 12h",
        "12h",
        "the period of 12 hours is not a number of whole days, a year at most",
        "write for example 30d or 4w",
    ),
    (
        "period: 4w",
        "period: 2y",
        "2y",
        "the period of 730 days is not a number of whole days, a year at most",
        "write for example 30d or 4w",
    ),
    (
        "    period: 4w\n",
        "    period: 4w\n    evaluation_interval: 7s\n",
        "7s",
        "the evaluation interval 7s is not a divisor of 5m from 5s to 5m",
        "write for example 15s, 30s or 1m",
    ),
    (
        "    period: 4w\n",
        "    period: 4w\n    evaluation_interval: 10m\n",
        "10m",
        "the evaluation interval 10m is not a divisor of 5m from 5s to 5m",
        "write for example 15s, 30s or 1m",
    ),
    (
        "    period: 4w\n",
        "    period: 4w\n    scrape_interval: 100ms\n",
        "100ms",
        "the scrape interval 100ms is below 1s",
        "",
    ),
    (
        "    period: 4w\n",
        "    period: 4w\n    scrape_interval: 2h\n",
        "2h",
        "the scrape interval 2h is above 1h, too seldom for the windows of alerts: "
        "have the metrics scraped more often, however seldom they change",
        "",
    ),
    (
        "{service}/{slo}",
        "{servise}/{slo}",
        "https://runbooks.example.com/{servise}/{slo}",
        "this link has an unknown placeholder {servise}",
        "did you mean `service`?",
    ),
    (
        "{service}/{slo}",
        "{slo:>9999999}",
        "https://runbooks.example.com/{slo:>9999999}",
        "this link has an unknown placeholder {slo:>9999999}",
        "known are {service}, {slo} and {id}; {{ stands for a brace",
    ),
    (
        "{service}/{slo}",
        "{service",
        "https://runbooks.example.com/{service",
        "a brace of this link has no partner",
        "write {{ and }} for braces of the link's own",
    ),
    ("    period: 4w\n", "    group_by: [tenant, tenant]\n", "[", "a label stands here twice", ""),
    (
        "    period: 4w\n",
        "    group_by: [tenant]\n    labels: {tenant: all}\n",
        "[",
        "`tenant` is a label of the SLO, which would hide the groups",
        "rename one of them",
    ),
    ("    period: 4w\n", "    group_by: [sloth_id]\n", "[", "the label name `sloth_id` is reserved", ""),
    (
        "    period: 4w\n",
        "    aliases: {shop:p95: p95}\n",
        "p95",
        "only a latency SLI has quantiles",
        "write good_ratio or error_ratio",
    ),
    (
        "    period: 4w\n",
        "    aliases: {slo:objective:ratio: good_ratio}\n",
        "slo:objective:ratio",
        "`slo:objective:ratio` is the name of a series that the rules record already",
        "choose another one",
    ),
    (
        "    period: 4w\n",
        "    aliases: {shop:ratio: goods}\n",
        "goods",
        "an alias records no `goods`",
        "write good_ratio, error_ratio or a quantile such as p95",
    ),
    (
        'filter: job="shop"',
        "filter: '{job=\"shop\"}'",
        "'{job=\"shop\"}'",
        "label matchers are written without braces",
        'write for example job="shop"',
    ),
    (
        'filter: job="shop"',
        'filter: job="shop",',
        'job="shop",',
        "a comma ends the label matchers",
        "remove it",
    ),
    (
        'filter: job="shop"',
        "filter: 'job=\"shop\"# ours'",
        "'job=\"shop\"# ours'",
        "a comment stands among the label matchers",
        "write it beside the key",
    ),
    (
        'filter: job="shop"',
        'filter: \'job="shop"} or up{job="shop"\'',
        '\'job="shop"} or up{job="shop"\'',
        "this is more than label matchers",
        'write for example job="shop"',
    ),
    (
        "metric: requests_total",
        "metric: requests-total",
        "requests-total",
        "`requests-total` is no metric name: use letters, digits, `_` and `:`",
        "",
    ),
]


@pytest.mark.parametrize(("old", "new", "caret", "message", "hint"), NATIVE_MISTAKES)
def test_a_mistake_in_a_native_spec(old: str, new: str, caret: str, message: str, hint: str) -> None:
    (problem,) = loaded(changed(NATIVE, (old, new))).problems
    assert (problem.message, problem.hint) == (message, hint)
    assert marked(problem) == caret


def test_a_kubernetes_spec_is_told_its_own_spelling() -> None:
    mistakes = changed(KUBERNETES, ("errorQuery", "error_query"), ("99.9", "100"))
    assert told(loaded(mistakes)) == [
        "a.yaml:14:18 error: `objective` is above 0 and below 100, not `100` - a promise without any error "
        "has no budget to spend or alert on: write for example 99.9",
        "a.yaml:17:11 error: an events SLI has no key `error_query` - did you mean `errorQuery`?",
    ]


def test_an_openslo_target_is_a_ratio() -> None:
    assert told(loaded(changed(OPENSLO, ("target: 0.95", "target: 95")))) == [
        "a.yaml:30:15 error: `target` is above 0 and below 1, not `95` - write for example 0.999"
    ]


def test_the_same_id_in_two_files_names_both_places() -> None:
    assert told(loaded(SLOTH, NATIVE)) == [
        "b.yaml:5:11 error: the id `shop-availability` is taken by the SLO at a.yaml:6:11 "
        "- rename one of the two"
    ]


def test_a_low_objective_warns_that_default_alerts_can_never_fire() -> None:
    result = loaded(changed(SLOTH, ("99.9", "80")))
    assert told(result) == [
        "a.yaml:7:16 warning: at 80 % these alerts can never fire: 14.4x (page), 6x (page) - their "
        "thresholds are error ratios above 1: give `--windows` an AlertWindows document with a smaller "
        "`errorBudgetPercent`, or write `alerting.tiers` with lower burn rates: `version: slo-toolkit/v1` "
        "takes the same file and has them"
    ]
    assert len(result.slos) == 1


def test_an_alert_that_is_disabled_need_not_fire() -> None:
    disabled = ("      page_alert:\n", "      page_alert:\n        disable: true\n")
    assert told(loaded(changed(SLOTH, ("99.9", "80"), disabled))) == []


OTHER_WINDOWS = "write `alerting.tiers` with windows of your choice"


@pytest.mark.parametrize(
    ("interval", "changes", "windows"),
    [
        ("2m", "", [("1h", "5m"), ("6h", "30m"), ("1d", "2h"), ("3d", "6h")]),
        (
            "5m",
            "scrapes every 5m are too few for an alert window below 15m: short windows of 5m become 15m",
            [("1h", "15m"), ("6h", "30m"), ("1d", "2h"), ("3d", "6h")],
        ),
        (
            "15m",
            "scrapes every 15m are too few for an alert window below 1h: short windows of 30m become 1h, "
            "the page over 1h and 5m is left out",
            [("6h", "1h"), ("1d", "2h"), ("3d", "6h")],
        ),
        (
            "1h",
            "scrapes every 1h are too few for an alert window below 3h: short windows of 30m and 2h become 3h, "
            "the page over 1h and 5m is left out",
            [("6h", "3h"), ("1d", "3h"), ("3d", "6h")],
        ),
    ],
)
def test_default_windows_are_those_that_the_scrapes_can_fill(
    interval: str, changes: str, windows: list[tuple[str, str]]
) -> None:
    slow = changed(NATIVE, ("period: 4w", f"scrape_interval: {interval}"))
    result = loaded(slow[: slow.index("      tiers:")])
    assert told(result) == ([f"a.yaml:5:5 warning: {changes} - {OTHER_WINDOWS}"] if changes else [])
    tiers = result.slos[0].alerting.tiers
    assert [(str(tier.long_window), str(tier.short_window)) for tier in tiers] == windows


def test_windows_of_alerts_that_are_disabled_need_no_scrapes() -> None:
    slow = changed(NATIVE, ("period: 4w", "scrape_interval: 15m"))
    silent = slow[: slow.index("      tiers:")] + "      page_alert: {disable: true}\n"
    assert told(loaded(silent)) == []


def test_own_tiers_may_be_as_short_as_the_default_ones() -> None:
    """Fewer than four scrape intervals, where the window is the base."""
    slow = changed(NATIVE, ("period: 4w", "period: 4w\n    scrape_interval: 5m"))
    result = loaded(changed(slow, ("short_window: 5m", "short_window: 15m")))
    assert told(result) == []
    assert "make it 15m or more" in told(loaded(slow))[0]


def test_an_objective_written_as_a_ratio_warns() -> None:
    problems = told(loaded(changed(SLOTH, ("99.9", "0.999"))))
    assert (
        problems[0]
        == "a.yaml:7:16 warning: an objective of 0.999 % lets nearly everything fail - did you mean 99.9?"
    )


def test_every_problem_of_every_file_comes_in_one_run_in_order() -> None:
    first = changed(SLOTH, ("99.9", "100"), ("total_query", "total_qeury"), ("owner: shop-team", "owner: no"))
    second = changed(
        NATIVE, ("service: shop", "service: stock"), ("99.5", "nothing"), ("period: 4w", "period: fortnight")
    )
    assert [problem.partition(" ")[0] for problem in told(loaded(first, second))] == [
        "a.yaml:4:10",
        "a.yaml:7:16",
        "a.yaml:12:9",
        "b.yaml:6:16",
        "b.yaml:7:13",
    ]


def test_a_document_with_an_error_gives_no_slo_and_the_others_do() -> None:
    result = loaded(
        changed(SLOTH, ("99.9", "100")) + "---\n" + NATIVE.replace("service: shop", "service: stock")
    )
    assert [slo.id for slo in result.slos] == ["stock-availability"]


@pytest.mark.parametrize("line", ["key{}: 1\n", "same: 1\n", "? [{}]\n: 1\n"])
def test_a_file_of_junk_is_not_told_in_full(line: str) -> None:
    problems = loaded(SLOTH + "".join(line.format(number) for number in range(100_000))).problems
    assert 200 <= len(problems) <= 202
    assert "more than 200 problems: the rest of this file is not checked" in {p.message for p in problems}


def test_warnings_alone_never_refuse_a_file() -> None:
    slo = SLOTH[SLOTH.index("  - name") :]
    slos = [
        changed(slo, ("name: availability", f"name: slo-{number}"), ("99.9", "0.5")) for number in range(300)
    ]
    result = loaded(SLOTH[: SLOTH.index("  - name")] + "".join(slos))
    assert len(result.slos) == 300
    assert {problem.level for problem in result.problems} == {Level.WARNING}
    assert "more than 200 problems: further warnings and notes are not told" in {
        p.message for p in result.problems
    }


def test_neither_do_notes() -> None:
    query = 'max_over_time(late{w="{{.window}}"}[{{.window}}])'
    slo = (
        SLOTH[SLOTH.index("  - name") : SLOTH.index("      events:")]
        + f"      raw: {{error_ratio_query: '{query}'}}\n"
    )
    slo += SLOTH[SLOTH.index("    alerting:") :]
    slos = [changed(slo, ("name: availability", f"name: slo-{number}")) for number in range(300)]
    result = loaded(SLOTH[: SLOTH.index("  - name")] + "".join(slos))
    assert len(result.problems) > 200
    assert len(result.slos) == 300


def test_what_a_terminal_would_obey_is_not_passed_on() -> None:
    (problem,) = loaded(changed(SLOTH, ("    objective:", '    "\\e[31mred": 1\n    objective:'))).problems
    assert "\x1b" not in problem.message
    assert problem.position.line == 7


@pytest.mark.parametrize(
    ("document", "message", "hint"),
    [
        ("hello", "no SLO spec", KNOWN),
        ("kind: Deployment", "no SLO spec (kind: Deployment)", KNOWN),
        (
            KUBERNETES.replace("PrometheusServiceLevel", "PrometheusServiceLevels"),
            "sloth.slok.dev/v1 has no kind `PrometheusServiceLevels`",
            "did you mean `PrometheusServiceLevel`?",
        ),
        (OPENSLO.replace("v1alpha", "v1"), "`openslo/v1` is not read", "openslo/v1alpha is"),
        (
            NATIVE.replace("slo-toolkit/v1", "slo-toolkit/v9"),
            "there is no version `slo-toolkit/v9`",
            "did you mean `slo-toolkit/v1`?",
        ),
    ],
)
def test_a_document_that_is_no_spec(document: str, message: str, hint: str) -> None:
    (problem,) = loaded(document).problems
    assert (problem.message, problem.hint) == (message, hint)
