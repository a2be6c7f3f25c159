"""A grammar of answers: a healthy one of Prometheus, with one thing about it changed."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.query.stub import HTML, JSON, Raw, Says

Document: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[Says], Says | Raw]


@dataclass(frozen=True)
class Case:
    """One thing that is changed about an answer."""

    change: Change
    is_healthy: bool = False
    """The answer is as whole and healthy as before, so what is told of it stays what it was."""
    is_everywhere: bool = False
    """It says something only where every answer has it."""


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NO_OBJECT = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.none())
)
NO_TEXT: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.lists(st.none()), st.just({})
)
HOSTILE = st.sampled_from(
    ["\x1b[2J", "\x9b31m", "a\r\nb", "\u202e", "\u200b", "\u2028", "\ud800", "\0", "\N{FIRE}" * 200]
)

_NO_NUMBERS = ("abc", "", " 1", "1_0", "0x10", "1,5", "\u0661", "NaN!", "--1", "1e", ".")
_NO_FIGURES = ("1e999", "-1e999", "+Inf", "-Inf", "-inf", "-1e300", "1e300", "-1e21")
_OTHER_TYPES: tuple[Any, ...] = (
    0,
    1,
    0.5,
    math.nan,
    math.inf,
    True,
    False,
    None,
    [],
    ["0"],
    {},
    {"value": "0"},
)
NO_VALUE = st.sampled_from((*_NO_NUMBERS, *_NO_FIGURES, *_OTHER_TYPES))
"""In the place of a value: text that is no number, numbers beyond every range, other types."""
_NO_MOMENTS: tuple[Any, ...] = (math.nan, math.inf, -math.inf, -1.0, 0, 1e300, 10**400, -(10**400), 4e9, 1e12)
NO_TIME = st.sampled_from((*_NO_MOMENTS, "now", "1795500000", "", None, True, [], {}))


def rows(document: Document) -> list[Any]:
    found: list[Any] = document["data"]["result"]
    return found


def changed(change: Callable[[Document], object]) -> Change:
    """The answer with its JSON changed in place."""

    def apply(says: Says) -> Says:
        document = json.loads(says.body)
        change(document)
        return Says(json.dumps(document).encode(), says.status, says.headers, says.date)

    return apply


def with_body(change: Callable[[bytes], bytes], **headers: str) -> Change:
    """The answer with other bytes, and with headers, whose names have `_` for `-`."""
    more = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda says: Says(change(says.body), says.status, {**says.headers, **more}, says.date)


def _in_each_row(change: Callable[[Document], object]) -> Case:
    return Case(changed(lambda document: [change(row) for row in rows(document)]))


def _of_value(value: Any) -> Case:
    return _in_each_row(lambda row: row.update(value=[row["value"][0], value]))


def _of_time(time: Any) -> Case:
    return _in_each_row(lambda row: row.update(value=[time, row["value"][1]]))


def _of_figure(metric: str, value: str) -> Case:
    """One figure alone, in whichever answer it stands."""

    def change(document: Document) -> None:
        for row in rows(document):
            if metric in (row["metric"].get("__name__"), row["metric"].get("slo_figure")):
                row["value"][1] = value

    return Case(changed(change), is_everywhere=True)


def _without(key: str) -> Case:
    def change(document: Document) -> None:
        for holder in (document, document["data"], *rows(document)):
            holder.pop(key, None)

    return Case(changed(change))


def _of_type(key: str, value: Any) -> Case:
    return Case(changed(lambda d: (d if key in d else d["data"]).update({key: value})))


def _twice(key: bytes) -> Case:
    return Case(with_body(lambda body: body.replace(key, key + b":[]," + key)))


def _warning(name: str, value: Any) -> Case:
    return Case(changed(lambda document: document.update({name: value})), is_healthy=value is None)


def _remark(value: Any) -> Case:
    return Case(changed(lambda document: document.update(infos=value)), is_healthy=True)


def _partial(name: str, value: Any, within: bool) -> Case:
    return Case(changed(lambda d: (d["data"] if within else d).update({name: value})))


DECIDING = (
    *("slo:objective:ratio", "evaluated_at", "last_period", "slo:sli_error:ratio_rate30d"),
    *("slo:sli_error:ratio_rate1h", "slo:valid_events:rate5m", "slo:coverage:ratio30d"),
)
FIGURES = st.one_of(
    st.builds(_of_figure, st.sampled_from(DECIDING), st.sampled_from((*_NO_NUMBERS, *_NO_FIGURES, "-0.5"))),
    *(NO_VALUE.map(_of_value), NO_VALUE.map(_of_value), NO_TIME.map(_of_time), NO_TIME.map(_of_time)),
    NO_OBJECT.map(lambda value: _in_each_row(lambda row: row.update(value=value))),
    NO_OBJECT.map(lambda value: _in_each_row(lambda row: row.update(metric=value))),
    (NO_TEXT | st.just("\ud800")).map(
        lambda value: _in_each_row(lambda row: row["metric"].update(owner=value))
    ),
    NO_OBJECT.map(lambda value: Case(changed(lambda document: rows(document).append(value)))),
)
KEYS = st.one_of(
    st.sampled_from(["status", "data", "resultType", "result", "metric", "value"]).map(_without),
    st.builds(_of_type, st.sampled_from(["status", "data", "resultType", "result"]), ANYTHING),
    st.sampled_from([b'"status"', b'"data"', b'"resultType"', b'"result"', b'"metric"', b'"value"']).map(
        _twice
    ),
)
REMARKS = st.one_of(
    st.builds(_warning, st.just("warnings"), ANYTHING.filter(lambda value: value != [])),
    st.builds(
        _warning, st.sampled_from(["warnings", "error", "errorType"]), HOSTILE | st.lists(HOSTILE, min_size=1)
    ),
    (ANYTHING | HOSTILE).map(_remark),
    st.builds(
        _partial,
        st.sampled_from(["isPartial", "is_partial", "partial", "partialResponse"]),
        st.sampled_from([True, "true", "True", 1, "1", "yes", [], {}, [False], "?", 0.5, math.nan]),
        st.booleans(),
    ),
)


def _chunked(says: Says, ends: bool = True) -> Raw:
    date = formatdate(usegmt=True).encode()
    head = b"HTTP/1.1 200 OK\r\nDate: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % date
    parts = [says.body[start : start + 700] for start in range(0, len(says.body), 700)]
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
    return Raw([head, *chunks, b"0\r\n\r\n"] if ends else [head, *chunks[:-1]])


def _broken_off(says: Says) -> Raw:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(says.body) + 100)
    return Raw([head, says.body[:-1]])


_OTHER_BYTES: tuple[Change, ...] = (
    with_body(lambda body: b"\xef\xbb\xbf" + body),
    with_body(lambda body: body.decode().encode("utf-16")),
    with_body(lambda body: body.decode().encode("utf-32-be")),
    with_body(lambda body: b" \r\n" + body + b"\n"),
    with_body(gzip.compress, Content_Encoding="gzip"),
    with_body(zlib.compress, Content_Encoding="deflate"),
    with_body(bytes, Content_Type="text/plain; charset=latin-1"),
    with_body(bytes, Content_Type=""),
    _chunked,
)
_DAMAGED: tuple[Change, ...] = (
    lambda says: _chunked(says, ends=False),
    _broken_off,
    with_body(lambda body: body.replace(b"status", b"st\xe4tus")),
    with_body(lambda body: gzip.compress(body)[:-20], Content_Encoding="gzip"),
    with_body(bytes, Content_Encoding="gzip"),
    with_body(bytes, Content_Encoding="deflate"),
    with_body(gzip.compress),
    with_body(gzip.compress, Content_Encoding="br"),
    with_body(lambda body: body[:-1]),
    with_body(lambda body: body + body),
    with_body(lambda body: body + b"}"),
    with_body(lambda body: body.replace(b'"', b"'")),
    with_body(lambda body: b"/**/ callback(" + body + b")"),
)
ENCODINGS = st.one_of(
    st.sampled_from(_OTHER_BYTES).map(lambda change: Case(change, is_healthy=True)),
    st.sampled_from(_DAMAGED).map(Case),
    st.floats(0, 0.99).map(lambda share: Case(with_body(lambda body: body[: int(len(body) * share)]))),
)

_BODIES = (
    *(b"", b" ", b"null", b"true", b"[]", b"{}", b"0", b'"success"', b"NaN", b"Infinity", b"-", b"\0" * 64),
    *(b"[" * 100_000, b'{"a":' * 100_000, b"9" * 10_000, b'{"status":"success","data":' + b"[" * 5_000),
    *(b"<html><title>\x1b[2J</title>", b"<", b"\x1b[2J", b"\xff\xfe\x00", b"error: no such tenant"),
    b'{"status":"success","data":{"resultType":"vector","result":[]}}',
    b'{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}',
    b'{"status":"success","data":{"resultType":"string","result":[1,"met"]}}',
    b'{"status":"success","data":{"resultType":"matrix","result":[]}}',
    b'{"status":"success","data":{"resultType":"vector","result":['
    + b'{"metric":{},"value":[1,"1"]},' * 50_000,
    b'{"status":"error","error":{"message":"' + "\u202e\u009b".encode() * 3000 + b'"}}',
    b" " * 3_000_000,
)
_HEADERS: tuple[dict[str, str], ...] = (JSON, HTML, {"Content-Type": "\xff"}, {})
BODIES = st.builds(
    lambda body, headers: Case(lambda _: Says(body, headers=headers)),
    st.sampled_from(_BODIES) | st.binary(max_size=100),
    st.sampled_from(_HEADERS),
)


def _refusal(status: int, key: str, words: Any, location: str) -> Case:
    """With the healthy body where there is no key. A redirect leads to an answer that is healthy or as sick."""
    body = json.dumps({key: words}).encode() if key else b""
    headers = {**JSON, **({"Location": location} if location else {})}
    return Case(lambda says: Says(body or says.body, status, headers), is_everywhere=bool(location))


REFUSALS = st.builds(
    _refusal,
    st.sampled_from([201, 203, 206, 299, 999]) | st.integers(300, 599).filter(lambda status: status != 304),
    st.sampled_from(["", "", "message", "Message", "detail", "error", "code", "title", "errors"]),
    HOSTILE | ANYTHING,
    st.sampled_from(["", "", "/", "http://[::1", "//\xff:99999/", "http://elsewhere.invalid/"]),
)

_NO_HTTP = (
    *(
        b"",
        b"\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"220 smtp\r\n",
    ),
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
    b"HTTP/1.1 200 \x1b[2J\r\nContent-Length: 2\r\n\r\n{}",
)
HTTP = st.sampled_from(_NO_HTTP).map(lambda piece: Case(lambda _: Raw([piece])))


def _of_date(date: str) -> Case:
    """Without a date that can be read the server is asked for its time, and this one does not tell it."""
    return Case(
        lambda says: Says(says.body, says.status, {**says.headers, "Date": date}, date=False), False, True
    )


DATES = st.sampled_from(
    ["", "now", "Mon, 99 Foo 99999 99:99:99 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "\xff"]
).map(_of_date)

# Not `one_of`, which would give a kind with many alternatives more weight.
CASES = st.sampled_from(
    [FIGURES, FIGURES, FIGURES, KEYS, KEYS, REMARKS, ENCODINGS, BODIES, REFUSALS, REFUSALS, HTTP, DATES]
).flatmap(lambda kind: kind)
