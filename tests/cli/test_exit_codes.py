"""0 fine, 1 the answer is bad, 2 the input or the call is wrong: for every verb, and never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.cli.project import COMMAND, Project, clean_environment
from tests.interrupts import interruptible


@pytest.mark.parametrize(
    "call",
    [
        ["compile"],
        ["compile", "--stdout"],
        ["validate"],
        ["schema"],
        ["--version"],
        ["--help"],
        ["compile", "-h"],
    ],
)
def test_a_call_that_does_its_work_answers_0(project: Project, call: list[str]) -> None:
    assert project.slo(*call).code == 0


def test_drift_answers_1(project: Project) -> None:
    assert project.slo("compile", "--check").code == 1


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["compose"], "Did you mean 'compile'?"),
        (["compile", "--chek"], "--check"),
        (["compile", "--period", "1month"], "is no duration"),
        (["compile", "--period", "36h"], "not a number of whole days"),
        (["compile", "--scrape-interval", "often"], "is no duration"),
        (["validate", "--scrape-interval", "2h"], "is above 1h"),
        (["budget", "--scrape-interval", "5m"], "--scrape-interval needs --spec"),
        (["compile", "--extra-label", "team"], "name=value"),
        (["compile", "--extra-label", "0team=a"], "no label name"),
        (["compile", "--extra-label", "sloth_id=a"], "reserved"),
        (["compile", "--extra-label", "team="], "has no value"),
        (["compile", "--object-label", "team=a"], "--format operator"),
        (["compile", "--namespace", "slo"], "--format operator"),
        (["compile", "--format", "operator", "--object-label", "team"], "name=value"),
        (["compile", "--format", "operator", "--object-label", "-a=b"], "no name of a Kubernetes label"),
        (["compile", "--format", "operator", "--object-label", "a=b c"], "no value of a Kubernetes label"),
        (["compile", "--format", "operator", "--namespace", "A.b"], "no name of a Kubernetes namespace"),
        (["compile", "--extra-label", "team=a", "--extra-label", "team=b"], "twice"),
        (["compile", "--disable", "everything"], "'dashboards'"),
        (["compile", "--format", "helm"], "'operator'"),
        (["compile", "--compat", "pyrra"], "'sloth'"),
        (["compile", "--stdout", "--check"], "one of the two"),
        (["validate", "--output", "xml"], "'sarif'"),
    ],
)
def test_a_wrong_call_answers_2_and_tells_what_would_be_right(
    project: Project, call: list[str], told: str
) -> None:
    result = project.slo(*call)

    assert result.code == 2
    assert told in result.stderr
    assert result.stdout == ""
    assert project.files() == set()


@pytest.mark.parametrize("verb", ["compile", "validate"])
def test_a_wrong_spec_answers_2(project: Project, verb: str) -> None:
    project.write("slos/shop.yaml", project.spec("shop", objective="100"))

    assert project.slo(verb).code == 2


@pytest.mark.parametrize("verb", ["compile", "validate"])
def test_a_missing_path_answers_2(project: Project, verb: str) -> None:
    result = project.slo(verb, "nowhere.yaml")

    assert result.code == 2
    assert "nowhere.yaml: error:" in result.stdout + result.stderr


@pytest.mark.parametrize("verb", ["compile", "validate"])
def test_a_folder_without_any_spec_answers_2(project: Project, verb: str) -> None:
    project.write("empty/values.yaml", "replicas: 2\n")

    result = project.slo(verb, "empty")

    assert result.code == 2
    assert "slo: error: no SLO spec in empty" in result.stderr


@pytest.mark.parametrize("verb", ["compile", "validate"])
def test_a_folder_without_alert_windows_is_no_place_for_them(project: Project, verb: str) -> None:
    """The Workbook's would hold, and nobody would notice."""
    (project.folder / "empty").mkdir()

    result = project.slo(verb, "--windows", "empty")

    assert result.code == 2
    assert "slo: error: no AlertWindows document in empty" in result.stderr
    assert project.files() == set()


@pytest.mark.parametrize("call", [["compile", "--stdout"], ["compile", "--check"], ["validate"], ["--help"]])
def test_a_reader_that_left_is_no_traceback(project: Project, call: list[str]) -> None:
    unread, pipe = os.pipe()
    os.close(unread)
    with os.fdopen(pipe, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, *call], cwd=project.folder, stdout=closed, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 128 + signal.SIGPIPE
    assert done.stderr == b""


def test_ctrl_c_is_no_traceback_and_writes_nothing(project: Project) -> None:
    endless = project.folder / "endless.yaml"
    os.mkfifo(endless)
    with subprocess.Popen(
        [*COMMAND, "compile", "slos", str(endless)],
        cwd=project.folder,
        stderr=subprocess.PIPE,
        preexec_fn=interruptible,
    ) as process:
        assert process.stderr is not None
        # Opening waits for the command to open the other end, and then the command waits for what comes.
        with endless.open("wb"):
            process.send_signal(signal.SIGINT)
            errors = process.stderr.read()

    assert process.returncode == 130
    assert errors == b""
    assert project.files() == set()


def test_a_full_disk_behind_stdout_is_told_in_one_line(project: Project) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "compile", "--stdout"],
            cwd=project.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr == b"slo: error: No space left on device\n"


def test_closed_streams_are_no_traceback(project: Project) -> None:
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *COMMAND, "compile"], cwd=project.folder, check=False
    )

    assert closed.returncode == 0
    assert "rules/shop.yaml" in project.files()


class TestABugInTheToolkit:
    """Some module that the verb needs is broken here: Python finds this one first."""

    @pytest.fixture
    def broken(self, project: Project) -> Project:
        project.write("broken/sitecustomize.py", "import sys\nsys.modules['slo_toolkit.compiler'] = None\n")
        return project

    def test_is_told_in_one_line_with_what_to_do(self, broken: Project) -> None:
        result = broken.slo("compile", PYTHONPATH=self._path(broken))

        assert result.code == 70
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("slo: internal error: ModuleNotFoundError: ")
        assert "report it with what the same call prints with SLO_DEBUG=1" in result.stderr

    def test_shows_its_traceback_on_demand(self, broken: Project) -> None:
        result = broken.slo("compile", PYTHONPATH=self._path(broken), SLO_DEBUG="1")

        assert result.code == 70
        assert "Traceback (most recent call last)" in result.stderr

    @staticmethod
    def _path(project: Project) -> str:
        return f"{project.folder / 'broken'}:{clean_environment().get('PYTHONPATH', '')}"
