"""The demo service as a child, with faults allowed, and the one who asks it for them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from deploy.live.processes import Child, running

SCOPES = "contact:write,documents:read,documents:write,faults:admin"

# The load is one client; the limits are there for many.
_RATE = "100000/minute"
_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Service:
    """A service that accepts requests."""

    child: Child
    base_url: str
    metrics: str
    """host:port of the internal listener."""
    key: str

    def fail(self, routes: list[str], error_ratio: float) -> None:
        """Make this share of the requests of each route fail."""
        for route in routes:
            self._admin("PUT", {"route": route, "error_ratio": error_ratio})

    def recover(self) -> None:
        """Let every route be well again."""
        self._admin("DELETE", None)

    def _admin(self, method: str, fault: dict[str, Any] | None) -> None:
        url, headers = f"{self.base_url}/admin/faults", {"X-API-Key": self.key}
        requests.request(method, url, json=fault, headers=headers, timeout=10).raise_for_status()


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """A service with its data and its log in `folder`, as long as the block lasts."""
    key, line = _new_key()
    environment = {
        "DEMO_PORT": "0",
        "DEMO_METRICS_PORT": "0",
        "DEMO_DATA_DIR": str(folder / "service-data"),
        "DEMO_API_KEYS": line,
        "DEMO_KEY_RATE": _RATE,
        "DEMO_ADDRESS_RATE": _RATE,
        "DEMO_FAULTS": "1",
    }
    command, log = [sys.executable, "-m", "demo_service"], folder / "service.log"
    with running("the service", command, log, environment) as child:
        ports = _ports(child)
        metrics = f"127.0.0.1:{ports['metrics_port']}"
        yield Service(child, f"http://127.0.0.1:{ports['port']}", metrics, key)


def _new_key() -> tuple[str, str]:
    command = [sys.executable, "-m", "demo_service", "keys", "new", "--scopes", SCOPES]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    key, line = (text.split(": ", 1)[1].strip() for text in shown.splitlines())
    return key, line


def _ports(child: Child) -> dict[str, int]:
    """The ports that the system chose, which the service logs once it accepts connections."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        child.check()
        for text in child.log.read_text().splitlines():
            record = json.loads(text)
            if record["event"] == "listening":
                return {name: record[name] for name in ("port", "metrics_port")}
        time.sleep(_POLL_SECONDS)
    child.check()
    raise TimeoutError(f"the service did not say that it listens; see {child.log}")
