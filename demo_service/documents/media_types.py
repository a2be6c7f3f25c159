"""What an upload is, told from its first bytes. The client's own Content-Type is never believed."""

import re

# The longest signature sits within the first 64 bytes; markup may follow some white space.
HEAD_BYTES = 1024

PLAIN_TEXT = "text/plain"

_OOXML = "application/vnd.openxmlformats-officedocument"

EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    f"{_OOXML}.wordprocessingml.document": ".docx",
    f"{_OOXML}.spreadsheetml.sheet": ".xlsx",
    PLAIN_TEXT: ".txt",
}
"""The accepted types, each with the extension its downloads get."""

_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)

_ZIP = b"PK\x03\x04"

# Office files are zip archives; the folder of their first parts tells which. Some writers put
# [Content_Types].xml first and the telling part later, still within the head as a rule.
_OFFICE_FOLDERS = (
    (b"word/", f"{_OOXML}.wordprocessingml.document"),
    (b"xl/", f"{_OOXML}.spreadsheetml.sheet"),
)

# What a browser would run or render if it ever guessed: not text for us, whatever its encoding says.
_MARKUP = re.compile(
    rb"^(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body|script|svg|\?xml)\b", re.IGNORECASE
)


def sniff_media_type(head: bytes, *, is_text: bool) -> str | None:
    """The accepted media type of contents that start with ``head``, or None.

    ``is_text`` says whether the whole contents are UTF-8 text; only the reader of the whole stream can know.
    """
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head.startswith(_ZIP):
        return next((media_type for folder, media_type in _OFFICE_FOLDERS if folder in head), None)
    if is_text and head and _MARKUP.match(head) is None:
        return PLAIN_TEXT
    return None
