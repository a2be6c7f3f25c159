"""Sloth's chain of SLO plugins: what it asks of the rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slo_toolkit.duration import Duration
from slo_toolkit.errors import Level
from slo_toolkit.recipe import Compat, Recipe
from slo_toolkit.slo import ExhaustedAlert, LabelRemoval, RuleIntervals, SlothPlugins
from slo_toolkit.spec import LoadOptions
from tests.spec.documents import NATIVE, SLOTH, changed, loaded, only_slo, told

CORE = ", ".join(
    f"{{id: sloth.dev/core/{name}/v1}}" for name in ("sli_rules", "metadata_rules", "alert_rules")
)


SLOTHS_RULES = LoadOptions(recipe=Recipe(compat=Compat.SLOTH))


def with_chain(chain: str, *, own: str = "", override: bool = False) -> str:
    overrides = "  overridePrevious: true\n" if override else ""
    document = changed(SLOTH, ("slos:\n", f"slo_plugins:\n{overrides}  chain: [{chain}]\nslos:\n"))
    return (
        changed(document, ("    sli:\n", f"    plugins: {{chain: [{own}]}}\n    sli:\n")) if own else document
    )


def step(name: str, config: str = "{}", priority: int = 0) -> str:
    return f"{{id: sloth.dev/{name}/v1, config: {config}, priority: {priority}}}"


@pytest.mark.parametrize(
    ("chain", "plugins"),
    [
        (step("core/debug", "{msg: hello}", -5), SlothPlugins()),
        (step("core/noop"), SlothPlugins()),
        (step("core/sli_rules", "{disableOptimized: true}"), SlothPlugins(disable_optimized=True)),
        (step("contrib/info_labels", "{labels: {a: b}}"), SlothPlugins(info_labels={"a": "b"})),
        (
            step("contrib/info_labels", "{labels: {a: b}, metricName: 'slo:objective:ratio'}"),
            SlothPlugins(info_labels={"a": "b"}, info_metric="slo:objective:ratio"),
        ),
        (
            step("contrib/rule_intervals", "{interval: {default: 1m, alert: 11s}}"),
            SlothPlugins(
                intervals=RuleIntervals(
                    Duration.of(minutes=1), Duration.of(minutes=1), Duration.of(seconds=11)
                )
            ),
        ),
        (step("contrib/denominator_corrected_rules"), SlothPlugins(denominator_corrected=True)),
        (
            step("contrib/remove_labels", "{preserveLabels: [owner], skipMetrics: [m]}"),
            SlothPlugins(label_removal=LabelRemoval(("owner",), ("m",))),
        ),
        (
            step("contrib/error_budget_exhausted_alert", "{threshold: 0.05, for: 10m, alert_name: Low}"),
            SlothPlugins(exhausted_alert=ExhaustedAlert(Decimal("0.05"), "Low", Duration.of(minutes=10))),
        ),
        (step("contrib/validate_victoria_metrics"), SlothPlugins(metricsql=True)),
    ],
)
def test_each_plugin(chain: str, plugins: SlothPlugins) -> None:
    assert only_slo(with_chain(chain), SLOTHS_RULES).plugins == plugins


def test_the_slos_own_steps_follow_those_of_the_root() -> None:
    root, own = (
        step("contrib/info_labels", f"{{labels: {{a: {where}, {where}: x}}}}") for where in ("root", "own")
    )
    assert only_slo(with_chain(root, own=own)).plugins.info_labels == {"a": "own", "root": "x", "own": "x"}


def test_the_lowest_priority_runs_first() -> None:
    late = step("contrib/info_labels", "{labels: {a: late}}", 20)
    soon = step("contrib/info_labels", "{labels: {a: soon}}", 10)
    assert only_slo(with_chain(f"{late}, {soon}")).plugins.info_labels == {"a": "late"}


def test_a_step_before_the_rules_that_it_changes_changes_nothing_and_warns() -> None:
    result = loaded(with_chain(step("contrib/info_labels", "{labels: {a: b}}", -1)))
    assert told(result) == [
        "a.yaml:6:86 warning: sloth.dev/contrib/info_labels/v1 runs before sloth.dev/core/metadata_rules/v1 "
        "and changes nothing - give it a priority of 0 or more"
    ]
    assert result.slos[0].plugins == SlothPlugins()


def test_an_overriding_chain_that_makes_all_rules() -> None:
    slo = only_slo(with_chain(CORE, override=True))
    assert slo.plugins == SlothPlugins()
    assert not slo.alerting.page.disabled


def test_an_overriding_chain_without_alert_rules_disables_the_alerts() -> None:
    slo = only_slo(with_chain(CORE.rpartition(",")[0], override=True))
    assert slo.alerting.page.disabled
    assert slo.alerting.ticket.disabled


@pytest.mark.parametrize(
    ("missing", "what"), [("sli_rules", "SLI rules"), ("metadata_rules", "metadata rules")]
)
def test_an_overriding_chain_without_other_rules_is_an_error(missing: str, what: str) -> None:
    (problem,) = loaded(with_chain(CORE.replace(missing, "noop"), override=True)).problems
    assert problem.message == f"`overridePrevious` leaves no step that makes the {what}"


@pytest.mark.parametrize(
    ("chain", "problem"),
    [
        (
            step("contrib/info_labels"),
            "a.yaml:6:58 error: the plugin's configuration has no `labels` - add `labels:`",
        ),
        (
            step("contrib/rule_intervals", "{interval: {default: often}}"),
            "a.yaml:6:82 error: 'often' is no duration: write for example 30s, 5m, 1h30m, 30d or 4w",
        ),
        (
            step("core/sli_rules", "{disabled: true}"),
            "a.yaml:6:54 error: the plugin's configuration has no key `disabled` - did you mean "
            "`disableOptimized`?",
        ),
    ],
)
def test_mistakes_in_a_configuration(chain: str, problem: str) -> None:
    assert told(loaded(with_chain(chain))) == [problem]


def test_newer_label_names_of_the_info_metric_warn() -> None:
    (problem,) = loaded(with_chain(step("contrib/info_labels", "{labels: {a-b: c}}"))).problems
    assert problem.message == "the label name `a-b` needs Prometheus 3"


INTERVALS = "contrib/rule_intervals"


@pytest.mark.parametrize(
    ("interval", "evaluated"),
    [
        ("{default: 1m}", "1m"),
        ("{default: 10m, sliError: 15s, alert: 15s}", "15s"),
        ("{default: 1m, sliError: 15s, alert: 15s, metadata: 5m}", "15s"),
    ],
)
def test_the_default_rules_take_an_interval_that_fits(interval: str, evaluated: str) -> None:
    slo = only_slo(with_chain(step(INTERVALS, f"{{interval: {interval}}}")))
    assert str(slo.evaluation_interval) == evaluated
    assert str(slo.scrape_interval) == "30s"


@pytest.mark.parametrize(
    ("interval", "evaluated", "warnings"),
    [
        ("{default: 10m}", "30s", {"default": "this interval"}),
        ("{default: 1m, alert: 7m}", "1m", {"alert": "this interval"}),
        ("{default: 1m, alert: 30s}", "30s", {"default": "this interval of 1m"}),
        ("{default: 1m, metadata: 2m}", "1m", {"metadata": "this interval"}),
    ],
)
def test_an_interval_that_does_not_fit_is_told(
    interval: str, evaluated: str, warnings: dict[str, str]
) -> None:
    result = loaded(with_chain(step(INTERVALS, f"{{interval: {interval}}}")))
    assert str(result.slos[0].evaluation_interval) == evaluated
    assert [problem.message for problem in result.problems] == [
        f"the default rules do not follow {what}" for what in warnings.values()
    ]
    for problem, key in zip(result.problems, warnings, strict=True):
        assert problem.level is Level.WARNING
        assert problem.snippet[: problem.position.column - 1].endswith(f"{key}: ")


def test_an_evaluation_interval_of_the_spec_wins_over_a_plugins() -> None:
    chain = f"slo_plugins: {{chain: [{step(INTERVALS, '{interval: {default: 1m}}')}]}}\n"
    document = changed(NATIVE, ("slos:\n", f"evaluation_interval: 15s\n{chain}slos:\n"))
    result = loaded(document)
    assert str(result.slos[0].evaluation_interval) == "15s"
    (problem,) = result.problems
    assert problem.message == "the default rules do not follow this interval of 1m"


WITHOUT_EFFECT = {
    step("contrib/remove_labels"): "the default rules do not follow remove_labels",
    step(
        "contrib/info_labels", "{labels: {a: b}, metricName: 'slo:objective:ratio'}"
    ): "the default rules do not follow info_labels on `slo:objective:ratio`",
    step(
        "contrib/error_budget_exhausted_alert", "{selector_labels: {owner: shop-team, cluster: a}}"
    ): 'the rules record no series with cluster="a"',
}


@pytest.mark.parametrize("chain", WITHOUT_EFFECT)
def test_what_has_no_effect_is_told_by_name_and_once_for_all_slos(chain: str) -> None:
    second = SLOTH[SLOTH.index("  - name") :].replace("availability\n", "second\n", 1)
    (problem,) = loaded(with_chain(chain) + second).problems
    assert (problem.level, problem.message) == (Level.WARNING, WITHOUT_EFFECT[chain])
    assert problem.position.line == 6
    assert loaded(with_chain(chain), options=SLOTHS_RULES).problems == ()


@pytest.mark.parametrize(
    "chain",
    [
        step("contrib/denominator_corrected_rules"),
        step("core/sli_rules", "{disableOptimized: true}"),
        step("contrib/error_budget_exhausted_alert"),
        step("contrib/validate_victoria_metrics"),
    ],
)
def test_what_the_default_rules_do_anyway_is_not_told(chain: str) -> None:
    assert told(loaded(with_chain(chain))) == []


def test_a_template_of_a_plugins_alert_is_checked_as_any_other() -> None:
    config = "{annotations: {a: '{{ $labels.owner }} {{ $labels.region }}'}, alert_labels: {b: '{{ end }}'}}"
    problems = loaded(with_chain(step("contrib/error_budget_exhausted_alert", config))).problems
    assert {problem.position.line for problem in problems} == {6}
    messages = [problem.message for problem in problems]
    assert messages[0] == "no alert of `availability` carries the label `region`"
    assert "alert template" in messages[1]
