"""An identity provider as OpenID Connect describes it, for one user who is always signed in there."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.platform.stubs import Answer, Received, StubServer, stub_server

CLIENT_ID, CLIENT_SECRET = "demo-platform", "secret-of-the-client"


@dataclass
class IdentityProvider:
    """Answers discovery, sign-in and the exchange of a code; ``email`` is who signs in."""

    email: str
    server: StubServer | None = None
    _key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Where it is."""
        assert self.server is not None, "started"
        return self.server.url

    def respond(self, request: Received) -> Answer:
        """The answer of one of its endpoints."""
        address = urlsplit(request.path)
        match address.path:
            case "/.well-known/openid-configuration":
                return _document(self._configuration())
            case "/keys":
                return _document({"keys": [self._key.as_dict(private=False)]})
            case "/authorize":
                return self._authorize({name: values[0] for name, values in parse_qs(address.query).items()})
            case "/token":
                return self._exchange({n: v[0] for n, v in parse_qs(request.body.decode()).items()})
        return Answer(404)

    def _configuration(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _authorize(self, asked: dict[str, str]) -> Answer:
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        return Answer(302, headers={"Location": back})

    def _exchange(self, sent: dict[str, str]) -> Answer:
        asked = self._codes.pop(sent["code"])
        verifier = hashlib.sha256(sent["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() != asked["code_challenge"]:
            return Answer(400, b'{"error":"invalid_grant"}')
        claims = {
            "iss": self.issuer,
            "sub": "user-1",
            "aud": CLIENT_ID,
            "exp": int(time.time()) + 300,
            "iat": int(time.time()),
            "email": self.email,
            "email_verified": True,
        } | ({"nonce": asked["nonce"]} if "nonce" in asked else {})
        token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self._key)
        return _document({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": token})


def _document(content: object) -> Answer:
    return Answer(body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})


@contextmanager
def running_identity_provider(email: str) -> Iterator[IdentityProvider]:
    """A provider that ends with the block."""
    provider = IdentityProvider(email)
    with stub_server(provider.respond) as provider.server:
        yield provider
