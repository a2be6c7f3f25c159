"""What the embedded parser doubts, put to promtool.

The parser in this process is fast, but it refuses some PromQL that Prometheus takes, and it knows nothing
of alert templates. So everything that it doubts goes to promtool, which is the authority: all of it in one
call, and only where there is a doubt at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from slo_toolkit.errors import Level
from slo_toolkit.meaning.text import unbalanced
from slo_toolkit.spec.flaws import Flaw

_TIMEOUT_SECONDS = 20
_VERDICT = re.compile(r'group "suspects", rule (\d+), [^:]*: (.*)')
_PROMQL = re.compile(r"could not parse expression: (?:(\d+):(\d+): )?(?:parse error: )?(.*)")
_TEMPLATE = re.compile(r'(?:annotation|label) "text": (?:template: [^:]*:\d+(?::\d+)?: )?(.*)')
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")
# Faults that no version of the language takes back, so that they are errors without promtool, too.
_CERTAIN = re.compile(r"unclosed|unexpected end of input|no expression found")


@dataclass(frozen=True, slots=True)
class Suspect:
    """Text that may be wrong, and the flaw that stands if it is. Its `origins` map characters back."""

    source: int
    text: str
    flaw: Flaw
    is_query: bool
    origins: Sequence[int] = ()
    """For each character of a query, the offset of where it came from in the document's value."""


def judge(suspects: Sequence[Suspect]) -> list[tuple[int, Flaw]]:
    """The flaws that stand, each with the number of its source: errors if promtool says so, else warnings."""
    if not suspects:
        return []
    import shutil  # only where there is a doubt: half of what a small spec may take in all

    promtool = shutil.which("promtool")
    verdicts = _verdicts(promtool, suspects) if promtool else None
    if verdicts is None:
        return [(suspect.source, _unjudged(suspect)) for suspect in suspects]
    return [
        (suspect.source, _sentenced(suspect, verdicts[number]))
        for number, suspect in enumerate(suspects, start=1)
        if number in verdicts
    ]


def _verdicts(promtool: str, suspects: Sequence[Suspect]) -> dict[int, str] | None:
    """What promtool says about each suspect that it refuses, by number; None where it cannot be asked."""
    import subprocess
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="slo-") as folder:
        file = Path(folder, "suspects.json")
        file.write_text(_rule_file(suspects), encoding="utf-8")
        try:
            answer = subprocess.run(
                [promtool, "check", "rules", "--lint=none", str(file)],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    verdicts: dict[int, str] = {}
    for line in answer.stderr.splitlines():
        if match := _VERDICT.search(line):
            verdicts.setdefault(int(match[1]), match[2])
    return verdicts if verdicts or answer.returncode == 0 else None


def _rule_file(suspects: Iterable[Suspect]) -> str:
    import json

    rules = [
        {"record": "suspect", "expr": suspect.text, "labels": {"number": str(number)}}
        if suspect.is_query
        else {"alert": f"suspect{number}", "expr": "vector(1)", "annotations": {"text": suspect.text}}
        for number, suspect in enumerate(suspects, start=1)
    ]
    text = json.dumps({"groups": [{"name": "suspects", "rules": rules}]}, ensure_ascii=False)
    # YAML takes no control characters as they are, and no surrogate pairs, as which JSON would escape some others.
    return _NOT_PLAIN.sub(lambda match: f"\\U{ord(match[0]):08X}", text)


def _sentenced(suspect: Suspect, verdict: str) -> Flaw:
    if suspect.is_query and (match := _PROMQL.search(verdict)):
        offset = _origin(suspect, int(match[1]), int(match[2])) if match[1] else -1
        return replace(suspect.flaw, message=f"this is no PromQL: {match[3]}", offset=offset)
    template = _TEMPLATE.search(verdict)
    return replace(suspect.flaw, message=f"this is no alert template: {template[1] if template else verdict}")


def _origin(suspect: Suspect, line: int, column: int) -> int:
    """Where the place that promtool names stands in the document's value."""
    lines = suspect.text.split("\n")
    offset = sum(len(text) + 1 for text in lines[: line - 1]) + column - 1
    return suspect.origins[min(offset, len(suspect.origins) - 1)] if suspect.origins else -1


def _unjudged(suspect: Suspect) -> Flaw:
    if suspect.is_query and (unbalanced(suspect.text) or _CERTAIN.search(suspect.flaw.message)):
        return suspect.flaw
    hint = "install promtool to be sure: newer PromQL than the embedded parser knows may be right"
    return replace(suspect.flaw, level=Level.WARNING, hint=hint)
