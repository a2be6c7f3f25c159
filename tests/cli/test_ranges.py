"""Every option of every verb has a range, and a word on what is right outside it: found from the command itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from slo_toolkit.cli.app import cli, run
from slo_toolkit.cli.object_options import Namespace, ObjectLabel
from slo_toolkit.cli.options import Label, LabelName, Words
from slo_toolkit.cli.ranges import (
    AskedPeriod,
    Edition,
    Moment,
    NamedPath,
    Number,
    Percent,
    Setting,
    SpecDuration,
    Zone,
)

# What Python takes for a number, or nearly, and no option does.
NO_NUMBERS = [
    "nan",
    "snan",
    "inf",
    "-inf",
    "-1",
    "1e308",
    "1e-308",
    "9" * 40,
    "1_0",
    "0x10",
    "٣",
    "³",
    "",
    "-0",
]
NO_DURATIONS = [
    "0d",
    "740000d",
    "99999999999999y",
    "-1d",
    "1d1d",
    "٣d",
    "1e3",
    "30",
    "",
    "nan",
    "inf",
    "106751d",
]

OUTSIDE: dict[type[click.ParamType[Any]], list[str]] = {
    Number: [*NO_NUMBERS, "0", "0.999", "86401"],
    Percent: [*NO_NUMBERS, "101", "100.1", "101%", "%", "5%%"],
    AskedPeriod: [*NO_DURATIONS, "1ms", "7m", "3661d", "calendar", "calendar:", "calendar:year"],
    Moment: [
        *(text for text in NO_NUMBERS if text != "9" * 40),
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "0001-01-01T00:00:00+14:00",
        "2026-11-24T03:00:00",
        "9" * 20,
        "9" * 400,
        "-0d",
        "-740000d",
        "-30000d",
    ],
    Zone: [
        "",
        "Europe",
        "EUROPE/berlin",
        "+02:00",
        "../../etc/passwd",
        "/etc/passwd",
        "Europe/Berlin\0",
        "a" * 300,
    ],
    Edition: [
        "",
        "0000-00",
        "0000-Q1",
        "0001-01",
        "1969-12",
        "1969-Q4",
        "2026-13",
        "2026-Q5",
        "\u0662024-01",
        "2026",
    ],
    Label: ["", "team", "0team=a", "team=", "sloth_id=a"],
    LabelName: ["", "a-b", "0a", "a=b"],
    ObjectLabel: ["", "team", "-a=b", "a=b c"],
    Namespace: ["", "A.b", "a" * 64],
    Words: ["", "everything"],
    click.Choice: ["", "everything"],
}

KEYS = {"period": [*NO_DURATIONS, "1ms", "36h", "367d"], "scrape_interval": [*NO_DURATIONS, "1ms", "2h"]}

SETTINGS = {
    "url": [
        "",
        "localhost:9090",
        "ftp://host",
        "http://",
        "http://host:0",
        "http://host:99999",
        "http://h/?a=b",
    ],
    "proxy": ["", "socks5://proxy", "http://proxy:99999"],
    "timeout": [
        *NO_NUMBERS,
        *(text for text in NO_DURATIONS if text != "30"),
        "0",
        "0.09",
        "3601",
        "1ms",
        "2h",
    ],
    "username": ["alice:secret", "a\nb"],
    "headers": ["no colon", "X A: b", "X-A: ä", "X-A: a\nb", ": b"],
}

# Names and words that are handed on as they are.
FREE_TEXT = {"--context", "--folder", "--message"}


def options(
    group: click.Group = cli, verb: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Option]]:
    """Every option that takes a value, with the words that its verb is called by."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from options(command, (*verb, name))
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.is_flag:
                yield (*verb, name), parameter


def outside(option: click.Option) -> list[str]:
    """Values outside of the option's range. Fails for a kind of value that has none."""
    kind = option.type
    if isinstance(kind, SpecDuration):
        return KEYS[kind.key]
    if isinstance(kind, Setting):
        return SETTINGS[kind.name]
    if isinstance(kind, NamedPath):
        return ["", " "]
    if option.opts[0] in FREE_TEXT:
        return []
    return OUTSIDE[type(kind)]


CASES = [
    pytest.param(verb, option.opts[0], value, id=f"{' '.join(verb)} {option.opts[0]} {value[:40]!a}")
    for verb, option in options()
    for value in outside(option)
]


@pytest.mark.parametrize(("verb", "option", "value"), CASES)
def test_a_value_outside_the_range_is_a_wrong_call(
    capsys: pytest.CaptureFixture[str], verb: tuple[str, ...], option: str, value: str
) -> None:
    code = run([*verb, f"{option}={value}"])
    captured = capsys.readouterr()

    assert code == 2
    assert captured.out == ""
    last = captured.err.splitlines()[-1]
    assert option in last
    assert len(last.partition(": ")[2]) > len(repr(value)), "what is wrong, or what would be right"


@pytest.mark.parametrize(
    "kind", [click.INT, click.FLOAT, click.FloatRange(min=1), click.IntRange(0), click.STRING]
)
def test_an_option_of_clicks_own_kinds_has_no_range_and_is_noticed(kind: click.ParamType[Any]) -> None:
    with pytest.raises(KeyError):
        outside(click.Option(["--new"], type=kind))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--month", "9999-12"), ("--quarter", "9999-Q4"), ("--week", "9999-W01")),
        *(("--month", "2026-Q3"), ("--quarter", "2026-10"), ("--week", "2026-10"), ("--month", "2026-W40")),
    ],
)
def test_a_period_of_a_report_has_begun_and_is_of_its_kind(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert run(["report", "--prometheus", "http://127.0.0.1:1", option, value]) == 2
    assert value in capsys.readouterr().err


FILES = [
    (option.opts[0], value)
    for verb, option in options()
    if verb == ("budget",) and isinstance(option.type, click.Path) and not option.type.dir_okay
    for value in ("missing", "folder", "pipe")
]


@pytest.mark.parametrize(("option", "value"), FILES)
def test_a_file_that_is_none_is_a_wrong_call_and_nobody_waits_for_it(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    option: str,
    value: str,
) -> None:
    monkeypatch.setattr("slo_toolkit.query.files.PIPE_SECONDS", 0.1)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    path = str(tmp_path / value)
    beside = {"--password-file": ["--username", "a"], "--client-key": ["--client-cert", __file__]}
    code = run(["budget", "--prometheus", "http://127.0.0.1:1", option, path, *beside.get(option, [])])

    assert code == 2
    err = capsys.readouterr().err
    assert path in err
    assert "directory" in err or "pipe" in err or "regular file" in err
