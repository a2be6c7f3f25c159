"""Every shell script of the repository passes shellcheck."""

import subprocess
from pathlib import Path

import pytest

from tests.programs import program

ROOT = Path(__file__).parents[2]


def _scripts() -> list[str]:
    """Files that start like a shell script, or say to shellcheck that they are one."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = (name for name in listed.stdout.split("\0") if name and not name.endswith(".tftpl"))
    return [name for name in names if (ROOT / name).is_file() and _is_shell(ROOT / name)]


def _is_shell(file: Path) -> bool:
    with file.open("rb") as opened:
        start = opened.readline(200)
    return start.startswith((b"#!/usr/bin/env bash", b"#!/bin/sh", b"#!/bin/bash", b"# shellcheck shell="))


@pytest.mark.parametrize("name", _scripts())
def test_script_is_sound(name: str) -> None:
    checked = subprocess.run(
        [program("shellcheck"), "--external-sources", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_scripts_are_found() -> None:
    assert {"scripts/setup", ".ci/run", "deploy/boot/fetch-secrets", "deploy/secrets/parameters.sh"} <= set(
        _scripts()
    )
