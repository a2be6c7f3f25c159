"""The receiver of Alertmanager's notifications."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.live.webhook import Webhook, listening


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "notifications.jsonl"


@pytest.fixture
def webhook(file: Path) -> Iterator[Webhook]:
    with listening(file) as receiver:
        yield receiver


def message(status: str, name: str = "Burning") -> dict[str, Any]:
    alert = {
        "status": status,
        "labels": {"alertname": name},
        "annotations": {"title": "it burns"},
        "generatorURL": "http://127.0.0.1:9/graph",
    }
    return {"version": "4", "receiver": "pages", "status": status, "alerts": [alert]}


def test_it_keeps_what_arrives(webhook: Webhook, file: Path) -> None:
    assert requests.post(f"{webhook.url}pages", json=message("firing"), timeout=5).status_code == 200
    (notification,) = webhook.notifications()
    assert (notification.receiver, notification.alert, notification.status) == ("pages", "Burning", "firing")
    assert [json.loads(line) for line in file.read_text().splitlines()] == [message("firing")]


def test_whoever_waits_is_told(webhook: Webhook) -> None:
    later = threading.Timer(0.05, lambda: requests.post(webhook.url, json=message("resolved"), timeout=5))
    later.start()
    found = webhook.wait_for(lambda one: one.status == "resolved", seconds=10)
    later.join()
    assert found is not None
    assert webhook.wait_for(lambda one: one.status == "firing", seconds=0) is None


@pytest.mark.parametrize("body", [b"no JSON", b"{}", b"[]", b'{"receiver": "pages", "alerts": [{}]}'])
def test_what_is_no_notification_is_refused(webhook: Webhook, body: bytes) -> None:
    assert requests.post(webhook.url, data=body, timeout=5).status_code == 400
    assert webhook.notifications() == []


def test_an_oversized_message_is_refused(webhook: Webhook) -> None:
    assert requests.post(webhook.url, data=b"x" * 1_000_001, timeout=5).status_code == 413
