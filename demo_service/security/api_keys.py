"""API keys: ``kid.secret`` with the client, a hash with the service.

A key line is ``<kid> <scope>[,<scope>...] sha256:<hex>``. Any number of keys is live at once: to rotate,
add the new line, move the client over, remove the old line. The secret is 256 random bits, so a plain
SHA-256 protects it as well as a slow hash would, and costs no denial of service.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

HEADER = "X-API-Key"

_SEPARATOR = re.compile(r"[\n;]")
_LINE = re.compile(r"(?P<kid>[a-z0-9]{4,32}) (?P<scopes>[a-z:,]+) sha256:(?P<hash>[0-9a-f]{64})")
_KEY = re.compile(r"(?P<kid>[a-z0-9]{4,32})\.(?P<secret>[A-Za-z0-9_\-]{32,128})")


class KeyScope(StrEnum):
    """What a key may do."""

    CONTACT_WRITE = "contact:write"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    FAULTS_ADMIN = "faults:admin"


class MalformedKeyLine(ValueError):
    """A configured key line is wrong. The message names its number, never its text."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the service knows it."""

    kid: str
    scopes: frozenset[KeyScope]
    secret_hash: bytes

    def line(self) -> str:
        """The line to configure."""
        return f"{self.kid} {','.join(sorted(self.scopes))} sha256:{self.secret_hash.hex()}"


class KeyRing:
    """The live keys. An empty ring authenticates nobody."""

    def __init__(self, keys: Iterable[ApiKey] = ()) -> None:
        self._keys = {key.kid: key for key in keys}
        # Compared when the kid is unknown, so that both cases take the same path.
        self._decoy = ApiKey("decoy", frozenset(), secrets.token_bytes(32))

    @classmethod
    def parse(cls, lines: str) -> "KeyRing":
        """The ring of key lines, separated by line breaks or ``;``. Raises ``MalformedKeyLine``."""
        keys: dict[str, ApiKey] = {}
        for number, line in enumerate(_SEPARATOR.split(lines), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            key = _parse_line(" ".join(line.split()), number)
            if key.kid in keys:
                raise MalformedKeyLine(f"key line {number}: its kid occurs twice")
            keys[key.kid] = key
        return cls(keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def authenticate(self, presented: str | None) -> ApiKey | None:
        """The key that was presented, if it is a live one."""
        match = _KEY.fullmatch(presented or "")
        if match is None:
            return None
        candidate = self._keys.get(match["kid"], self._decoy)
        proven = hmac.compare_digest(_hash(match["secret"]), candidate.secret_hash)
        return candidate if proven and candidate is not self._decoy else None


def new_key(scopes: Iterable[KeyScope]) -> tuple[str, ApiKey]:
    """A fresh key: what the client gets, once, and what the service keeps."""
    kid, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    return f"{kid}.{secret}", ApiKey(kid, frozenset(scopes), _hash(secret))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _parse_line(line: str, number: int) -> ApiKey:
    match = _LINE.fullmatch(line)
    if match is None:
        raise MalformedKeyLine(f"key line {number} is not '<kid> <scope>[,<scope>...] sha256:<hex>'")
    try:
        scopes = frozenset(KeyScope(scope) for scope in match["scopes"].split(","))
    except ValueError:
        known = ", ".join(KeyScope)
        raise MalformedKeyLine(f"key line {number} has an unknown scope; known: {known}") from None
    return ApiKey(match["kid"], scopes, bytes.fromhex(match["hash"]))
