"""What of a message decides when it is sent: whether it is urgent, and to whom it goes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.model import Severity

DIGEST, CLEARED, REMOVED, TEST = "digest", "cleared", "removed", "test"
ENDS = (CLEARED, REMOVED)
"""Reasons of a message that an alert has ended."""


def is_urgent(body: Mapping[str, Any]) -> bool:
    """What may not wait in a batch: a critical alert that fires, and a test that somebody waits for."""
    alert = body.get("alert") or {}
    fires = body.get("reason") not in (*ENDS, DIGEST) and alert.get("severity") == Severity.CRITICAL
    return fires or body.get("reason") == TEST


def person_of(body: Mapping[str, Any]) -> str:
    """The person who is meant, "" when a message reaches everybody behind its receiver."""
    return str((body.get("to") or {}).get("person", ""))
