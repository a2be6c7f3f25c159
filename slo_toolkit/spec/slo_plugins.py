"""Sloth's chain of SLO plugins: what it asks of the rules, without running a plugin.

Steps run in order of their priority, Sloth's own core steps at 0 before all others of priority 0. A
step that changes rules has an effect only after the step that makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slo_toolkit.slo import ExhaustedAlert, LabelRemoval, RuleIntervals, SlothPlugins
from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.kinds import Flag, ListOf, Text, did_you_mean
from slo_toolkit.spec.maps import TextMap
from slo_toolkit.spec.quantities import Number, Span
from slo_toolkit.spec.shape import Key, Section

_CORE = "sloth.dev/core/"
_CONTRIB = "sloth.dev/contrib/"
_SLI_RULES, _METADATA_RULES, _ALERT_RULES = (
    f"{_CORE}{name}/v1" for name in ("sli_rules", "metadata_rules", "alert_rules")
)
_CORRECTED = f"{_CONTRIB}denominator_corrected_rules/v1"
_DEFAULT_STEPS = (f"{_CORE}validate/v1", _SLI_RULES, _METADATA_RULES, _ALERT_RULES)

_ANY = Section("the plugin's configuration", {"msg": Key(Text(), "Message to log.")})
_NONE = Section("the plugin's configuration", {})
_OPTIMIZED = Section(
    "the plugin's configuration",
    {"disableOptimized": Key(Flag(), "Reads every window from the source series.")},
)
_TEXTS = TextMap()

_CONFIGS: Mapping[str, Section] = {
    **dict.fromkeys((f"{_CORE}validate/v1", _METADATA_RULES, _ALERT_RULES, f"{_CORE}noop/v1"), _NONE),
    _SLI_RULES: _OPTIMIZED,
    f"{_CORE}debug/v1": _ANY,
    _CORRECTED: _OPTIMIZED,
    f"{_CONTRIB}info_labels/v1": Section(
        "the plugin's configuration",
        {
            "labels": Key(TextMap(any_name=True, warn=True), "Labels to add.", required=True),
            "metricName": Key(Text(), "The metadata series that gets them."),
        },
    ),
    f"{_CONTRIB}rule_intervals/v1": Section(
        "the plugin's configuration",
        {
            "interval": Key(
                Section(
                    "`interval`",
                    {
                        "default": Key(Span(), "Interval of all groups.", required=True),
                        "sliError": Key(Span(), "Interval of the SLI rules."),
                        "metadata": Key(Span(), "Interval of the metadata rules."),
                        "alert": Key(Span(), "Interval of the alerts."),
                    },
                ),
                "Intervals.",
                required=True,
            )
        },
    ),
    f"{_CONTRIB}remove_labels/v1": Section(
        "the plugin's configuration",
        {
            "preserveLabels": Key(ListOf(Text()), "Labels to keep."),
            "skipMetrics": Key(ListOf(Text()), "Metrics that keep all labels."),
        },
    ),
    f"{_CONTRIB}error_budget_exhausted_alert/v1": Section(
        "the plugin's configuration",
        {
            "threshold": Key(Number(), "Fires at this remaining budget or less."),
            "for": Key(Span(), "For how long."),
            "annotations": Key(TextMap(name="annotation"), "Annotations."),
            "alert_name": Key(Text(), "Name."),
            "alert_labels": Key(_TEXTS, "Labels."),
            "selector_labels": Key(_TEXTS, "More labels of the series."),
        },
    ),
    f"{_CONTRIB}validate_victoria_metrics/v1": _NONE,
}


_NO_PLUGINS = SlothPlugins()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the chain; `at` is None for Sloth's own, which stand in no document."""

    id: str
    priority: int
    config: Mapping[str, Any]
    at: Place | None = None

    @property
    def place(self) -> Place:
        assert self.at is not None, "a step of the document has a place"
        return self.at

    @property
    def name(self) -> str:
        """The plugin's own name: `info_labels` of `sloth.dev/contrib/info_labels/v1`."""
        return self.id.rsplit("/", 2)[1]


@dataclass(frozen=True, slots=True)
class Chain:
    """What the steps add up to. Without alert rules, no alert of Sloth's is made.

    `steps` are those of the document that change something, in the order in which they run.
    """

    plugins: SlothPlugins = _NO_PLUGINS
    alerts: bool = True
    steps: tuple[Step, ...] = ()


def chain(root: Mapping[str, Any], root_at: Place, own: Mapping[str, Any], own_at: Place) -> Chain:
    """The chain of one SLO, from the `slo_plugins` of the root and its own `plugins`."""
    override = own.get("overridePrevious", False)
    steps = [] if override else list(_steps(root, root_at))
    steps += _steps(own, own_at)
    if override or root.get("overridePrevious", False):
        _complete(steps, own_at if override else root_at)
        ordered = sorted(steps, key=lambda step: step.priority)
    else:
        defaults = [Step(identifier, 0, {}) for identifier in _DEFAULT_STEPS]
        ordered = sorted((*defaults, *steps), key=lambda step: step.priority)
    return _add_up(ordered)


def _steps(section: Mapping[str, Any], at: Place) -> Iterator[Step]:
    for index, step in enumerate(section.get("chain", ())):
        place = at / "chain" / index
        identifier = (step or {}).get("id")
        if identifier is None:
            continue
        config = _CONFIGS.get(identifier)
        if config is None:
            hint = did_you_mean(identifier, list(_CONFIGS)) or f"known are {', '.join(_CONFIGS)}"
            (place / "id").wrong(f"the SLO plugin `{identifier}` is not built in", hint, rule="slo-plugin")
            continue
        read = config.read(step.get("config", {}), (place / "config").path, place.report)
        yield Step(identifier, step.get("priority", 0), read or {}, place)


def _complete(steps: list[Step], at: Place) -> None:
    """Without Sloth's default steps, the chain itself must make the rules that an SLO cannot be without."""
    present = {step.id for step in steps}
    if not present & {_SLI_RULES, _CORRECTED}:
        (at / "overridePrevious").wrong(
            "`overridePrevious` leaves no step that makes the SLI rules",
            f"add {_SLI_RULES} to the chain",
            rule="slo-plugin",
        )
    if _METADATA_RULES not in present:
        (at / "overridePrevious").wrong(
            "`overridePrevious` leaves no step that makes the metadata rules",
            f"add {_METADATA_RULES} to the chain",
            rule="slo-plugin",
        )


# The step that makes the rules which another one changes.
_CHANGES = {
    _CORRECTED: _SLI_RULES,
    f"{_CONTRIB}info_labels/v1": _METADATA_RULES,
    f"{_CONTRIB}remove_labels/v1": _METADATA_RULES,
    f"{_CONTRIB}error_budget_exhausted_alert/v1": _ALERT_RULES,
}


def _add_up(steps: list[Step]) -> Chain:
    plugins = _NO_PLUGINS
    effective: list[Step] = []
    later = {step.id for step in steps}
    for step in steps:
        later.discard(step.id)
        if (maker := _CHANGES.get(step.id)) in later and step.at is not None:
            (step.at / "priority").warn(
                f"{step.id} runs before {maker} and changes nothing",
                "give it a priority of 0 or more",
                rule="slo-plugin",
            )
        else:
            plugins = _with(plugins, step)
            effective.append(step)
    return Chain(
        plugins,
        alerts=any(step.id == _ALERT_RULES for step in steps),
        steps=tuple(step for step in effective if step.at is not None),
    )


def _with(plugins: SlothPlugins, step: Step) -> SlothPlugins:
    config = step.config
    match step.name:
        case "sli_rules":
            return replace(
                plugins, denominator_corrected=False, disable_optimized=config.get("disableOptimized", False)
            )
        case "denominator_corrected_rules":
            return replace(
                plugins, denominator_corrected=True, disable_optimized=config.get("disableOptimized", False)
            )
        case "info_labels":
            metric = config.get("metricName", plugins.info_metric)
            kept = plugins.info_labels if metric == plugins.info_metric else {}
            return replace(plugins, info_labels={**kept, **config.get("labels", {})}, info_metric=metric)
        case "rule_intervals":
            return replace(plugins, intervals=_intervals(config.get("interval", {})))
        case "remove_labels":
            removal = LabelRemoval(
                tuple(config.get("preserveLabels", ())), tuple(config.get("skipMetrics", ()))
            )
            return replace(plugins, label_removal=removal)
        case "error_budget_exhausted_alert":
            return replace(plugins, exhausted_alert=_exhausted_alert(config))
        case "validate_victoria_metrics":
            return replace(plugins, metricsql=True)
    return plugins


def _intervals(interval: Mapping[str, Any]) -> RuleIntervals:
    default = interval.get("default")
    return RuleIntervals(
        sli=interval.get("sliError", default),
        metadata=interval.get("metadata", default),
        alerts=interval.get("alert", default),
    )


def _exhausted_alert(config: Mapping[str, Any]) -> ExhaustedAlert:
    default = ExhaustedAlert()
    return ExhaustedAlert(
        threshold=config.get("threshold", default.threshold),
        name=config.get("alert_name", default.name),
        pending_for=config.get("for", default.pending_for),
        labels=config.get("alert_labels", {}),
        annotations=config.get("annotations", {}),
        selector=config.get("selector_labels", {}),
    )
