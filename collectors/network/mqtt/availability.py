"""Words by which devices say that they are there or gone, plain or within JSON. Pure."""

from __future__ import annotations

import json

from collectors.network import charset

ON = frozenset(("online", "on", "up", "connected", "available", "alive", "true", "1", "yes", "running", "在线", "上线"))
OFF = frozenset(
    (
        "offline",
        "off",
        "down",
        "disconnected",
        "unavailable",
        "lost",
        "dead",
        "false",
        "0",
        "no",
        "离线",
        "下线",
        "掉线",
    )
)
FIELDS = ("state", "status", "availability", "online", "available", "connected", "value")
"""Names of the word in a JSON object, the first that is there."""
SHOWN = 60


def word_of(payload: bytes) -> str:
    """The word of a payload: the text, or the value of one of FIELDS in a JSON object."""
    text = charset.decoded(payload).strip()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(document, dict):
        document = next((document[name] for name in FIELDS if name in document), text)
    if isinstance(document, bool):
        return str(document).lower()
    return (
        document.strip() if isinstance(document, str) else text if isinstance(document, dict | list) else str(document)
    )


def read(payload: bytes, online: str | None, offline: str | None) -> bool | None:
    """Whether the device is there; None for a word that says neither. `online` and `offline` are the probe's own."""
    text, word = charset.decoded(payload).strip(), word_of(payload)
    if offline is not None and offline in (text, word):
        return False
    if online is not None and online in (text, word):
        return True
    if word.lower() in OFF:
        return False
    return True if word.lower() in ON else None
