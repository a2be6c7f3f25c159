"""The process: ports, signals, and what is no HTTP."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
import pytest

from tests.demo_service.application import CONTACT, WITH_KEY
from tests.demo_service.running_service import RunningService

_PATIENCE_SECONDS = 20


def exchange(service: RunningService, request: bytes) -> bytes:
    host, port = service.base_url.removeprefix("http://").split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=_PATIENCE_SECONDS) as connection:
        connection.sendall(request)
        while received := connection.recv(65536):
            answer += received
    return answer


def test_what_is_no_http_is_answered_with_a_correlation_id(service: RunningService) -> None:
    answer = exchange(service, b"\x16\x03\x01 this is TLS, or worse\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nx-correlation-id: " in answer


def test_a_body_that_never_comes_is_given_up(tmp_path: Path) -> None:
    with RunningService.start(tmp_path, DEMO_BODY_SECONDS="0.2") as service:
        head = f"POST /contact HTTP/1.1\r\nHost: x\r\nX-API-Key: {WITH_KEY['X-API-Key']}\r\n"
        answer = exchange(service, (head + "Content-Length: 9\r\nConnection: close\r\n\r\nx").encode())
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_client_that_leaves_in_the_middle_is_no_error_of_ours(service: RunningService) -> None:
    host, port = service.base_url.removeprefix("http://").split(":")
    head = (
        f"POST /documents/upload HTTP/1.1\r\nHost: x\r\nX-API-Key: {WITH_KEY['X-API-Key']}\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 99999\r\n\r\n"
        '--B\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nhalf'
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode())
    assert service.wait_for_log("request")["status"] == 499
    assert (
        'http_requests_total{method="POST",route="/documents/upload",status="499"} 1.0' in service.metrics()
    )
    assert 'document_uploads_total{document_type="unknown",status="rejected"} 1.0' in service.metrics()


def test_a_request_that_is_being_served_is_finished_and_then_both_listeners_end(tmp_path: Path) -> None:
    with RunningService.start(tmp_path, DEMO_FAULTS="1") as service:
        service.client.put("/admin/faults", json={"route": "/contact", "latency_seconds": 1})
        answers: list[int] = []

        def submit() -> None:
            answers.append(service.client.post("/contact", json=CONTACT).status_code)

        client = threading.Thread(target=submit)
        client.start()
        while "http_requests_in_flight 1.0" not in service.metrics():
            assert client.is_alive()
        assert service.stop() == 0
        client.join()
        assert answers == [201]
        for url in (service.base_url, service.metrics_url):
            with pytest.raises(httpx2.ConnectError):
                httpx2.get(url)


def test_an_address_in_use_is_told_and_ends_the_process(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {
            **os.environ,
            "DEMO_PORT": str(taken.getsockname()[1]),
            "DEMO_DATA_DIR": str(tmp_path),
        }
        ended = subprocess.run(
            [sys.executable, "-m", "demo_service"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
    assert ended.returncode == 1
    assert "Address already in use" in ended.stdout


def test_only_a_trusted_proxy_may_say_who_the_client_is(tmp_path: Path) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    with RunningService.start(tmp_path / "trusting", DEMO_TRUSTED_PROXIES="127.0.0.1") as service:
        service.client.get("/nothing", headers=forwarded)
        assert service.wait_for_log("request")["client"] == "203.0.113.7"
    with RunningService.start(tmp_path / "not") as service:
        service.client.get("/nothing", headers=forwarded)
        assert service.wait_for_log("request")["client"] == "127.0.0.1"


def test_the_start_is_quick(service: RunningService, tmp_path: Path) -> None:
    """A supervisor that restarts the service should not leave a noticeable hole."""
    started = time.monotonic()
    with RunningService.start(tmp_path / "second"):
        assert time.monotonic() - started < 10
