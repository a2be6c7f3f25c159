"""The configuration of Prometheus, as its own tool reads it."""

import subprocess
from pathlib import Path

import yaml

from tests.live.prometheus import promtool_binary
from tests.platform.composition import mounts, services
from tests.platform.running import DEPLOY


def test_promtool_takes_the_configuration_with_every_rule_of_it(tmp_path: Path) -> None:
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    for place, source in mounts(services()["prometheus"]).items():
        text = text.replace(f"{place}/", f"{source}/")
    (tmp_path / "prometheus.yml").write_text(text)
    done = subprocess.run(
        [promtool_binary(), "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = [line for line in done.stdout.splitlines() if line.startswith("Checking ") and "rules" in line]
    expected = [
        file for pattern in yaml.safe_load(text)["rule_files"] for file in Path("/").glob(pattern[1:])
    ]
    assert len(loaded) == len(expected) >= 2
