"""`slo compile --check`: the gate that keeps committed output and specs together."""

from __future__ import annotations

import shutil
import subprocess

from tests.cli.project import Project, Result


def check(project: Project) -> Result:
    return project.slo("compile", "--check")


def test_is_silent_when_nothing_would_change(project: Project) -> None:
    project.slo("compile")

    assert check(project) == Result(0, "", "")


def test_writes_nothing(project: Project) -> None:
    check(project)

    assert not (project.folder / "generated").exists()


def test_shows_a_changed_line(project: Project) -> None:
    project.slo("compile")
    project.write("slos/shop.yaml", project.spec("shop", objective="99.5"))

    result = check(project)

    assert result.code == 1
    assert "--- a/generated/rules/shop.yaml\n+++ b/generated/rules/shop.yaml\n@@" in result.stdout
    removed, added = (
        [line for line in result.stdout.splitlines() if line.startswith(sign)] for sign in ("-  ", "+  ")
    )
    assert [line for line in removed if "the objective is 99.9 %" in line]
    assert [line for line in added if "the objective is 99.5 %" in line]
    assert "run `slo compile`" in result.stderr


def test_shows_a_missing_file(project: Project) -> None:
    project.slo("compile")
    (project.folder / "generated/runbooks/shop/requests.md").unlink()

    result = check(project)

    assert result.code == 1
    assert result.stdout.startswith("--- /dev/null\n+++ b/generated/runbooks/shop/requests.md\n@@ -0,0 +1,")
    assert "slo: 1 file would change" in result.stderr


def test_shows_a_file_that_is_left_over(project: Project) -> None:
    project.write("slos/cart.yaml", project.spec("cart"))
    project.slo("compile")
    (project.folder / "slos/cart.yaml").unlink()

    result = check(project)

    assert result.code == 1
    assert "--- a/generated/rules/cart.yaml\n+++ /dev/null\n" in result.stdout
    assert "rules/cart.yaml" in project.files()


def test_the_diff_is_one_that_patch_tools_apply(project: Project) -> None:
    project.write("slos/cart.yaml", project.spec("cart"))
    project.slo("compile")
    shutil.rmtree(project.folder / "slos")
    project.write("slos/shop.yaml", project.spec("shop", "checkouts", "requests", objective="99.5"))
    edited = project.folder / "generated/alertmanager/inhibit-rules.yaml"
    edited.write_text(edited.read_text().rstrip("\n"))

    diff = check(project).stdout
    subprocess.run(["git", "apply", "-p1"], cwd=project.folder, input=diff, text=True, check=True)

    assert check(project) == Result(0, "", "")


def test_a_file_that_slo_did_not_write_is_an_error_and_no_drift(project: Project) -> None:
    project.write("generated/rules/shop.yaml", "groups: []\n")

    result = check(project)

    assert result.code == 2
    assert "generated/rules/shop.yaml" in result.stderr
