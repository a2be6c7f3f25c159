"""Where Chromium is, and how it starts without a window and without looking at the network for itself."""

from __future__ import annotations

import os
import shutil

import pytest

HEADLESS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOW_TO_GET = "no Chromium: `apt-get install chromium`, or name one in $SLO_TEST_CHROMIUM"

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Its path; $SLO_TEST_CHROMIUM may name another one than PATH has."""
    names = [os.environ["SLO_TEST_CHROMIUM"]] if os.environ.get("SLO_TEST_CHROMIUM") else _NAMES
    return next(filter(None, map(shutil.which, names)), None)


def chromium_binary() -> str:
    """Its path; skips without one, in CI, too: with what it needs it is larger than all the rest together."""
    return find_chromium() or pytest.skip(HOW_TO_GET)
