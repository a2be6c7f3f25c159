"""What a server says in the body of a refusal, in whichever form it says it.

There is no common one: Prometheus writes `error` and `errorType`, Grafana `message`, AWS `Message`, Google and Azure
an object within `error`, frameworks and RFC 9457 `detail`, OAuth `error_description`, proxies text or a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Any

# The first that holds a text has the words. Letters count in either case.
_TEXTS = (
    *("message", "msg", "error_description", "error_message", "errormessage", "detail", "error", "errors"),
    *("details", "fault", "faultstring", "description", "title", "reason"),
)
_KINDS = ("errortype", "error_type", "code", "status", "reason", "__type", "type", "error")
_SAYS_NOTHING = ("", "error", "fail", "failed", "failure", "about:blank")

_DEEPEST = 4
_LOOKED_AT = 4096
_HEADING = re.compile(r"<(title|message|h1|h2)\b[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)


def own_words(document: Any, body: bytes) -> tuple[str, str]:
    """Kind and text of an error, as the server wrote them; each is empty where there is none.

    `document` is the JSON of the body, None where it is no JSON. Neither is fit to be shown yet.
    """
    if document is None:
        return "", "" if is_damaged_json(body) or is_page(body) else _text(body)
    found = _said(document, _DEEPEST)
    return found if found[1] or not document else ("", _text(body))


def is_page(body: bytes) -> bool:
    """Whether a body is HTML or XML."""
    return _text(body).startswith("<")


def is_damaged_json(body: bytes) -> bool:
    """Whether a body that is no JSON was probably meant to be some."""
    return _text(body).startswith(("{", "[{"))


def heading(body: bytes) -> str:
    """The title of a page, or the message of an XML document; empty without one."""
    found = _HEADING.search(_text(body))
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[2])).split()) if found else ""


def _text(body: bytes) -> str:
    beginning = body[:_LOOKED_AT]
    try:
        text = beginning.decode("utf-8")
    except UnicodeDecodeError as error:
        # Cut within a character it is still UTF-8; what else is none was written by an old proxy.
        cut = error.start >= len(beginning) - 3 and len(body) > _LOOKED_AT
        text = beginning.decode("utf-8", "ignore") if cut else beginning.decode("latin-1")
    return text.strip("\ufeff \t\r\n")


def _said(value: Any, depth: int) -> tuple[str, str]:
    if depth == 0:
        return "", ""
    match value:
        case str():
            return "", value.strip()
        case [first, *_]:
            return _said(first, depth - 1)
        case Mapping():
            return _of_fields({str(name).lower(): field for name, field in value.items()}, depth)
        case _:
            return "", ""


def _of_fields(fields: Mapping[str, Any], depth: int) -> tuple[str, str]:
    for name in _TEXTS:
        kind, text = _said(fields.get(name), depth - 1)
        if text:
            others = (fields.get(other) for other in _KINDS if other != name)
            return kind or _first_kind(others, text), text
    return "", ""


def _first_kind(values: Iterable[Any], text: str) -> str:
    """The first that says something: words before numbers, which are mostly the HTTP status once more."""
    told = [value for value in values if isinstance(value, str | int) and not isinstance(value, bool)]
    kinds = [str(value).strip() for value in sorted(told, key=lambda value: isinstance(value, int))]
    return next((kind for kind in kinds if kind.lower() not in _SAYS_NOTHING and kind != text), "")
