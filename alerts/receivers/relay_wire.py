"""Wire format of messages to the border relay, and their signature.

`POST /v1/messages/CHANNEL`, JSON `{"to", "subject", "text"}`, headers `Idempotency-Key`, `X-Watchfloor-Time` (epoch
seconds) and `X-Watchfloor-Signature`: hex of HMAC-SHA256 over time, key, path and body with the shared secret. So the
secret never travels, a message cannot be changed on its way, and an old one cannot be sent again.
"""

from __future__ import annotations

import hashlib
import hmac

TIME, SIGNATURE, KEY = "X-Watchfloor-Time", "X-Watchfloor-Signature", "Idempotency-Key"
PATH = "/v1/messages/"
OLDEST = 300.0
"""Seconds that the two clocks and the way may take."""


def signature(secret: str, at: str, key: str, path: str, body: bytes) -> str:
    """The signature of one message."""
    signed = "\n".join((at, key, path)).encode() + b"\n" + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def genuine(secret: str, headers: tuple[str, str, str], path: str, body: bytes, now: float) -> bool:
    """True when time, key and signature (`headers`) fit the message and the time is at most OLDEST seconds off."""
    at, key, received = headers
    try:
        fresh = abs(now - float(at)) <= OLDEST
    except ValueError:
        return False
    return hmac.compare_digest(signature(secret, at, key, path, body), received) and fresh
