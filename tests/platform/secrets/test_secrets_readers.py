"""What the boot script writes is what the programs read: Compose its variables, Caddy its hash."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.platform.edge import USER, running_edge
from tests.platform.secrets.conftest import Programs
from tests.platform.secrets.parameter_store import ParameterStore
from tests.platform.stubs import stub_server
from tests.programs import program


@pytest.mark.parametrize(
    "rest", ["with spaces", "$HOME ${X} $$", '"double"', "it's 'single'", "a#b = c\\d\\\\e", "ä€"]
)
def test_compose_reads_special_characters_as_they_are(
    filled: Programs, store: ParameterStore, tmp_path: Path, rest: str
) -> None:
    store.put({"slack_webhook_url": f"https://{rest}"})
    assert filled.fetch().code == 0
    (tmp_path / "compose.yaml").write_text(
        "services: {x: {image: x, environment: {READ: '${SLACK_WEBHOOK_URL:?}'}}}\n"
    )
    rendered = subprocess.run(
        [
            *(
                program("docker-compose"),
                "--project-directory",
                tmp_path,
                "--file",
                tmp_path / "compose.yaml",
            ),
            *("--env-file", filled.file, "config", "--format", "json"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    # In what it prints, Compose doubles a dollar sign.
    read = json.loads(rendered.stdout)["services"]["x"]["environment"]["READ"].replace("$$", "$")
    assert read == f"https://{rest}"


def test_caddy_lets_in_with_the_password_of_the_store(
    filled: Programs, store: ParameterStore, tmp_path: Path
) -> None:
    filled.fetch()
    password, written = store.values()["edge_password"], filled.variables()["EDGE_PASSWORD_HASH"] or ""
    with (
        stub_server() as page,
        running_edge(tmp_path, EDGE_PASSWORD_HASH=written, PROMETHEUS_UPSTREAM=page.host) as edge,
    ):
        assert edge.client.get("/prometheus/", auth=(USER, password)).status_code == 200
        assert edge.client.get("/prometheus/", auth=(USER, password + "x")).status_code == 401
