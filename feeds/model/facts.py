"""Facts and their sources: assets, observations, readings, states, sources."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from feeds.model.times import Time

Value = bool | int | float | str | None


class Health(StrEnum):
    """Health of an asset, from its probes."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """0 for the worst: down, degraded, unknown, ok."""
        return _WORST_FIRST.index(self)


_WORST_FIRST = (Health.DOWN, Health.DEGRADED, Health.UNKNOWN, Health.OK)


class Quality(StrEnum):
    """Quality of a value (OPC UA Part 8). Staleness is a separate field."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A monitored device, link, service or camera. Writer: the projector, from the inventory."""

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
    """One value observed at one moment. Writer: the collector that observed it.

    `metric` is `scheme.name` (`tcp.up`, `http.ms`); a metric that ends in `.up` is a reachability verdict (bool).
    `probe` is the inventory's URI that produced it. `instance` distinguishes two probes of one scheme on one asset (""
    for a single one). `fresh_for` is the validity of the value, in seconds from `observed_at`. `confirmed_at` is set
    for sources that report only changes: the time at which they confirmed the value, which is then valid from its
    receipt.
    """

    asset: str
    metric: str
    value: Value
    unit: str = ""
    quality: Quality = Quality.GOOD
    observed_at: Time
    received_at: Time
    source: str
    probe: str = ""
    instance: str = ""
    fresh_for: float = 0.0
    text: str = ""
    confirmed_at: Time | None = None

    @property
    def key(self) -> str:
        """The reading's name within its asset."""
        return f"{self.metric}[{self.instance}]" if self.instance else self.metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A sign of life of a source. Writer: the source's collector.

    `every` is the longest silence, in seconds, before the source itself raises an alert. `targets` counts its targets,
    `failing` those that it cannot reach; `stats` are metrics about itself. A source that fetches documents also reports
    its last well-formed answer (`valid_at`) and its last new document (`new_at`). `replay` is True while it cannot tell
    new documents from old ones, because it restarted and fetched everything again. `parents` are the assets that the
    source hangs on.
    """

    source: str
    kind: str
    at: Time
    ok: bool
    every: float
    error: str = ""
    region: str = ""
    targets: int = 0
    failing: int = 0
    stats: dict[str, float] = field(default_factory=dict)
    valid_at: Time | None = None
    new_at: Time | None = None
    replay: bool = False
    parents: tuple[str, ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The latest observation of one metric, as stored with its asset.

    `confirmed_at`: when its source last confirmed an unchanged value (see Observation).
    """

    value: Value
    unit: str = ""
    quality: Quality = Quality.GOOD
    observed_at: Time
    received_at: Time
    source: str
    probe: str = ""
    fresh_until: Time
    text: str = ""
    confirmed_at: Time | None = None


class AssetState(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The state of an asset. Writer: the projector.

    `since` is when `health` took its present value. `stale_since` is set while no reading is fresh, to the time when
    the last one expired. `seen_at` is the newest observation's time.
    """

    id: str
    region: str
    health: Health = Health.UNKNOWN
    since: Time = 0.0
    stale_since: Time | None = None
    seen_at: Time | None = None
    readings: dict[str, Reading] = msgspec.field(default_factory=dict)


REFERENCE = "network.reference"
"""The source that fails while a collector cannot reach any of its reference targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The state of a source or a role. Writer: the projector.

    `valid_at`: time of the source's last well-formed answer. `new_at`: time of its last new item. Both are None for
    sources that do not fetch. `parents` are the assets that it hangs on: while they have failed, its alert is theirs.
    """

    id: str
    kind: str
    region: str = ""
    at: Time = 0.0
    ok: bool = False
    error: str = ""
    every: float = 0.0
    lag: float = 0.0
    silent_since: Time | None = None
    failing_since: Time | None = None
    targets: int = 0
    failing: int = 0
    dead_letters: int = 0
    stats: dict[str, float] = field(default_factory=dict)
    valid_at: Time | None = None
    new_at: Time | None = None
    parents: tuple[str, ...] = ()
