"""Service, Prometheus, Alertmanager and webhook on free loopback ports; up in order, down in reverse."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import yaml

from deploy.live import configuration
from deploy.live.alerts import Firing
from deploy.live.backfill import Say, backfill, catch_up
from deploy.live.past import DAY, DAYS, Past, lived
from deploy.live.processes import Child, NotStartedError, free_port, program, running
from deploy.live.rules import Rule, rules_of
from deploy.live.service import Service, serving
from deploy.live.webhook import Webhook, listening

# One block holds the whole past: samples of a month ago are taken in order for each series, whatever was written
# for other series before.
_HEAD_SPAN = "80d"


@dataclass(frozen=True)
class Stack:
    """What runs, and the past that was written."""

    folder: Path
    service: Service
    prometheus: str
    alertmanager: str
    webhook: Webhook
    past: Past
    fired: list[Firing]
    children: tuple[Child, ...]


@contextmanager
def live(folder: Path, specs: Path, say: Say, *, days: float = DAYS) -> Iterator[Stack]:
    """The stack for the specs of a folder, until the block ends. Every file is in `folder`.

    Raises:
        NotStartedError: A part did not come up.
    """
    rule_files, inhibit_rules = _compile(specs, folder, say)
    with (
        serving(folder) as service,
        listening(folder / "notifications.jsonl") as webhook,
        _alertmanager(folder, webhook, inhibit_rules) as (alertmanager_child, alertmanager),
        _prometheus(folder) as (prometheus_child, prometheus),
    ):
        say("the service, Prometheus, Alertmanager and a webhook receiver answer")
        documents = [yaml.safe_load(file.read_text()) for file in rule_files]
        rules = [rule for document in documents for rule in rules_of(document)]
        past, fired = _give_a_past(prometheus, rules, days, say)
        _watch(folder, prometheus, service, alertmanager, rule_files)
        children = (service.child, alertmanager_child, prometheus_child)
        yield Stack(folder, service, prometheus, alertmanager, webhook, past, fired, children)


def _compile(specs: Path, folder: Path, say: Say) -> tuple[list[Path], Path]:
    """Rule files and inhibition rules, made from the specs as they are now.

    Raises:
        NotStartedError: A spec is wrong; the message holds what `slo compile` says of it.
    """
    generated = folder / "generated"
    command = [sys.executable, "-m", "slo_toolkit", "compile", str(specs), "--out", str(generated)]
    command += ["--dashboards", str(folder / "dashboards")]
    done = subprocess.run(command, check=False, timeout=120, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotStartedError(done.stderr.strip())
    say(done.stderr.strip().removeprefix("slo: "))
    return sorted((generated / "rules").glob("*.yaml")), generated / "alertmanager" / "inhibit-rules.yaml"


@contextmanager
def _prometheus(folder: Path) -> Iterator[tuple[Child, str]]:
    file = folder / "prometheus.yml"
    file.write_text(configuration.prometheus_without_a_past())
    address = f"http://127.0.0.1:{free_port()}"
    command = [
        program("prometheus", package="prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'prometheus-data'}",
        "--storage.tsdb.retention.time=90d",
        f"--storage.tsdb.min-block-duration={_HEAD_SPAN}",
        f"--storage.tsdb.max-block-duration={_HEAD_SPAN}",
        f"--web.listen-address={address.removeprefix('http://')}",
        f"--web.external-url={address}",
        "--web.enable-remote-write-receiver",
        "--web.enable-lifecycle",
        "--rules.alert.resend-delay=1s",
        "--log.level=warn",
    ]
    with running("Prometheus", command, folder / "prometheus.log") as child:
        child.await_answer(f"{address}/-/ready")
        yield child, address


@contextmanager
def _alertmanager(folder: Path, webhook: Webhook, inhibit_rules: Path) -> Iterator[tuple[Child, str]]:
    file = folder / "alertmanager.yml"
    file.write_text(configuration.alertmanager(webhook=webhook.url, inhibit_rules=inhibit_rules))
    address = f"http://127.0.0.1:{free_port()}"
    command = [
        program("prometheus-alertmanager", "alertmanager", package="prometheus-alertmanager"),
        f"--config.file={file}",
        f"--storage.path={folder / 'alertmanager-data'}",
        f"--web.listen-address={address.removeprefix('http://')}",
        f"--web.external-url={address}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
    with running("Alertmanager", command, folder / "alertmanager.log") as child:
        child.await_answer(f"{address}/-/ready")
        yield child, address


def _give_a_past(prometheus: str, rules: list[Rule], days: float, say: Say) -> tuple[Past, list[Firing]]:
    """The past until now. While it is written time goes on, which is then written, too."""
    now = int(time.time())
    start = now - int(days * DAY)
    past = lived(start, now)
    fired = backfill(prometheus, past, rules, say)
    until_now = lived(start, int(time.time()))
    catch_up(prometheus, past, until_now, rules)
    return until_now, fired


def _watch(
    folder: Path, prometheus: str, service: Service, alertmanager: str, rule_files: list[Path]
) -> None:
    """From now on Prometheus scrapes the service and evaluates the rules."""
    text = configuration.prometheus(
        metrics=service.metrics, alertmanager=alertmanager.removeprefix("http://"), rule_files=rule_files
    )
    (folder / "prometheus.yml").write_text(text)
    urlopen(Request(f"{prometheus}/-/reload", method="POST"), timeout=30).close()


def groups(prometheus: str) -> list[dict[str, Any]]:
    """The rule groups that Prometheus has loaded, with the moments of their evaluations."""
    with urlopen(f"{prometheus}/api/v1/rules", timeout=30) as answer:
        loaded: list[dict[str, Any]] = yaml.safe_load(answer.read())["data"]["groups"]
        return loaded
