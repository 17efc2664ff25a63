"""The second factor: time-based one-time passwords (RFC 6238) and recovery codes for a lost device."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from feeds.cases.sealing import Sealer

SECRET_BYTES, DIGITS, STEP = 20, 6, 30
SKEW = 1
"""Time steps of 30 s by which the clock of the device may differ (RFC 6238, 5.2)."""
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_secret(sealer: Sealer) -> tuple[str, str]:
    """A new secret: in base32 for the person's device, and sealed for the account's document."""
    raw = secrets.token_bytes(SECRET_BYTES)
    text = base64.b32encode(raw).decode()
    return text, base64.b64encode(sealer.seal({"totp": text})).decode()


def address(secret: str, site: str, name: str) -> str:
    """The `otpauth:` address that authenticator apps read from a picture or a link."""
    query = urlencode({"secret": secret, "issuer": site, "digits": DIGITS, "period": STEP}, quote_via=quote)
    return f"otpauth://totp/{quote(site)}:{quote(name)}?{query}"


def picture(address: str) -> str:
    """The address as a QR code for the camera of an authenticator app: a `data:` URI of an SVG picture."""
    import segno  # rarely needed

    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#fff"))


def matching_step(sealed: str, code: str, at: float, sealer: Sealer, after: int = 0) -> int | None:
    """The time step of a code; None for a wrong code. Codes of steps up to `after` were used and are wrong.

    Raises feeds.cases.sealing.SealBroken when the site's key has changed.
    """
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    secret = base64.b32decode(sealer.open(base64.b64decode(sealed))["totp"])
    generator = TOTP(secret, DIGITS, SHA1(), STEP, enforce_key_length=False)
    now = int(at // STEP)
    for step in range(now - SKEW, now + SKEW + 1):
        if step > after and secrets.compare_digest(generator.generate(step * STEP), code.encode()):
            return step
    return None


def recovery_codes() -> tuple[list[str], list[str]]:
    """New recovery codes for the person, and their digests for the account's document."""
    codes = ["-".join(_letters(5) for _ in range(2)) for _ in range(RECOVERY_CODES)]
    return codes, [recovery_digest(code) for code in codes]


def new_stamp() -> str:
    """A new stamp of an account; sessions with another one have ended."""
    return secrets.token_hex(8)


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))


def recovery_digest(code: str) -> str:
    """The SHA-256 of a recovery code without blanks, hyphens and case."""
    plain = "".join(letter for letter in code.casefold() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def after_use(factor: Mapping[str, Any], code: str, at: float, sealer: Sealer) -> dict[str, Any] | None:
    """The account's second factor after a code was used; None when the code is wrong or was used before."""
    step = matching_step(str(factor["secret"]), code.strip(), at, sealer, int(factor.get("step", 0)))
    if step is not None:
        return dict(factor) | {"step": step}
    digest = recovery_digest(code)
    if digest in factor.get("recovery", []):
        return dict(factor) | {"recovery": [left for left in factor["recovery"] if left != digest]}
    return None
