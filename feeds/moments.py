"""The range of times that every part can write: RFC 3339, CAP's notation, and the local time of China.

A time outside cannot be shown, so a parser of foreign bytes refuses it in its field.
"""

from __future__ import annotations

EARLIEST = -30_610_224_000.0
"""The year 1000 begins, UTC: years before have fewer than four digits."""
LATEST = 253_402_271_999.0
"""9999-12-31T23:59:59+08:00, by which many systems mean "until further notice"."""


def is_representable(seconds: float) -> bool:
    """True when a time (epoch seconds) can be written by every part. False for nan and infinities."""
    return EARLIEST <= seconds <= LATEST
