"""Sloth's `kind: AlertWindows`: burn-rate windows for one period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.slo import Severity
from slo_toolkit.spec.flaws import Place
from slo_toolkit.spec.kinds import Anything, Choice
from slo_toolkit.spec.quantities import Number, Span
from slo_toolkit.spec.shape import Key, Section
from slo_toolkit.windows import WindowPair

API_VERSION = "sloth.slok.dev/v1"
KIND = "AlertWindows"

_WINDOW = Section(
    "a pair of windows",
    {
        "errorBudgetPercent": Key(Number(above=0, most=100), "Share of the budget spent.", required=True),
        "shortWindow": Key(Span(), "The look-back that ends the alert.", required=True),
        "longWindow": Key(Span(), "The look-back that starts it.", required=True),
    },
)
_SPEEDS = {
    "quick": Key(_WINDOW, "Fast burn.", required=True),
    "slow": Key(_WINDOW, "Slow burn.", required=True),
}

ROOT = Section(
    "an AlertWindows document",
    {
        "apiVersion": Key(Choice(API_VERSION), "The format of this document.", required=True),
        "kind": Key(Choice(KIND), "The kind of document.", required=True),
        "metadata": Key(Anything(), "Not read."),
        "spec": Key(
            Section(
                "`spec`",
                {
                    "sloPeriod": Key(Span(), "The period that the windows are made for.", required=True),
                    "page": Key(Section("`page`", _SPEEDS), "Windows of the page.", required=True),
                    "ticket": Key(Section("`ticket`", _SPEEDS), "Windows of the ticket.", required=True),
                },
            ),
            "The windows.",
            required=True,
        ),
    },
)


def pairs(root: Mapping[str, Any], at: Place) -> tuple[Duration, tuple[WindowPair, ...]] | None:
    """Period and windows of a document; None where something is missing, which reading reported."""
    spec = root.get("spec", {})
    period: Duration | None = spec.get("sloPeriod")
    found = [
        _pair(
            severity,
            spec.get(severity.value, {}).get(speed, {}),
            period,
            at / "spec" / severity.value / speed,
        )
        for severity in Severity
        for speed in _SPEEDS
    ]
    complete = tuple(pair for pair in found if pair is not None)
    return None if period is None or len(complete) < len(found) else (period, complete)


def _pair(
    severity: Severity, window: Mapping[str, Any], period: Duration | None, at: Place
) -> WindowPair | None:
    if len(window) < len(_WINDOW.keys):
        return None
    long, short = window["longWindow"], window["shortWindow"]
    if short >= long:
        (at / "shortWindow").wrong(
            f"the short window {short} is not shorter than the long one, {long}", rule="window"
        )
    if period is not None and long > period:
        (at / "longWindow").wrong(
            f"the window {long} is longer than the period of {period.words()}", rule="window"
        )
    return WindowPair(severity, window["errorBudgetPercent"] / 100, long, short)
