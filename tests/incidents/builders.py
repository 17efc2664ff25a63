"""Warnings for the registry's tests."""

from __future__ import annotations

import hashlib
from typing import Any

from feeds import wire
from feeds.model import Area, EmergencyWarning

T0 = wire.parse_time("2026-11-22T08:00:00+08:00")
SENDER = "cx@weather.example"


def sent_text(seconds: float) -> str:
    """CAP's notation of a moment after T0."""
    return (wire.iso(T0 + seconds) or "")[:19] + "-00:00"


def id_of(identifier: str, seconds: float) -> str:
    return f"{SENDER},{identifier},{sent_text(seconds)}"


def message(identifier: str, seconds: float = 0, **fields: Any) -> EmergencyWarning:
    """One message `seconds` after T0; the digest is derived from its content."""
    id = id_of(identifier, seconds)
    values: dict[str, Any] = {
        "id": id,
        "source": "cma",
        "status": "Actual",
        "msg_type": "Alert",
        "sender": SENDER,
        "identifier": identifier,
        "sent": T0 + seconds,
        "received_at": T0,
        "expires": T0 + 3600,
        "areas": (Area(text="楚雄市", geocodes=("532301000000",)),),
    }
    values |= fields
    values.setdefault("digest", hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest())
    return EmergencyWarning(**values)
