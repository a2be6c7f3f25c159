"""From SLOs to artefacts: what `slo compile` makes, without a command line and without touching a disk.

Emitters import what they need when they are asked: rules for a pipe do not wait for the promtool tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from slo_toolkit import __version__
from slo_toolkit.emit.operator import MANAGED_BY, prometheus_rules
from slo_toolkit.emit.output import Artefact
from slo_toolkit.emit.rules import rule_file
from slo_toolkit.plan.default import default_plans
from slo_toolkit.plan.model import AlertingRule, Plan, RecordingRule, Rule, RuleGroup
from slo_toolkit.plan.sloth import sloth_mode, sloth_plan
from slo_toolkit.recipe import Part, Recipe, RuleFormat, Tree
from slo_toolkit.slo import Slo

Services: TypeAlias = Mapping[str, Sequence[Plan]]
"""The plans by service, each service once, whatever files its SLOs came from."""

Named: TypeAlias = Iterator[tuple[str, str]]
"""File names, relative to the folder of their emitter, with the text of each file."""


@dataclass(frozen=True, slots=True)
class Emitter:
    """Makes one kind of artefact. All generated files in `subfolder` are its own, "" is the whole tree."""

    tree: Tree
    subfolder: str
    make: Callable[[Services, Recipe], Named]

    def folder(self, folders: Mapping[Tree, Path]) -> Path:
        return folders[self.tree] / self.subfolder


def plans_of(slos: Iterable[Slo], recipe: Recipe) -> list[Plan]:
    """The rules of each SLO, without the kinds of rules that the recipe leaves out."""
    unwanted = tuple(kind for part, kind in _RULE_KINDS.items() if part in recipe.disabled)
    plans = default_plans(slos) if recipe.compat is None else [_sloth_plan(slo) for slo in slos]
    return [_without(plan, unwanted) for plan in plans] if unwanted else plans


def rules_text(plans: Sequence[Plan], recipe: Recipe) -> str:
    """The rules of all `plans` as one text in the recipe's format."""
    if recipe.format is RuleFormat.PROMETHEUS:
        return rule_file(plans)
    managed_by = MANAGED_BY if recipe.compat is None else recipe.compat.value
    return prometheus_rules(plans, managed_by, recipe.object_labels, recipe.namespace)


def artefacts(plans: Iterable[Plan], recipe: Recipe, folders: Mapping[Tree, Path]) -> list[Artefact]:
    """Every file for `plans`."""
    services: dict[str, list[Plan]] = {}
    for plan in plans:
        services.setdefault(plan.slo.service, []).append(plan)
    return [
        Artefact(emitter.folder(folders) / name, text.encode())
        for emitter in EMITTERS
        for name, text in emitter.make(services, recipe)
    ]


def owned_folders(folders: Mapping[Tree, Path]) -> list[Path]:
    """Where every generated file is an emitter's, so that one which none makes any more is left over."""
    return [emitter.folder(folders) for emitter in EMITTERS]


def _rules(services: Services, recipe: Recipe) -> Named:
    for service, plans in services.items():
        yield f"{service}.yaml", rules_text(plans, recipe)


def _tests(services: Services, recipe: Recipe) -> Named:
    if Part.TESTS in recipe.disabled or recipe.untestable:
        return
    from slo_toolkit.emit.promtool_tests import burn_tests, outage_tests

    for service, plans in services.items():
        for name, make, rules in (
            (f"{service}.yaml", outage_tests, f"../rules/{service}.yaml"),
            (f"burns/{service}.yaml", burn_tests, f"../../rules/{service}.yaml"),
        ):
            if (text := make(plans, rules)) is not None:
                yield name, text


def _runbooks(services: Services, recipe: Recipe) -> Named:
    if Part.RUNBOOKS in recipe.disabled:
        return
    from slo_toolkit.emit.runbooks import runbook

    for service, plans in services.items():
        for plan in plans:
            yield f"{service}/{plan.slo.name}.md", runbook(plan)


def _inhibition(services: Services, recipe: Recipe) -> Named:
    if Part.ALERTS in recipe.disabled:
        return
    from slo_toolkit.emit.inhibition import inhibit_rules

    yield "inhibit-rules.yaml", inhibit_rules([plan for plans in services.values() for plan in plans])


def _dashboards(services: Services, recipe: Recipe) -> Named:
    if Part.DASHBOARDS in recipe.disabled:
        return
    from slo_toolkit.emit.dashboards import dashboards

    yield from dashboards(services, counted=recipe.compat is None)


# A further kind of artefact is one more line.
EMITTERS = (
    Emitter(Tree.GENERATED, "rules", _rules),
    Emitter(Tree.GENERATED, "tests", _tests),
    Emitter(Tree.GENERATED, "runbooks", _runbooks),
    Emitter(Tree.GENERATED, "alertmanager", _inhibition),
    Emitter(Tree.DASHBOARDS, "", _dashboards),
)

_RULE_KINDS: Mapping[Part, type[Rule]] = {Part.RECORDINGS: RecordingRule, Part.ALERTS: AlertingRule}


def _sloth_plan(slo: Slo) -> Plan:
    return sloth_plan(slo, sloth_mode(slo), f"slo-toolkit-{__version__}")


def _without(plan: Plan, unwanted: tuple[type[Rule], ...]) -> Plan:
    groups = (_thinned(group, unwanted) for group in plan.groups)
    return replace(plan, groups=tuple(group for group in groups if group.rules))


def _thinned(group: RuleGroup, unwanted: tuple[type[Rule], ...]) -> RuleGroup:
    return replace(group, rules=tuple(rule for rule in group.rules if not isinstance(rule, unwanted)))
