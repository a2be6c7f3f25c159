"""The blob store's protocol: contents addressed by their SHA-256, never by a name of the client's.

Every method may raise ``StorageUnavailable`` except where it says otherwise.
"""

import re
from collections.abc import Iterator
from typing import Protocol

CHUNK_BYTES = 64 * 1024

_DIGEST = re.compile(r"[0-9a-f]{64}")


def require_digest(digest: str) -> str:
    """Return ``digest`` if it is 64 lower-case hexadecimal digits, else raise ``ValueError``.

    Digests become file names and object keys, so every store passes them through here first.
    """
    if _DIGEST.fullmatch(digest) is None:
        raise ValueError("not a SHA-256 digest")
    return digest


class StagedBlob(Protocol):
    """Contents on their way in, visible to nobody until published."""

    def write(self, chunk: bytes) -> None:
        """Append a chunk."""

    def publish(self, digest: str) -> None:
        """Make the contents durable and readable under ``digest``; harmless if they already are there.

        The caller holds the digest's lock, so that a removal cannot run in between.
        """

    def discard(self) -> None:
        """Drop what was staged. Never raises, and may follow ``publish``."""


class BlobStore(Protocol):
    """Contents by digest."""

    def stage(self) -> StagedBlob:
        """Begin to receive contents."""

    def read(self, digest: str) -> Iterator[bytes]:
        """The contents in chunks. Raises ``BlobMissing`` at the call, not at the first chunk."""

    def remove(self, digest: str) -> None:
        """Remove contents; harmless if they are not there. The caller holds the digest's lock."""

    def check(self) -> None:
        """Raise ``StorageUnavailable`` unless contents could be stored now."""

    def close(self) -> None:
        """Let go of connections. Calling it twice is fine."""
