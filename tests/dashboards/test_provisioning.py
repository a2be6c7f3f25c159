"""Grafana's provisioning files say what its documentation knows, and agree with dashboards and the service."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"
SOURCES: list[dict[str, Any]] = yaml.safe_load((PROVISIONING / "datasources/slo.yaml").read_text())[
    "datasources"
]
PROVIDERS: list[dict[str, Any]] = yaml.safe_load((PROVISIONING / "dashboards/slo.yaml").read_text())[
    "providers"
]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
DASHBOARDS = sorted((ROOT / "dashboards").glob("*.json"))

# grafana.com/docs/grafana/latest/administration/provisioning, as of Grafana 13.
DOCUMENTED_FOR_SOURCES = {
    "name", "type", "access", "orgId", "uid", "url", "user", "database", "basicAuth", "basicAuthUser",
    "withCredentials", "isDefault", "jsonData", "secureJsonData", "version", "editable",
}  # fmt: skip
DOCUMENTED_FOR_PROVIDERS = {
    "name", "orgId", "folder", "folderUid", "type", "disableDeletion", "updateIntervalSeconds",
    "allowUiUpdates", "options",
}  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["name"])
def test_a_data_source_has_only_documented_keys_a_stable_uid_and_no_secret(source: dict[str, Any]) -> None:
    assert source.keys() <= DOCUMENTED_FOR_SOURCES
    assert source["access"] == "proxy"
    assert re.fullmatch(r"[a-z-]{1,40}", source["uid"])
    assert not {"secureJsonData", "user", "basicAuthUser"} & source.keys()


def test_one_data_source_is_the_default() -> None:
    assert [source["uid"] for source in SOURCES if source.get("isDefault")] == ["prometheus"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_kind_of_data_source_that_a_dashboard_chooses_from_is_there(path: Path) -> None:
    variables = json.loads(path.read_text())["templating"]["list"]
    wanted = {variable["query"] for variable in variables if variable["type"] == "datasource"}
    assert wanted <= {source["type"] for source in SOURCES}
    assert "prometheus" in wanted


def test_prometheus_names_an_alertmanager_that_is_there() -> None:
    by_uid = {source["uid"]: source for source in SOURCES}
    assert by_uid[by_uid["prometheus"]["jsonData"]["alertmanagerUid"]]["type"] == "alertmanager"


def test_the_folders_of_files_become_folders_and_nobody_changes_what_is_generated() -> None:
    (provider,) = PROVIDERS
    assert provider.keys() <= DOCUMENTED_FOR_PROVIDERS
    assert provider["options"]["foldersFromFilesStructure"] is True
    assert "folder" not in provider, "Grafana takes either the files' folders or one that is named"
    assert provider["allowUiUpdates"] is False


def test_the_platform_mounts_the_dashboards_into_the_folder_of_their_team() -> None:
    (provider,) = PROVIDERS
    (mounted,) = [volume for volume in COMPOSE["grafana"]["volumes"] if volume.startswith("../dashboards:")]
    top, _, team = mounted.split(":")[1].rpartition("/")
    assert top == provider["options"]["path"]
    tagged = {tag for path in DASHBOARDS for tag in json.loads(path.read_text())["tags"]}
    assert f"team:{team}" in tagged


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["name"])
def test_a_data_source_is_where_the_platform_has_it(source: dict[str, Any]) -> None:
    address = urlsplit(source["url"])
    assert address.hostname in COMPOSE
    options = " ".join(COMPOSE[address.hostname].get("command", []))
    external = re.search(r"--web.external-url=\S+?(/\w+)/?(?=\s|$)", options)
    assert address.path == (external[1] if external else "")


def test_a_log_line_of_the_service_leads_to_all_lines_of_its_request() -> None:
    (loki,) = [source for source in SOURCES if source["type"] == "loki"]
    (derived,) = loki["jsonData"]["derivedFields"]
    found = re.search(derived["matcherRegex"], _line_of_a_request("0a1b2c"))
    assert found
    assert found[1] == "0a1b2c"
    uid = derived["url"].removeprefix("/d/").partition("?")[0]
    api = json.loads((ROOT / "dashboards" / "demo-service-api.json").read_text())
    assert uid == api["uid"]
    assert "correlation_id" in {variable["name"] for variable in api["templating"]["list"]}


def _line_of_a_request(correlation_id: str) -> str:
    """A line as the service writes it to its log; a process of its own keeps its logging out of the tests."""
    script = f"""
import structlog
from demo_service import correlation, logs
logs.configure_logging()
correlation.current.set({correlation_id!r})
structlog.get_logger("test").info("answered")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout
