"""The README's five minutes, typed as they stand in an empty folder; the job of the Prometheus has another name."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.programs import program

from .prometheus import await_ready, end, free_port, promtool_binary

README = Path(__file__).parents[2] / "README.md"
SECTION = "## Five minutes on your own Prometheus\n"
HERE = "http://localhost:9090"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MARK = "--- typed: "

CONFIG = """\
global: {scrape_interval: 1s, evaluation_interval: 5s}
rule_files: [folder/generated/rules/*.yaml]
scrape_configs:
  - job_name: monitoring
    static_configs: [{targets: ["HOST"]}]
"""


@pytest.fixture
def monitoring(tmp_path: Path) -> Iterator[str]:
    """A Prometheus that has scraped itself a few times, and would load the rules of `folder`."""
    host = f"127.0.0.1:{free_port()}"
    config, log = tmp_path / "prometheus.yml", tmp_path / "log"
    config.write_text(CONFIG.replace("HOST", host))
    command = [
        program("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={host}",
        "--web.enable-lifecycle",
        "--log.level=warn",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        await_ready(process, f"http://{host}", log)
        await_scrapes(process, f"http://{host}")
        yield f"http://{host}"
    finally:
        end(process)


def await_scrapes(process: subprocess.Popen[bytes], address: str) -> None:
    query = urlencode({"query": "min(count_over_time(prometheus_http_requests_total[1m])) >= 3"})
    for _ in range(300):
        if asked(f"{address}/api/v1/query?{query}")["result"]:
            return
        try:
            raise AssertionError(f"the server ended with code {process.wait(timeout=0.1)}")
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("the server does not scrape itself")


def asked(url: str) -> Any:
    with urlopen(url, timeout=5) as answer:
        return json.load(answer)["data"]


def section() -> str:
    _, _, rest = README.read_text().partition(SECTION)
    text, _, _ = rest.partition("\n## ")
    assert text
    return text


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", section(), re.MULTILINE | re.DOTALL)
    return str(found)


def typed_and_answered(text: str) -> list[tuple[str, str]]:
    """Each command behind a `$`, and what is printed below it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def without_times(text: str) -> str:
    return TIME.sub("<time>", text)


def typed(folder: Path, script: str) -> str:
    """What a shell prints that stops at the first command that fails."""
    tools = [Path(sys.executable).parent, Path(promtool_binary()).parent]
    path = os.pathsep.join([*map(str, tools), os.environ["PATH"]])
    clean = {name: text for name, text in os.environ.items() if not name.startswith("SLO_")}
    done = subprocess.run(
        ["bash", "-e"],
        input=script,
        cwd=folder,
        env={**clean, "PATH": path, "HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_command_gives_the_printed_answer(monitoring: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    expected = typed_and_answered(block("text"))
    commands = [command.replace(HERE, monitoring) for command, _ in expected]
    assert monitoring in commands[0], "the address stands in the first command"
    lines = [f"echo {shlex.quote(MARK + command)}\n{command}" for command in commands]
    printed = typed(folder, "\n".join([block("sh"), *lines, ""]))
    answers = re.split(rf"^{MARK}.*\n", printed, flags=re.MULTILINE)[1:]
    assert [without_times(answer) for answer in answers] == [without_times(text) for _, text in expected]

    (reload,) = re.findall(r"`(curl [^`]*/-/reload)`", section())
    typed(folder, f"{commands[0]}\n{reload} --fail\n")
    files = {group["file"] for group in asked(f"{monitoring}/api/v1/rules")["groups"]}
    assert files == {str(folder / "generated/rules/prometheus.yaml")}
