"""The rules of a spec over the whole history: what they record of each window, and when they page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from deploy.live.remote_write import write
from deploy.live.replay import Plan, Replay, aligned, replay
from deploy.live.rules import Rule, needed_for, rules_of
from tests.corpus.compiling import Compiled
from tests.corpus.forms import PERIOD, Form
from tests.corpus.history import everything
from tests.corpus.judge import Group, Readings, read
from tests.corpus.timeline import BETWEEN_MOMENTS, END, EPOCH, FULL

EVALUATION = 30.0
_RATIO = "slo:sli_error:ratio_rate"
_GENERATED = re.compile(r"sloth_\w+|alertname")

# What owners record by rules of their own, one series for each window.
_INPUTS = {
    "shop:errors:rate{}": 'sum(rate(shop_requests_total{{code="500"}}[{}]))',
    "shop:requests:rate{}": "sum(rate(shop_requests_total[{}]))",
    "shop:errors:ratio{}": (
        'sum(rate(shop_requests_total{{code="500"}}[{0}])) / (sum(rate(shop_requests_total[{0}])) > 0)'
    ),
}
_INPUT_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", PERIOD)


def write_history(address: str) -> None:
    """All series of the corpus, and what owners record of them."""
    write(address, everything())
    rules = [
        {"record": name.format(window), "expr": query.format(window)}
        for name, query in _INPUTS.items()
        for window in _INPUT_WINDOWS
    ]
    replay(address, rules_of({"groups": [{"name": "inputs", "interval": "30s", "rules": rules}]}), PLAN)


PLAN = Plan(EPOCH, EPOCH + END, phase=aligned)


def played(address: str, compiled: Compiled) -> Replay:
    """Evaluate what the compared ratios and the alerts of this spec need."""
    rules = [rule for rule in rules_of(compiled.rules) if not rule.alert or _is_judged(rule)]
    names = {f"{_RATIO}{window}" for window in (*compiled.form.windows, period_of(compiled.form))}
    alerts = {rule.name for rule in rules if rule.alert}
    return replay(address, needed_for(rules, *names, *alerts), PLAN)


def _is_judged(rule: Rule) -> bool:
    """Tickets look back for longer than the history is; pages do not, and the alert on telemetry has no window."""
    return rule.labels.get("sloth_severity") == "page" or rule.name == "SLOMetricGone"


def period_of(form: Form) -> str:
    given = dict(pairwise(form.arguments)).get("--period")
    return str(form.slo.get("period") or given or PERIOD)


def recorded_windows(rules: Sequence[Rule]) -> list[str]:
    """The windows of all recorded ratios, one for each rule."""
    return [rule.name.removeprefix(_RATIO) for rule in rules if rule.name.startswith(_RATIO)]


def recorded(address: str, compiled: Compiled, window: str) -> Readings:
    """The recorded ratios at the moments of comparison, by the labels that tell groups apart."""
    form, (extra, own) = compiled.form, _labels_of(compiled.form)
    matchers = {"sloth_service": form.service, "sloth_slo": form.slo["name"], **extra}
    selector = ",".join(f'{name}="{value}"' for name, value in matchers.items())
    found: dict[Group, Any] = {}
    for group, values in read(address, f"{_RATIO}{window}{{{selector}}}", BETWEEN_MOMENTS).items():
        key = group_of(group, {*extra, *own})
        assert key not in found, f"two ratios of one group: {sorted(group)}"
        found[key] = values
    return found


def own_labels(form: Form) -> set[str]:
    """The labels that the spec or the call gives to every series, and so tell no groups apart."""
    extra, own = _labels_of(form)
    return {*extra, *own}


def group_of(labels: Group, own: set[str]) -> Group:
    return frozenset(
        (name, value) for name, value in labels if name not in own and not _GENERATED.fullmatch(name)
    )


def _labels_of(form: Form) -> tuple[dict[str, str], dict[str, str]]:
    arguments = form.arguments
    texts = [text for name, text in pairwise(arguments) if name == "--extra-label"]
    extra = dict(text.split("=", 1) for text in texts)
    return extra, {**form.document.get("labels", {}), **form.slo.get("labels", {})}


@cache
def evaluations() -> tuple[float, ...]:
    """Unix times of all evaluations since the windows are full."""
    return tuple(
        EPOCH + number * EVALUATION for number in range(int(FULL / EVALUATION), int(END / EVALUATION) + 1)
    )
