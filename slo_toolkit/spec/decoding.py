"""From the bytes of a source to text: UTF-8 and nothing else, told clearly."""

from __future__ import annotations

import re

from slo_toolkit.spec.flaws import BrokenError, Flaw, Mark

_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_SAVE = "save the file as UTF-8"

# What YAML calls not printable, without the tab and the line breaks.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Line breaks as YAML counts them."""


def decode(data: bytes) -> str:
    """The text of a source, without a byte order mark. Raises BrokenError where it is no UTF-8 text."""
    for bom, encoding in _OTHER_BOMS:
        if data.startswith(bom):
            raise BrokenError(
                Flaw(f"this is {encoding}, not UTF-8", hint=_SAVE, rule="encoding", mark=Mark(0, 0))
            )
    data = data.removeprefix(_BOM)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"the byte 0x{data[error.start]:02X} is no UTF-8; the file may be Latin-1 or binary"
        raise BrokenError(
            Flaw(message, hint=_SAVE, rule="encoding", mark=mark_at(before, len(before)))
        ) from None
    if control := _CONTROL.search(text):
        raise BrokenError(_control_flaw(text, control.start()))
    return text


def _control_flaw(text: str, offset: int) -> Flaw:
    character = text[offset]
    if character == "\0":
        hint = f"the file may be binary, or UTF-16: {_SAVE}"
        return Flaw(
            "a NUL byte has no place in a spec", hint=hint, rule="encoding", mark=mark_at(text, offset)
        )
    message = f"the control character U+{ord(character):04X} has no place in a spec"
    return Flaw(message, hint="remove it", rule="encoding", mark=mark_at(text, offset))


def mark_at(text: str, offset: int) -> Mark:
    """Line and column of a character of `text`."""
    breaks = list(LINE_BREAK.finditer(text, 0, offset))
    return Mark(len(breaks), offset - (breaks[-1].end() if breaks else 0))
