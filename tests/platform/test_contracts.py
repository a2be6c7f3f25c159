"""What one file of the platform says about another."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.openapi.utils import get_openapi

from demo_service.settings import PREFIX, Settings
from tests.demo_service.conftest import StartApplication
from tests.platform.alertmanager import configuration
from tests.platform.composition import (
    COMPOSE,
    SINGLE_SIGN_ON,
    TLS,
    command_option,
    composition,
    mounts,
    networks,
    services,
    used_variables,
)
from tests.platform.edge import CADDYFILE
from tests.platform.running import DEPLOY, REPOSITORY

PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
BLACKBOX = yaml.safe_load((DEPLOY / "blackbox" / "blackbox.yml").read_text())
COLLECTOR = yaml.safe_load((DEPLOY / "otel" / "collector.yaml").read_text())
LOKI = yaml.safe_load((DEPLOY / "loki" / "loki.yaml").read_text())
TEMPO = yaml.safe_load((DEPLOY / "tempo" / "tempo.yaml").read_text())
NAMES = DEPLOY / "secrets" / "names.json"
TERRAFORM = DEPLOY / "terraform"

# Ports that images listen on unless they are told otherwise.
DEFAULT_PORTS = {
    "prometheus": 9090,
    "alertmanager": 9093,
    "grafana": 3000,
    "blackbox": 9115,
    "meilisearch": 7700,
}


def listening() -> dict[str, set[int]]:
    """The ports that each service listens on, as its own files say."""
    settings = Settings.model_fields
    found = {name: {port} for name, port in DEFAULT_PORTS.items()}
    found["service"] = {settings["port"].default, settings["metrics_port"].default}
    found["edge"] = {8080, int(re.findall(r"EDGE_METRICS_PORT:(\d+)", CADDYFILE.read_text())[0])}
    found["loki"] = {LOKI["server"]["http_listen_port"]}
    readers = COLLECTOR["service"]["telemetry"]["metrics"]["readers"]
    found["collector"] = {
        readers[0]["pull"]["exporter"]["prometheus"]["port"],
        *(_port(receiver) for receiver in COLLECTOR["receivers"].values()),
    }
    found["tempo"] = {_port(TEMPO["distributor"]["receivers"]["otlp"])}
    found["pgadmin"] = {int(services()["pgadmin"]["environment"]["PGADMIN_LISTEN_PORT"])}
    address = services()["oauth2-proxy"]["environment"]["OAUTH2_PROXY_HTTP_ADDRESS"]
    found["oauth2-proxy"] = {int(address.rpartition(":")[2])}
    found["object-store"] = {23646}
    return found


def _port(receiver: dict[str, Any]) -> int:
    endpoint = receiver.get("endpoint") or receiver["protocols"]["http"]["endpoint"]
    return int(endpoint.rpartition(":")[2])


def jobs() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = PROMETHEUS["scrape_configs"]
    return found


def targets(job: dict[str, Any]) -> list[str]:
    return [target for group in job["static_configs"] for target in group["targets"]]


def test_every_rule_file_is_mounted_and_there() -> None:
    mounted = mounts(services()["prometheus"])
    for pattern in PROMETHEUS["rule_files"]:
        folder, _, files = pattern.rpartition("/")
        assert folder in mounted, f"{folder} is not mounted"
        assert list(mounted[folder].glob(files)), f"no file of {mounted[folder]} matches {files}"


def test_the_rules_of_every_spec_are_among_them() -> None:
    loaded = mounts(services()["prometheus"])["/etc/prometheus/rules/slos"]
    services_with_specs = {
        yaml.safe_load(file.read_text())["service"] for file in (REPOSITORY / "slos").glob("*.yaml")
    }
    assert services_with_specs <= {file.stem for file in loaded.glob("*.yaml")}


def test_every_mounted_path_is_there() -> None:
    for name, service in services().items():
        for place in mounts(service).values():
            assert place.exists() or place == Path("/"), f"{name}: {place}"


@pytest.mark.parametrize("job", jobs(), ids=lambda job: job["job_name"])
def test_every_target_is_a_service_that_listens_there_and_can_be_reached(job: dict[str, Any]) -> None:
    prober = "blackbox" if "params" in job else "prometheus"
    for target in targets(job):
        host, _, rest = target.removeprefix("http://").partition(":")
        port = int(re.match(r"\d+", rest).group())  # type: ignore[union-attr]
        if host == _host_gateway():
            assert command_option(services()["node-exporter"], "web.listen-address") == target
            assert "host" in networks(services()["prometheus"])
        elif host != "localhost":
            assert port in listening()[host], f"{host} does not listen on {port}"
            assert networks(services()[host]) & networks(services()[prober]), f"{prober} cannot reach {host}"


def _host_gateway() -> str:
    gateway: str = composition()["networks"]["host"]["ipam"]["config"][0]["gateway"]
    return gateway


def test_probes_go_through_the_edge_with_a_known_module() -> None:
    probing = [job for job in jobs() if "params" in job]
    assert {job["job_name"] for job in probing} == {"uptime", "closed"}
    for job in probing:
        assert set(job["params"]["module"]) <= set(BLACKBOX["modules"])
        assert job["relabel_configs"][-1]["replacement"] == "blackbox:9115"


def test_rules_ask_for_jobs_that_exist() -> None:
    rules = (DEPLOY / "prometheus" / "rules" / "platform.yaml").read_text()
    asked = set(re.findall(r'job="([^"]+)"', rules))
    assert asked
    assert asked <= {job["job_name"] for job in jobs()}


def test_prometheus_remembers_longer_than_any_period() -> None:
    rules = (REPOSITORY / "generated" / "rules").glob("*.yaml")
    periods = [
        int(rule["expr"].removeprefix("vector(").rstrip(")"))
        for file in rules
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
        if rule.get("record") == "slo:time_period:days"
    ]
    kept = command_option(services()["prometheus"], "storage.tsdb.retention.time")
    found = re.fullmatch(r"\$\{PROMETHEUS_RETENTION:-(\d+)d\}", kept)
    assert found is not None
    assert int(found[1]) > max(periods)
    assert int(LOKI["limits_config"]["retention_period"].rstrip("h")) >= 24 * max(periods)


@pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
def test_prefixes_agree(name: str) -> None:
    service = services()[name]
    prefix = command_option(service, "web.route-prefix").rstrip("/")
    assert prefix == f"/{name}"
    assert command_option(service, "web.external-url").endswith(f"{prefix}/")
    assert f"import admin_page {name} " in CADDYFILE.read_text()
    (job,) = [job for job in jobs() if job["job_name"] == name]
    assert job["metrics_path"] == f"{prefix}/metrics"
    assert f"{prefix}/-/ready" in str(service["healthcheck"])


def test_prometheus_finds_alertmanager() -> None:
    (way,) = PROMETHEUS["alerting"]["alertmanagers"]
    assert way["path_prefix"] == command_option(services()["alertmanager"], "web.route-prefix").rstrip("/")
    (host, port) = targets(way)[0].split(":")
    assert int(port) in listening()[host]


def test_grafana_and_pgadmin_know_their_prefix() -> None:
    grafana, pgadmin = services()["grafana"]["environment"], services()["pgadmin"]["environment"]
    assert grafana["GF_SERVER_ROOT_URL"].endswith("/grafana/")
    assert grafana["GF_SERVER_SERVE_FROM_SUB_PATH"] == "true"
    assert pgadmin["SCRIPT_NAME"] == "/pgadmin"
    for name in ("grafana", "pgadmin"):
        assert f"import admin_page {name} " in CADDYFILE.read_text()


def test_every_upstream_of_the_edge_is_a_service_within_reach() -> None:
    texts = "".join(
        file.read_text() for file in (DEPLOY / "caddy").rglob("*") if "addy" in file.suffix + file.name
    )
    upstreams = set(re.findall(r"\{\$[A-Z0-9_]+_UPSTREAM:([a-z0-9-]+):(\d+)\}", texts))
    assert {host for host, _ in upstreams} >= {"service", "grafana", "prometheus", "alertmanager", "pgadmin"}
    for host, port in upstreams:
        assert int(port) in listening()[host], host
        assert networks(services()[host]) & networks(services()["edge"]), host


def test_the_edge_routes_all_of_the_api_and_nothing_else(start_application: StartApplication) -> None:
    app = start_application(faults=True).app
    documented = set(get_openapi(title="", version="", routes=app.routes)["paths"])
    found = re.search(r"@public path (.+)", CADDYFILE.read_text())
    assert found is not None
    patterns = [re.compile(re.escape(path).replace(r"\*", ".*")) for path in found[1].split()]
    public = {path for path in documented if any(pattern.fullmatch(path) for pattern in patterns)}
    assert documented - public == {"/livez", "/readyz", "/admin/faults"}
    for pattern in patterns:
        assert any(pattern.fullmatch(path) for path in documented), pattern


def test_every_setting_that_compose_makes_is_one_of_the_service() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(services()["service"]["environment"]) <= known


def test_the_services_image_listens_beyond_its_container() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    for setting in ("DEMO_HOST", "DEMO_METRICS_HOST"):
        assert f"{setting}=0.0.0.0" in dockerfile
    exposed = {int(port) for port in re.findall(r"^EXPOSE (.+)$", dockerfile, re.MULTILINE)[0].split()}
    assert exposed == listening()["service"]


def test_every_variable_of_the_edge_is_one_of_its_files() -> None:
    texts = "".join(file.read_text() for file in (DEPLOY / "caddy").rglob("*addy*") if file.is_file())
    for name in services()["edge"]["environment"]:
        assert f"{{${name}" in texts or name.startswith("OTEL_"), name


def test_alertmanagers_files_are_made_and_mounted() -> None:
    script = (DEPLOY / "alertmanager" / "start.sh").read_text()
    made = dict(re.findall(r"^hand_over (\w+) (\w+)$", script, re.MULTILINE))
    assert set(made) == set(services()["alertmanager"]["environment"])
    wanted = set(re.findall(r"/run/alertmanager/(\w+)", json.dumps(configuration())))
    assert wanted == set(made.values())
    for pattern in configuration()["templates"]:
        folder = mounts(services()["alertmanager"])["/etc/alertmanager"]
        assert list(folder.glob(pattern.removeprefix("/etc/alertmanager/")))


def test_the_boot_script_writes_every_secret() -> None:
    listed = json.loads(NAMES.read_text())["parameters"]
    always = {parameter["variable"] for parameter in listed if not parameter.get("optional")}
    asked = {name for name, mark in used_variables(COMPOSE).items() if mark == ":?"}
    assert asked == always
    assert {parameter["variable"] for parameter in listed} <= set(used_variables(COMPOSE, SINGLE_SIGN_ON))


def test_logs_go_to_the_collector_and_are_found_by_their_job() -> None:
    receiver = COLLECTOR["receivers"]["fluent_forward"]["endpoint"].rpartition(":")[2]
    assert f"127.0.0.1:{receiver}:{receiver}" in services()["collector"]["ports"]
    tags = {}
    for name, service in services().items():
        if service.get("logging", {}).get("driver") == "fluentd":
            assert service["logging"]["options"]["fluentd-address"] == f"127.0.0.1:{receiver}"
            tags[name] = service["logging"]["options"]["tag"]
    assert (tags["service"], tags["edge"]) == ("fastapi", "caddy")
    assert (
        'set(log.attributes["job"], log.attributes["fluent.tag"])'
        in COLLECTOR["processors"]["transform/job"]["log_statements"]
    )
    assert COLLECTOR["processors"]["groupbyattrs/job"]["keys"] == ["job"]
    (label,) = LOKI["limits_config"]["otlp_config"]["resource_attributes"]["attributes_config"]
    assert label == {"action": "index_label", "attributes": ["job"]}


def test_the_collector_hands_on_to_services_that_listen() -> None:
    environment = services()["collector"]["environment"]
    for variable, host, port in (("LOKI_URL", "loki", 3100), ("TRACES_URL", "tempo", 4318)):
        assert environment[variable].startswith(f"http://{host}:{port}")
        assert port in listening()[host]
        assert networks(services()[host]) & networks(services()["collector"])


def test_log_fields_that_are_searched_for_are_written(start_application: StartApplication) -> None:
    """In dashboards and guides: `{job="fastapi"} | json | <field>...`"""
    application = start_application()
    application.contact()
    written = {field for record in application.log_records() for field in record}
    searched = set()
    for file in (*(REPOSITORY / "docs").glob("*.md"), *(REPOSITORY / "dashboards").glob("*.json")):
        for query in re.findall(r"job=\\?\"fastapi\\?\"\}\s*\|\s*json([^\n`]*)", file.read_text()):
            searched |= set(re.findall(r"\|\s*(\w+)\s*(?:=|!=|>|<)", query))
    assert "correlation_id" in searched
    assert searched <= written


def test_the_machine_opens_the_ports_that_compose_publishes_with_tls() -> None:
    opened = set(re.findall(r'setproduct\(\["(\d+)", "(\d+)"\]', (TERRAFORM / "network.tf").read_text())[0])
    published = composition(TLS)["services"]["edge"]["ports"]
    assert {port.partition(":")[0] for port in published} == opened


def test_the_machines_settings_are_variables_of_compose_and_choose_tls() -> None:
    template = (TERRAFORM / "modules" / "documents" / "templates" / "first-boot.sh.tftpl").read_text()
    lines = template.partition("<<'SETTINGS'\n")[2].partition("SETTINGS\n")[0]
    settings = dict(line.split("=", 1) for line in lines.splitlines())
    files = settings.pop("COMPOSE_FILE").split(":")
    assert files == [COMPOSE.name, TLS.name]
    assert set(settings) <= set(used_variables(COMPOSE, TLS))


def test_the_service_finds_its_search_engine_and_has_its_key() -> None:
    guide = (REPOSITORY / "docs" / "platform.md").read_text()
    (host, port) = re.findall(r"SEARCH_URL=http://([a-z-]+):(\d+)", guide)[0]
    assert f"http://{host}:{port}" in (DEPLOY / ".env.example").read_text()
    assert int(port) in listening()[host]
    assert networks(services()[host]) & networks(services()["service"])
    given = services()["service"]["environment"]["DEMO_SEARCH_KEY"]
    assert given == services()[host]["environment"]["MEILI_MASTER_KEY"]
