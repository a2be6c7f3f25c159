"""An outage from its first error to the alert's resolution, told as it happens.

The load is low before the outage and higher afterwards. A page ends when the last five minutes are well again, and
in two minutes that can only be by many good requests following the failed ones.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from deploy.live.api import value
from deploy.live.configuration import SCRAPE_SECONDS
from deploy.live.load import Counts, Load
from deploy.live.past import HOUR, OPERATIONS
from deploy.live.screen import Screen
from deploy.live.stack import Stack, groups
from deploy.live.webhook import Notification

T = TypeVar("T")

GROUP = "slo-sli-demo-service-availability"
PAGE = "SLOBudgetBurnCritical"
PAGING_BURN_RATE = 14.4
ERROR_BUDGET = 0.005

STORY_SECONDS = 300.0
"""More than the story takes where the machine is slow."""

QUIET_PER_SECOND = 5.0
OUTAGE_PER_SECOND = 25.0
RECOVERY_PER_SECOND = 60.0
FAILING = 0.6

_TOLD_EVERY_SECONDS = 4.0
_EVALUATED_EVERY_SECONDS = 30.0
# The outage shall be clearly above the threshold when the rules look, not just so.
_MARGIN = 1.25


@dataclass(frozen=True)
class Outcome:
    """What came of the outage; None is what did not happen in time."""

    began: float
    """Unix time of the first error."""
    paged: Notification | None
    resolved: Notification | None
    counts: Counts


class OutOfTimeError(Exception):
    """The demo may not go on for longer."""


@dataclass
class Story:
    """The acts, each of which waits for what it is about."""

    stack: Stack
    load: Load
    screen: Screen
    deadline: float
    """Monotonic time at which the story is cut short."""
    _paged: Notification | None = None
    _resolved: Notification | None = None

    def tell(self) -> Outcome:
        """Break the service, see the page, mend the service, see the alert go."""
        began = math.nan
        try:
            self._await_calm()
            self._break_service()
            began = time.time()
            self._await_page(began)
            self._mend_service()
            self._await_resolution()
        except OutOfTimeError:
            self.screen.say("time is up: the rest of the story is left out")
        finally:
            self.stack.service.recover()
        return Outcome(began, self._paged, self._resolved, self.load.counts())

    def _await_calm(self) -> None:
        """Wait for the rules' first evaluation, and then until the outage, begun now, is seen by the next one."""
        self.screen.heading("a quiet service")
        first = self._await(self._last_evaluation)
        next_one = first + _EVALUATED_EVERY_SECONDS
        while next_one - time.time() < self._seconds_to_threshold():
            next_one += _EVALUATED_EVERY_SECONDS
        self._await(lambda: next_one - time.time() <= self._seconds_to_threshold() or None)

    def _seconds_to_threshold(self) -> float:
        """How long the outage takes to exceed the paging threshold over the last hour, and to be scraped."""
        now = time.time()
        _, lived = self.stack.past.events(now - HOUR, now)
        threshold = PAGING_BURN_RATE * ERROR_BUDGET * _MARGIN
        hour = lived + self.load.counts().valid
        return hour * threshold / (OUTAGE_PER_SECOND * (FAILING - threshold)) + 2 * SCRAPE_SECONDS

    def _break_service(self) -> None:
        self.screen.heading(f"an outage: {FAILING:.0%} of all requests fail, and people try again")
        self.load.set_rate(OUTAGE_PER_SECOND)
        self.stack.service.fail([operation.route for operation in OPERATIONS], FAILING)

    def _await_page(self, began: float) -> None:
        page = self._await(lambda: self._notification("firing"))
        self._paged = page
        self.screen.say(f"PAGE at the webhook, {page.arrived - began:.0f} s after the first error")
        self.screen.show(_page(page))

    def _mend_service(self) -> None:
        self.screen.heading("the outage ends, and what was held back comes in")
        self.load.set_rate(RECOVERY_PER_SECOND)
        self.stack.service.recover()

    def _await_resolution(self) -> None:
        self._resolved = self._await(lambda: self._notification("resolved"))
        self.screen.say(f"RESOLVED at the webhook: {PAGE}")
        self.load.set_rate(QUIET_PER_SECOND)

    def _notification(self, status: str) -> Notification | None:
        return next(
            (one for one in self.stack.webhook.notifications() if (one.alert, one.status) == (PAGE, status)),
            None,
        )

    def _last_evaluation(self) -> float | None:
        """Unix time of the rules' last evaluation by the running Prometheus, None before the first."""
        for group in groups(self.stack.prometheus):
            if group["name"] == GROUP:
                moment = datetime.fromisoformat(group["lastEvaluation"])
                return moment.timestamp() if moment.year > 1 else None
        return None

    def _await(self, happened: Callable[[], T | None]) -> T:
        """Wait for a result, telling the burn rates meanwhile."""
        told = -math.inf
        while (result := happened()) is None:
            for child in self.stack.children:
                child.check()
            now = time.monotonic()
            if now >= self.deadline:
                raise OutOfTimeError
            if now - told >= _TOLD_EVERY_SECONDS:
                told = now
                self.screen.say(self._situation())
            time.sleep(0.2)
        return result

    def _situation(self) -> str:
        counts = self.load.counts()
        rates = "  ".join(f"{window} {_multiple(self._burn_rate(window)):>6}" for window in ("5m", "1h"))
        return f"burn rate {rates}   {counts.valid:5} requests, {counts.errors:4} errors"

    def _burn_rate(self, window: str) -> float | None:
        """As the service's own counters show it at this moment; the rules record it every 30 seconds."""
        bad = f'sum(rate(http_requests_total{{status=~"5.."}}[{window}]))'
        ratio = value(self.stack.prometheus, f"{bad} / sum(rate(http_requests_total[{window}]))", time.time())
        return None if ratio is None else ratio / ERROR_BUDGET


def _multiple(burn_rate: float | None) -> str:
    return "-" if burn_rate is None else f"{burn_rate:.1f}x"


def _page(page: Notification) -> str:
    shown = {"alert": page.alert, "severity": page.labels.get("severity", "-"), **page.annotations}
    return "\n".join([*(f"{name}: {text}" for name, text in shown.items()), f"graph: {page.generator_url}"])
