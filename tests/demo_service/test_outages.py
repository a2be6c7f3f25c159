"""A lost database, a full disk, an S3 server that went away: 503, and well again by itself."""

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo_service.application import CONTACT
from tests.demo_service.object_store import BUCKET, ObjectStore, running_object_store
from tests.demo_service.postgres_server import PostgresServer
from tests.demo_service.running_service import RunningService, eventually

_PATIENCE_SECONDS = 20


def submit(service: RunningService) -> int:
    return service.client.post("/contact", json=CONTACT).status_code


def upload(service: RunningService, contents: bytes = b"contents") -> int:
    answer = service.client.post(
        "/documents/upload", files={"file": ("a.txt", contents)}, data={"document_type": "report"}
    )
    return answer.status_code


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that this test may stop."""
    with PostgresServer.create() as server:
        yield server


def test_a_lost_database_is_answered_with_503_and_heals(tmp_path: Path, own_postgres: PostgresServer) -> None:
    with RunningService.start(
        tmp_path,
        DEMO_DATABASE_URL=own_postgres.url,
        DEMO_DATABASE_PASSWORD=own_postgres.password,
    ) as service:
        assert (submit(service), upload(service), service.failing_parts()) == (201, 201, [])
        own_postgres.stop()
        started = time.monotonic()
        assert (submit(service), upload(service)) == (503, 503)
        assert time.monotonic() - started < 10, "a client must not wait for ever"
        assert service.failing_parts() == ["database"]
        assert service.client.get("/livez").status_code == 200
        own_postgres.start()
        assert eventually(lambda: service.failing_parts() == [])
        assert (submit(service), upload(service)) == (201, 201)
        service.stop()
        assert own_postgres.password not in "".join(service.log_lines)


def test_the_service_may_start_before_its_database(tmp_path: Path, own_postgres: PostgresServer) -> None:
    own_postgres.stop()
    with RunningService.start(
        tmp_path,
        DEMO_DATABASE_URL=own_postgres.url,
        DEMO_DATABASE_PASSWORD=own_postgres.password,
    ) as service:
        assert (submit(service), service.failing_parts()) == (503, ["database"])
        own_postgres.start()
        assert eventually(lambda: submit(service) == 201)


def test_a_lost_object_store_is_answered_with_503_and_heals(tmp_path: Path) -> None:
    with running_object_store() as store, s3_service(tmp_path, store) as service:
        assert (upload(service), service.failing_parts()) == (201, [])
        client = store.client()
        for item in client.list_objects_v2(Bucket=BUCKET)["Contents"]:
            client.delete_object(Bucket=BUCKET, Key=item["Key"])
        client.delete_bucket(Bucket=BUCKET)
        assert (upload(service, b"more"), service.failing_parts()) == (503, ["blobs"])
        assert submit(service) == 201
        client.create_bucket(Bucket=BUCKET)
        client.close()
        assert (upload(service, b"more"), service.failing_parts()) == (201, [])
        service.stop()
        assert store.secret_access_key not in "".join(service.log_lines)


def s3_service(folder: Path, store: ObjectStore) -> contextlib.AbstractContextManager[RunningService]:
    return RunningService.start(
        folder,
        DEMO_BLOB_URL=f"s3://{BUCKET}/contents",
        DEMO_S3_ENDPOINT_URL=store.endpoint_url,
        DEMO_S3_REGION=store.region,
        DEMO_S3_ACCESS_KEY_ID=store.access_key_id,
        DEMO_S3_SECRET_ACCESS_KEY=store.secret_access_key,
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a file system is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_answered_with_503_and_heals(small_disk: Path) -> None:
    with RunningService.start(small_disk / "data") as service:
        assert (submit(service), upload(service), service.failing_parts()) == (201, 201, [])
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
            while True:
                stream.write(b"x" * 4096)
        assert upload(service, os.urandom(32).hex().encode() * 1000) == 503
        assert eventually(lambda: submit(service) == 503), "the last free page is used up"
        assert {"database", "blobs"} == set(service.failing_parts())
        filler.unlink()
        assert (submit(service), upload(service), service.failing_parts()) == (201, 201, [])
        assert list((small_disk / "data/blobs/staging").iterdir()) == []


def test_a_limit_on_file_sizes_is_answered_with_503_and_heals(service: RunningService) -> None:
    """The same without a file system of our own: what a quota does to a process."""
    assert upload(service) == 201
    pid = service.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
    assert upload(service, b"x" * 5000) == 503
    assert submit(service) == 503
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    assert (submit(service), upload(service, b"x" * 5000)) == (201, 201)
