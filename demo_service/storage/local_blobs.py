"""Contents as local files: ``<root>/<first two digits>/<digest>``.

An acknowledged upload survives a crash because of the order: write, fsync the file, rename it into
place, fsync the folder. A rename that is not followed by an fsync of its folder may be lost with power.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from demo_service.storage.blobs import CHUNK_BYTES, require_digest
from demo_service.storage.errors import BlobMissing, StorageUnavailable

PART = "blobs"


class LocalBlobStore:
    """A ``BlobStore`` in a folder of its own. ``reserve_bytes`` is the free space that readiness asks for."""

    def __init__(self, root: Path, *, reserve_bytes: int) -> None:
        self._root = root
        self._staging = root / "staging"
        self._reserve_bytes = reserve_bytes
        self._prepare()

    def _prepare(self) -> None:
        """Make the folders, and drop what uploads left behind when an earlier process was killed."""
        try:
            self._staging.mkdir(parents=True, exist_ok=True)
            for leftover in self._staging.iterdir():
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(PART) from error

    def stage(self) -> "LocalStagedBlob":
        try:
            descriptor, name = tempfile.mkstemp(dir=self._staging)
        except OSError as error:
            raise StorageUnavailable(PART) from error
        return LocalStagedBlob(self, descriptor, Path(name))

    def read(self, digest: str) -> Iterator[bytes]:
        try:
            stream = self.path(digest).open("rb")
        except FileNotFoundError as error:
            raise BlobMissing(digest) from error
        except OSError as error:
            raise StorageUnavailable(PART) from error

        def chunks() -> Iterator[bytes]:
            with stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk

        return chunks()

    def remove(self, digest: str) -> None:
        try:
            self.path(digest).unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(PART) from error

    def check(self) -> None:
        try:
            free = shutil.disk_usage(self._staging).free
            writable = os.access(self._staging, os.W_OK)
        except OSError as error:
            raise StorageUnavailable(PART) from error
        if free < self._reserve_bytes or not writable:
            raise StorageUnavailable(PART)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def path(self, digest: str) -> Path:
        """Where the contents of ``digest`` are or would be."""
        require_digest(digest)
        return self._root / digest[:2] / digest


class LocalStagedBlob:
    """A temporary file that becomes a content-addressed one."""

    def __init__(self, store: LocalBlobStore, descriptor: int, path: Path) -> None:
        self._store = store
        self._descriptor: int | None = descriptor
        self._path = path

    def write(self, chunk: bytes) -> None:
        assert self._descriptor is not None, "the blob was published or discarded"
        view = memoryview(chunk)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise StorageUnavailable(PART) from error

    def publish(self, digest: str) -> None:
        assert self._descriptor is not None, "the blob was published or discarded"
        target = self._store.path(digest)
        try:
            os.fsync(self._descriptor)
            if not target.exists():
                if not target.parent.exists():
                    target.parent.mkdir(exist_ok=True)
                    _fsync_folder(target.parent.parent)
                self._path.rename(target)
            # Also when the file was there: a publisher that was killed may not have come this far.
            _fsync_folder(target.parent)
        except OSError as error:
            raise StorageUnavailable(PART) from error
        finally:
            self.discard()

    def discard(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
