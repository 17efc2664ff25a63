"""What another tool says of its own alerts, in one form whatever tool it was: firing or ended, each by its identity.

Everything in it comes from outside. Whoever makes one bounds it first (see api.ingest.bounds); nothing formats
text with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds import wire
from feeds.model import Severity

AT_ONCE = 1000
"""Alerts in one report at most."""
DEVICE = "设备/"
"""How the name begins by which a device acknowledges."""
FOREIGN = ":"
"""Stands in the rule of every alert of another tool ("prometheus:Down"); a site's own rules have no colon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One alert as another tool sees it. Times are epoch seconds.

    `asset` is an inventory's id or the tool's own word for the thing; with `by_address` it may also be the host:port
    of a probe, and `address` is one more place to look for it. `until` is a lease: said again before then, or it goes
    stale; None is no lease. `at` is the moment that the tool speaks of: what is older than what is known changes
    nothing. `face` tells apart what differs only in how bad it is ("" when the tool has one word for it); severity
    stands in no identity. `evidence` says by what an end is known, where that is not the tool's own word. `acked` is
    the tool's own acknowledgement, said when it changes: True acknowledges the alert by `acked_by` (DEVICE and who)
    with `acked_comment`, False takes that back; what is not active and False has returned unacknowledged (ISA-18.2)
    and is shown although nobody heard it begin. None says nothing of it.
    """

    rule: str
    asset: str
    severity: Severity
    active: bool = True
    since: float | None = None
    until: float | None = None
    at: float | None = None
    face: str = ""
    by_address: bool = False
    address: str = ""
    identity_labels: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    title: dict[str, str] = field(default_factory=dict)
    text: str = ""
    region: str = ""
    url: str = ""
    evidence: str = ""
    acked: bool | None = None
    acked_by: str = ""
    acked_comment: str = ""


def pack(reports: list[Report]) -> bytes:
    """As they wait in the intake."""
    return wire.encode(reports)


def unpack(body: bytes) -> list[Report]:
    """What `pack` made; Undecodable when another version wrote it and the form has changed."""
    return wire.decode(body, list[Report])
