"""How files come and go: atomically, only when they change, and only files that `slo compile` wrote."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from slo_toolkit.emit.output import GENERATED_MARK, Artefact, apply, changes
from slo_toolkit.errors import InputError
from tests.cli.project import Project


def generated(text: str) -> str:
    return f"# {GENERATED_MARK}\n{text}\n"


class TestCompilingAFolder:
    def test_an_unchanged_file_is_not_touched(self, project: Project) -> None:
        project.slo("compile")
        rules = project.folder / "generated/rules/shop.yaml"
        os.utime(rules, ns=(1, 1))

        result = project.slo("compile")

        assert rules.stat().st_mtime_ns == 1
        assert "0 files written, 0 removed, 9 unchanged" in result.stderr

    def test_output_of_a_removed_slo_goes_with_its_empty_folders(self, project: Project) -> None:
        project.write("slos/cart.yaml", project.spec("cart"))
        project.slo("compile")
        (project.folder / "slos/cart.yaml").unlink()

        result = project.slo("compile")

        assert not [name for name in project.files() if "cart" in name]
        assert not (project.folder / "generated/runbooks/cart").exists()
        assert "6 removed" in result.stderr

    def test_files_of_other_origin_stay(self, project: Project) -> None:
        project.slo("compile")
        project.write("generated/rules/by-hand.yaml", "groups: []\n")
        project.write("generated/README.md", f"Files here say: {GENERATED_MARK}\n")

        project.slo("compile")

        assert {"rules/by-hand.yaml", "README.md"} <= project.files()

    def test_nothing_is_written_when_one_of_many_specs_is_wrong(self, project: Project) -> None:
        project.write("slos/wrong.yaml", project.spec("wrong", objective="100"))

        assert project.slo("compile").code == 2
        assert not (project.folder / "generated").exists()

    def test_nothing_is_removed_when_the_folder_holds_no_spec_any_more(self, project: Project) -> None:
        project.slo("compile")
        before = project.files()
        (project.folder / "slos/shop.yaml").unlink()

        assert project.slo("compile").code == 2
        assert project.files() == before

    def test_a_file_of_other_origin_in_the_way_is_named_and_kept(self, project: Project) -> None:
        project.write("generated/rules/shop.yaml", "groups: []\n")

        result = project.slo("compile")

        assert result.code == 2
        assert (
            "not overwritten, since `slo compile` did not write it: generated/rules/shop.yaml"
            in result.stderr
        )
        assert project.files() == {"rules/shop.yaml"}

    def test_a_folder_in_the_way_is_named(self, project: Project) -> None:
        (project.folder / "generated/rules/shop.yaml").mkdir(parents=True)

        result = project.slo("compile")

        assert result.code == 2
        assert "generated/rules/shop.yaml" in result.stderr


def test_compiling_a_file_leaves_the_output_of_others_alone(project: Project) -> None:
    project.write("slos/cart.yaml", project.spec("cart"))
    project.slo("compile")
    before = project.files()

    result = project.slo("compile", "slos/shop.yaml")

    assert project.files() == before
    assert "0 removed" in result.stderr


class TestApply:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "out"

    def test_new_files_get_the_rights_that_the_umask_gives(self, folder: Path) -> None:
        before = os.umask(0o027)
        try:
            apply(changes([Artefact(folder / "a", generated("a").encode())]))
        finally:
            os.umask(before)

        assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o640

    def test_a_reader_sees_the_old_or_the_new_text_and_nothing_between(self, folder: Path) -> None:
        path = folder / "a"
        apply(changes([Artefact(path, generated("old").encode())]))
        with path.open() as reader:
            apply(changes([Artefact(path, generated("new").encode())]))

            assert reader.read() == generated("old")
        assert path.read_text() == generated("new")

    def test_all_files_stay_as_they_were_when_one_cannot_be_written(self, folder: Path) -> None:
        first, second = folder / "a", folder / "b" / "c"
        apply(changes([Artefact(first, generated("old").encode())]))
        wanted = changes(
            [Artefact(first, generated("new").encode()), Artefact(second, generated("new").encode())]
        )
        (folder / "b").write_text("a file where a folder is needed")

        with pytest.raises(InputError, match=r"cannot write .*b"):
            apply(wanted)

        assert first.read_text() == generated("old")
        assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]

    def test_only_generated_files_are_left_over(self, folder: Path) -> None:
        (folder / "rules").mkdir(parents=True)
        (folder / "rules" / "ours").write_text(generated("a"))
        (folder / "rules" / "theirs").write_text("a")
        (folder / "rules" / "quotes-us-late").write_text("#" * 2000 + generated("a"))
        (folder / "elsewhere").write_text(generated("a"))

        found = changes([], leftovers_in=[folder / "rules"])

        assert [(change.path.name, change.new) for change in found] == [("ours", None)]
