"""Priority of a message: whether it is urgent, and the person that it goes to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.model import Severity

DIGEST, CLEARED, REMOVED, TEST = "digest", "cleared", "removed", "test"
ENDS = (CLEARED, REMOVED)
"""Reasons of a message that an alert has ended."""


def is_urgent(body: Mapping[str, Any]) -> bool:
    """True for messages that never wait in a batch: a firing critical alert, a red warning, and a receiver test."""
    alert, warning = body.get("alert") or {}, body.get("warning") or {}
    fires = body.get("reason") not in (*ENDS, DIGEST) and alert.get("severity") == Severity.CRITICAL
    begins = body.get("step") == "received" and warning.get("colour") == "red"
    return fires or begins or body.get("reason") == TEST


def person_of(body: Mapping[str, Any]) -> str:
    """The person who is meant, "" when a message reaches everybody behind its receiver."""
    return str((body.get("to") or {}).get("person", ""))
