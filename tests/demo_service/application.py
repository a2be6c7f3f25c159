"""The application under test, in this process, and what tests ask of it."""

import io
import json
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from demo_service.app import Stores
from demo_service.metrics import Instruments
from demo_service.security.api_keys import KeyScope, new_key

API_KEY, _KEY = new_key(KeyScope)
"""A key with every scope, made for this run."""
KEY_LINE = _KEY.line()
WITH_KEY = {"X-API-Key": API_KEY}

CONTACT = {"name": "Ada Lovelace", "email": "ada@example.com", "message": "Please call me back."}


@dataclass
class Application:
    """The parts of a started application."""

    app: FastAPI
    client: TestClient
    stores: Stores
    instruments: Instruments
    log: io.StringIO

    def contact(self, **changes: Any) -> Response:
        """Submit the contact form."""
        return self.client.post("/contact", json=CONTACT | changes, headers=WITH_KEY)

    def upload(
        self, contents: bytes, *, name: str = "a.txt", headers: dict[str, str] = WITH_KEY, **fields: Any
    ) -> Response:
        """Upload contents as a report."""
        return self.client.post(
            "/documents/upload",
            files={"file": (name, contents, "application/x-untrue")},
            data={"document_type": "report"} | fields,
            headers=headers,
        )

    def search(self, query: str, **more: Any) -> Response:
        """Search for documents."""
        return self.client.post("/documents/search", json={"query": query, **more}, headers=WITH_KEY)

    def log_records(self) -> list[dict[str, Any]]:
        """Everything logged so far; fails if a line is no JSON object."""
        records = [json.loads(line) for line in self.log.getvalue().splitlines()]
        assert all(isinstance(record, dict) for record in records)
        return records

    def sample(self, name: str, **labels: str) -> float | None:
        """A metric's value now; None if it has no such series."""
        return self.instruments.registry.get_sample_value(name, labels)
