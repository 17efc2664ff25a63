"""The answer of `GET /api/v1/video/figures`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

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
