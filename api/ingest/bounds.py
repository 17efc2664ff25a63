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


class BoundExceeded(ValueError):
    """Beyond a bound; the text is a code of api.ingest.findings."""


def visible(text: str) -> str:
    """One line without what cannot be seen."""
    return text if text.isprintable() else _UNSEEN.sub("\ufffd", text)


def labels(received: Mapping[str, str]) -> dict[str, str]:
    """Labels as they may be kept; empty ones are none (Alertmanager). Raises BoundExceeded."""
    if len(received) > LABELS:
        raise BoundExceeded("LABELS_TOO_MANY")
    bounded = {}
    for name, value in received.items():
        if len(name) > NAME or len(value) > VALUE:
            raise BoundExceeded("LABEL_TOO_LONG")
        if value:
            bounded[visible(name)] = visible(value)
    return bounded


def title(text: str) -> str:
    """A line to show."""
    return visible(text.strip()[:TITLE])


def text(lines: str) -> str:
    """Several lines to show."""
    lines = lines.strip()[:TEXT]
    return lines if lines.isprintable() else _UNSEEN_IN_TEXT.sub("\ufffd", lines)


def url(address: str) -> str:
    """An address that a browser may follow, else ""."""
    if not address or len(address) > URL or not address.isprintable():
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""
