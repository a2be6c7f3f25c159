"""A real browser that opens a page and tells what it shows and what it complains about."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.chromium import HEADLESS, chromium_binary

# An empty profile, nothing from the network but the page, and every message of the page on standard error.
_FLAGS = (*HEADLESS, "--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom")


@dataclass(frozen=True)
class Shown:
    """A page after its scripts have run."""

    html: str
    messages: list[str]

    def violations(self) -> list[str]:
        """What the page's Content-Security-Policy kept out."""
        return [message for message in self.messages if "Content Security Policy" in message]


def shown(address: str, folder: Path) -> Shown:
    """The page at an address; the profile is kept in ``folder``."""
    command = [chromium_binary(), *_FLAGS, f"--user-data-dir={folder / 'profile'}", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return Shown(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])
