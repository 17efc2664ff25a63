"""One step of an alert: the changed alert, and the named transition with each changed field before and after."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from feeds.model import Alert, Transition

CHANGED_AT = "changed_at"
"""Every step changes it, so that it says nothing before a step; after it, the alert can be rebuilt."""
_NAMES = tuple(name for name in Alert.__struct_fields__ if name != "rev")


class NotAllowed(ValueError):
    """The event does not fit the alert's state. The text is a stable code."""


def step(
    alert: Alert,
    name: str,
    now: float,
    changes: dict[str, Any],
    *,
    actor: str = "",
    comment: str = "",
    command: str = "",
    text: str = "",
) -> tuple[Alert, Transition]:
    """The changed alert with the next revision, and its transition. Closing an alert removes its suppression."""
    stamp: dict[str, Any] = {CHANGED_AT: now} if changes else {}  # a comment changes nothing
    after = replace(alert, rev=alert.rev + 1, **changes, **stamp)
    if not after.open and (after.suppressed_by or after.hold):
        after = replace(after, suppressed_by=(), hold=None)
    changed = [n for n in _NAMES if getattr(alert, n) != getattr(after, n)]
    before = {n: msgspec.to_builtins(getattr(alert, n)) for n in changed if n != CHANGED_AT}
    now_is = {n: msgspec.to_builtins(getattr(after, n)) for n in changed}
    return after, Transition(
        seq=after.rev,
        name=name,
        at=now,
        actor=actor,
        comment=comment,
        command=command,
        text=text,
        before=before,
        after=now_is,
    )
