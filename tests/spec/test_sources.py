"""Files, folders and standard input."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from slo_toolkit.spec import Loaded, LoadOptions, discover, load
from slo_toolkit.spec.source import SIZE_LIMIT
from tests.spec.documents import DEPLOYMENT, NATIVE, SLOTH, changed, told


def load_paths(paths: Sequence[str], stdin: bytes = b"") -> Loaded:
    return load(discover(paths, io.BytesIO(stdin)), LoadOptions())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slos" / "team").mkdir(parents=True)
    (tmp_path / "slos" / "shop.yaml").write_text(SLOTH)
    (tmp_path / "slos" / "team" / "stock.yml").write_text(
        changed(NATIVE, ("service: shop", "service: stock"))
    )
    return tmp_path / "slos"


def test_a_folder_is_read_recursively_in_order(folder: Path) -> None:
    result = load_paths(["slos"])
    assert [(slo.id, slo.source) for slo in result.slos] == [
        ("shop-availability", "slos/shop.yaml"),
        ("stock-availability", "slos/team/stock.yml"),
    ]
    assert result.notes == ()


def test_foreign_files_of_a_folder_are_passed_over_with_a_note(folder: Path) -> None:
    (folder / "deployment.yaml").write_text(DEPLOYMENT)
    (folder / "empty.yaml").write_text("")
    (folder / "helm.yaml").write_text("{{- if .Values.on }}\na: 1\n{{- end }}\n")
    (folder / "package.json").write_text('{"version": "1.2.3"}')
    (folder / "README.md").write_text("version: prometheus/v1")
    (folder / ".hidden.yaml").write_text("version: prometheus/v1")
    (folder / "workflow.yaml").write_text("on: push\non: pull\nyes: 1\n")
    result = load_paths(["slos"])
    assert told(result) == []
    assert len(result.slos) == 2
    assert result.notes == (
        "skipped slos/deployment.yaml: no SLO spec (kind: Deployment)",
        "skipped slos/empty.yaml: nothing stands in this file",
        "skipped slos/helm.yaml: this is a template of Helm's, not a spec yet",
        "skipped slos/package.json: no SLO spec (version: 1.2.3)",
        "skipped slos/workflow.yaml: no SLO spec",
    )


def test_a_broken_spec_in_a_folder_is_an_error(folder: Path) -> None:
    (folder / "broken.yaml").write_text(SLOTH.replace("objective:", "objective: [") + "x: ]")
    assert told(load_paths(["slos"]))[0].startswith("slos/broken.yaml:8:")


def test_a_foreign_document_in_a_named_file_is_an_error(folder: Path) -> None:
    (folder / "deployment.yaml").write_text(DEPLOYMENT)
    (problem,) = load_paths(["slos/deployment.yaml"]).problems
    assert problem.message == "no SLO spec (kind: Deployment)"


def test_standard_input(folder: Path) -> None:
    result = load_paths(["-"], SLOTH.encode())
    assert [slo.source for slo in result.slos] == ["<stdin>"]


def test_a_file_named_twice_is_read_once(folder: Path) -> None:
    os.link(folder / "shop.yaml", folder / "same.yaml")
    result = load_paths(["slos", "slos/shop.yaml", "./slos/team/.."])
    assert told(result) == []
    assert len(result.slos) == 2


def test_a_missing_path_is_a_problem_beside_the_others(folder: Path) -> None:
    (folder / "shop.yaml").write_text(changed(SLOTH, ("99.9", "100")))
    problems = told(load_paths(["nowhere.yaml", "slos"]))
    assert problems[0] == "nowhere.yaml error: this cannot be read: No such file or directory"
    assert len(problems) == 2


def test_a_folder_that_cannot_be_listed_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.scandir

    def refuse(path: str) -> Any:
        if path.endswith("team"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = load_paths(["slos"])
    assert told(result) == ["slos/team error: this cannot be read: Permission denied"]
    assert [slo.id for slo in result.slos] == ["shop-availability"]


def test_a_path_with_a_nul_byte_is_a_problem() -> None:
    (problem,) = load_paths(["a\0b"]).problems
    assert problem.message.startswith("this is no path")


def test_a_file_of_50_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    (problem,) = load_paths([str(large)]).problems
    assert problem.message == f"this is larger than {SIZE_LIMIT // 1024**2} MB: no SLO spec is that long"
    in_folder = load_paths([str(tmp_path)])
    assert in_folder.problems == ()
    assert in_folder.notes[0].startswith(f"skipped {large}: it is larger than")


def test_importing_the_package_alone_reads_no_yaml_module() -> None:
    code = "import sys, slo_toolkit.spec; print('yaml' in sys.modules, 'promql_parser' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
