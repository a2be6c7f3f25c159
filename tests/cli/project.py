"""A user's folder with specs, and the command run in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "slo_toolkit")

_SPEC = """\
version: slo-toolkit/v1
service: {service}
slos:
"""

_SLO = """\
  - name: {name}
    objective: {objective}
    sli:
      availability:
        metric: http_requests_total
        errors: code=~"5.."
        filter: service="{service}"
    alerting:
      name: {service}Errors
"""


@dataclass(frozen=True)
class Result:
    """What a finished call answered."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Project:
    folder: Path

    def spec(self, service: str, *names: str, objective: str = "99.9") -> str:
        """A native spec with one SLO for each name."""
        slos = (
            _SLO.format(service=service, name=name, objective=objective) for name in names or ("requests",)
        )
        return _SPEC.format(service=service) + "".join(slos)

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def read(self, path: str) -> str:
        return (self.folder / path).read_text()

    def files(self, below: str = "generated") -> set[str]:
        """Every file below a folder of the project, relative to that folder."""
        top = self.folder / below
        return {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}

    def slo(self, *arguments: str, stdin: str = "", **environment: str) -> Result:
        """Run `slo` in this folder, with a pipe for each of its three streams."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=clean_environment() | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)


def clean_environment() -> dict[str, str]:
    """The environment of the tests without what changes how the command looks."""
    return {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "SLO_DEBUG")}
