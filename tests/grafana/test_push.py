"""`slo push grafana`: what it shows, what it writes, and what it says when it cannot."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from slo_toolkit.cli.app import run
from tests.query.stub import HTML, Asked, Raw, Says, Script, Stub, always, running

from .fake import TOKEN, FakeGrafana, Kept

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLO_GRAFANA_URL", "SLO_CONFIG", "SLO_CONTEXT", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLO_GRAFANA_TOKEN", TOKEN)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two dashboards, one of them with a team."""
    monkeypatch.chdir(tmp_path)
    dashboard(tmp_path, "slo-overview", "SLO overview")
    dashboard(tmp_path, "slo-shop", "SLOs: shop", tags=["slo", "team:checkout"])
    return tmp_path


def dashboard(folder: Path, uid: str, title: str, **more: Any) -> Path:
    file = folder / "dashboards" / f"{uid}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"uid": uid, "title": title, "panels": [], **more}))
    return file


@pytest.fixture
def slo(capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs the command; answers its exit code, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(["push", "grafana", *arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert TOKEN not in captured.out + captured.err
        return code, captured.out, captured.err

    return call


@pytest.fixture
def grafana() -> FakeGrafana:
    return FakeGrafana()


@pytest.fixture
def serve() -> Iterator[Callable[[Script], Stub]]:
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(running(script))


@pytest.fixture
def url(grafana: FakeGrafana, serve: Callable[[Script], Stub]) -> str:
    return serve(grafana.answer).url


def test_without_apply_the_difference_is_shown_and_nothing_written(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str
) -> None:
    code, shown, told = slo("--url", url)
    assert code == 1
    assert "+++ b/checkout/slo-shop.json" in shown
    assert '+  "title": "SLOs: shop"' in shown
    assert "would make the folder checkout" in told
    assert "2 dashboards would change, 0 unchanged; write with --apply" in told
    assert grafana.writes == 0


def test_each_team_has_its_folder_and_what_has_no_team_the_common_one(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str
) -> None:
    assert slo("--url", url, "--apply")[0] == 0
    homes = {uid: grafana.folders[kept.folder_uid] for uid, kept in grafana.dashboards.items()}
    assert homes == {"slo-overview": "SLOs", "slo-shop": "checkout"}


def test_a_second_push_writes_nothing(folder: Path, slo: Told, grafana: FakeGrafana, url: str) -> None:
    slo("--url", url, "--apply")
    writes = grafana.writes
    code, shown, told = slo("--url", url, "--apply")
    assert (code, shown, grafana.writes) == (0, "", writes)
    assert "0 dashboards written, 2 unchanged" in told
    assert slo("--url", url)[0] == 0


def test_only_what_differs_is_written_over_the_version_that_was_compared(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str
) -> None:
    slo("--url", url, "--apply")
    dashboard(folder, "slo-shop", "SLOs: the shop", tags=["team:checkout"])
    _, shown, _ = slo("--url", url)
    assert '-  "title": "SLOs: shop"' in shown
    assert '+  "title": "SLOs: the shop"' in shown
    slo("--url", url, "--apply", "--message", "renamed")
    assert grafana.dashboards["slo-shop"].model["version"] == 2
    assert grafana.dashboards["slo-shop"].messages == ["slo push grafana", "renamed"]
    assert grafana.dashboards["slo-overview"].model["version"] == 1


def test_all_go_into_the_folder_that_is_named_by_title_or_by_uid(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str
) -> None:
    grafana.folders = {"abc": "Production"}
    slo("--url", url, "--apply", "--folder", "Production")
    assert {kept.folder_uid for kept in grafana.dashboards.values()} == {"abc"}
    assert slo("--url", url, "--folder", "abc")[0] == 0
    assert grafana.folders == {"abc": "Production"}


def test_a_dashboard_in_another_folder_is_moved(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str
) -> None:
    slo("--url", url, "--apply")
    code, _, told = slo("--url", url, "--folder", "Elsewhere")
    assert code == 1
    assert "would move SLOs: shop from checkout to Elsewhere" in told
    slo("--url", url, "--folder", "Elsewhere", "--apply")
    assert grafana.folders[grafana.dashboards["slo-shop"].folder_uid] == "Elsewhere"


def test_folders_beyond_the_first_page_are_found(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str
) -> None:
    grafana.folders = {f"f{number}": f"Folder {number}" for number in range(1500)}
    slo("--url", url, "--apply", "--folder", "Folder 1400")
    assert {kept.folder_uid for kept in grafana.dashboards.values()} == {"f1400"}


def test_who_writes_meanwhile_is_not_overwritten(folder: Path, slo: Told, grafana: FakeGrafana) -> None:
    def meddled(asked: Asked) -> Says:
        if asked.path == "/api/dashboards/db" and b"SLO overview" in asked.body:
            model = {"uid": "slo-overview", "title": "Theirs", "id": 1, "version": 5}
            grafana.dashboards.setdefault("slo-overview", Kept(model, "", []))
        return grafana.answer(asked)

    with running(meddled) as stub:
        code, _, told = slo("--url", stub.url, "--apply")
    assert code == 3
    assert (
        "412 Precondition Failed (version-mismatch: The dashboard has been changed by someone else)" in told
    )
    assert "somebody has written it since it was read" in told
    assert grafana.dashboards["slo-overview"].model["title"] == "Theirs"


def test_a_stop_in_the_middle_says_what_is_written_and_what_is_not(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str
) -> None:
    dashboard(folder, "slo-zoo", "SLOs: zoo")
    grafana.refuses = {"slo-shop": Says(b'{"message": "database is locked"}', 500)}
    code, _, told = slo("--url", url, "--apply")
    assert code == 3
    assert "500 Internal Server Error (database is locked); look into Grafana's log" in told
    assert "already written: SLO overview; not written: SLOs: shop, SLOs: zoo" in told
    assert set(grafana.dashboards) == {"slo-overview"}


def test_dashboards_that_grafana_provisions_are_told_before_anything_is_written(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str
) -> None:
    grafana.dashboards["slo-shop"] = Kept({"uid": "slo-shop", "id": 1, "version": 1}, "", [], True)
    code, _, told = slo("--url", url, "--apply")
    assert (code, grafana.writes) == (2, 0)
    assert "Grafana reads these from files of its own and lets nobody write them: SLOs: shop" in told


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Says(b'{"message": "Invalid API key"}', 401), "the bearer token that was sent is not accepted"),
        (Says(b'{"message": "Access denied"}', 403), "its service account needs the role Editor"),
        (Says(b'{"message": "Not found"}', 404), "404 Not Found (Not found); check the path of the address"),
        (Says(b"", 404), "404 Not Found; check the path"),
        (Says(b'{"message": "invalid"}', 422), "422 Unprocessable Entity (invalid)"),
        (Says(b"busy", 503), "Grafana is overloaded or starting"),
        (
            Says(b"<html><title>Sign in</title>", 200, HTML),
            "an HTML page (Sign in); is this the address of a Grafana",
        ),
        (Says(b"{}", 200), "JSON that is no list of folders"),
        (Says(b"", 302, {"Location": "https://login.example.com/"}), "a redirect to another server"),
        (Says(f'{{"message": "no {TOKEN}"}}'.encode(), 400), "400 Bad Request (no ***)"),
        (Raw([b"no HTTP at all\r\n\r\n"]), "an answer that is no HTTP"),
        (Raw([]), "the connection was closed without an answer"),
    ],
)
def test_an_answer_that_is_none_of_grafana_is_told(
    folder: Path, slo: Told, serve: Callable[[Script], Stub], answer: Says | Raw, told: str
) -> None:
    code, shown, words = slo("--url", serve(always(answer)).url)
    assert (code, shown) == (3, "")
    assert told in words


def test_a_wrong_token_is_told_without_repeating_it(
    folder: Path, slo: Told, url: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("glsa_wrong\n")
    code, _, told = slo("--url", url, "--token-file", str(file))
    assert code == 3
    assert "401 Unauthorized (Invalid API key); the bearer token that was sent is not accepted" in told
    assert "glsa_wrong" not in told


def test_no_token_at_all_is_told(folder: Path, slo: Told, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLO_GRAFANA_TOKEN")
    code, _, told = slo("--url", url)
    assert code == 3
    assert "no token was sent: set SLO_GRAFANA_TOKEN, or give --token-file" in told


def test_nobody_listening_and_a_late_answer_are_told(
    folder: Path, slo: Told, serve: Callable[[Script], Stub]
) -> None:
    with running(always(Says())) as gone:
        pass
    code, _, told = slo("--url", gone.url)
    assert code == 3
    assert "connection refused" in told
    stub = serve(lambda _: Raw(stub.drip()))
    code, _, told = slo("--url", stub.url, "--timeout", "0.3")
    assert code == 3
    assert "no answer within 0.3 s; allow more time: SLO_GRAFANA_TIMEOUT" in told


def test_a_server_without_tls_is_told_of_https(
    folder: Path, slo: Told, serve: Callable[[Script], Stub]
) -> None:
    stub = serve(always(Says()))
    code, _, told = slo("--url", stub.url.replace("http:", "https:"))
    assert code == 3
    assert "write http:// in the address" in told


def test_a_context_of_the_config_file_names_grafana_but_the_current_one_is_prometheus(
    folder: Path, slo: Told, grafana: FakeGrafana, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLO_GRAFANA_TOKEN")
    config = folder / "config.yaml"
    config.write_text(
        f"""\
current-context: prod
contexts:
  prod: {{url: https://prometheus.example.com}}
  grafana: {{url: {url}, bearer_token: {TOKEN}}}
"""
    )
    config.chmod(0o600)
    assert slo("--config", str(config), "--context", "grafana", "--apply")[0] == 0
    assert set(grafana.dashboards) == {"slo-overview", "slo-shop"}
    code, _, told = slo("--config", str(config))
    assert code == 2
    assert "no Grafana is named: give --url URL, set SLO_GRAFANA_URL" in told


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "holds no .json file"),
        ({"a.json": "{"}, "a.json:1:2"),
        ({"a.json": "[]"}, "no dashboard of Grafana"),
        ({"a.json": '{"panels": [], "uid": "a"}'}, "the dashboard has no title"),
        ({"a.json": '{"panels": [], "title": "A"}'}, "the dashboard has no uid that Grafana takes"),
        ({"a.json": '{"panels": [], "title": "A", "uid": "a b"}'}, "1 to 40 of a-z"),
        (
            dict.fromkeys(("a.json", "b.json"), '{"panels": [], "title": "A", "uid": "a"}'),
            "the uid a is that of new/a.json, too",
        ),
    ],
)
def test_files_that_are_no_dashboards_are_told_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slo: Told, files: dict[str, str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new").mkdir()
    for name, text in files.items():
        (tmp_path / "new" / name).write_text(text)
    code, _, words = slo("new", "--url", "http://127.0.0.1:1")
    assert code == 2
    assert told in words


def test_a_path_that_is_not_there_is_a_wrong_call(slo: Told) -> None:
    code, _, told = slo("nowhere", "--url", "http://127.0.0.1:1")
    assert code == 2
    assert "nowhere does not exist; `slo compile` writes the dashboards" in told


def test_no_option_takes_the_token_itself(slo: Told) -> None:
    assert slo("--token", "x")[0] == 2


def test_help_loads_no_http_client() -> None:
    script = "import sys; from slo_toolkit.cli.app import run; run(['push', 'grafana', '--help']); print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert not {"requests", "yaml", "json", "difflib"} & set(printed.splitlines()[-1].split())
