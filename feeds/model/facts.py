"""What is, and who says so: assets, what was observed of them, their state, the sources."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from feeds.model.times import Time

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
    """A source says that it lives. Writer: the source's collector.

    `every` is the longest silence, in seconds, before the source itself is an alert.
    `targets` counts what it watches, `failing` how many of them it cannot reach; `stats` are figures about itself.
    A source that fetches also says when it last had an answer of the expected form (`valid_at`) and when it last had
    a document that it had not had before (`new_at`). `replay` is True while it cannot tell new from old, because it
    began anew and fetched everything again.
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


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The latest observation of one metric, as kept with its asset."""

    value: Value
    unit: str = ""
    quality: Quality = Quality.GOOD
    observed_at: Time
    received_at: Time
    source: str
    probe: str = ""
    fresh_until: Time
    text: str = ""


class AssetState(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What is known of an asset. Writer: the projector.

    `since` is when `health` took its present value; `stale_since` is set while nothing
    fresh is known and says since when; `seen_at` is the newest observation's time.
    """

    id: str
    region: str
    health: Health = Health.UNKNOWN
    since: Time = 0.0
    stale_since: Time | None = None
    seen_at: Time | None = None
    readings: dict[str, Reading] = msgspec.field(default_factory=dict)


REFERENCE = "network.reference"
"""The source that fails while a collector is out of touch with all of its reference targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is known of a source or a role. Writer: the projector.

    `valid_at`: when the source last had an answer of the expected form. `new_at`: when it last had something new.
    Both are None for sources that do not fetch.
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
