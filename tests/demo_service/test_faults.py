"""Faults for drills: exact, and absent unless asked for."""

import time

import pytest

from demo_service.faults import Fault, FaultPlan
from tests.demo_service.application import WITH_KEY, Application
from tests.demo_service.conftest import StartApplication


@pytest.fixture
def drilled(start_application: StartApplication) -> Application:
    return start_application(faults=True)


def test_faults_do_not_exist_unless_asked_for(application: Application) -> None:
    assert application.client.put("/admin/faults", json={}, headers=WITH_KEY).status_code == 404
    assert "faults" not in application.client.get("/openapi.json").text
    assert "FaultMiddleware" not in [m.cls.__name__ for m in application.app.user_middleware]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("ratio", "errors"), [(0.0, 0), (0.1, 10), (0.3, 30), (0.999, 99), (1.0, 100)])
def test_the_share_of_errors_is_exact(ratio: float, errors: int) -> None:
    plan = FaultPlan()
    plan.set("/contact", Fault(error_ratio=ratio))
    assert sum(plan.next("/contact")[1] for _ in range(100)) == errors


def test_a_drill_from_beginning_to_end(drilled: Application) -> None:
    fault = {"route": "/contact", "error_ratio": 0.5, "latency_seconds": 0.0}
    shown = drilled.client.put("/admin/faults", json=fault, headers=WITH_KEY)
    assert shown.json() == drilled.client.get("/admin/faults", headers=WITH_KEY).json() == {"faults": [fault]}
    assert sorted(drilled.contact().status_code for _ in range(4)) == [201, 201, 500, 500]
    labels = {"method": "POST", "route": "/contact", "status": "500"}
    assert drilled.sample("http_requests_total", **labels) == 2
    assert drilled.search("x").status_code == 200
    assert drilled.client.delete("/admin/faults", headers=WITH_KEY).status_code == 204
    assert drilled.contact().status_code == 201
    assert drilled.sample("http_requests_total", method="PUT", route="/admin/faults", status="200") is None


def test_latency_is_added_and_measured(drilled: Application) -> None:
    fault = {"route": "/contact", "latency_seconds": 0.2}
    drilled.client.put("/admin/faults", json=fault, headers=WITH_KEY)
    started = time.monotonic()
    assert drilled.contact().status_code == 201
    assert time.monotonic() - started >= 0.2
    labels = {"method": "POST", "route": "/contact", "outcome": "success"}
    assert (drilled.sample("http_request_duration_seconds_sum", **labels) or 0) >= 0.2


@pytest.mark.parametrize(
    "fault",
    [
        {"route": "/health", "error_ratio": 1},
        {"route": "/admin/faults", "error_ratio": 1},
        {"route": "/nothing", "error_ratio": 1},
        {"route": "/contact", "error_ratio": 1.1},
        {"route": "/contact", "latency_seconds": -1},
        {"route": "/contact", "latency_seconds": 31},
    ],
)
def test_what_cannot_be_set(drilled: Application, fault: dict[str, object]) -> None:
    assert drilled.client.put("/admin/faults", json=fault, headers=WITH_KEY).status_code == 422


def test_a_drill_needs_its_key(drilled: Application) -> None:
    assert drilled.client.get("/admin/faults").status_code == 401
