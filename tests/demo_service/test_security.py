"""Keys, scopes, limits, CORS, bodies."""

from collections.abc import Iterator

import pytest

from demo_service.problems import RateLimited
from demo_service.security.api_keys import KeyRing, KeyScope, MalformedKeyLine, new_key
from demo_service.security.rate_limits import RateLimits
from tests.demo_service.application import API_KEY, CONTACT, KEY_LINE, WITH_KEY, Application
from tests.demo_service.conftest import StartApplication

GUARDED = [
    ("POST", "/contact"),
    ("POST", "/documents/upload"),
    ("POST", "/documents/search"),
    ("GET", "/documents/6f1c3a52-9d1f-4f7e-8b1e-000000000000"),
    ("GET", "/documents/6f1c3a52-9d1f-4f7e-8b1e-000000000000/contents"),
    ("DELETE", "/documents/6f1c3a52-9d1f-4f7e-8b1e-000000000000"),
]
KID, SECRET = API_KEY.split(".")


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nobody_gets_in_without_a_key(application: Application, method: str, path: str) -> None:
    assert application.client.request(method, path).status_code == 401


@pytest.mark.parametrize(
    "presented",
    [
        "",
        pytest.param(KID, id="a key id alone"),
        pytest.param(SECRET, id="a secret alone"),
        pytest.param(f"{KID}.", id="no secret"),
        pytest.param(f".{SECRET}", id="no key id"),
        pytest.param(f"{KID}.{SECRET}x", id="a secret with more behind it"),
        pytest.param(f"{KID}.{'x' * 43}", id="another secret"),
        pytest.param(f"nobody.{SECRET}", id="another key id"),
        "ä",
    ],
)
def test_every_refusal_looks_the_same(application: Application, presented: str) -> None:
    reference = application.client.post("/contact", json=CONTACT)
    refused = application.client.post("/contact", json=CONTACT, headers={b"X-API-Key": presented.encode()})
    for response in (reference, refused):
        body = response.json()
        body.pop("correlation_id")
        assert body == {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "Authentication is required.",
        }
    assert reference.headers.keys() == refused.headers.keys()


def test_two_keys_in_one_request_are_refused(application: Application) -> None:
    headers = [("X-API-Key", API_KEY), ("X-API-Key", API_KEY)]
    assert application.client.post("/contact", json=CONTACT, headers=headers).status_code == 401


def test_a_key_is_asked_for_before_the_body_is_read(application: Application) -> None:
    read = []

    def body() -> Iterator[bytes]:
        read.append("the body")
        yield b""

    response = application.client.post("/documents/upload", content=body(), headers={"X-API-Key": "no.key"})
    assert response.status_code == 401
    assert not read


def test_no_configured_key_means_nobody_gets_in(start_application: StartApplication) -> None:
    assert start_application(api_keys="").contact().status_code == 401


def test_old_and_new_key_work_side_by_side_until_the_old_line_goes(
    start_application: StartApplication,
) -> None:
    presented, key = new_key([KeyScope.CONTACT_WRITE])
    during = start_application(api_keys=f"{KEY_LINE}\n# the next one\n{key.line()}")
    assert during.contact().status_code == 201
    assert during.client.post("/contact", json=CONTACT, headers={"X-API-Key": presented}).status_code == 201
    after = start_application(api_keys=f"{key.line()};")
    assert after.contact().status_code == 401


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_key_without_the_scope_is_refused(
    start_application: StartApplication, method: str, path: str
) -> None:
    presented, key = new_key([KeyScope.FAULTS_ADMIN])
    application = start_application(api_keys=key.line())
    assert application.client.request(method, path, headers={"X-API-Key": presented}).status_code == 403


def test_a_path_that_the_guard_does_not_know_is_no_way_around_it(application: Application) -> None:
    """Starlette's patterns end in ``$``, which also matches before a line break."""
    assert application.client.post("/contact%0A", json=CONTACT).status_code in {401, 404}


def test_a_ring_keeps_no_secret() -> None:
    presented, key = new_key([KeyScope.CONTACT_WRITE])
    assert presented.split(".")[1] not in repr(key) + key.line()
    assert KeyRing.parse(key.line()).authenticate(presented) == key


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(API_KEY, id="the key itself"),
        "kid1 contact:write",
        f"kid1 contact:everything sha256:{'0' * 64}",
        f"kid1 contact:write md5:{'0' * 32}",
        pytest.param(f"{KEY_LINE};{KEY_LINE}", id="the same key twice"),
    ],
)
def test_a_wrong_key_line_stops_the_start_and_is_not_repeated(lines: str) -> None:
    with pytest.raises(MalformedKeyLine) as refused:
        KeyRing.parse(lines)
    assert SECRET not in str(refused.value)


def test_a_key_that_calls_too_often_is_told_when_to_come_back(start_application: StartApplication) -> None:
    application = start_application(key_rate="3/minute")
    answers = [application.contact() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


def test_guessing_keys_is_limited_by_address(start_application: StartApplication) -> None:
    application = start_application(address_rate="3/minute")
    answers = [application.client.post("/contact", json=CONTACT).status_code for _ in range(4)]
    assert answers == [401, 401, 401, 429]
    assert application.client.get("/health").status_code == 200


def test_an_ipv6_host_has_one_count_for_its_whole_network() -> None:
    limits = RateLimits(per_key="1/minute", per_address="1/minute")
    limits.count_address("2001:db8::1")
    limits.count_address("2001:db8:0:1::1")
    with pytest.raises(RateLimited):
        limits.count_address("2001:db8::ffff")


def test_a_page_of_an_allowed_origin_may_call(start_application: StartApplication) -> None:
    application = start_application(cors_origins="https://app.example.com, https://other.example.com")
    origin = {"Origin": "https://app.example.com"}
    preflight = application.client.options(
        "/contact",
        headers=origin
        | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-api-key,x-correlation-id,content-type",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == origin["Origin"]
    assert "X-API-Key" in preflight.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in preflight.headers
    refused = application.client.post("/contact", json=CONTACT, headers=origin)
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == origin["Origin"]
    assert "X-Correlation-ID" in refused.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origins", ["", "https://app.example.com"])
def test_a_page_of_another_origin_may_not(start_application: StartApplication, origins: str) -> None:
    application = start_application(cors_origins=origins)
    origin = {"Origin": "https://evil.example.com"}
    preflight = application.client.options(
        "/contact", headers=origin | {"Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 400
    answer = application.client.post("/contact", json=CONTACT, headers=origin | WITH_KEY)
    assert "access-control-allow-origin" not in {*preflight.headers, *answer.headers}


def test_a_body_beyond_the_limit_is_refused_announced_or_not(application: Application) -> None:
    headers = WITH_KEY | {"Content-Type": "application/json"}
    large = b'{"name": "' + b"x" * 70_000 + b'"}'
    announced = application.client.post("/contact", content=large, headers=headers)
    streamed = application.client.post(
        "/contact", content=iter([large[:40_000], large[40_000:]]), headers=headers
    )
    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert streamed.headers["content-type"] == "application/problem+json"
