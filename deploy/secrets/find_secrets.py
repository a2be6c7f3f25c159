"""Finds secrets in files: ``python -m deploy.secrets.find_secrets [FILE...]``, by default in all that git would commit.

Exit codes: 0 none, 1 some, 2 a file cannot be read. A finding is told by kind, file and line, never by its value.

The known forms are searched for as they are. A value of any other form is told by the name that it is assigned to
(``...password``, ``...token``) and by its letters: it has digits among them, and a wide mixture (Shannon's entropy).
"""

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_FORMS = {
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "bcrypt hash": r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}",
    "Slack webhook": r"https://hooks\.slack\.com/services/T\w+/B\w+/\w{20,}",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})\b",
    "JSON web token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}",
}
_KNOWN = {kind: re.compile(pattern) for kind, pattern in _FORMS.items()}

# `kid.secret`: 32 random bytes in base64url, so 43 characters.
_API_KEY = re.compile(r"(?<![\w.-])[a-z0-9]{4,32}\.(?P<value>[A-Za-z0-9_-]{43})(?![\w-])")

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@'\"`<>{}]*:(?P<value>[^\s/@'\"`<>{}]+)@")

# In code, only a string is a value; in a configuration a bare word is one, too.
_NAME = r"(?i:[\w-]*(?:passw(?:or)?d|secret|token|api_?key|access_?key|master_?key|credentials?)[\w-]*)"
_QUOTED = re.compile(rf"{_NAME}['\"]?\s*(?::=|[:=,]|=>)\s*(?P<quote>['\"])(?P<value>[^'\"\s]+)(?P=quote)")
_BARE = re.compile(rf"{_NAME}\s*[:=]\s*(?P<value>[^\s'\"`,;]+)")
_CODE = (".py", ".go", ".js", ".css", ".html")

_SHORTEST = 8
# An expression, a path, or the name of a variable.
_PLACEHOLDER = re.compile(r"[${}<>()\[\]]|\.\.\.|^file:|^/|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$")


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something that looks like a secret stands."""

    kind: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}"


def findings(text: str, file: str) -> Iterator[Finding]:
    """What looks like a secret in the text of a file, in the order of its lines."""
    for number, line in enumerate(text.splitlines(), start=1):
        for kind in _kinds(line, bare_words=not file.endswith(_CODE)):
            yield Finding(kind, file, number)


def _kinds(line: str, *, bare_words: bool) -> Iterator[str]:
    yield from (kind for kind, pattern in _KNOWN.items() if pattern.search(line))
    if any(_is_random(match["value"]) for match in _API_KEY.finditer(line)):
        yield "API key of the service"
    if any(_is_literal(match["value"]) for match in _URL.finditer(line)):
        yield "password in a URL"
    assignments = [_QUOTED, _BARE] if bare_words else [_QUOTED]
    if any(_is_secret(match["value"]) for pattern in assignments for match in pattern.finditer(line)):
        yield "secret value"


def _is_random(value: str) -> bool:
    """Whether letters of both cases and digits are mixed as in random text; names of things are not."""
    classes = (str.islower, str.isupper, str.isdigit)
    return all(any(map(one, value)) for one in classes) and entropy(value) > 4


def _is_literal(value: str) -> bool:
    return len(value) >= _SHORTEST and not _PLACEHOLDER.search(value)


def _is_secret(value: str) -> bool:
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return _is_literal(value) and mixed and entropy(value) > 2.5


def entropy(text: str) -> float:
    """Bits for each character, from how often each occurs in the text itself."""
    shares = (count / len(text) for count in Counter(text).values())
    return -sum(share * math.log2(share) for share in shares)


def committed_files() -> list[str]:
    """What git has, or would have after ``git add --all``."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [name for name in names if name and Path(name).is_file()]


def main(files: Sequence[str]) -> int:
    """Print the findings and return the exit code."""
    found: list[Finding] = []
    for name in files or committed_files():
        try:
            found.extend(findings(Path(name).read_text(errors="replace"), name))
        except OSError as error:
            print(f"find_secrets: {name}: {error.strerror}", file=sys.stderr)
            return 2
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
