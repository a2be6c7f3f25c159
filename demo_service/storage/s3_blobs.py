"""Contents in an S3 bucket: ``<prefix>/<digest>``.

Uploads are staged in a local temporary file first, because the key is the digest and the digest is known
only at the end. S3 is told the SHA-256 and refuses what arrives damaged.
"""

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from demo_service.storage.blobs import CHUNK_BYTES, require_digest
from demo_service.storage.errors import BlobMissing, StorageUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

PART = "blobs"

# A request is worth a few seconds: beyond, the client is better served by an honest 503.
_CONNECT_SECONDS = 2
_READ_SECONDS = 5
_ATTEMPTS = 2


class S3BlobStore:
    """A ``BlobStore`` in one bucket. Without explicit keys, boto3's own chain finds them (role, profile)."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: S3Client = boto3.client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            ),
        )

    def stage(self) -> "S3StagedBlob":
        return S3StagedBlob(self)

    def read(self, digest: str) -> Iterator[bytes]:
        with _translated_errors():
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=self.key(digest))["Body"]
            except self._client.exceptions.NoSuchKey as error:
                raise BlobMissing(digest) from error
        return body.iter_chunks(CHUNK_BYTES)

    def put(self, digest: str, stream: "tempfile.SpooledTemporaryFile[bytes]") -> None:
        """Store the contents of ``stream``, which S3 checks against ``digest``."""
        key = self.key(digest)
        checksum = base64.b64encode(bytes.fromhex(digest)).decode()
        stream.seek(0)
        with _translated_errors():
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=stream, ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum
            )

    def remove(self, digest: str) -> None:
        with _translated_errors():
            self._client.delete_object(Bucket=self._bucket, Key=self.key(digest))

    def check(self) -> None:
        with _translated_errors():
            self._client.head_bucket(Bucket=self._bucket)

    def close(self) -> None:
        self._client.close()

    def key(self, digest: str) -> str:
        """The object key of ``digest``."""
        return self._prefix + require_digest(digest)


class S3StagedBlob:
    """Contents that wait in memory, beyond 1 MiB on disk, for their digest."""

    def __init__(self, store: S3BlobStore) -> None:
        self._store = store
        self._stream = tempfile.SpooledTemporaryFile[bytes](max_size=1024 * 1024)

    def write(self, chunk: bytes) -> None:
        try:
            self._stream.write(chunk)
        except OSError as error:
            raise StorageUnavailable(PART) from error

    def publish(self, digest: str) -> None:
        try:
            self._store.put(digest, self._stream)
        finally:
            self.discard()

    def discard(self) -> None:
        # Closing flushes, and on a full disk that fails; the space is freed all the same.
        with suppress(OSError):
            self._stream.close()


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, OSError) as error:
        raise StorageUnavailable(PART) from error
