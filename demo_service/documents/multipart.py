"""A streaming reader for the upload form: the file goes straight to its intake, fields are kept, small.

The framework's own form parsing would spool the whole body to disk before it asks whether anybody wants it,
and write the file twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from demo_service.documents.intake import Intake
from demo_service.models import displayable_file_name
from demo_service.problems import InvalidRequest, MalformedForm, UnsupportedMediaType

FILE_FIELD = "file"

_MAX_PARTS = 50
_MAX_FIELD_BYTES = 8 * 1024
_MAX_HEADER_BYTES = 4 * 1024


@dataclass
class _Part:
    """A part that is being received: the file, or a field with its value so far."""

    name: str = ""
    is_file: bool = False
    value: bytearray = field(default_factory=bytearray)


class UploadFormReader:
    """Feed it the body; then ``fields``, ``file_name`` and ``intake`` hold what was in it."""

    def __init__(self, content_type: str, open_intake: Callable[[], Intake]) -> None:
        media_type, options = parse_options_header(content_type)
        if media_type != b"multipart/form-data":
            raise UnsupportedMediaType("The body must be multipart/form-data.")
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:  # RFC 2046
            raise MalformedForm
        self.fields: dict[str, list[str]] = {}
        self.file_name: str | None = None
        self.intake: Intake | None = None
        self._open_intake = open_intake
        self._part = _Part()
        self._parts = 0
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._extend_header_name,
                "on_header_value": self._extend_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._open_part,
                "on_part_data": self._take_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
            max_header_count=8,
            max_header_size=_MAX_HEADER_BYTES,
        )

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the body. Raises what ``Intake.write`` raises, and ``MalformedForm``."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedForm from error

    def finish(self) -> Intake:
        """The body is complete: the file's intake. Raises ``MalformedForm`` and ``InvalidRequest``."""
        if not self._ended:
            raise MalformedForm("The multipart form ends too early.")
        if self.intake is None:
            raise InvalidRequest.at(FILE_FIELD, "the field is required")
        return self.intake

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise MalformedForm("The form has too many parts.")
        self._headers.clear()

    def _extend_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _extend_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _open_part(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if disposition != b"form-data" or b"name" not in options:
            raise MalformedForm
        name = options[b"name"].decode("utf-8", "replace")
        self._part = _Part(name=name, is_file=name == FILE_FIELD)
        if self._part.is_file:
            if self.intake is not None:
                raise InvalidRequest.at(FILE_FIELD, "one file at a time")
            self.file_name = displayable_file_name(options.get(b"filename", b"").decode("utf-8", "replace"))
            self.intake = self._open_intake()

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            assert self.intake is not None, "opened with the part"
            self.intake.write(data[start:end])
            return
        self._part.value += data[start:end]
        if len(self._part.value) > _MAX_FIELD_BYTES:
            raise InvalidRequest("A field of the form is too long.")

    def _end_part(self) -> None:
        if self._part.is_file:
            return
        try:
            value = self._part.value.decode()
        except UnicodeDecodeError:
            raise InvalidRequest("A field of the form is not UTF-8.") from None
        self.fields.setdefault(self._part.name, []).append(value)

    def _end(self) -> None:
        self._ended = True
