"""The answers of `/api/v1/video`: figures, snapshots, addresses of pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.responses.common import Share, Time

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
