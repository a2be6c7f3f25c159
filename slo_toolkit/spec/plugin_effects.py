"""What the default rules make of Sloth's plugins, and a word on each effect that they do not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from slo_toolkit import naming
from slo_toolkit.duration import Duration
from slo_toolkit.promql import quote
from slo_toolkit.slo import Slo
from slo_toolkit.spec.flaws import Path, Place
from slo_toolkit.spec.quantities import no_evaluation_interval
from slo_toolkit.spec.slo_plugins import Step

_PERIOD_INTERVAL = Duration.of(minutes=5)
"""How often the rules of the period are evaluated: each event is in one count of five minutes."""


class Effectless(NamedTuple):
    """A part of a plugin's configuration that the default rules do not follow, and what holds in its place."""

    at: Place
    what: str
    instead: str


def evaluation_interval(steps: Sequence[Step]) -> Duration | None:
    """The interval for the SLI and its alerts, the shortest of those that fit; None where no plugin says one."""
    return min((asked for _, asked in _asked(steps) if not no_evaluation_interval(asked)), default=None)


def warn_of_no_effect(steps: Sequence[Step], evaluated: Duration, told: set[tuple[Path, str]]) -> None:
    """Warn of all that the plugins ask for and the default rules, evaluated so often, do not do.

    `told` holds what was told of the same document, whose SLOs share the steps of the root.
    """
    for without in (*_interval_effects(steps, evaluated), *_label_effects(steps)):
        message = f"the default rules do not follow {without.what}"
        if (without.at.path, message) not in told:
            told.add((without.at.path, message))
            without.at.warn(
                message, f"{without.instead}; `--compat sloth` does as it says", rule="slo-plugin"
            )


def warn_of_foreign_selector(steps: Sequence[Step], slo: Slo, told: set[tuple[Path, str]]) -> None:
    """Warn where the alert on an exhausted budget asks for a label that the rules record on no series."""
    recorded = {**slo.labels, **naming.identity(slo)}
    for step in steps:
        for name, text in step.config.get("selector_labels", {}).items():
            if recorded.get(name) != text:
                at = (step.place / "config").entry("selector_labels").entry(name)
                message = f"the rules record no series with {name}={quote(text)}"
                if (at.path, message) not in told:
                    told.add((at.path, message))
                    hint = (
                        "the alert can fire only where the server itself puts this label on what it records"
                    )
                    at.warn(message, hint, rule="slo-plugin")


def _interval_effects(steps: Sequence[Step], evaluated: Duration) -> Iterator[Effectless]:
    instead = f"they evaluate an SLI and its alerts together, every {evaluated}"
    for at, asked in _asked(steps):
        if misfit := no_evaluation_interval(asked):
            yield Effectless(at, "this interval", f"{misfit}: {instead}")
        elif asked != evaluated:
            yield Effectless(at, f"this interval of {asked}", instead)
    for step in _last_intervals(steps):
        metadata = step.config["interval"].get("metadata")
        if metadata not in (None, _PERIOD_INTERVAL):
            at = step.place / "config" / "interval" / "metadata"
            yield Effectless(at, "this interval", f"they evaluate the period every {_PERIOD_INTERVAL}")


def _label_effects(steps: Sequence[Step]) -> Iterator[Effectless]:
    for step in steps:
        metric = step.config.get("metricName", naming.INFO)
        if step.name == "info_labels" and metric != naming.INFO:
            at = step.place / "config" / "metricName"
            yield Effectless(at, f"info_labels on `{metric}`", f"they add labels to {naming.INFO} alone")
        if step.name == "remove_labels":
            yield Effectless(
                step.place / "id",
                "remove_labels",
                "Sloth's series keep the owner's labels, and all others have the identity alone",
            )


def _asked(steps: Sequence[Step]) -> Iterator[tuple[Place, Duration]]:
    """The intervals of the SLI and of its alerts, each once, with their places."""
    for step in _last_intervals(steps):
        interval = step.config["interval"]
        for key in dict.fromkeys(key if key in interval else "default" for key in ("sliError", "alert")):
            if key in interval:
                yield (step.place / "config" / "interval").entry(key), interval[key]


def _last_intervals(steps: Sequence[Step]) -> Sequence[Step]:
    """The last step that sets intervals, which replaces those before; none where it is wrong."""
    return [step for step in steps if step.name == "rule_intervals" and "interval" in step.config][-1:]
