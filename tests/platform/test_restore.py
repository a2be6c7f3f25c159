"""The backup of docs/operations.md, restored into an empty database and an empty folder."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.demo_service.application import CONTACT
from tests.demo_service.conftest import postgres as postgres
from tests.demo_service.postgres_server import PostgresServer
from tests.demo_service.running_service import RunningService
from tests.platform.running import REPOSITORY


def documented(program: str) -> list[str]:
    """The options that the guide gives to a program of PostgreSQL, but for where the database is."""
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    (command,) = re.findall(rf"postgres {program} (.+?) [<>] backup/demo\.dump", text)
    return [
        part for part in command.split() if not part.startswith(("--username", "--dbname")) and part != "demo"
    ]


def run(server: PostgresServer, program: str, *arguments: str | Path) -> None:
    address = urlsplit(server.url)
    environment = {
        "PGHOST": address.hostname or "",
        "PGPORT": str(address.port),
        "PGUSER": "postgres",
        "PGPASSWORD": server.password,
    }
    done = subprocess.run(
        [server.programs / program, *documented(program), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_was_backed_up_is_all_there_again(postgres: PostgresServer, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    after.mkdir()
    database = {"DEMO_DATABASE_URL": postgres.url, "DEMO_DATABASE_PASSWORD": postgres.password}
    with RunningService.start(before, **database) as service:
        contact = service.client.post("/contact", json=CONTACT).json()
        upload = service.client.post(
            "/documents/upload",
            files={"file": ("a.txt", b"a memorable word", "text/plain")},
            data={"document_type": "report", "contact_id": contact["id"]},
        )
        document = upload.json()

    run(postgres, "pg_dump", f"--file={tmp_path / 'demo.dump'}", "postgres")
    shutil.copytree(before / "blobs", after / "blobs")
    postgres.execute("CREATE DATABASE restored")
    run(postgres, "pg_restore", "--dbname=restored", tmp_path / "demo.dump")

    restored = database | {"DEMO_DATABASE_URL": postgres.url.removesuffix("/postgres") + "/restored"}
    with RunningService.start(after, **restored) as service:
        found = service.client.post("/documents/search", json={"query": "memorable"}).json()
        assert [result["document"]["id"] for result in found["results"]] == [document["id"]]
        assert service.client.get(f"/documents/{document['id']}/contents").content == b"a memorable word"
        assert service.client.post("/contact", json=CONTACT).status_code == 201

    with psycopg.connect(restored["DEMO_DATABASE_URL"], password=postgres.password) as connection:
        trail = connection.execute("SELECT action FROM audit ORDER BY number").fetchall()
        assert [action for (action,) in trail] == ["contact.created", "document.created", "contact.created"]
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("DELETE FROM audit")
