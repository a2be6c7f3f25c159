"""The rate limit at the edge, with the Caddy that `deploy/caddy/build` makes."""

from pathlib import Path

import pytest

from tests.platform.edge import SIGNED_IN, running_edge
from tests.platform.stubs import stub_server
from tests.programs import optional_program

BY_ADDRESS = {"EDGE_RATE_LIMIT_FILE": "rate_limit/by_address.caddy", "EDGE_RATE_EVENTS": "5"}


@pytest.fixture(scope="module")
def built_edge() -> str:
    return optional_program("caddy-edge", "`go build -o caddy-edge .` in deploy/caddy/build makes it")


def test_an_address_that_asks_too_often_is_told_to_wait(built_edge: str, tmp_path: Path) -> None:
    with (
        stub_server() as service,
        running_edge(tmp_path, binary=built_edge, SERVICE_UPSTREAM=service.host, **BY_ADDRESS) as edge,
    ):
        answers = [edge.client.get("/health") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert answers[-1].headers["X-Correlation-ID"] == answers[-1].json()["correlation_id"]
        assert len(service.received) == 5


def test_guessing_the_password_is_limited(built_edge: str, tmp_path: Path) -> None:
    with running_edge(tmp_path, binary=built_edge, **BY_ADDRESS) as edge:
        guesses = [edge.client.get("/docs", auth=("operator", str(n))).status_code for n in range(6)]
        assert guesses == [401] * 5 + [429]
        assert edge.client.get("/docs", auth=SIGNED_IN).status_code == 429
