"""A booting machine gets its secrets from the parameter store, all of them or none."""

import re
import socket
import stat
from pathlib import Path

import pytest

from demo_service.security.api_keys import KeyRing, KeyScope
from tests.platform.secrets.conftest import GIVEN, MADE, OLD_FILE, REQUIRED, Programs
from tests.platform.secrets.parameter_store import PATH, ParameterStore, throttling


class TestEverythingIsThere:
    def test_every_variable_is_written(self, filled: Programs) -> None:
        result = filled.fetch()
        assert (result.code, result.complaint) == (0, "")
        assert result.output == f"fetch-secrets: wrote 10 variables to {filled.file}\n"
        assert set(filled.variables()) == {parameter["variable"] for parameter in REQUIRED}

    def test_plain_values_are_those_of_the_store(self, filled: Programs, store: ParameterStore) -> None:
        filled.fetch()
        values, variables = store.values(), filled.variables()
        plain = [parameter for parameter in REQUIRED if parameter["written"] == "plain"]
        assert {one["variable"]: values[one["name"]] for one in plain}.items() <= variables.items()

    def test_the_service_accepts_the_api_key_from_its_hash(
        self, filled: Programs, store: ParameterStore
    ) -> None:
        filled.fetch()
        line, key = filled.variables()["API_KEYS"] or "", store.values()["api_key"]
        accepted = KeyRing.parse(line).authenticate(key)
        assert accepted is not None
        assert accepted.scopes == set(KeyScope) - {KeyScope.FAULTS_ADMIN}
        assert key.split(".")[1] not in line

    def test_the_edge_gets_a_hash_alone(self, filled: Programs, store: ParameterStore) -> None:
        filled.fetch()
        assert re.fullmatch(r"\$2b\$12\$[./A-Za-z0-9]{53}", filled.variables()["EDGE_PASSWORD_HASH"] or "")
        assert store.values()["edge_password"] not in filled.file.read_text()

    def test_only_the_owner_may_read_the_file(self, filled: Programs) -> None:
        filled.file.chmod(0o644)
        filled.fetch()
        assert stat.S_IMODE(filled.file.stat().st_mode) == 0o600
        assert [path.name for path in filled.file.parent.iterdir()] == [".env"]

    def test_further_pages_are_read(self, filled: Programs, store: ParameterStore) -> None:
        store.put({f"a{number}": "of somebody else" for number in range(25)})
        assert filled.fetch().code == 0
        assert "of somebody else" not in filled.file.read_text()

    def test_optional_ones_are_written_when_they_are_there(
        self, filled: Programs, store: ParameterStore
    ) -> None:
        store.put({"oidc_client_secret": "of the identity provider"})
        filled.fetch()
        assert filled.variables()["OIDC_CLIENT_SECRET"] == "of the identity provider"

    def test_two_live_api_keys_share_a_variable(self, filled: Programs, store: ParameterStore) -> None:
        previous = "0previous." + "p" * 43
        store.put({"api_key_previous": previous})
        filled.fetch()
        ring = KeyRing.parse(filled.variables()["API_KEYS"] or "")
        assert len(ring) == 2
        assert ring.authenticate(previous) is not None
        assert ring.authenticate(store.values()["api_key"]) is not None

    def test_the_same_key_twice_is_written_once(self, filled: Programs, store: ParameterStore) -> None:
        store.put({"api_key_previous": store.values()["api_key"]})
        assert filled.fetch().code == 0
        assert len(KeyRing.parse(filled.variables()["API_KEYS"] or "")) == 1


class TestValues:
    @pytest.mark.parametrize(
        "rest", ["with spaces", "$HOME ${X} $(id) `id`", '"double"', "it's 'single'", "a#b = c\\d", "ä€"]
    )
    def test_special_characters_reach_the_service(
        self, filled: Programs, store: ParameterStore, rest: str
    ) -> None:
        store.put({"slack_webhook_url": f"https://{rest}"})
        assert filled.fetch().code == 0
        assert filled.variables()["SLACK_WEBHOOK_URL"] == f"https://{rest}"

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("https://two\nDB_PASSWORD=lines", "has a line break or another control character"),
            ("https://line break at the end\n", "has a line break or another control character"),
            ("https://bell\a", "has a line break or another control character"),
            ("https://end\\", "has a backslash at its end or before a quote"),
            ("https://quote\\'", "has a backslash at its end or before a quote"),
            ("http://not.encrypted", "does not match ^https://"),
        ],
    )
    def test_what_cannot_be_written_is_refused_by_name(
        self, filled: Programs, store: ParameterStore, value: str, reason: str
    ) -> None:
        store.put({"slack_webhook_url": value})
        result = filled.fetch()
        assert result.code == 1
        assert f"slack_webhook_url {reason}\n" in result.complaint
        assert value.strip() not in result.complaint
        assert filled.file.read_text() == OLD_FILE


class TestSomethingIsMissing:
    def test_all_that_is_missing_is_named_at_once(self, store: ParameterStore, programs: Programs) -> None:
        store.put({"slack_webhook_url": GIVEN["slack_webhook_url"]})
        result = programs.fetch()
        named = re.findall(r"^fetch-secrets:   (\w+) is missing", result.complaint, re.MULTILINE)
        assert result.code == 1
        assert set(named) == MADE | set(GIVEN) - {"slack_webhook_url"}
        assert not programs.file.exists()

    @pytest.mark.parametrize("name", sorted(MADE | set(GIVEN)))
    def test_one_missing_leaves_the_old_file(
        self, filled: Programs, store: ParameterStore, name: str
    ) -> None:
        store.delete(name)
        result = filled.fetch()
        assert result.code == 1
        assert f"{name} is missing" in result.complaint
        assert filled.file.read_text() == OLD_FILE
        assert name not in store.values(), "nothing is made unless it is asked for"


class TestGenerating:
    def test_what_was_made_is_told_stored_encrypted_and_found_again(
        self, store: ParameterStore, programs: Programs
    ) -> None:
        store.put(GIVEN)
        first = programs.fetch("--generate-missing")
        made, written = store.values(), programs.variables()
        second = programs.fetch("--generate-missing")
        assert set(re.findall(r"made (\w+) and wrote it", first.output)) == MADE
        assert " made " not in second.output
        assert store.types() == {"SecureString"}
        assert store.values() == made
        assert programs.variables() | {"EDGE_PASSWORD_HASH": ""} == written | {"EDGE_PASSWORD_HASH": ""}

    def test_values_are_long_and_differ(self, store: ParameterStore, programs: Programs) -> None:
        programs.fetch("--generate-missing")
        made = [value for name, value in store.values().items() if name in MADE]
        assert len(set(made)) == len(made)
        assert min(map(len, made)) >= 40

    def test_what_must_be_given_is_still_missing(self, store: ParameterStore, programs: Programs) -> None:
        result = programs.fetch("--generate-missing")
        assert result.code == 1
        assert set(store.values()) == MADE
        assert set(re.findall(r"(\w+) is missing; it must be given", result.complaint)) == set(GIVEN)

    def test_two_machines_that_boot_together_agree(
        self, store: ParameterStore, programs: Programs, tmp_path: Path
    ) -> None:
        store.put(GIVEN)
        (tmp_path / "other").mkdir()
        machines = [programs, Programs(store, tmp_path / "other" / ".env")]
        running = [machine.started("--generate-missing") for machine in machines]
        told = [process.communicate(timeout=120)[0] for process in running]
        assert [process.returncode for process in running] == [0, 0], told
        one, other = (machine.variables() | {"EDGE_PASSWORD_HASH": ""} for machine in machines)
        assert one == other
        made = sum(text.count(" made ") for text in told)
        assert made - sum(text.count("by somebody else") for text in told) == len(MADE)


class TestTheStoreFails:
    def test_a_store_that_is_down(self, filled: Programs) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed_soon:
            nowhere = f"http://127.0.0.1:{closed_soon.getsockname()[1]}"
        filled.environment = {"AWS_ENDPOINT_URL": nowhere}
        result = filled.fetch("--generate-missing")
        assert result.code == 3
        assert f"SSM refused or did not answer (get-parameters-by-path below {PATH})" in result.complaint
        assert "Could not connect" in result.complaint
        assert filled.file.read_text() == OLD_FILE

    def test_throttling_is_waited_out(self, filled: Programs, store: ParameterStore) -> None:
        with throttling(store, refusals=2) as front:
            filled.environment = {"AWS_ENDPOINT_URL": front.store.endpoint_url, "AWS_MAX_ATTEMPTS": "4"}
            assert filled.fetch().code == 0
            assert front.refused == 2

    def test_writing_waits_throttling_out_too(self, store: ParameterStore, programs: Programs) -> None:
        store.put(GIVEN)
        with throttling(store, refusals=0) as front:
            programs.environment = {"AWS_ENDPOINT_URL": front.store.endpoint_url, "AWS_MAX_ATTEMPTS": "3"}
            front.refuse_when("PutParameter", 2)
            assert programs.fetch("--generate-missing").code == 0
            assert front.refused == 2

    def test_throttling_without_end_has_a_bound(self, filled: Programs, store: ParameterStore) -> None:
        with throttling(store, refusals=1000) as front:
            filled.environment = {"AWS_ENDPOINT_URL": front.store.endpoint_url, "AWS_MAX_ATTEMPTS": "2"}
            result = filled.fetch()
            assert (result.code, front.refused) == (3, 2)
        assert "Rate exceeded" in result.complaint
        assert filled.file.read_text() == OLD_FILE

    def test_a_failure_while_the_file_is_written(self, filled: Programs, tmp_path: Path) -> None:
        _program(tmp_path / "perl", "echo 'this system has no bcrypt' >&2; exit 1")
        filled.environment = {"PATH": f"{tmp_path}:{filled.store.environment()['PATH']}"}
        result = filled.fetch()
        assert result.code == 1
        assert result.complaint == "this system has no bcrypt\n"
        assert filled.file.read_text() == OLD_FILE
        assert [path.name for path in filled.file.parent.iterdir()] == [".env"]


class TestSecrecy:
    def test_no_value_on_a_command_line_or_in_the_output(
        self, store: ParameterStore, programs: Programs, tmp_path: Path
    ) -> None:
        store.put(GIVEN)
        seen = programs.observe_commands(tmp_path / "observed")
        results = [
            programs.fetch("--generate-missing"),
            programs.rotate("api_key"),
            programs.rotate("edge_password"),
            programs.rotate("pagerduty_routing_key", given="S" * 32),
            programs.fetch(),
        ]
        assert [result.code for result in results] == [0] * 5
        told = "".join(result.output + result.complaint for result in results) + seen.read_text()
        assert "get-parameters-by-path" in told
        shown = [name for name, value in store.values().items() if value in told]
        assert shown == []


class TestWrongCalls:
    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            (["--path", "slo-demo/test"], "--path is /<project>/<environment>, not `slo-demo/test`"),
            (["--path", "/"], "--path is /<project>/<environment>, not `/`"),
            (["--path"], "--path needs a value"),
            (["--output", "/nowhere/.env"], "the folder of /nowhere/.env does not exist"),
            (["--force"], "unknown argument: --force"),
        ],
    )
    def test_each_is_told(self, programs: Programs, options: list[str], reason: str) -> None:
        result = programs.fetch(*options)
        assert result.code == 2
        assert reason in result.complaint


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
