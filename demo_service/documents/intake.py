"""One pass over an uploaded stream: size, digest, type and searchable text while it is written away."""

import codecs
import hashlib
import re
from dataclasses import dataclass

from demo_service.documents.media_types import HEAD_BYTES, PLAIN_TEXT, sniff_media_type
from demo_service.problems import BodyTooLarge, InvalidRequest, UnsupportedMediaType
from demo_service.storage.blobs import StagedBlob

# The text beyond is stored but not searchable. PostgreSQL cannot index more than 1 MiB of lexemes, and
# 100,000 characters are at most 400,000 bytes.
INDEXED_CHARACTERS = 100_000

# Control characters that no text has; white space and the escapes of a captured terminal stay.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ReceivedContents:
    """Complete contents, staged and known."""

    staged: StagedBlob
    digest: str
    size: int
    media_type: str
    text: str


class Intake:
    """Receives the chunks of one file. Whoever made it calls ``discard`` in the end, come what may."""

    def __init__(self, staged: StagedBlob, *, max_bytes: int) -> None:
        self._staged = staged
        self._max_bytes = max_bytes
        self._size = 0
        self._digest = hashlib.sha256()
        self._head = b""
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        self._text: list[str] = []
        self._text_length = 0

    def write(self, chunk: bytes) -> None:
        """Take the next chunk. Raises ``BodyTooLarge`` and ``StorageUnavailable``."""
        self._size += len(chunk)
        if self._size > self._max_bytes:
            raise BodyTooLarge(self._max_bytes)
        self._digest.update(chunk)
        if len(self._head) < HEAD_BYTES:
            self._head = (self._head + chunk)[:HEAD_BYTES]
        self._decode(chunk, final=False)
        self._staged.write(chunk)

    def finish(self) -> ReceivedContents:
        """The stream is complete. Raises ``UnsupportedMediaType``, or ``InvalidRequest`` if it is empty."""
        if self._size == 0:
            raise InvalidRequest.at("file", "the file is empty")
        self._decode(b"", final=True)
        media_type = sniff_media_type(self._head, is_text=self._decoder is not None)
        if media_type is None:
            raise UnsupportedMediaType
        text = "".join(self._text) if media_type == PLAIN_TEXT else ""
        return ReceivedContents(self._staged, self._digest.hexdigest(), self._size, media_type, text)

    def discard(self) -> None:
        """Drop what was staged, unless it was published meanwhile."""
        self._staged.discard()

    def _decode(self, chunk: bytes, *, final: bool) -> None:
        """Keep the text as long as all of it is text; the first thing that is not ends that for good."""
        if self._decoder is None:
            return
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            text = "\0"
        if _NOT_TEXT.search(text):
            self._decoder = None
            self._text.clear()
        elif self._text_length < INDEXED_CHARACTERS:
            kept = text[: INDEXED_CHARACTERS - self._text_length]
            self._text.append(kept)
            self._text_length += len(kept)
