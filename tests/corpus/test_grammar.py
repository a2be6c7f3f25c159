"""However `slo` chose to read a query, what it records of each window is what the query itself gives."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from math import isfinite
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, note, settings

from deploy.live.replay import replay
from deploy.live.rules import needed_for, rules_of, seconds
from tests.corpus.compiling import slo
from tests.corpus.forms import PERIOD, WINDOWS
from tests.corpus.grammar import error_queries, total_queries
from tests.corpus.judge import Readings, filled, read
from tests.corpus.playing import PLAN, write_history
from tests.corpus.timeline import BETWEEN_MOMENTS, EPOCH
from tests.live.prometheus import running_prometheus

RELATIVE = 0.03
OF_THE_HIGHEST = 0.01
"""A difference of two queries is as exact as they are, which is less than a part of it."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running_prometheus() as found:
        write_history(found)
        yield found


NUMBERS = count()


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(errors=error_queries(), total=total_queries())
def test_what_is_recorded_is_what_the_query_gives(
    errors: str, total: str, address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    service = f"grammar-{next(NUMBERS)}"
    rule_file = _compiled(service, errors, total, tmp_path_factory.mktemp("grammar"))
    if rule_file is None:
        return
    note(rule_file.read_text())
    rules = rules_of(yaml.load(rule_file.read_text(), yaml.CSafeLoader))
    replay(address, needed_for(rules, *(f"slo:sli_error:ratio_rate{window}" for window in WINDOWS)), PLAN)
    wrong = [told for window in WINDOWS for told in _differences(address, service, window, errors, total)]
    assert not wrong, "\n".join([errors, total, *wrong[:20]])


def _compiled(service: str, errors: str, total: str, folder: Path) -> Path | None:
    """The rules of a spec with these queries; None where it is refused."""
    document = {
        "name": "slo",
        "objective": 99,
        "sli": {"events": {"error_query": errors, "total_query": total}},
        "alerting": {"name": "Burns"},
    }
    spec = folder / "spec.yaml"
    spec.write_text(yaml.safe_dump({"version": "prometheus/v1", "service": service, "slos": [document]}))
    disabled = [word for part in ("dashboards", "runbooks", "tests") for word in ("--disable", part)]
    done = slo("compile", str(spec), "--period", PERIOD, "--out", str(folder / "out"), *disabled)
    assert done.returncode in (0, 2), done.stderr
    return folder / "out" / "rules" / f"{service}.yaml" if done.returncode == 0 else None


def _differences(address: str, service: str, window: str, errors: str, total: str) -> Iterator[str]:
    """Where the owner's ratio is known, and another one is recorded."""
    recorded = _only(
        read(address, f'slo:sli_error:ratio_rate{window}{{sloth_service="{service}"}}', BETWEEN_MOMENTS)
    )
    length = seconds(window)
    lengths = (window, f"{length + 30:.0f}s", f"{length * 1000 - 1:.0f}ms")
    ratio = f"({errors})\n/\n({total})"
    owner = [_only(read(address, filled(ratio, other), BETWEEN_MOMENTS)) for other in lengths]
    highest = max((abs(value) for value in owner[0].values() if isfinite(value)), default=0.0)
    for at in sorted(owner[0]):
        known = [max(found[at], 0.0) for found in owner if isfinite(found.get(at, float("nan")))]
        if at - EPOCH < length or len(known) < len(owner):
            continue
        slack = RELATIVE * max(known) + OF_THE_HIGHEST * highest + 1e-9
        found = recorded.get(at)
        if found is None or not min(*known, 1.0) - slack <= found <= max(known) + slack:
            yield f"{window} at {(at - EPOCH) / 3600:.2f}h: recorded {found}, right is {known}"


def _only(readings: Readings) -> dict[float, float]:
    """The one series of a query without groups."""
    assert len(readings) <= 1, sorted(map(sorted, readings))
    return dict(next(iter(readings.values()), {}))
