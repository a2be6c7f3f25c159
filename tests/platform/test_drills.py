"""The drills, on real processes, a real file system and a real PostgreSQL."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.demo_service.application import CONTACT
from tests.demo_service.conftest import postgres as postgres
from tests.demo_service.postgres_server import PostgresServer
from tests.demo_service.running_service import RunningService
from tests.platform.running import DEPLOY, Program, eventually

DRILL = DEPLOY / "chaos" / "drill.py"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    with RunningService.start(tmp_path / "data") as running:
        yield running


def drill(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DRILL, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | (environment or {}),
    )


def running_drill(folder: Path, *arguments: str, **environment: str) -> Program:
    return Program([sys.executable, DRILL, *arguments, "--yes"], environment, folder)


def healthy(service: RunningService, *, within: float = 0.5) -> bool:
    try:
        return httpx2.get(f"{service.base_url}/health", timeout=within).is_success
    except httpx2.TransportError:
        return False


def test_without_yes_it_only_tells(service: RunningService) -> None:
    done = drill("kill", f"pid:{service.process.pid}")
    assert (done.returncode, done.stdout) == (
        0,
        f"would kill pid:{service.process.pid}; add --yes to do it\n",
    )
    assert healthy(service)


def test_kill_is_a_crash(service: RunningService) -> None:
    assert drill("kill", f"pid:{service.process.pid}", "--yes").returncode == 0
    assert service.process.wait(timeout=10) == -9


def test_pause_lets_a_part_hang_and_go_on(service: RunningService, tmp_path: Path) -> None:
    pausing = running_drill(tmp_path, "pause", f"pid:{service.process.pid}", "--for", "2s")
    pausing.wait_for_line(lambda line: "paused" in line)
    assert not healthy(service)
    assert pausing.wait() == 0
    assert healthy(service, within=10)


def test_an_interrupted_pause_is_taken_back(service: RunningService, tmp_path: Path) -> None:
    pausing = running_drill(tmp_path, "pause", f"pid:{service.process.pid}", "--for", "1h")
    pausing.wait_for_line(lambda line: "paused" in line)
    assert pausing.stop() == 0
    assert "mended" in pausing.output()
    assert healthy(service, within=10)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_is_felt_and_comes_back(small_disk: Path, tmp_path: Path) -> None:
    with RunningService.start(small_disk / "data") as service:
        assert service.client.post("/contact", json=CONTACT).status_code == 201
        filling = running_drill(tmp_path, "fill-disk", str(small_disk), "--leave", "8K", "--for", "1h")
        filling.wait_for_line(lambda line: "are left" in line)
        assert shutil.disk_usage(small_disk).free <= 8 * 1024
        eventually(lambda: service.client.post("/contact", json=CONTACT).status_code == 503)
        assert service.client.get("/readyz").json()["failing"] == ["database", "blobs"]
        assert filling.stop() == 0
        eventually(lambda: service.client.post("/contact", json=CONTACT).status_code == 201)


def test_the_ballast_has_a_bound_and_stands_for_one_drill(tmp_path: Path) -> None:
    filling = running_drill(tmp_path, "fill-disk", str(tmp_path), "--at-most", "1M", "--for", "1h")
    filling.wait_for_line(lambda line: "took 1048576 bytes" in line)
    second = drill("fill-disk", str(tmp_path), "--at-most", "1M", "--yes")
    assert (second.returncode, "another drill runs" in second.stderr) == (1, True)
    filling.stop()
    assert not (tmp_path / ".drill-ballast").exists()


def test_a_slow_database_is_felt_and_comes_back(postgres: PostgresServer, tmp_path: Path) -> None:
    psql = postgres.programs / "psql"
    with RunningService.start(
        tmp_path / "data", DEMO_DATABASE_URL=postgres.url, DEMO_DATABASE_PASSWORD=postgres.password
    ) as service:
        assert service.client.post("/contact", json=CONTACT).status_code == 201
        slowing = running_drill(
            tmp_path,
            *("slow-database", "--delay", "1s", "--for", "3s", "--psql", f"{psql} {postgres.url}"),
            PGPASSWORD=postgres.password,
        )
        slowing.wait_for_line(lambda line: "statements wait" in line)
        assert eventually(lambda: _seconds_of_a_contact(service) > 0.5, within=3)
        assert slowing.wait() == 0
        assert _seconds_of_a_contact(service) < 0.5


def _seconds_of_a_contact(service: RunningService) -> float:
    started = time.monotonic()
    assert service.client.post("/contact", json=CONTACT).status_code == 201
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pause", "pid:1", "--for", "soon"), "a time is like"),
        (("fill-disk", "/tmp", "--leave", "1"), "a size is like"),
        ((), "required"),
    ],
)
def test_a_wrong_call_is_explained(arguments: tuple[str, ...], told: str) -> None:
    done = drill(*arguments)
    assert (done.returncode, told in done.stderr) == (2, True)


def test_what_cannot_be_done_is_told(tmp_path: Path) -> None:
    missing = drill("fill-disk", str(tmp_path / "nowhere"), "--yes")
    assert (missing.returncode, missing.stderr) == (1, f"drill: {tmp_path / 'nowhere'} is no folder\n")
    (tmp_path / "docker").write_text("#!/bin/sh\necho 'no such service: nobody' >&2; exit 1\n")
    (tmp_path / "docker").chmod(0o700)
    unknown = drill("pause", "nobody", "--yes", environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (unknown.returncode, unknown.stderr) == (1, "drill: no such service: nobody\n")
