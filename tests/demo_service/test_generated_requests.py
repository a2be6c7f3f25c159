"""Schemathesis against the running service: no 5xx from any input, and an id on every answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.demo_service.application import API_KEY
from tests.demo_service.running_service import RunningService

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "correlation_id_on_every_answer",
)
_PATIENCE_SECONDS = 80
ROOT = Path(__file__).parents[2]


def test_no_generated_request_breaks_the_service(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with RunningService.start(tmp_path / "data") as service:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{service.base_url}/openapi.json"),
                *("--header", f"X-API-Key: {API_KEY}", "--checks", ",".join(_CHECKS)),
                *("--phases", "examples,coverage,fuzzing", "--max-examples", "100", "--seed", "20261124"),
                *("--generation-database", "none", "--continue-on-failure", "--no-color"),
                *("--report-json-path", str(report)),
            ],
            cwd=tmp_path,  # it leaves a cache behind
            env=os.environ
            | {"SCHEMATHESIS_HOOKS": "tests.demo_service.schemathesis_hooks", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
    assert run.returncode == 0, run.stdout + run.stderr
    shown = json.loads(report.read_text())
    assert shown["operations"]["tested"] == shown["operations"]["total"] > 0
    accepted = {
        operation: sum(phase["accepted"] for phase in phases.values())
        for operation, phases in shown["valid_rates"].items()
    }
    # Nothing would be proven by requests that are all turned away at the door.
    assert all(accepted[f"POST {path}"] for path in ("/contact", "/documents/upload", "/documents/search"))
