"""Alertmanager with the platform's configuration, which it sees through stubs of PagerDuty, Slack and the rest."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml

from tests.platform.running import DEPLOY, REPOSITORY, Program, free_port
from tests.platform.stubs import Answer, Received, StubServer, stub_server
from tests.programs import alertmanager_binary, program

CONFIGURATION = DEPLOY / "alertmanager" / "alertmanager.yml"
SECRETS_FOLDER = "/run/alertmanager"
ROUTING_KEY = "routing-key-of-these-tests"
PREFIX = "/alertmanager"

Document = dict[str, Any]


def configuration() -> Document:
    """The platform's configuration. What an anchor shares is shared no longer."""
    document: Document = json.loads(json.dumps(yaml.safe_load(CONFIGURATION.read_text())))
    return document


def amtool() -> str:
    """The tool that comes with it."""
    return program("amtool")


@cache
def _knows_url_files(binary: str) -> bool:
    """Whether a webhook's address may be in a file, as since version 0.26."""
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True, timeout=30)
    found = re.search(r"version (\d+)\.(\d+)", told.stdout + told.stderr)
    return found is None or (int(found[1]), int(found[2])) >= (0, 26)


def write_configuration(folder: Path, binary: str, **changes: Any) -> Path:
    """The platform's configuration for ``folder`` instead of a container's file system.

    The secrets' files are in the folder. What an old Alertmanager does not know is said in its words.
    """
    document = configuration()
    document["global"] |= changes
    document["templates"] = [str(DEPLOY / "alertmanager" / "templates" / "*.tmpl")]
    for receiver in document["receivers"]:
        for notifier in (n for key in receiver if key.endswith("_configs") for n in receiver[key]):
            for key in [key for key in notifier if key.endswith("_file")]:
                file = folder / Path(notifier[key]).relative_to(SECRETS_FOLDER)
                notifier[key] = str(file)
                if key == "url_file" and not _knows_url_files(binary):
                    notifier["url"] = file.read_text() if file.exists() else "http://127.0.0.1:9/"
                    del notifier[key]
    written = folder / "alertmanager.yml"
    written.write_text(yaml.safe_dump(_hurried(document), sort_keys=False))
    return written


def _hurried(document: Document) -> Document:
    """With a second where people have minutes: a test waits for the end of an incident, too."""

    def hurry(route: Document) -> None:
        for name in ("group_wait", "group_interval"):
            if name in route:
                route[name] = "1s"
        for child in route.get("routes", []):
            hurry(child)

    hurry(document["route"])
    return document


@dataclass
class Notified:
    """Who can be notified, and what reached them."""

    pagerduty: StubServer
    slack: StubServer
    dead_mans_switch: StubServer
    drills: StubServer

    @classmethod
    @contextmanager
    def start(cls) -> Iterator[Self]:
        """Stubs that end with the block. PagerDuty answers 202, as its Events API does."""
        with ExitStack() as stack:
            yield cls(
                stack.enter_context(stub_server(_pagerduty)),
                *(stack.enter_context(stub_server(lambda _: Answer(body=b"ok"))) for _ in range(3)),
            )

    def events(self) -> list[Document]:
        """The events that PagerDuty got, in their order."""
        return [request.json() for request in self.pagerduty.received]


def _pagerduty(request: Received) -> Answer:
    return Answer(202, b'{"status":"success","message":"Event processed","dedup_key":"k"}')


@contextmanager
def running_alertmanager(folder: Path, notified: Notified) -> Iterator[str]:
    """The address (host:port) of an Alertmanager that ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pagerduty_routing_key").write_text(ROUTING_KEY)
    (folder / "slack_webhook_url").write_text(notified.slack.url)
    (folder / "dead_mans_switch_url").write_text(notified.dead_mans_switch.url)
    (folder / "drill_webhook_url").write_text(notified.drills.url)
    binary = alertmanager_binary()
    written = write_configuration(folder, binary, pagerduty_url=f"{notified.pagerduty.url}/v2/enqueue")
    address = f"127.0.0.1:{free_port()}"
    command = [
        binary,
        f"--config.file={written}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        f"--web.external-url=http://edge.example.com{PREFIX}/",
        f"--web.route-prefix={PREFIX}",
        "--cluster.listen-address=",
    ]
    with Program.start(command, folder) as running:
        running.wait_until_ready(f"http://{address}{PREFIX}/-/ready")
        yield address


def generated_rules() -> list[Document]:
    """Every alerting rule that the toolkit generated."""
    return _alerting_rules(REPOSITORY / "generated" / "rules")


def platform_rules() -> list[Document]:
    """Every alerting rule about the platform itself."""
    return _alerting_rules(DEPLOY / "prometheus" / "rules")


def _alerting_rules(folder: Path) -> list[Document]:
    return [
        rule
        for file in sorted(folder.glob("*.yaml"))
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
