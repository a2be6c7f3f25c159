"""The log: one JSON object a line, with the request's id, without secrets and bodies."""

import io
import json
import logging
import warnings

import pytest
import structlog

from demo_service.logs import SecretRedactor, configure_logging
from tests.demo_service.application import API_KEY, CONTACT, WITH_KEY, Application
from tests.demo_service.conftest import StartApplication
from tests.demo_service.running_service import RunningService

KID, SECRET = API_KEY.split(".")


def test_a_request_is_one_record_with_what_operators_ask_for(application: Application) -> None:
    application.client.post("/contact", json=CONTACT, headers=WITH_KEY | {"X-Correlation-ID": "mine"})
    (record,) = [r for r in application.log_records() if r["event"] == "request"]
    assert record.pop("duration_seconds") > 0
    assert record.pop("timestamp")
    assert record == {
        "event": "request",
        "level": "info",
        "logger": "demo_service.access",
        "method": "POST",
        "route": "/contact",
        "status": 201,
        "client": "testclient",
        "key_id": KID,
        "correlation_id": "mine",
    }


def test_every_line_of_a_request_has_its_id_also_from_worker_threads_and_other_libraries(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisy(_: object) -> None:
        logging.getLogger("some.library").warning("below the application")
        raise RuntimeError

    monkeypatch.setattr(application.stores.records, "add_contact", noisy)
    already = len(application.log_records())
    application.client.post("/contact", json=CONTACT, headers=WITH_KEY | {"X-Correlation-ID": "mine"})
    records = application.log_records()[already:]
    assert {"below the application", "unhandled error", "request"} <= {r["event"] for r in records}
    assert {r["correlation_id"] for r in records if r["logger"] != "httpx2"} == {"mine"}


def test_neither_secrets_nor_bodies_nor_paths_are_logged(application: Application) -> None:
    words = {
        "name": "Namezzz",
        "email": "mailzzz@example.com",
        "message": "Messagezzz",
        "company": "Companyzzz",
    }
    application.contact(**words)
    application.contact(**words, surprise="Surprisezzz")
    application.upload(b"Contentszzz", name="Filezzz", description="Descriptionzzz", tags=["Tagzzz"])
    application.upload(b"Contentszzz", document_type="Typezzz")
    application.search("Queryzzz")
    application.client.get("/Pathzzz?Parameterzzz", headers={"User-Agent": "Agentzzz", "X-API-Key": "Keyzzz"})
    logged = "".join(line for line in application.log.getvalue().splitlines(True) if '"httpx2"' not in line)
    assert "zzz" not in logged
    assert SECRET not in logged


def test_no_line_can_be_smuggled_in(application: Application) -> None:
    forged = b'x\r\n{"event": "forged"}\xe2\x80\xa8{"event": "forged"}'
    application.client.request(
        "GET", "/x%0A%7B%22event%22:%22forged%22%7D", headers={b"X-Correlation-ID": b"a b"}
    )
    structlog.get_logger("test").info(forged.decode(), value=forged.decode())
    records = application.log_records()
    assert "forged" not in {record["event"] for record in records}
    assert application.log.getvalue().count("\n") == len(records)


def test_a_known_secret_is_blanked_out_wherever_it_is() -> None:
    redact = SecretRedactor(["hunter2hunter2", "short"])
    event = redact(
        None,
        "",
        {
            "event": "password=hunter2hunter2 short",
            "nested": {"list": ["hunter2hunter2", 1, None, True]},
            "error": ValueError("hunter2hunter2"),
        },
    )
    assert event == {
        "event": "password=[redacted] short",
        "nested": {"list": ["[redacted]", 1, None, True]},
        "error": "[redacted]",
    }


def test_a_secret_in_a_traceback_is_blanked_out(start_application: StartApplication) -> None:
    password = "hunter2" * 2
    application = start_application(database_password=password)
    try:
        raise RuntimeError(f"connection to user:{password}@host failed")
    except RuntimeError:
        logging.getLogger("some.driver").exception("failed")
    assert "hunter2" not in application.log.getvalue()
    assert "user:[redacted]@host" in application.log.getvalue()


def test_warnings_become_records(start_application: StartApplication) -> None:
    application = start_application()
    logging.captureWarnings(False)  # forget what pytest replaced in the meantime
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old habits", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)
    assert any("old habits" in record["event"] for record in application.log_records())


def test_a_level_below_the_chosen_one_is_silent(start_application: StartApplication) -> None:
    start_application()  # so that logging is put back afterwards
    stream = io.StringIO()
    configure_logging("WARNING", stream=stream)
    structlog.get_logger("test").info("quiet")
    structlog.get_logger("test").warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


def test_everything_the_process_prints_is_json(service: RunningService) -> None:
    service.client.post("/contact", json=CONTACT)
    service.client.get("/nothing")
    service.metrics()
    assert service.stop() == 0
    records = [json.loads(line) for line in service.log_lines]
    assert {"uvicorn.error", "demo_service.access", "demo_service.server"} <= {r["logger"] for r in records}
    assert not [r for r in records if r["logger"] == "uvicorn.access"]
    assert records[-1]["event"] == "stopped"
