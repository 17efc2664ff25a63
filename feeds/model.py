"""The vocabulary: every kind of thing that flows through Watchfloor.

Frozen, slotted, keyword-only dataclasses without a framework; what every poll makes by the thousand is a
msgspec.Struct, which looks the same and costs a quarter (decision 25). Each kind has ONE writer; what is, what
someone did about it and what hides it are separate fields.
All times are epoch seconds (UTC, float); all coordinates are EPSG:4326 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

Value = bool | int | float | str | None


class Health(StrEnum):
    """What an asset is, from its probes."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class Quality(StrEnum):
    """OPC UA Part 8 status of a value; staleness stands beside it, never in it."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


class Severity(StrEnum):
    """How bad an alert is (ITU-T X.733 words, worst first)."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One thing that is watched: a device, a link, a service, a camera. Writer: the projector, from the inventory."""

    id: str
    name: str
    kind: str
    region: str
    lat: float | None = None
    lon: float | None = None
    parents: tuple[str, ...] = ()
    redundancy_group: str = ""
    owner: str = ""
    importance: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    probes: tuple[str, ...] = ()


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One value seen at one moment. Writer: the collector that saw it.

    `metric` is `scheme.name` (`tcp.up`, `http.ms`); a metric that ends in `.up` is a
    reachability verdict (bool). `probe` is the inventory's URI that produced it.
    `instance` tells two probes of one scheme on one asset apart ("" when there is one).
    `fresh_for` is how long, in seconds from `observed_at`, the value may be shown as fresh. `confirmed_at`: the
    far end says only what changes, and let us know then that the value still holds; it is fresh from its receipt on.
    """

    asset: str
    metric: str
    value: Value
    unit: str = ""
    quality: Quality = Quality.GOOD
    observed_at: float
    received_at: float
    source: str
    probe: str = ""
    instance: str = ""
    fresh_for: float = 0.0
    text: str = ""
    confirmed_at: float | None = None

    @property
    def key(self) -> str:
        """The reading's name within its asset."""
        return f"{self.metric}[{self.instance}]" if self.instance else self.metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A source says that it lives. Writer: the source's collector.

    `every` is the longest silence, in seconds, before the source itself is an alert.
    `targets` counts what it watches, `failing` how many of them it cannot reach; `stats` are figures about itself.
    """

    source: str
    kind: str
    at: float
    ok: bool
    every: float
    error: str = ""
    region: str = ""
    targets: int = 0
    failing: int = 0
    stats: dict[str, float] = field(default_factory=dict)


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The latest observation of one metric, as kept with its asset."""

    value: Value
    unit: str = ""
    quality: Quality = Quality.GOOD
    observed_at: float
    received_at: float
    source: str
    probe: str = ""
    fresh_until: float
    text: str = ""


class AssetState(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What is known of an asset. Writer: the projector.

    `since` is when `health` took its present value; `stale_since` is set while nothing
    fresh is known and says since when; `seen_at` is the newest observation's time.
    """

    id: str
    region: str
    health: Health = Health.UNKNOWN
    since: float = 0.0
    stale_since: float | None = None
    seen_at: float | None = None
    readings: dict[str, Reading] = msgspec.field(default_factory=dict)


REFERENCE = "network.reference"
"""The source that fails while a collector is out of touch with all of its reference targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is known of a source or a role. Writer: the projector."""

    id: str
    kind: str
    region: str = ""
    at: float = 0.0
    ok: bool = False
    error: str = ""
    every: float = 0.0
    lag: float = 0.0
    silent_since: float | None = None
    failing_since: float | None = None
    targets: int = 0
    failing: int = 0
    dead_letters: int = 0
    stats: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Somebody takes an alert. `until` ends it (with its comment); `estimated_restoration` is a promise."""

    by: str
    at: float
    comment: str = ""
    until: float | None = None
    estimated_restoration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Somebody has put an alert aside; it always comes back. Who and why stands in the transition."""

    at: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An alert waits for a newer result (of a parent, or its own after the parent's recovery), at most `until`."""

    since: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One named step in an alert's life. Sequence numbers start at 1 within the alert."""

    seq: int
    name: str
    at: float
    actor: str = ""
    comment: str = ""
    command: str = ""
    text: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that deserves attention (ISA-18.2: an alarm). Writer: the alert engine.

    Orthogonal dimensions: `active`+`severity`, `quality`+`stale_since`, `ack`, `suppressed_by`.
    `asset` is the subject's id whatever `subject_kind` it is (asset, source, warning).
    `title` holds the text by language. `rev` counts this alert's own transitions.
    `unseen`: hidden ever since it was raised. `affected`: the assets behind it, counted by kind.
    An `ack` by "" is no person's: the alert ended before anybody was shown it.
    `url` is where the tool that sent it in shows it (http or https, "" for none).
    """

    id: str
    fingerprint: str
    rule: str
    asset: str
    subject_kind: str = "asset"
    region: str = ""
    severity: Severity
    active: bool
    raised_at: float
    since: float = 0.0
    cleared_at: float | None = None
    quality: Quality = Quality.GOOD
    stale_since: float | None = None
    ack: Ack | None = None
    suppressed_by: tuple[str, ...] = ()
    shelf: Shelf | None = None
    hold: Hold | None = None
    unseen: bool = False
    affected: dict[str, int] = field(default_factory=dict)
    title: dict[str, str] = field(default_factory=dict)
    text: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    url: str = ""
    rev: int = 0

    @property
    def acked(self) -> bool:
        return self.ack is not None

    @property
    def open(self) -> bool:
        """Active, unacknowledged or shelved: what stays on the list."""
        return self.active or self.ack is None or self.shelf is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where a warning holds. `geometry` is GeoJSON (EPSG:4326) or None when only codes are known."""

    text: str = ""
    geometry: dict[str, Any] | None = None
    geocodes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    resolved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark on a message from outside, in both languages."""

    code: str
    xpath: str = ""
    line: int = 0
    value: str = ""
    message: dict[str, str] = field(default_factory=dict)
    error: bool = True


WARNING_STATES = ("pending", "active", "expired", "cancelled", "superseded")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyWarning:
    """A public warning (CAP 1.2). Writer: the warnings registry of the command role.

    `id` is "sender,identifier,sent"; `state` is one of WARNING_STATES;
    `colour` is red, orange, yellow, blue or "" as issued; `status` and `msg_type` are CAP's own words.
    """

    id: str
    source: str
    status: str
    msg_type: str
    scope: str = "Public"
    state: str = "active"
    sender: str
    identifier: str
    sent: float
    received_at: float
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
    onset: float | None = None
    expires: float | None = None
    ended_at: float | None = None
    ended_by: str = ""
    references: tuple[str, ...] = ()
    areas: tuple[Area, ...] = ()
    regions: tuple[str, ...] = ()
    affected: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish: it changes nothing until its engine has journaled the outcome.

    `actor_region` is the region the actor may act in; `valid_until` bounds how late it may
    still be carried out, so that nothing happens after the person was told it failed.
    """

    id: str
    action: str
    subject: str
    actor: str
    role: str
    actor_region: str
    at: float
    valid_until: float
    reason: str = ""
    expected_rev: int | None = None
    args: dict[str, Any] = field(default_factory=dict)


class Outcome(StrEnum):
    """How a command ended. Named by what the asker must do."""

    DONE = "done"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer to a command; `after` is the subject's public record when it was done."""

    command: str
    outcome: Outcome
    detail: str = ""
    after: dict[str, Any] | None = None


class Kind(StrEnum):
    """Kinds of state that live in Redis; each has one writing engine."""

    ASSET = "asset"
    STATE = "state"
    SOURCE = "source"
    ALERT = "alert"
    WARNING = "warning"


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One state became another. `after` None means that it is gone.

    `rev` is given by the bus when it is read: "epoch.ms-seq", opaque to clients.
    `cause` is the command's id or the input's id that brought it about.
    """

    kind: Kind
    id: str
    after: Asset | AssetState | SourceState | Alert | EmergencyWarning | None
    at: float
    cause: str = ""
    rev: str = ""
