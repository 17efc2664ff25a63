"""Digest authentication of devices that register, in both forms (RFC 2069, qop=auth). The nonce needs no memory.

HA2 is made of the `uri` text of the header, never of the request line: devices write several forms there.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from enum import StrEnum

from collectors.video.http_digest import digest_fields

NONCE_VALID = 60.0
"""Seconds for which a nonce is accepted."""


class DigestVerdict(StrEnum):
    """The result of a check. All but OK, STALE and MISSING name the field that differs."""

    OK = "ok"
    MISSING = "missing"
    STALE = "stale"
    WRONG_PASSWORD = "password"
    WRONG_USER = "user"
    WRONG_REALM = "realm"
    NO_URI = "uri"
    ALGORITHM = "algorithm"


class DigestGuard:
    """Makes and checks challenges of one realm. The secret is of this process: a restart makes all nonces stale."""

    def __init__(self, realm: str, secret: bytes | None = None) -> None:
        self.realm = realm
        self._secret = secret or secrets.token_bytes(32)

    def challenge(self, address: str, now: float, *, stale: bool = False) -> str:
        """The `WWW-Authenticate` header. It always names the algorithm: some devices are silent without it."""
        nonce = self._nonce(f"{int(now):08x}", address)
        suffix = ",stale=true" if stale else ""
        return f'Digest realm="{self.realm}",nonce="{nonce}",algorithm=MD5{suffix}'

    def check(
        self, authorization: str, *, method: str, user: str, password: str, address: str, now: float
    ) -> DigestVerdict:
        """Check an `Authorization` header of `user` at `address`. `now` is in epoch seconds."""
        fields = digest_fields(authorization)
        if fields is None:
            return DigestVerdict.MISSING
        if fields.get("algorithm", "MD5").upper() not in ("MD5", ""):
            return DigestVerdict.ALGORITHM
        if fields.get("username") != user:
            return DigestVerdict.WRONG_USER
        if fields.get("realm") != self.realm:
            return DigestVerdict.WRONG_REALM
        if not fields.get("uri"):
            return DigestVerdict.NO_URI
        if not self._valid(fields.get("nonce", ""), address, now):
            return DigestVerdict.STALE
        secret, request = _md5(f"{user}:{self.realm}:{password}"), _md5(f"{method}:{fields['uri']}")
        middle = fields["nonce"]
        if fields.get("qop"):
            middle = f"{middle}:{fields.get('nc', '')}:{fields.get('cnonce', '')}:{fields['qop']}"
        expected = _md5(f"{secret}:{middle}:{request}")
        response = fields.get("response", "").lower().encode("ascii", "replace")
        return DigestVerdict.OK if hmac.compare_digest(response, expected.encode()) else DigestVerdict.WRONG_PASSWORD

    def _nonce(self, at: str, address: str) -> str:
        return at + hmac.new(self._secret, f"{at}|{address}".encode(), hashlib.sha256).hexdigest()[:32]

    def _valid(self, nonce: str, address: str, now: float) -> bool:
        at = nonce[:8]
        try:
            age = now - int(at, 16)
        except ValueError:
            return False
        genuine = hmac.compare_digest(nonce.encode(), self._nonce(at, address).encode())
        return genuine and -1.0 <= age <= NONCE_VALID


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
