"""A parameter gets a new value in the store and where it is kept besides, and an interruption loses nothing."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from demo_service.security.api_keys import KeyRing
from tests.demo_service.postgres_server import PostgresServer
from tests.platform.secrets.conftest import Programs
from tests.platform.secrets.parameter_store import ParameterStore


class TestApiKey:
    def test_both_keys_live_until_the_clients_have_moved(
        self, filled: Programs, store: ParameterStore
    ) -> None:
        before = store.values()["api_key"]
        assert filled.rotate("api_key").code == 0
        after = store.values()["api_key"]
        assert after != before
        assert self._accepted(filled, before, after) == [True, True]
        assert filled.rotate("api_key", "--finish").code == 0
        assert self._accepted(filled, before, after) == [False, True]

    def test_a_second_one_waits_for_the_end_of_the_first(
        self, filled: Programs, store: ParameterStore
    ) -> None:
        filled.rotate("api_key")
        values = store.values()
        result = filled.rotate("api_key")
        assert (result.code, store.values()) == (1, values)
        assert "a rotation of api_key is under way: move the clients, then --finish" in result.complaint

    def test_one_interrupted_between_its_two_writes_is_run_again(
        self, filled: Programs, store: ParameterStore
    ) -> None:
        before = store.values()["api_key"]
        store.put({"api_key_previous": before})
        assert filled.rotate("api_key").code == 0
        assert store.values()["api_key_previous"] == before
        assert store.values()["api_key"] != before

    def test_nothing_to_finish(self, filled: Programs) -> None:
        result = filled.rotate("api_key", "--finish")
        assert result.code == 1
        assert "no rotation of api_key is under way" in result.complaint

    @staticmethod
    def _accepted(programs: Programs, *keys: str) -> list[bool]:
        programs.fetch()
        ring = KeyRing.parse(programs.variables()["API_KEYS"] or "")
        return [ring.authenticate(key) is not None for key in keys]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server with the role and the database that compose.yaml makes."""
    with PostgresServer.create() as server:
        server.execute("CREATE ROLE demo LOGIN")
        server.execute("CREATE DATABASE demo OWNER demo")
        yield server


class TestDatabasePassword:
    @pytest.fixture
    def kept(self, filled: Programs, postgres: PostgresServer) -> Programs:
        """A role that has the password of the store."""
        postgres.execute(f"ALTER ROLE demo PASSWORD '{filled.store.values()['db_password']}'")
        filled.environment = {"IN_POSTGRES": f"env PGHOST=127.0.0.1 PGPORT={_port(postgres)}"}
        return filled

    def test_the_role_has_it_and_the_old_one_ends(
        self, kept: Programs, store: ParameterStore, postgres: PostgresServer
    ) -> None:
        before = store.values()["db_password"]
        result = kept.rotate("db_password")
        assert result.code == 0, result.complaint
        after = store.values()
        assert "db_password_next" not in after
        assert _lets_in(postgres, after["db_password"])
        assert not _lets_in(postgres, before)

    def test_a_database_that_is_down_keeps_the_old_one_and_the_next_run_continues(
        self, kept: Programs, store: ParameterStore, postgres: PostgresServer
    ) -> None:
        before = store.values()["db_password"]
        postgres.stop()
        try:
            failed = kept.rotate("db_password")
        finally:
            postgres.start()
        waiting = store.values()
        assert failed.code == 3
        assert "db_password is as it was; its next value waits in SSM" in failed.complaint
        assert waiting["db_password"] == before
        continued = kept.rotate("db_password")
        assert "continuing an interrupted rotation" in continued.output
        assert store.values()["db_password"] == waiting["db_password_next"]
        assert _lets_in(postgres, waiting["db_password_next"])

    def test_one_interrupted_after_the_role_was_changed_continues(
        self, kept: Programs, store: ParameterStore, postgres: PostgresServer
    ) -> None:
        store.put({"db_password_next": "n" * 40})
        postgres.execute(f"ALTER ROLE demo PASSWORD '{'n' * 40}'")
        assert kept.rotate("db_password").code == 0
        assert store.values()["db_password"] == "n" * 40
        assert _lets_in(postgres, "n" * 40)

    def test_no_value_on_a_command_line(self, kept: Programs, store: ParameterStore, tmp_path: Path) -> None:
        seen = kept.observe_commands(tmp_path / "observed", "psql", "setsid", "env")
        before = store.values()["db_password"]
        assert kept.rotate("db_password").code == 0
        assert "\\password demo" in seen.read_text()
        assert before not in seen.read_text()
        assert store.values()["db_password"] not in seen.read_text()


class TestGrafanaPassword:
    """Grafana is not at hand: a program in its place writes down what it was asked and given."""

    @pytest.fixture
    def grafana(self, filled: Programs, tmp_path: Path) -> Path:
        stand_in = tmp_path / "stand-in"
        stand_in.write_text(
            f'#!/bin/sh\necho "$@" >{tmp_path}/asked\nread -r given\necho "$given" >{tmp_path}/given\n'
        )
        stand_in.chmod(0o755)
        filled.environment = {"IN_GRAFANA": str(stand_in)}
        return tmp_path

    def test_is_handed_over_on_standard_input(
        self, filled: Programs, store: ParameterStore, grafana: Path
    ) -> None:
        assert filled.rotate("grafana_password").code == 0
        asked, given = (grafana / "asked").read_text(), (grafana / "given").read_text()
        assert asked == "grafana cli admin reset-admin-password --password-from-stdin\n"
        assert given.strip() == store.values()["grafana_password"]

    def test_a_grafana_that_fails_keeps_the_old_one(self, filled: Programs, store: ParameterStore) -> None:
        before = store.values()["grafana_password"]
        filled.environment = {"IN_GRAFANA": "false"}
        assert filled.rotate("grafana_password").code == 3
        assert store.values()["grafana_password"] == before


class TestOtherValues:
    @pytest.mark.parametrize("name", ["edge_password", "meili_key", "minio_password", "pgadmin_password"])
    def test_made_ones_are_replaced(self, filled: Programs, store: ParameterStore, name: str) -> None:
        before = store.values()
        result = filled.rotate(name)
        changed = {one for one, value in store.values().items() if value != before[one]}
        assert (result.code, changed) == (0, {name})
        assert "systemctl reload slo-demo" in result.output

    def test_given_ones_are_read_from_standard_input(self, programs: Programs, store: ParameterStore) -> None:
        assert programs.rotate("pagerduty_routing_key", given="K" * 32 + "\n").code == 0
        assert store.values() == {"pagerduty_routing_key": "K" * 32}

    @pytest.mark.parametrize(
        ("name", "given", "reason"),
        [
            ("pagerduty_routing_key", "too-short", "it does not match ^[A-Za-z0-9]{32}$"),
            ("slack_webhook_url", "https://two\nlines", "it has a line break or another control character"),
        ],
    )
    def test_what_cannot_be_right_is_refused(
        self, filled: Programs, store: ParameterStore, name: str, given: str, reason: str
    ) -> None:
        before = store.values()
        result = filled.rotate(name, given=given)
        assert (result.code, store.values()) == (2, before)
        assert reason in result.complaint
        assert given not in result.complaint

    @pytest.mark.parametrize("name", ["api_key_previous", "nonsense"])
    def test_what_cannot_be_rotated_is_told(self, programs: Programs, name: str) -> None:
        result = programs.rotate(name)
        assert result.code == 2
        assert f"no parameter to rotate: `{name}`" in result.complaint


def _port(server: PostgresServer) -> int:
    return int(server.url.rpartition(":")[2].partition("/")[0])


def _lets_in(server: PostgresServer, password: str) -> bool:
    url = f"postgresql://demo@127.0.0.1:{_port(server)}/demo"
    try:
        psycopg.connect(url, password=password).close()
    except psycopg.OperationalError as refused:
        return "password authentication failed" not in str(refused)
    return True
