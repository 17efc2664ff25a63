"""Public warnings (CAP 1.2), and the remarks on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from feeds.findings import Finding, InMessage
from feeds.model.times import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The area of a warning. `geometry` is GeoJSON (EPSG:4326), or None when only codes are known."""

    text: str = ""
    geometry: dict[str, Any] | None = None
    geocodes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    resolved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A finding of a warning as the journal, Redis and the API hold it. `message` is by language."""

    code: str
    xpath: str = ""
    line: int = 0
    value: str = ""
    message: dict[str, str] = field(default_factory=dict)
    error: bool = True

    @classmethod
    def of(cls, finding: Finding[InMessage]) -> Remark:
        """The remark of a finding."""
        return cls(**finding.record("value", "message", "error"))


WARNING_STATES = ("pending", "active", "expired", "cancelled", "superseded")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyWarning:
    """A public warning (CAP 1.2). Writer: the warnings registry of the command role.

    `id` is "sender,identifier,sent"; `state` is one of WARNING_STATES. `colour` is red, orange, yellow, blue or "" as
    issued. `status` and `msg_type` are CAP's own terms.
    """

    id: str
    source: str
    status: str
    msg_type: str
    scope: str = "Public"
    state: str = "active"
    sender: str
    identifier: str
    sent: Time
    received_at: Time
    event: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    sender_name: str = ""
    language: str = ""
    category: tuple[str, ...] = ()
    urgency: str = ""
    severity: str = ""
    certainty: str = ""
    colour: str = ""
    onset: Time | None = None
    expires: Time | None = None
    ended_at: Time | None = None
    ended_by: str = ""
    references: tuple[str, ...] = ()
    areas: tuple[Area, ...] = ()
    regions: tuple[str, ...] = ()
    affected: dict[str, int] = field(default_factory=dict)
    findings: tuple[Remark, ...] = ()
    digest: str = ""
