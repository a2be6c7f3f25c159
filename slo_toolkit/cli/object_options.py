"""The options that shape Kubernetes objects, checked as the API server would."""

from __future__ import annotations

import re
from typing import Any

import click

_WORD = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PART = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_PREFIX = rf"(?=.{{1,253}}/){_PART}(?:\.{_PART})*/"
_KEY = re.compile(rf"(?:{_PREFIX})?{_WORD}")
_VALUE = re.compile(rf"(?:{_WORD})?")
_NAMESPACE = re.compile(_PART)


class ObjectLabel(click.ParamType[tuple[str, str]]):
    """A label of a Kubernetes object as `name=value`."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, equals, text = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is not of the form name=value", param, ctx)
        if _KEY.fullmatch(name) is None:
            self.fail(f"{name!r} is no name of a Kubernetes label", param, ctx)
        if _VALUE.fullmatch(text) is None:
            self.fail(f"{text!r} is no value of a Kubernetes label", param, ctx)
        return name, text


class Namespace(click.ParamType[str]):
    """The name of a Kubernetes namespace."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if _NAMESPACE.fullmatch(value) is None:
            self.fail(f"{value!r} is no name of a Kubernetes namespace", param, ctx)
        return str(value)
