"""No text of a query changes what stands around it: it is refused, or the rules load as they would without it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.corpus.compiling import slo
from tests.corpus.forms import forms
from tests.live.prometheus import promtool_binary

AT_ONCE = 60
"""Texts of one call: starting a program costs more than judging a query."""

PLACES: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "errors": lambda text: {
        "events": {"error_query": text, "total_query": "sum(rate(all_total[{{.window}}]))"}
    },
    "total": lambda text: {
        "events": {"error_query": "sum(rate(bad_total[{{.window}}]))", "total_query": text}
    },
    "good": lambda text: {"events": {"good_query": text, "total_query": "sum(rate(all_total[{{.window}}]))"}},
    "raw": lambda text: {"raw": {"error_ratio_query": text}},
    "matchers": lambda text: {"availability": {"metric": "all_total", "errors": text}},
    "filter": lambda text: {"latency": {"histogram": "all_seconds", "threshold": 1, "filter": text}},
}
"""The texts of a spec that become PromQL."""

MATCHERS = ('code=~"5.."', "code='500',job!~\"a|b\"", "path=`/a b`")

COMMENTS = (
    "# ",
    "#\n",
    "# )\n",
    '# "\n',
    "\n#\n",
    "# {{.window}}\n",
    "# ' ` { [\n",
    "#\r",
    "#\r\n",
    "#\f\n",
    "#\u2028\n",
)
LINE_ENDS = (
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\f",
    "\v",
    "\0",
    "\x7f",
    "\x85",
    "\x9d",
    "\u2028",
    "\u00a0",
    "\ufeff",
    "\ufffe",
)
CHARACTERS = (*"()[]{}\"'`#\\,;:=|~!<>+-*/%^@", *LINE_ENDS, "é", "🙂")
YAML = ("---", "- ", ": ", "|-", ">", "&a", "*a", "!!str", "{{", "}}", "\\n", '\\"', "\\\\")
PROMQL = (
    " or ",
    " and ",
    " unless ",
    " by ",
    "bool ",
    " offset 5m",
    "[5m]",
    "[5m:1m]",
    "{{.window}}",
    "{{ .window }}",
)
WORDS = ("0", "1e400", "NaN", "Inf", "vector(0)", "sum(", "()", "{}", "[]", '""', "''", "``")
FRAGMENTS = (COMMENTS, CHARACTERS, YAML, PROMQL, WORDS)

_EDGES = re.compile(r"(?<=[()\[\]{},\s])|(?=[()\[\]{},\s])|$")
"""Where a text comes apart: changes there leave more often something that can be read."""


def _queries() -> list[str]:
    slis = [form.slo["sli"] for form in forms() if form.kind != "metricsql"]
    return sorted({text for sli in slis for key in ("events", "raw") for text in sli.get(key, {}).values()})


@st.composite
def _placed(draw: st.DrawFn) -> tuple[str, str]:
    """A place, and a text for it in which something is put in, and perhaps something taken away, once or twice."""
    place = draw(st.sampled_from(sorted(PLACES)))
    text = draw(st.sampled_from(MATCHERS if place in ("matchers", "filter") else _queries()))
    for _ in range(draw(st.integers(1, 2))):
        edges = [match.start() for match in _EDGES.finditer(text)]
        start = draw(st.sampled_from(edges) | st.integers(0, len(text)))
        put = draw(st.sampled_from(FRAGMENTS).flatmap(st.sampled_from) | st.text(max_size=2))
        text = text[:start] + put + text[start + draw(st.sampled_from((0, 0, 0, 0, 1, 4))) :]
    return place, text


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(placed=st.lists(_placed(), min_size=AT_ONCE, max_size=AT_ONCE))
def test_a_changed_query_is_refused_or_gives_rules_that_load(
    placed: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    accepted = _accepted(placed, tmp_path_factory.mktemp("text"))
    assert _faults(accepted) == {}


def test_the_queries_as_they_are_give_rules_that_load(tmp_path: Path) -> None:
    """So that the test above does not pass by refusing everything."""
    placed = [("errors", query) for query in _queries()]
    accepted = _accepted(placed, tmp_path)
    assert len(accepted) > len(placed) / 2
    assert _faults(accepted) == {}


def _accepted(placed: Sequence[tuple[str, str]], folder: Path) -> dict[str, Path]:
    """The rule file of each text that is no error; nothing may crash."""
    specs: dict[Path, str] = {}
    for number, (place, text) in enumerate(placed):
        path = folder / f"{number}.yaml"
        document = {"name": "slo", "objective": 99, "sli": PLACES[place](text), "alerting": {"name": "Burns"}}
        spec = {"version": "slo-toolkit/v1", "service": f"service-{number}", "slos": [document]}
        path.write_text(yaml.safe_dump(spec), newline="")
        specs[path] = text
    told = slo("validate", "--output", "json", *map(str, specs))
    assert told.returncode in (0, 2), told.stderr
    wrong = {
        problem["source"] for problem in json.loads(told.stdout)["problems"] if problem["level"] == "error"
    }
    sound = [path for path in specs if str(path) not in wrong]
    if not sound:
        return {}
    out = folder / "out"
    done = slo(
        "compile", *map(str, sound), "--out", str(out), "--disable", "dashboards", "--disable", "runbooks"
    )
    assert done.returncode == 0, done.stderr
    return {specs[path]: out / "rules" / f"service-{path.stem}.yaml" for path in sound}


def _faults(accepted: Mapping[str, Path]) -> dict[str, str]:
    """What is wrong with rule files: promtool refuses them, or a group lost its rules to a text."""
    if not accepted:
        return {}
    call = [promtool_binary(), "check", "rules", *map(str, accepted.values())]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, check=False)
    found = {text: told for text, file in accepted.items() if (told := _told_of(file, done.stderr))}
    assert found or done.returncode == 0, done.stderr
    return found


def _told_of(file: Path, stderr: str) -> str:
    told = "\n".join(line for line in stderr.splitlines() if line.startswith(f"{file}:"))
    if told:
        return told
    groups = yaml.load(file.read_text(), yaml.CSafeLoader)["groups"]
    kinds = [group["name"].removesuffix(f"{file.stem}-slo") for group in groups]
    service = {rule["labels"]["sloth_service"] for group in groups for rule in group["rules"]}
    sound = kinds == ["slo-sli-", "slo-period-", "slo-settled-", f"slo-absence-{file.stem}"] and service == {
        file.stem
    }
    return "" if sound else f"groups {kinds} of {service}"
