"""An alert's document in the journal, read back: the alert, and what stands beside it there.

Read by type and in bulk: after a kill in a storm some ten thousand of them stand between the role and its work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from alerts.notify.escalation import Run
from feeds.model import Alert, Severity


class Word(msgspec.Struct, array_like=True, gc=False):
    """What another tool calls it, how bad that is, and whether another word came since."""

    face: str
    severity: Severity
    doubtful: bool


class Lease(msgspec.Struct, gc=False):
    """What another tool said of it; `lease` in seconds, 0 for none."""

    lease: float
    at: float
    faces: list[Word]


class Beside(msgspec.Struct, gc=False):
    """What the document says beside the alert: notifications, escalation run, leases of other tools."""

    told: list[str] = []
    firing: list[str] | None = None
    cancelled: list[str] = []
    people: dict[str, dict[str, str]] = {}
    run: Run | None = None
    foreign: Lease | None = None


@dataclass(slots=True)
class Kept:
    """One document."""

    alert: Alert
    beside: Beside


_alert = msgspec.json.Decoder(Alert)
_beside = msgspec.json.Decoder(Beside)


def read(bodies: Iterable[str]) -> list[Kept]:
    """Documents as the journal gives them; what neither knows is passed over."""
    return [Kept(_alert.decode(body), _beside.decode(body)) for body in bodies]
