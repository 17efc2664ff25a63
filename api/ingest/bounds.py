"""Labels and texts from outside are hostile: bounded, and free of what could alter the text around them.

What makes an alert's identity is never cut, because two alerts would become one: beyond a bound the alert is
refused. What is only shown is cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

LABELS, NAME, VALUE = 64, 128, 1024
TITLE, TEXT, URL = 300, 4000, 2048
# Control characters, and those that turn the writing direction of what follows (Unicode TR36).
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSEEN_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class TooMuch(ValueError):
    """Beyond a bound; the text is a code of api.ingest.findings."""


def visible(text: str) -> str:
    """One line without what cannot be seen."""
    return text if text.isprintable() else _UNSEEN.sub("\ufffd", text)


def labels(given: Mapping[str, str]) -> dict[str, str]:
    """Labels as they may be kept; empty ones are none (Alertmanager). Raises TooMuch."""
    if len(given) > LABELS:
        raise TooMuch("LABELS_TOO_MANY")
    kept = {}
    for name, value in given.items():
        if len(name) > NAME or len(value) > VALUE:
            raise TooMuch("LABEL_TOO_LONG")
        if value:
            kept[visible(name)] = visible(value)
    return kept


def title(text: str) -> str:
    """A line to show."""
    return visible(text.strip()[:TITLE])


def text(words: str) -> str:
    """Several lines to show."""
    words = words.strip()[:TEXT]
    return words if words.isprintable() else _UNSEEN_IN_TEXT.sub("\ufffd", words)


def url(address: str) -> str:
    """An address that a browser may follow, else ""."""
    if not address or len(address) > URL or not address.isprintable():
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""
