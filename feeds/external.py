"""Alerts of other tools in one common form: firing or ended, each with its identity.

All content is external. The creator of a report limits its size first (see api.ingest.bounds), and no code uses it as a
format string.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds import wire
from feeds.model import Severity

AT_ONCE = 1000
"""Maximum number of alerts in one report."""
DEVICE = "设备/"
"""Prefix of the actor's name when a device acknowledges."""
FOREIGN = ":"
"""Part of the rule of every alert of another tool ("prometheus:Down"); a site's own rules have no colon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One alert as another tool reports it. Times are epoch seconds.

    `asset` is an inventory's id or the tool's own name for the thing. With `by_address` it may also be the host:port of
    a probe, and `address` is a second one to look up. `until` is a lease: without renewal before then the alert becomes
    stale; None is no lease. `at` is the time that the report describes; reports older than the last one are ignored.
    `face` distinguishes reports that differ only in severity ("" when the tool has no such term); severity is not part
    of the identity. `evidence` is the basis of an end that the tool did not report itself. `acked` is the tool's own
    acknowledgement, reported on change: True acknowledges the alert by `acked_by` (DEVICE and the actor) with
    `acked_comment`, False withdraws it. An inactive report with False has returned unacknowledged (ISA-18.2), and is
    displayed even when its start was never received. None reports no acknowledgement. `repeats` are the messages about
    this alert since the last report, where each message is an event of its own; 0 of tools that send a state again.
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
    repeats: int = 0


def pack(reports: list[Report]) -> bytes:
    """Reports as stored in the intake."""
    return wire.encode(reports)


def unpack(body: bytes) -> list[Report]:
    """Reports from their packed form. Raises Undecodable for an incompatible version."""
    return wire.decode(body, list[Report])
