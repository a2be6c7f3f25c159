"""The gate of a release: how much of a budget must be left, and how much of its period must have been measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from slo_toolkit.budget import plain
from slo_toolkit.status.model import BudgetStatus, Verdict
from slo_toolkit.status.verdict import BAD, NOT_MEASURABLE, exit_code

DEFAULT_MIN_COVERAGE = Decimal("0.25")
"""A week of the usual 30 days. Prometheus keeps 15 days unless it is told to keep more, which still passes."""

_KNOWN = (Verdict.MET, Verdict.AT_RISK)
"""What is exhausted stops a release however little was measured, and what has no data does anyway."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Shares of 1; a `min_coverage` of 0 asks for nothing."""

    fail_under: Decimal | None = None
    min_coverage: Decimal = Decimal(0)

    @classmethod
    def of(cls, fail_under: Decimal | None, min_coverage: Decimal | None) -> Gate:
        """With a default for the coverage where there is a gate and none was given."""
        if min_coverage is None:
            min_coverage = Decimal(0) if fail_under is None else DEFAULT_MIN_COVERAGE
        return cls(fail_under, min_coverage)

    def needs_coverage_of(self, status: BudgetStatus) -> bool:
        """Whether it stands on a coverage that is not known."""
        return self.min_coverage > 0 and status.verdict in _KNOWN and status.coverage is None

    def too_little(self, status: BudgetStatus) -> str:
        """Why too little was measured for a figure to pass or fail by; empty where enough was."""
        if status.verdict not in _KNOWN:
            return ""
        return self._too_little_of_the_period(status) or self._too_little_at_worst(status)

    def _too_little_at_worst(self, status: BudgetStatus) -> str:
        left, worst = status.budget_remaining, status.remaining_at_worst
        if self.fail_under is None or left is None or worst is None or not worst < self.fail_under <= left:
            return ""
        return (
            f"{_percent(left)} is left, and at worst {_percent(worst)}, since {status.unmeasured} were not measured: "
            f"--fail-under asks for {_percent(self.fail_under)}"
        )

    def _too_little_of_the_period(self, status: BudgetStatus) -> str:
        if self.min_coverage == 0:
            return ""
        if status.coverage is not None and status.coverage >= self.min_coverage:
            return ""
        needed = f"--min-coverage asks for {plain((self.min_coverage * 100).normalize())} %"
        if status.coverage is None:
            return f"it is not known how much of the period was measured, and {needed}"
        return f"{_percent(status.coverage)} of the period was measured, and {needed}"

    def exit_code(self, statuses: Sequence[BudgetStatus]) -> int:
        """As `verdict.exit_code`, with 3 for what was measured too little, unless another is bad."""
        enough = [status for status in statuses if not self.too_little(status)]
        code = exit_code(enough, self.fail_under)
        return NOT_MEASURABLE if len(enough) < len(statuses) and code != BAD else code

    def refusals(self, statuses: Sequence[BudgetStatus]) -> Iterator[tuple[BudgetStatus, str]]:
        """Which statuses were measured too little, and why that is so."""
        for status in statuses:
            if why := self.too_little(status):
                yield status, why


def _percent(share: Decimal) -> str:
    """Rounded downwards: what falls short never reads as if it did not."""
    percent = (share * 100).quantize(Decimal("0.1"), ROUND_FLOOR)
    return f"{plain(percent)} %" if percent else "less than 0.1 %"
