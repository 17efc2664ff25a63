"""Public warnings (CAP 1.2), and the remarks on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.findings import Finding, InMessage
from feeds.model.plain import Json
from feeds.model.times import Time

BY_CODES = frozenset(("exact", "parent"))
"""`Area.resolved` of an area whose geometry follows from its region codes alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The area of a warning. `geometry` is GeoJSON (EPSG:4326), or None when only codes are known."""

    text: str = ""
    geometry: Json | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Quake:
    """An earthquake as an agency reports it. Depth in kilometres; `magnitude` and `depth_km` may be unknown.

    `event_ids` are the identifiers that agencies gave to this one event, `agencies` who reported it. The first one
    leads, and the figures are its own. `magnitudes` and `reported_at` (epoch seconds) are by agency.
    `preferred` is False when the report prefers no origin and the first was used.
    """

    occurred_at: Time
    lat: float
    lon: float
    magnitude: float | None = None
    magnitude_type: str = ""
    depth_km: float | None = None
    event_type: str = "earthquake"
    event_ids: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    updated_at: Time = 0.0
    preferred: bool = True
    magnitudes: dict[str, float] = field(default_factory=dict)
    reported_at: dict[str, float] = field(default_factory=dict)


WARNING_STATES = ("pending", "active", "expired", "cancelled", "superseded")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyWarning:
    """A public warning (CAP 1.2). Writer: the warnings registry of the command role.

    `id` is "sender,identifier,sent"; `state` is one of WARNING_STATES. `colour` is red, orange, yellow, blue or "" as
    issued. `status` and `msg_type` are CAP's own terms. `all_clear` is True for a message that says that the danger is
    over: its state is "cancelled" from the start, and `ended_by` is its own id. `texts` holds event, headline,
    description and instruction by language. `signature` is "", "valid", "unknown key" or "invalid".
    `affected` counts assets by kind, `places` counts places of the site's layers by kind; `departments` own the assets.
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
    note: str = ""
    restriction: str = ""
    addresses: str = ""
    response_type: tuple[str, ...] = ()
    all_clear: bool = False
    web: str = ""
    contact: str = ""
    signature: str = ""
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    departments: tuple[str, ...] = ()
    quake: Quake | None = None
