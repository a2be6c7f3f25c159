"""The kinds of values whose keys the user chooses: labels, annotations, options, aliases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from slo_toolkit.errors import Level
from slo_toolkit.slo import Quantity
from slo_toolkit.spec.flaws import Path, Report
from slo_toolkit.spec.kinds import JsonSchema, found, not_text
from slo_toolkit.spec.reading import Unreadable

LABEL_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_LABEL_NAME = re.compile(LABEL_NAME)


def is_label_name(text: str) -> bool:
    return _LABEL_NAME.fullmatch(text) is not None


class TextMap:
    """Names of the user's choice with a text each: labels, annotations, options.

    `reserved` refuses the names that generated series carry. `any_name` takes names that are no classic
    label names; with `warn`, they are taken with a word on who reads them.
    """

    def __init__(
        self, *, name: str = "label", reserved: bool = False, any_name: bool = False, warn: bool = False
    ) -> None:
        self.name = name
        self.reserved = reserved
        self.any_name = any_name
        self.warn = warn

    def read(self, value: Any, path: Path, report: Report) -> Mapping[str, str] | None:
        if value.__class__ is not dict:
            if not isinstance(value, Unreadable):
                report(path, f"expected a mapping of names to text, found {found(value)}", rule="type")
            return None
        read: dict[str, str] = {}
        for key, text in value.items():
            if self.warn and key and _LABEL_NAME.fullmatch(key) is None:
                self._newer_name(key, (*path, key), report)
            if not self._takes(key):
                self._bad_name(key, (*path, key), report)
            elif text.__class__ is str and text:
                read[key] = text
            else:
                self._bad_text(text, (*path, key), report)
        return read

    def _takes(self, key: str) -> bool:
        if self.reserved and key.startswith(("__", "sloth_")):
            return False
        return self.any_name or _LABEL_NAME.fullmatch(key) is not None

    def _newer_name(self, key: str, path: Path, report: Report) -> None:
        message = f"the {self.name} name `{key}` needs Prometheus 3"
        hint = "older ones take letters, digits and _ only"
        report(path, message, hint, rule="label", level=Level.WARNING, on_key=True)

    def _bad_name(self, key: str, path: Path, report: Report) -> None:
        if _LABEL_NAME.fullmatch(key):
            report(
                path,
                f"the label name `{key}` is reserved",
                "names with sloth_ or __ in front are taken",
                rule="label",
                on_key=True,
            )
            return
        message = f"`{key}` is no {self.name} name"
        report(path, message, "use letters, digits and _, and no digit in front", rule="label", on_key=True)

    def _bad_text(self, text: Any, path: Path, report: Report) -> None:
        if text in ("", None):
            report(
                path, f"the {self.name} `{path[-1]}` has no value", "give it one or remove it", rule="empty"
            )
        else:
            not_text(text, path, report)

    def schema(self) -> JsonSchema:
        names: JsonSchema = {"pattern": f"^{LABEL_NAME}$"}
        if self.reserved:
            names["not"] = {"pattern": "^(__|sloth_)"}
        # Sloth takes numbers and truth values as text, and so do we.
        value = {"type": ["string", "number", "boolean"], "minLength": 1}
        return {"type": "object", "propertyNames": names, "additionalProperties": value}


class AliasMap:
    """Metric names of the user's choice, each with what it records: a Quantity or a quantile."""

    _PATTERN = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
    _QUANTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")

    def read(self, value: Any, path: Path, report: Report) -> Mapping[str, Quantity | Decimal] | None:
        if value.__class__ is not dict:
            if not isinstance(value, Unreadable):
                report(path, f"expected a mapping of metric names, found {found(value)}", rule="type")
            return None
        read = {}
        for name, what in value.items():
            if self._PATTERN.fullmatch(name) is None:
                report((*path, name), f"`{name}` is no metric name", rule="metric", on_key=True)
            elif (recorded := self._recorded(what)) is None:
                report(
                    (*path, name),
                    f"an alias records no {found(what)}",
                    "write good_ratio, error_ratio or a quantile such as p95",
                    rule="alias",
                )
            else:
                read[name] = recorded
        return read

    def _recorded(self, what: Any) -> Quantity | Decimal | None:
        if what in tuple(Quantity):
            return Quantity(what)
        match = self._QUANTILE.fullmatch(what) if isinstance(what, str) else None
        return Decimal(match[1]) / 100 if match and Decimal(match[1]) else None

    def schema(self) -> JsonSchema:
        what = {
            "anyOf": [
                {"enum": [str(quantity) for quantity in Quantity]},
                {"pattern": f"^{self._QUANTILE.pattern}$"},
            ]
        }
        names = {"pattern": f"^{self._PATTERN.pattern}$"}
        return {"type": "object", "propertyNames": names, "additionalProperties": {"type": "string"} | what}
