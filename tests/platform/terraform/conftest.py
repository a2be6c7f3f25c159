"""Terraform on a copy of the deployment, so that it leaves nothing behind in the repository."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.programs import optional_program

ROOT = Path(__file__).parents[3]


@dataclass
class Terraform:
    """The program, in one folder."""

    program: str
    folder: Path

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One command, without the user's own configuration of the program."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        return subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            env=environment | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def must(self, *arguments: str) -> str:
        """What a command printed that has to succeed."""
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def at(self, folder: str) -> "Terraform":
        """The program in a folder below this one."""
        return Terraform(self.program, self.folder / folder)


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform in a copy of ``deploy/terraform``."""
    found, copy = optional_program("terraform", "version 1.11 or newer"), tmp_path_factory.mktemp("deploy")
    for part in ("terraform", "secrets"):
        left_out = shutil.ignore_patterns(".terraform", "*.tfstate*")
        shutil.copytree(ROOT / "deploy" / part, copy / part, ignore=left_out)
    return Terraform(found, copy / "terraform")


@pytest.fixture(scope="session")
def documents(terraform: Terraform) -> dict[str, Any]:
    """The outputs of the module of documents for a small deployment."""
    small = terraform.at("small")
    small.folder.mkdir()
    arguments = {
        "source": "../modules/documents",
        "project": "slo-demo",
        "environment": "test",
        "region": "eu-central-1",
        "account_id": "123456789012",
        "repository": "https://git.example/slo-toolkit.git",
        "revision": "0123456789abcdef" * 2 + "01234567",
        "site_address": "demo.example",
        "data_volume_id": "vol-0123456789abcdef0",
        "kms_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/1",
    }
    main = {"module": {"documents": arguments}, "output": {"all": {"value": "${module.documents}"}}}
    (small.folder / "main.tf.json").write_text(json.dumps(main))
    small.must("init", "-input=false", "-no-color")
    small.must("apply", "-input=false", "-auto-approve")
    outputs: dict[str, Any] = json.loads(small.must("output", "-json", "all"))
    return outputs
