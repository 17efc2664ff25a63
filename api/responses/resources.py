"""Types of answers about resources."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class WayTo(msgspec.Struct):
    """How far it is: by line, and by road over a skeleton of main roads.

    `road_m` is null with quality "none". `unknown_m` of it follows no known road. `quality` "sparse": the line is the
    better figure. `minutes` is an estimate at the site's speed, null where the road cannot be trusted.
    """

    line_m: int
    road_m: int | None
    unknown_m: int
    quality: Literal["ok", "sparse", "none"]
    minutes: int | None


class NearestResources(msgspec.Struct):
    """Resources by distance: records with `distance` (WayTo).

    `unplaced` of those asked for have no position. `closures` are the drawn closures that the ways avoid.
    """

    items: list[dict[str, Any]]
    by: Literal["line", "road"]
    total: int
    unplaced: int
    closures: list[str]
    note: dict[str, str]
    rev: str
