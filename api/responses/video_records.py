"""The answers of `/api/v1/video` about records of cameras, the areas that they see, and upper platforms."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from api.responses.common import Texts
from api.responses.staff import HeldRemoval
from api.responses.video import Count


class ArchiveFieldInfo(Struct, kw_only=True):
    """A field of a camera's record (一机一档). `hidden`: it is about a person, and the asker may not see it."""

    name: str
    title: Texts
    required: bool
    value: str
    hidden: bool
    fault: Literal["missing", "invalid"] | None


class CameraArchive(Struct, kw_only=True):
    """The record of one camera. `complete`: every required field has a value that can be."""

    camera: str
    complete: bool
    fields: list[ArchiveFieldInfo]


class ArchiveChangeInfo(Struct, kw_only=True):
    """A field of a camera that a file changes."""

    asset: str
    field: str
    before: str
    after: str


class ArchiveRefusalInfo(Struct, kw_only=True):
    """A row or cell of a file that is not taken."""

    line: Count
    why: Literal["unknown-camera", "twice", "invalid"]
    field: str
    value: str


class ArchivePreview(Struct, kw_only=True):
    """What a file would change: at most 500 changes and refusals, and the columns that are no field."""

    cameras: Count
    changes: list[ArchiveChangeInfo]
    changes_total: Count
    refusals: list[ArchiveRefusalInfo]
    refusals_total: Count
    ignored: list[str]


class ArchiveImported(Struct, kw_only=True):
    """The outcome of an import: the cameras that were changed, and those whose row cannot be written."""

    changed: list[str]
    left: list[str]
    applied: bool
    held: HeldRemoval | None
    refusals: list[ArchiveRefusalInfo]


class SectorGeometry(Struct, kw_only=True, tag_field="type", tag="Polygon"):
    """The area that a camera sees: one closed ring of [longitude, latitude]."""

    coordinates: list[list[list[float]]]


class SectorProperties(Struct, kw_only=True):
    """The camera of an area. `is_known` is false where its record lacks a direction, an angle or a range."""

    id: str
    name: str
    is_known: bool


class CameraSector(Struct, kw_only=True, tag_field="type", tag="Feature"):
    """What one camera sees."""

    geometry: SectorGeometry
    properties: SectorProperties


class CameraSectors(Struct, kw_only=True, tag_field="type", tag="FeatureCollection"):
    """What the cameras see, as GeoJSON."""

    features: list[CameraSector]


class VideoCascade(Struct, kw_only=True):
    """A registration with an upper platform. `why` has both languages ("zh | en"), "" while all is well.

    `cameras` it may see, of which `online` are told as ON; `nameless` are granted but have no id of GB/T 28181.
    `misses` are keepalives without an answer, `notified` the changes that were told.
    """

    asset: str
    device: str
    own: str
    address: str
    registered: bool | None
    why: str
    misses: Count
    cameras: Count
    online: Count
    nameless: Count
    regions: list[str]
    subscriptions: Count
    notified: Count
