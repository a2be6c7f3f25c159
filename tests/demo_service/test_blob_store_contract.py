"""What every blob store must do: one suite, run against local files and against an S3 server."""

import base64
import hashlib
import os
import socket
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_service.storage.blobs import BlobStore
from demo_service.storage.errors import BlobMissing, StorageUnavailable
from demo_service.storage.local_blobs import LocalBlobStore
from tests.demo_service.object_store import BUCKET, ObjectStore

CONTENTS = b"contents \x00\xff" * 50_000
DIGEST = hashlib.sha256(CONTENTS).hexdigest()


@pytest.fixture(params=["local", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    if request.param == "local":
        store: BlobStore = LocalBlobStore(tmp_path / "blobs", reserve_bytes=1)
    else:
        store = request.getfixturevalue("object_store").blob_store(prefix=f"/{uuid.uuid4()}/")
    yield store
    store.close()


def publish(blobs: BlobStore) -> None:
    staged = blobs.stage()
    for start in range(0, len(CONTENTS), 70_001):
        staged.write(CONTENTS[start : start + 70_001])
    staged.publish(DIGEST)
    staged.discard()


def test_published_contents_can_be_read(blobs: BlobStore) -> None:
    publish(blobs)
    assert b"".join(blobs.read(DIGEST)) == CONTENTS


def test_publishing_twice_is_harmless(blobs: BlobStore) -> None:
    publish(blobs)
    publish(blobs)
    assert b"".join(blobs.read(DIGEST)) == CONTENTS


def test_discarded_contents_are_nowhere(blobs: BlobStore) -> None:
    staged = blobs.stage()
    staged.write(CONTENTS)
    staged.discard()
    staged.discard()
    with pytest.raises(BlobMissing):
        blobs.read(DIGEST)


def test_removed_contents_are_gone_and_removing_twice_is_harmless(blobs: BlobStore) -> None:
    publish(blobs)
    blobs.remove(DIGEST)
    blobs.remove(DIGEST)
    with pytest.raises(BlobMissing):
        blobs.read(DIGEST)


@pytest.mark.parametrize("name", ["../" * 20 + "etc/passwd", "A" * 64, "a" * 63, "", "a" * 64 + "\n"])
def test_only_a_digest_is_a_name(blobs: BlobStore, name: str) -> None:
    staged = blobs.stage()
    staged.write(b"x")
    with pytest.raises(ValueError, match="digest"):
        staged.publish(name)
    staged.discard()
    for use in (blobs.read, blobs.remove):
        with pytest.raises(ValueError, match="digest"):
            use(name)


def test_check_passes(blobs: BlobStore) -> None:
    blobs.check()


class TestLocalFiles:
    """What holds for local files only."""

    def test_a_restart_clears_what_a_killed_process_left(self, tmp_path: Path) -> None:
        first = LocalBlobStore(tmp_path, reserve_bytes=1)
        staged = first.stage()
        staged.write(b"half an upload")
        LocalBlobStore(tmp_path, reserve_bytes=1)
        assert list((tmp_path / "staging").iterdir()) == []
        staged.discard()

    def test_contents_are_synced_before_they_get_their_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The order that makes an acknowledged upload survive: file, name, folder."""
        store = LocalBlobStore(tmp_path, reserve_bytes=1)
        steps: list[str] = []
        fsync, rename = os.fsync, Path.rename

        def noted_fsync(descriptor: int) -> None:
            steps.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
            fsync(descriptor)

        def noted_rename(self: Path, target: Path) -> Path:
            steps.append("rename")
            return rename(self, target)

        monkeypatch.setattr(os, "fsync", noted_fsync)
        monkeypatch.setattr(Path, "rename", noted_rename)
        publish(store)
        assert steps == ["sync file", "sync folder", "rename", "sync folder"]


def test_s3_is_told_the_digest_so_that_it_can_refuse_what_arrives_damaged(object_store: ObjectStore) -> None:
    store, client = object_store.blob_store("checked"), object_store.client()
    publish(store)
    stored = client.head_object(Bucket=BUCKET, Key=f"checked/{DIGEST}", ChecksumMode="ENABLED")
    assert base64.b64decode(stored["ChecksumSHA256"]).hex() == DIGEST
    store.close()
    client.close()


def test_an_s3_server_that_is_not_there_is_an_outage() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    store = ObjectStore(f"http://127.0.0.1:{port}").blob_store()
    with pytest.raises(StorageUnavailable):
        store.check()
    store.close()
