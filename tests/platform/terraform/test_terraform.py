"""The machine's description holds together: in itself, with the boot script, and with the list of secrets."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.platform.terraform.conftest import ROOT, Terraform
from tests.programs import optional_program, program

PLUGINS = "SLO_TEST_TERRAFORM_PLUGINS"


class TestFiles:
    def test_are_formatted(self, terraform: Terraform) -> None:
        terraform.must("fmt", "-check", "-recursive", "-diff")

    def test_no_state_plan_or_variables_are_in_the_repository(self) -> None:
        listed = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert (
            re.findall(r"^.*(?:\.tfstate.*|\.tfplan|\.tfvars|/\.terraform/.*)$", listed, re.MULTILINE) == []
        )


class TestDocumentsWithoutProvider:
    def test_are_valid_and_pass_their_own_tests(self, terraform: Terraform) -> None:
        module = terraform.at("modules/documents")
        module.must("init", "-input=false", "-no-color")
        module.must("validate")
        assert re.search(r"Success! [1-9]\d* passed, 0 failed", module.must("test", "-no-color"))

    def test_a_wider_policy_fails_them(self, terraform: Terraform, tmp_path: Path) -> None:
        subprocess.run(["cp", "-r", terraform.folder.parent, tmp_path / "wider"], check=True)
        module = Terraform(terraform.program, tmp_path / "wider/terraform/modules/documents")
        main = module.folder / "main.tf"
        wider = main.read_text().replace('Action   = ["ssm:GetParametersByPath"]', 'Action   = ["ssm:*"]')
        assert wider != main.read_text()
        main.write_text(wider)
        module.must("init", "-input=false", "-no-color")
        told = module.run("test", "-no-color")
        assert told.returncode != 0
        assert "may do something else than read its secrets" in told.stdout + told.stderr


class TestFirstBoot:
    def test_is_a_sound_script(self, documents: dict[str, Any], tmp_path: Path) -> None:
        script = tmp_path / "first-boot.sh"
        script.write_text(documents["user_data"])
        checked = subprocess.run([program("shellcheck"), script], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout

    def test_fits_into_user_data(self, documents: dict[str, Any]) -> None:
        assert len(documents["user_data"].encode()) <= 16 * 1024

    def test_starts_programs_of_this_repository(self, documents: dict[str, Any]) -> None:
        started = set(re.findall(r"/opt/slo-demo/(\S+/\S+)", documents["user_data"])) - {"deploy/.env"}
        assert started == {"deploy/boot/fetch-secrets"}
        assert all(os.access(ROOT / name, os.X_OK) for name in started)

    def test_reads_the_path_that_the_role_allows(self, documents: dict[str, Any]) -> None:
        (path,) = set(re.findall(r"fetch-secrets --path (\S+)", documents["user_data"]))
        allowed = {
            resource.partition(":parameter")[2]
            for statement in json.loads(documents["role_policy"])["Statement"]
            for resource in statement["Resource"]
            if "ssm:GetParametersByPath" in statement["Action"]
        }
        assert path == documents["secrets_path"]
        assert allowed == {path, f"{path}/*"}

    def test_calls_the_boot_script_as_it_wants_to_be_called(
        self, documents: dict[str, Any], tmp_path: Path
    ) -> None:
        (line,) = re.findall(r"^ExecStartPre=/opt/slo-demo/(.*)$", documents["user_data"], re.MULTILINE)
        words = line.replace("/opt/slo-demo/deploy/.env", str(tmp_path / ".env")).split()
        unreachable = {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }
        credentials = {
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }
        called = subprocess.run(
            words,
            cwd=ROOT,
            env=os.environ | unreachable | credentials,
            capture_output=True,
            text=True,
            check=False,
        )
        assert called.returncode == 3, (
            "the call is right, so it gets as far as the parameter store: " + called.stderr
        )


class TestSecrets:
    def test_what_must_be_given_is_told(self, documents: dict[str, Any]) -> None:
        listed = json.loads((ROOT / "deploy/secrets/names.json").read_text())["parameters"]
        given = [one["name"] for one in listed if one["made"] == "given" and not one.get("optional")]
        assert set(documents["secrets_to_give"]) == {f"/slo-demo/test/{name}" for name in given}

    def test_none_is_created_by_terraform(self, terraform: Terraform) -> None:
        """A value that Terraform makes would stand in its state."""
        files = terraform.folder.rglob("*.tf")
        resources = {
            kind
            for file in files
            for kind in re.findall(r'^resource "(\w+)"', file.read_text(), re.MULTILINE)
        }
        assert "aws_instance" in resources
        assert not resources & {"aws_ssm_parameter", "aws_secretsmanager_secret_version", "random_password"}


class TestMachine:
    def test_is_valid_and_passes_its_tests_on_a_mocked_aws(self, terraform: Terraform) -> None:
        plugins = os.environ.get(PLUGINS)
        if not plugins:
            pytest.skip(
                f"{PLUGINS} names no folder with the AWS provider, as `terraform providers mirror` makes it"
            )
        terraform.must("init", "-backend=false", "-input=false", f"-plugin-dir={plugins}")
        terraform.must("validate")
        assert re.search(r"Success! [1-9]\d* passed, 0 failed", terraform.must("test", "-no-color"))

    @pytest.fixture
    def checkov(self) -> str:
        return optional_program("checkov", "scripts/checkov fetches and runs it")

    def test_satisfies_checkov(self, checkov: str) -> None:
        assert self._failed_checks(checkov, ROOT / "deploy/terraform") == set()

    def test_checkov_finds_what_would_be_wrong(
        self, checkov: str, terraform: Terraform, tmp_path: Path
    ) -> None:
        main = (terraform.folder / "main.tf").read_text()
        (tmp_path / "main.tf").write_text(main.replace('"required"', '"optional"'))
        assert "CKV_AWS_79" in self._failed_checks(checkov, tmp_path)

    @staticmethod
    def _failed_checks(checkov: str, folder: Path) -> set[str]:
        options = ["--framework", "terraform", "--skip-download", "--output", "json"]
        ended = subprocess.run([checkov, "-d", folder, *options], capture_output=True, text=True, check=False)
        report = json.loads(ended.stdout)
        assert report["summary"]["parsing_errors"] == 0
        assert report["summary"]["resource_count"] > 0
        return {failed["check_id"] for failed in report["results"]["failed_checks"]}
