"""The answers of `/api/v1/video`: figures, snapshots, addresses of pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.responses.common import Share, Time
from api.responses.staff import HeldRemoval

Count = Annotated[int, Meta(ge=0)]


class VideoFigure(Struct, kw_only=True):
    """`good` of `of` cameras, of `total` in all; `unknown` are those that nobody can tell of."""

    good: Count
    of: Count
    total: Count
    unknown: Count
    value: Share | None
    coverage: Share | None


class VideoFigureSet(Struct, kw_only=True):
    """The figures of some cameras (see docs/video.md). `failing` counts them by their failing rung."""

    online: VideoFigure
    usable: VideoFigure
    picture: VideoFigure
    clock: VideoFigure
    consistent: VideoFigure
    recording: VideoFigure
    archive: VideoFigure
    failing: dict[str, Count]


class VideoFigureGroup(VideoFigureSet, kw_only=True):
    """The figures of one county, unit or maker ("?" where it is not known)."""

    key: str


class VideoFigures(Struct, kw_only=True):
    """Figures of all cameras that the asker sees, and by group."""

    rev: str
    at: Time
    by: Literal["region", "unit", "maker"]
    all: VideoFigureSet
    groups: list[VideoFigureGroup]


class CameraCheck(Struct, kw_only=True):
    """A check that was begun at `at`: rungs that are decided later belong to it. It ends within `within_s` seconds."""

    camera: str
    at: Time
    probes: Count
    within_s: float


class SnapshotInfo(Struct, kw_only=True):
    """A stored picture. `source` says where it comes from, `faults` are the checks that were raised by it."""

    id: str
    taken_at: Time
    source: str
    sha256: str
    width: Count
    height: Count
    faults: list[str]


class EvidenceInfo(Struct, kw_only=True):
    """The pictures before and after a fault. The journal has their hashes (entries of kind `evidence`)."""

    at: Time
    rung: str
    faults: list[str]
    before: SnapshotInfo | None
    after: SnapshotInfo | None


class CheckResultInfo(Struct, kw_only=True):
    """One check of the newest picture: the value, the camera's baseline, and the limit; null where there is none.

    `above`: values from the limit upwards are bad, else those below it.
    """

    name: str
    state: Literal["ok", "raised", "learning", "paused", "ignored"]
    value: float | None
    baseline: float | None
    limit: float | None
    above: bool


class CameraSnapshotList(Struct, kw_only=True):
    """The pictures that there are of a camera, and whether the asker may look at them."""

    camera: str
    may_look: bool
    why_not: Literal["not-found", "forbidden", "wall", "needs-reason"] | None
    latest: SnapshotInfo | None
    good: SnapshotInfo | None
    evidence: list[EvidenceInfo]
    checks: list[CheckResultInfo]


class PictureAddress(Struct, kw_only=True, omit_defaults=True):
    """An address of a picture, or why there is none."""

    camera: str
    which: Literal["latest", "good", "before", "after"]
    url: str | None
    refused: Literal["not-found", "forbidden", "wall", "needs-reason", "no-picture"] | None
    picture: SnapshotInfo | UnsetType = UNSET


class PictureAddressList(Struct, kw_only=True):
    """Addresses in the order of the request. They are good for `valid_s` seconds."""

    items: list[PictureAddress]
    valid_s: float


ChangeKindName = Literal["new", "gone", "renamed", "moved", "reparented"]


class DeviceRegistration(Struct, kw_only=True):
    """A device's registration. `online` is null until it is known after our own start; `left`: it has signed off.

    `offline_at` is when it counts as off line unless it is heard before. `faulty`: channels that keepalives name.
    """

    online: bool | None
    left: bool
    transport: str
    address: str
    registered_at: Time
    expires_at: Time
    heard_at: Time | None
    keepalive_at: Time | None
    interval_s: float
    offline_at: Time
    version: str
    charset: str
    faulty: list[str]


class CatalogProgress(Struct, kw_only=True):
    """A device's catalog. `received` of `total` items of an answer under way; `listed` of the last complete one.

    `unanswered`: several queries were not answered at all.
    """

    state: Literal["never", "asking", "incomplete", "complete"]
    received: Count | None
    total: Count | None
    listed: Count | None
    complete_at: Time | None
    unanswered: bool


class DeviceTopic(Struct, kw_only=True):
    """One subscription to a device."""

    topic: Literal["catalog", "alarm", "position"]
    state: Literal["waiting", "asking", "active", "unsupported"]
    expires_at: Time | None


class ProposedChange(Struct, kw_only=True):
    """One change between a device's catalog and the inventory. `asset` is "" for a new channel."""

    kind: ChangeKindName
    id: str
    asset: str
    name: str
    before: str
    after: str


class VideoDevice(Struct, kw_only=True):
    """A recorder or platform. `deviations` from the standard and `refused` passwords (by address) are counts."""

    asset: str
    device: str
    registration: DeviceRegistration | None
    catalog: CatalogProgress
    subscriptions: list[DeviceTopic]
    deviations: dict[str, Count]
    refused: dict[str, Count]
    changes: list[ProposedChange]
    changes_total: Count
    may_accept: bool


class AcceptedChange(Struct, kw_only=True):
    """A change that the inventory has taken over."""

    kind: ChangeKindName
    id: str


class LeftChange(AcceptedChange, kw_only=True):
    """A change that was not taken over, and why."""

    why: Literal["changed", "not-writable"]


class AcceptedChanges(Struct, kw_only=True):
    """The outcome of accepting changes. `applied`: every process of the site has the new inventory."""

    accepted: list[AcceptedChange]
    left: list[LeftChange]
    applied: bool
    held: HeldRemoval | None
