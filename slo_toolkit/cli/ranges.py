"""Numbers, moments and periods as options take them: each with its range, and a word on what is right outside it.

Digits are those of ASCII: what Python also reads as a number (`nan`, `1_0`, `٣`) is a slip or a trick here.
"""

from __future__ import annotations

import os
import re
import time
from datetime import tzinfo
from decimal import Decimal
from typing import Any

import click

from slo_toolkit.duration import Duration
from slo_toolkit.errors import DurationError, InputError

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")


class Number(click.ParamType[Decimal]):
    """A decimal number from `least` to `most`, both included."""

    name = "number"

    def __init__(self, least: int, most: int, example: str, what: str = "number") -> None:
        self.least = least
        self.most = most
        self.example = example
        self.what = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        text = str(value).strip()
        number = Decimal(text) if _NUMBER.fullmatch(text) else None
        if number is None or not self.least <= number <= self.most:
            self.fail(
                f"{value!r} is no {self.what} from {self.least} to {self.most}: write for example {self.example}",
                param,
                ctx,
            )
        return number


class Percent(click.ParamType[Decimal]):
    """A percentage from 0 to 100, with or without its sign, taken as a share of 1."""

    name = "percent"

    def __init__(self, example: str = "10") -> None:
        self._number = Number(0, 100, f"{example} or {example}%", "percentage")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        text = str(value)
        bare = text.strip().removesuffix("%")
        return self._number.convert(bare if _NUMBER.fullmatch(bare) else text, param, ctx) / 100


class Zone(click.ParamType[tzinfo]):
    """A time zone of the system's database, by name."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        from slo_toolkit.status.moments import parse_zone

        try:
            return value if isinstance(value, tzinfo) else parse_zone(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[str]):
    """A moment from 1970 until now. It stays text: `-2h` is another moment at each asking of --watch."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from slo_toolkit.status.moments import parse_moment

        try:
            parse_moment(value, time.time())
        except InputError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class SpecDuration(click.ParamType[Duration]):
    """A duration as a key of a spec takes it: `period`, whole days, or `scrape_interval`, 1s to 1h."""

    name = "duration"

    def __init__(self, key: str) -> None:
        self.key = key

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        from slo_toolkit.spec import native  # help must not wait for it

        if isinstance(value, Duration):
            return value
        span = native.DURATIONS[self.key]
        try:
            duration = Duration.parse(value)
        except DurationError as error:
            self.fail(str(error), param, ctx)
        if flaw := span.misfit(duration):
            self.fail(": ".join(filter(None, (flaw, span.hint))), param, ctx)
        return duration


class AskedPeriod(click.ParamType[str]):
    """The period that a budget is told over. It stays text: where a month begins depends on --timezone."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from datetime import UTC

        from slo_toolkit.status.periods import parse_period

        try:
            parse_period(value, UTC)
        except InputError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class Edition(click.ParamType[str]):
    """A month or a quarter, whichever `kind` says, from 1970 on. It stays text, as a period does."""

    def __init__(self, kind: str) -> None:
        self.name = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from slo_toolkit.status.report import parse_edition

        try:
            unit, _, _ = parse_edition(value)
        except InputError as error:
            self.fail(str(error), param, ctx)
        if unit != self.name:
            self.fail(f"{value!r} is no {self.name}: write --{unit} {value}", param, ctx)
        return str(value)


class Setting(click.ParamType[str]):
    """A setting of a connection, read as the environment's and the config file's are."""

    def __init__(self, setting: str) -> None:
        self.name = setting

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from slo_toolkit.query.values import READERS, read_headers

        try:
            if self.name == "headers":
                read_headers([value])
            else:
                READERS[self.name](value)
        except InputError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class NamedPath(click.Path):
    """A path that is not empty: `--out "$UNSET"` is a slip, and would mean the current folder."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if not str(value).strip():
            self.fail(
                "an empty path names nothing: write for example ./name, or . for this folder", param, ctx
            )
        return super().convert(value, param, ctx)
