"""A real VictoriaMetrics, and a real vmalert for its rules: optional peers, each with its own port and folder."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

from deploy.live.rules import Rule, in_dependency_order
from tests.programs import optional_program

from .prometheus import await_ready, end, free_port

REPLAY_SECONDS = 300
HOW_TO_GET = "its project publishes binaries"


@contextmanager
def running_victoria_metrics() -> Iterator[str]:
    """The base address of a VictoriaMetrics that lives exactly as long as the block."""
    binary = optional_program("victoria-metrics", HOW_TO_GET)
    with tempfile.TemporaryDirectory(prefix="slo-live-") as folder:
        host = f"127.0.0.1:{free_port()}"
        command = [
            binary,
            f"-storageDataPath={folder}/data",
            "-retentionPeriod=100y",
            f"-httpListenAddr={host}",
            "-loggerLevel=ERROR",
        ]
        with _running(command, f"http://{host}", Path(folder) / "log") as address:
            yield address


@contextmanager
def running_vmalert(rule_file: Path, server: str) -> Iterator[str]:
    """The base address of a vmalert that evaluates the file against the server, and writes back there."""
    host = f"127.0.0.1:{free_port()}"
    # Each group starts at a random moment, by default within five minutes.
    more = [f"-httpListenAddr={host}", "-group.maxStartDelay=1s", "-remoteWrite.flushInterval=200ms"]
    command = [*_vmalert(server, rule_file), *more]
    with _running(command, f"http://{host}", rule_file.with_suffix(".log")) as address:
        yield address


def dry_run(rule_file: Path) -> subprocess.CompletedProcess[str]:
    """What vmalert says of the file without running it."""
    command = [optional_program("vmalert", HOW_TO_GET), "-dryRun", f"-rule={rule_file}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def replay_by_vmalert(server: str, rules: Sequence[Rule], start: float, finish: float) -> None:
    """Every rule over the history, as vmalert evaluates it; those that others read go first.

    vmalert replays one group after the other, and groups of one SLO read each other. So each level of rules that
    read only earlier ones is a file of its own; the expressions, labels and intervals are the compiled ones.
    """
    _flush(server)
    with tempfile.TemporaryDirectory(prefix="slo-live-") as folder:
        file = Path(folder) / "rules.yaml"
        for level in in_dependency_order(rules):
            # JSON is YAML.
            file.write_text(
                json.dumps({"groups": [_group(name, level) for name in {r.group: 0 for r in level}]})
            )
            _replay(server, file, start, finish)
            _flush(server)


def _flush(server: str) -> None:
    """Let queries see what was written before."""
    urlopen(f"{server}/internal/force_flush", timeout=60).close()


def _replay(server: str, file: Path, start: float, finish: float) -> None:
    command = [
        *_vmalert(server, file),
        f"-replay.timeFrom={_rfc3339(start)}",
        f"-replay.timeTo={_rfc3339(finish)}",
        "-replay.disableProgressBar",
        "-replay.maxDatapointsPerQuery=30000",
        "-replay.rulesDelay=0s",
        f"-httpListenAddr=127.0.0.1:{free_port()}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=REPLAY_SECONDS, check=False)
    assert done.returncode == 0, done.stderr


def _vmalert(server: str, file: Path) -> list[str]:
    binary = optional_program("vmalert", HOW_TO_GET)
    addresses = [f"-datasource.url={server}", f"-remoteWrite.url={server}", f"-remoteRead.url={server}"]
    return [binary, f"-rule={file}", *addresses, "-notifier.blackhole", "-loggerLevel=ERROR"]


def _group(name: str, level: Sequence[Rule]) -> dict[str, object]:
    rules = [rule for rule in level if rule.group == name]
    return {"name": name, "interval": f"{rules[0].interval:g}s", "rules": [_rule(rule) for rule in rules]}


def _rule(rule: Rule) -> dict[str, object]:
    kind = "alert" if rule.alert else "record"
    hold = {"for": f"{rule.hold:g}s"} if rule.hold else {}
    return {kind: rule.name, "expr": rule.expr, "labels": dict(rule.labels), **hold}


@contextmanager
def _running(command: Sequence[str], address: str, log: Path) -> Iterator[str]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        await_ready(process, address, log)
        yield address
    finally:
        end(process)


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
