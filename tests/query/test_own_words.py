"""A refusal repeats the server's own words, in whichever form it says them."""

from __future__ import annotations

import json

import pytest

from slo_toolkit.query import QueryFailed

from .conftest import Connect, StartStub
from .stub import HTML, Says, always

TEXT = {"Content-Type": "text/plain"}


def told(stub: StartStub, connect: Connect, says: Says, **settings: object) -> str:
    with pytest.raises(QueryFailed) as caught:
        connect(stub(always(says)).url, **settings).instant("up")
    return str(caught.value)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"status": "error", "errorType": "execution", "error": "too many"}, "(execution: too many)"),
        ({"error": {"status": "INVALID_ARGUMENT", "message": "bad", "code": 400}}, "(INVALID_ARGUMENT: bad)"),
        ({"error": {"code": "AuthorizationFailed", "message": "no role"}}, "(AuthorizationFailed: no role)"),
        ({"Message": "User is not authorized"}, "(User is not authorized)"),
        ({"__type": "AccessDeniedException", "Message": "denied"}, "(AccessDeniedException: denied)"),
        ({"message": "Invalid API key", "traceID": ""}, "(Invalid API key)"),
        ({"code": 3, "message": "no org id", "details": []}, "(3: no org id)"),
        ({"code": 400, "message": "no org id"}, "400 Bad Request (no org id)"),
        ({"type": "about:blank", "title": "Bad", "status": 400, "detail": "no tenant"}, "(no tenant)"),
        (
            {"detail": [{"loc": ["query"], "msg": "field required", "type": "missing"}]},
            "(missing: field required)",
        ),
        ({"error": "invalid_token", "error_description": "it expired"}, "(invalid_token: it expired)"),
        ({"errors": [{"message": "limit reached"}]}, "(limit reached)"),
        ({"errors": ["limit reached"]}, "(limit reached)"),
        (
            {"kind": "Status", "message": "services is forbidden", "reason": "Forbidden"},
            "(Forbidden: services is",
        ),
        ({"fault": {"faultstring": "over quota", "detail": {"errorcode": "q"}}}, "(over quota)"),
        ({"hint": {"a": 1}}, '({"hint": {"a": 1}})'),
        ("tenant unknown", "(tenant unknown)"),
        (["tenant unknown"], "(tenant unknown)"),
    ],
)
def test_json_of_prometheus_clouds_gateways_and_frameworks(
    stub: StartStub, connect: Connect, document: object, words: str
) -> None:
    assert words in told(stub, connect, Says(json.dumps(document).encode(), 400))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b"upstream connect error\r\nreset reason: overflow",
            "(upstream connect error reset reason: overflow)",
        ),
        ("Zugriff für Gäste gesperrt".encode("latin-1"), "(Zugriff für Gäste gesperrt)"),
        ("\ufeffnicht erlaubt".encode(), "(nicht erlaubt)"),
        (b"<html><head><title>502 Bad Gateway</title></head></html>", "(an HTML page (502 Bad Gateway))"),
        (b"<html><body><h1>No <b>tenant</b> &amp; no user</h1>", "(an HTML page (No tenant & no user))"),
        (b"<?xml version='1.0'?><Error><Code>X</Code><Message>expired</Message></Error>", "(expired))"),
        (b"\x1b[2J\x07", "(\\x1b[2J\\x07)"),
        (b"", "400 Bad Request; "),
        (b'{"error": "half', "(JSON that is damaged or ends too early, after 15 bytes)"),
        (("ä" * 5000).encode(), "(ää"),
    ],
    ids=["text", "latin-1", "BOM", "title", "heading", "XML", "escapes", "nothing", "half", "cut"],
)
def test_text_and_pages_of_proxies(stub: StartStub, connect: Connect, body: bytes, words: str) -> None:
    message = told(stub, connect, Says(body, 400, TEXT))
    assert words in message
    assert message.isprintable()
    assert len(message) < 600


def test_the_page_of_a_login_is_told_where_an_answer_is_due(stub: StartStub, connect: Connect) -> None:
    page = b"<html><h1>Please\nsign in</h1>"
    assert "an HTML page (Please sign in)" in told(stub, connect, Says(page, 200, HTML))


def test_a_secret_is_taken_out_before_the_words_are_cut(stub: StartStub, connect: Connect) -> None:
    secret = "correct-horse"
    body = ("x" * 296 + secret).encode()
    message = told(stub, connect, Says(body, 401, TEXT), username="alice", password=secret)
    assert secret[:4] not in message


@pytest.mark.parametrize("status", [201, 203, 204, 206, 299])
def test_only_200_is_an_answer(stub: StartStub, connect: Connect, status: int) -> None:
    body = b"" if status == 204 else b'{"status":"success","data":{"resultType":"vector","result":[]}}'
    assert f"{status} " in told(stub, connect, Says(body, status))
