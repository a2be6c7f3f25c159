"""What `slo compile` costs beside Sloth, PyYAML reading what goes in and what comes out, and starting Python.

Run it with `make bench`. Sloth 0.16 is taken from $SLO_BENCH_SLOTH or PATH; without it the rows that need it
are left out. Exits with 1 when a figure misses its bound.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPEATS = 3
"""The fastest of so many runs counts: what else a machine does only ever adds time."""

SLO = (sys.executable, "-m", "slo_toolkit")
RULES_ALONE = ("--disable", "tests", "--disable", "runbooks", "--disable", "dashboards")

_LOAD = "import sys, yaml; [yaml.load(open(path), yaml.CSafeLoader) for path in sys.argv[1:]]"

_SLO = """\
  - name: slo-{number}
    objective: 99.9
    description: Requests of route {number} that the service answers without an error of its own.
    sli:
      events:
        error_query: sum(rate(http_requests_total{{route="r{number}",code=~"(5..|429)"}}[{{{{.window}}}}]))
        total_query: sum(rate(http_requests_total{{route="r{number}"}}[{{{{.window}}}}]))
    alerting:
      name: HighErrorRate{number}
      labels:
        category: availability
      annotations:
        summary: Too many errors on route {number}
      page_alert:
        labels:
          routing_key: myteam
      ticket_alert:
        labels:
          slack_channel: alerts
"""


@dataclass(frozen=True)
class Cost:
    """The least seconds and the most memory of several runs of one command."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Row:
    """One figure and the bound that it must not exceed; without a bound it only informs."""

    what: str
    figure: float
    bound: float | None
    unit: str

    @property
    def kept(self) -> bool:
        return self.bound is None or self.figure <= self.bound

    def __str__(self) -> str:
        verdict = "" if self.bound is None else "ok" if self.kept else "MISSED"
        bound = "" if self.bound is None else f"{self.bound:g}"
        return f"{self.what:<62} {self.figure:>8.2f} {bound:>8} {self.unit:<3} {verdict}".rstrip()


@dataclass(frozen=True)
class Corpus:
    """Specs in Sloth's format, which both programs read."""

    name: str
    folder: Path

    @cached_property
    def files(self) -> list[str]:
        return sorted(str(path) for path in (self.folder / "specs").iterdir())

    @property
    def source(self) -> str:
        """What a caller names: the one file, or the folder of many."""
        return self.files[0] if len(self.files) == 1 else str(self.folder / "specs")

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def compile(self, *options: str) -> list[str]:
        dashboards = str(self.out / "dashboards")
        return [*SLO, "compile", self.source, "--out", str(self.out), "--dashboards", dashboards, *options]

    def sloth(self, binary: str) -> list[str]:
        out = self.out if len(self.files) > 1 else self.out / "rules.yaml"
        return [binary, "generate", "--input", self.source, "--out", str(out)]

    @property
    def rule_files(self) -> list[str]:
        """What the last compilation made."""
        return sorted(str(path) for path in (self.out / "rules").iterdir())

    def load(self, files: Sequence[str]) -> list[str]:
        return [sys.executable, "-c", _LOAD, *files]


def corpus(folder: Path, name: str, files: int, slos: int) -> Corpus:
    """Write `files` specs with `slos` SLOs each."""
    made = Corpus(name, folder / f"{files}x{slos}")
    (made.folder / "specs").mkdir(parents=True)
    for file in range(files):
        head = f"version: prometheus/v1\nservice: service-{file}\nlabels:\n  owner: myteam\nslos:\n"
        text = head + "".join(_SLO.format(number=number) for number in range(slos))
        (made.folder / "specs" / f"{file:04}.yaml").write_text(text)
    return made


def cost(command: Sequence[str], out: Path | None = None, repeats: int = REPEATS) -> Cost:
    """Run `command` several times, each time with an empty folder `out`."""
    runs = []
    for _ in range(repeats):
        if out is not None:
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
        runs.append(_run(command))
    return Cost(min(run.seconds for run in runs), max(run.megabytes for run in runs))


def _run(command: Sequence[str]) -> Cost:
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command[:5])} failed:\n{output.read().decode(errors='replace')}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def start_rows() -> Iterator[Row]:
    bare, help_page = cost([sys.executable, "-c", "pass"]), cost([*SLO, "--help"])
    yield Row("slo --help / python -c pass", help_page.seconds / bare.seconds, 6, "x")


def sloth_rows(binary: str, bounds: Sequence[tuple[Corpus, float]]) -> Iterator[Row]:
    for corpus, bound in bounds:
        ours = cost(corpus.compile(*RULES_ALONE), corpus.out)
        theirs = cost(corpus.sloth(binary), corpus.out)
        what = f"rules of {corpus.name} / Sloth ({ours.seconds:.2f} s / {theirs.seconds:.2f} s)"
        yield Row(what, ours.seconds / theirs.seconds, bound, "x")


def loader_rows(corpus: Corpus) -> Iterator[Row]:
    """Beside PyYAML reading the specs, and beside PyYAML reading the rule files that were made of them."""
    loader, specs = "PyYAML's C loader", cost(corpus.load(corpus.files))
    everything = cost(corpus.compile(), corpus.out)
    yield Row(f"all artefacts of {corpus.name} / {loader}", everything.seconds / specs.seconds, 12, "x")
    rules = cost(corpus.compile(*RULES_ALONE), corpus.out)
    yield Row(f"rules of {corpus.name} / {loader}, specs", rules.seconds / specs.seconds, None, "x")
    written = cost(corpus.load(corpus.rule_files), repeats=1)
    yield Row(f"rules of {corpus.name} / {loader}, rules", rules.seconds / written.seconds, 4, "x")


def memory_rows(corpora: Sequence[Corpus]) -> Iterator[Row]:
    for corpus in corpora:
        ours = cost(corpus.compile(), corpus.out, repeats=1)
        yield Row(f"peak memory, all artefacts of {corpus.name}", ours.megabytes, 200, "MB")


def rows(folder: Path, sloth: str | None) -> Iterator[Row]:
    small = corpus(folder, "one small file", files=1, slos=1)
    hundred = corpus(folder, "100 SLOs in one file", files=1, slos=100)
    thousand = corpus(folder, "1000 SLOs in one file", files=1, slos=1000)
    files = corpus(folder, "1000 files", files=1000, slos=1)
    yield from start_rows()
    if sloth is not None:
        yield from sloth_rows(sloth, ((small, 1.5), (hundred, 1), (thousand, 1), (files, 1)))
    yield from loader_rows(files)
    yield from memory_rows((thousand, files))


def main() -> int:
    sloth = shutil.which(os.environ.get("SLO_BENCH_SLOTH", "sloth"))
    print(f"{'':<62} {'figure':>8} {'bound':>8}")
    missed = 0
    with tempfile.TemporaryDirectory(prefix="slo-bench-") as folder:
        for row in rows(Path(folder), sloth):
            print(row, flush=True)
            missed += not row.kept
    if sloth is None:
        print("Left out: every comparison with Sloth. Put it on PATH, or name it in $SLO_BENCH_SLOTH.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
