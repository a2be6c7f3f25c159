from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder with one valid spec, `slos/shop.yaml`, that was not compiled yet."""
    project = Project(tmp_path)
    project.write("slos/shop.yaml", project.spec("shop"))
    return project
