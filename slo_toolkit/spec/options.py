"""What the call, not a document, says about loading, and what loading answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slo_toolkit.duration import Duration
from slo_toolkit.errors import Problem
from slo_toolkit.recipe import Recipe
from slo_toolkit.slo import Labels, Slo, Tier
from slo_toolkit.windows import WindowPair


@dataclass(frozen=True, slots=True)
class AlertWindows:
    """Burn-rate windows by the period that they were made for, in place of the Workbook's."""

    by_period: Mapping[Duration, tuple[WindowPair, ...]] = field(default_factory=dict)

    def tiers(self, period: Duration) -> tuple[Tier, ...] | None:
        """The tiers for exactly this period; None where there are none."""
        pairs = self.by_period.get(period)
        return None if pairs is None else tuple(pair.tier(period) for pair in pairs)


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What holds for every SLO that states none.

    `extra_labels` win over all labels of an SLO, and are a part of its identity. `recipe` says what is to be made
    of the SLOs; None where that is not known, and then what is told holds for whatever could be made.
    """

    period: Duration | None = None
    scrape_interval: Duration | None = None
    windows: AlertWindows | None = None
    extra_labels: Labels = field(default_factory=dict)
    recipe: Recipe | None = None
    replica_labels: tuple[str, ...] = ()

    @property
    def compat(self) -> bool:
        """Whether another generator's rules are wanted, for certain."""
        return self.recipe is not None and self.recipe.compat is not None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the sources hold: the SLOs of all documents without errors, in their order, and every problem.

    `windows` are those of AlertWindows documents among them. `notes` are for people: which files were passed
    over, and why.
    """

    slos: tuple[Slo, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    windows: AlertWindows = field(default_factory=AlertWindows)


@dataclass(frozen=True, slots=True)
class LoadedWindows:
    """Alert windows of their own files, and every problem of those files."""

    windows: AlertWindows
    problems: tuple[Problem, ...] = ()
