"""A real browser that opens a page and tells what it shows and what it complains about."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.platform.programs import optional_program

# An empty profile, nothing from the network but the page, and every message of the page on standard error.
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"),
)


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
    chromium = optional_program("chromium", "`apt-get install chromium` brings it")
    command = [chromium, *_FLAGS, f"--user-data-dir={folder / 'profile'}", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return Shown(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])
