"""HTTP digest access authentication of clients (RFC 7616, RFC 2069), as RTSP and ONVIF use it. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

_PAIR = re.compile(r'([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_HASHES: dict[str, Callable[[bytes], hashlib._Hash]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class DigestChallenge:
    """A `WWW-Authenticate: Digest` header that can be answered."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    auth_qop: bool = False
    opaque: str = ""
    stale: bool = False

    def answer(self, user: str, password: str, method: str, uri: str, count: int = 1) -> str:
        """The `Authorization` header for one request. `count` is the number of requests with this nonce."""
        digest = _HASHES[self.algorithm]

        def hashed(text: str) -> str:
            return digest(text.encode()).hexdigest()

        secret, request = hashed(f"{user}:{self.realm}:{password}"), hashed(f"{method}:{uri}")
        fields = [f'username="{_quoted(user)}"', f'realm="{_quoted(self.realm)}"', f'nonce="{self.nonce}"']
        fields += [f'uri="{uri}"']
        if self.auth_qop:
            client_nonce, number = secrets.token_hex(8), f"{count:08x}"
            response = hashed(f"{secret}:{self.nonce}:{number}:{client_nonce}:auth:{request}")
            fields += [f'response="{response}"', "qop=auth", f"nc={number}", f'cnonce="{client_nonce}"']
        else:
            fields.append(f'response="{hashed(f"{secret}:{self.nonce}:{request}")}"')
        fields.append(f"algorithm={self.algorithm}")
        if self.opaque:
            fields.append(f'opaque="{self.opaque}"')
        return f"Digest {', '.join(fields)}"


def digest_fields(header: str) -> dict[str, str] | None:
    """The `name=value` pairs of a challenge or an answer, names in lower case. None for another scheme than Digest."""
    scheme, _, pairs = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    return {
        match[1].lower(): match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
        for match in _PAIR.finditer(pairs[:8192])
    }


def challenge(header: str) -> DigestChallenge | None:
    """The challenge of a header, None when it is no digest or names an algorithm that is not known here."""
    fields = digest_fields(header)
    if fields is None:
        return None
    algorithm = fields.get("algorithm", "MD5").upper() or "MD5"
    if algorithm not in _HASHES or not fields.get("nonce") or _breaks(fields["nonce"] + fields.get("opaque", "")):
        return None
    return DigestChallenge(
        realm=fields.get("realm", ""),
        nonce=fields["nonce"],
        algorithm=algorithm,
        auth_qop="auth" in re.split(r"[\s,]+", fields.get("qop", "")),
        opaque=fields.get("opaque", ""),
        stale=fields.get("stale", "").lower() == "true",
    )


def best(headers: list[str]) -> DigestChallenge | None:
    """The strongest challenge of several headers: SHA-256 before MD5."""
    challenges = filter(None, map(challenge, headers))
    return max(challenges, key=lambda candidate: candidate.algorithm, default=None)


def _breaks(text: str) -> bool:
    """True for text that would break out of a quoted header value."""
    return any(character in '"\\' or not character.isprintable() for character in text)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def basic(user: str, password: str) -> str:
    """The `Authorization` header of Basic authentication (RFC 7617)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
