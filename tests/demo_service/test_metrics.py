"""What a scraper sees."""

import re

import pytest

from demo_service.metrics import DURATION_BUCKETS, Outcome
from demo_service.storage.errors import StorageUnavailable
from tests.demo_service.application import CONTACT, WITH_KEY, Application
from tests.demo_service.running_service import RunningService


def requests(application: Application, method: str, route: str, status: int) -> float | None:
    return application.sample("http_requests_total", method=method, route=route, status=str(status))


def all_requests(application: Application) -> dict[tuple[str, str, str], float]:
    return {
        (s.labels["method"], s.labels["route"], s.labels["status"]): s.value
        for metric in application.instruments.registry.collect()
        for s in metric.samples
        if s.name == "http_requests_total" and s.value > 0
    }


def test_the_slo_thresholds_are_bucket_bounds() -> None:
    assert {1.0, 3.0} <= set(DURATION_BUCKETS)


@pytest.mark.parametrize(
    ("method", "route", "success"),
    [
        ("POST", "/contact", 201),
        ("POST", "/documents/upload", 201),
        ("POST", "/documents/search", 200),
        ("GET", "/documents/{id}", 200),
        ("DELETE", "/documents/{id}", 204),
    ],
)
def test_series_of_known_routes_exist_before_the_first_request(
    application: Application, method: str, route: str, success: int
) -> None:
    for status in (success, 500, 503):
        assert requests(application, method, route, status) == 0
    for outcome in Outcome:
        labels = {"method": method, "route": route, "outcome": outcome}
        assert application.sample("http_request_duration_seconds_count", **labels) == 0


def test_requests_are_counted_by_route_template_and_outcome(application: Application) -> None:
    application.contact()
    application.contact(email="wrong")
    application.client.get("/documents/6f1c3a52-9d1f-4f7e-8b1e-000000000000", headers=WITH_KEY)
    application.client.get("/documents/not-an-id", headers=WITH_KEY)
    assert all_requests(application) == {
        ("POST", "/contact", "201"): 1,
        ("POST", "/contact", "422"): 1,
        ("GET", "/documents/{id}", "404"): 1,
        ("GET", "/documents/{id}", "422"): 1,
    }
    for outcome, count in (("success", 1), ("client_error", 1), ("server_error", 0)):
        labels = {"method": "POST", "route": "/contact", "outcome": outcome}
        assert application.sample("http_request_duration_seconds_count", **labels) == count


def test_a_scan_makes_one_series(application: Application) -> None:
    for number in range(50):
        application.client.get(f"/wp-admin/{number}")
    assert all_requests(application) == {("GET", "__unmatched__", "404"): 50}


def test_invented_methods_make_one_series(application: Application) -> None:
    for number in range(20):
        application.client.request(f"VERB{number}", "/contact")
    assert all_requests(application) == {("OTHER", "/contact", "405"): 20}


def test_probes_stay_out(application: Application) -> None:
    for path in ("/health", "/livez", "/readyz"):
        application.client.get(path)
        application.client.post(path)
    assert all_requests(application) == {}


def test_an_unhandled_error_counts_as_500(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application.stores.records, "add_contact", lambda _: 1 / 0)
    application.contact()
    assert requests(application, "POST", "/contact", 500) == 1
    labels = {"method": "POST", "route": "/contact", "outcome": "server_error"}
    assert application.sample("http_request_duration_seconds_count", **labels) == 1


def test_failed_storage_counts_as_503(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(_: object) -> None:
        raise StorageUnavailable("database")

    monkeypatch.setattr(application.stores.records, "add_contact", unavailable)
    answer = application.contact()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert requests(application, "POST", "/contact", 503) == 1
    assert application.sample("contact_submissions_total") == 0


def test_an_answer_that_breaks_off_counts_as_500(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id = application.upload(b"contents").json()["id"]

    def broken(_: str) -> object:
        yield b"cont"
        raise OSError("disk gone")

    monkeypatch.setattr(application.stores.blobs, "read", broken)
    application.client.get(f"/documents/{document_id}/contents", headers=WITH_KEY)
    assert requests(application, "GET", "/documents/{id}/contents", 500) == 1


def test_business_metrics_count_what_happened(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    application.contact()
    application.upload(b"x")
    application.upload(b"\x7fELF")
    application.upload(b"x", document_type="novel")
    application.search("x")
    application.search("")

    def unavailable(_: str) -> None:
        raise StorageUnavailable("database")

    monkeypatch.setattr(application.stores.records, "for_digest", unavailable)
    application.upload(b"y")
    assert application.sample("contact_submissions_total") == 1
    assert application.sample("document_search_queries_total") == 1
    uploads = {
        ("report", "stored"): 1,
        ("report", "rejected"): 1,
        ("report", "failed"): 1,
        ("unknown", "rejected"): 1,
        ("invoice", "stored"): 0,
    }
    for (document_type, status), count in uploads.items():
        labels = {"document_type": document_type, "status": status}
        assert application.sample("document_uploads_total", **labels) == count


def test_nothing_is_in_flight_when_nothing_is(application: Application) -> None:
    application.contact()
    application.client.get("/nothing")
    assert application.sample("http_requests_in_flight") == 0


def test_the_metrics_are_on_their_own_listener_only(service: RunningService) -> None:
    service.client.post("/contact", json=CONTACT)
    shown = service.metrics()
    assert 'http_requests_total{method="POST",route="/contact",status="201"} 1.0' in shown
    assert 'http_request_duration_seconds_bucket{le="1.0",method="POST",outcome="success"' in shown
    assert re.search(r'demo_service_build_info\{python="3[^"]+",version="[^"]+"\} 1.0', shown)
    assert "process_resident_memory_bytes" in shown
    assert "_created" not in shown
    assert service.client.get("/metrics").status_code == 404
    for elsewhere in ("/", "/contact", "/docs"):
        assert service.client.get(service.metrics_url.replace("/metrics", elsewhere)).status_code == 404
