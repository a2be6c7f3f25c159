"""The specs of this folder, and what the head of each says is right.

A head is comments: what the form is, in words, and then lines of `#: key: value`:

    ends       same        compiled; what is recorded is what the queries give (the default)
               warned      as above, and told with a warning that matches `says`
               refused     exit code 2, and a message that matches `says`
               either      compiled and the same, or refused with a message that matches `says`
    says       a regular expression
    arguments  more arguments of the call
    missing    zero        no series of errors means no errors (the default)
               unknown     no series of errors means that nothing is known, or that everything fails: never zero
    nothing    yes         no ratio at all is right as well
    exact      yes         no sum of pieces is this query: it has to be read over each window as its owner wrote it
    ratio      the owner's error ratio in PromQL, where it is not the quotient of two queries or the raw query
    windows    those that are compared, where they are not the usual ones
    period     no          the ratio of the whole period is not compared, where it is counted by time
    scrape     how often the series are scraped, where it is not every 30s
    alerts     no          the page is not compared
               steady      the page begins with the partial fault, and is there until the end
    beside     a spec of the same folder whose rules are in the same store
    carries    `name=value`: a label or annotation of the page, once it is expanded
    simulated  yes         its generated tests are tried by default
    holds      a text that stands in the rules as it is
    executed   no          this Prometheus cannot evaluate the query; only its text is judged
    loads      no          this Prometheus cannot read the query: it is another server's
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.live.rules import seconds

SPECS = Path(__file__).parent / "specs"
PERIOD = "2d"
"""Short, so that the rules of the period are cheap, and no window of the alerts is as long."""

ALERT_WINDOWS = Path(__file__).parent / "windows.yaml"

WINDOWS = ("5m", "30m", "1h", "2h", "6h")

ENDS = ("same", "warned", "refused", "either")
_KEY = re.compile(r"#: (\w+): (.+)")
_DEFAULTS = {
    "ends": "same",
    "says": "",
    "arguments": "",
    "missing": "zero",
    "nothing": "no",
    "exact": "no",
    "ratio": "",
    "windows": " ".join(WINDOWS),
    "period": "yes",
    "scrape": "30s",
    "alerts": "yes",
    "beside": "",
    "carries": "",
    "holds": "",
    "simulated": "no",
    "executed": "yes",
    "loads": "yes",
}


@dataclass(frozen=True)
class Form:
    """One spec, and what is right for it."""

    kind: str
    name: str
    head: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def path(self) -> Path:
        return SPECS / self.kind / f"{self.name}.yaml"

    @property
    def arguments(self) -> tuple[str, ...]:
        return tuple(shlex.split(self["arguments"]))

    @property
    def executed(self) -> bool:
        return self["ends"] != "refused" and self["executed"] == "yes" and self["loads"] == "yes"

    @property
    def windows(self) -> tuple[str, ...]:
        return tuple(self["windows"].split())

    @property
    def scrape(self) -> float:
        return seconds(self["scrape"])

    def __getitem__(self, key: str) -> str:
        return dict(self.head).get(key, _DEFAULTS[key])

    def says(self, key: str) -> bool:
        """Whether the head answers this with yes."""
        return self[key] == "yes"

    @property
    def document(self) -> dict[str, Any]:
        """The spec as data."""
        return _document(self.path)

    @property
    def slo(self) -> dict[str, Any]:
        """The one SLO of the spec, in the keys of Sloth's YAML."""
        found: dict[str, Any] = _spec_of(self.document)["slos"][0]
        return found

    @property
    def service(self) -> str:
        return str(_spec_of(self.document)["service"])


@cache
def forms() -> tuple[Form, ...]:
    """Every spec of the folder, in the order of their names."""
    return tuple(_form(path) for path in sorted(SPECS.glob("*/*.yaml")))


def named(name: str) -> Form:
    """The form with this `kind/name`."""
    return next(form for form in forms() if form.id == name)


def _form(path: Path) -> Form:
    head = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            break
        if line.startswith("#:"):
            match = _KEY.fullmatch(line)
            assert match, f"{path}: {line}"
            assert match[1] in _DEFAULTS, f"{path}: unknown key {match[1]}"
            head.append((match[1], match[2]))
    return Form(path.parent.name, path.stem, tuple(head))


@cache
def _document(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


def _spec_of(document: dict[str, Any]) -> dict[str, Any]:
    """Of a list of Kubernetes objects the first one's spec."""
    if "items" in document:
        document = document["items"][0]
    found: dict[str, Any] = document.get("spec", document)
    return found
