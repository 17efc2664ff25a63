"""Answers about marks: closed roads, and the words of refusals."""

from __future__ import annotations

from typing import Any

from api.dependencies import Dependencies
from feeds.kinds import Audience
from feeds.model import Kind

TEXTS = {
    "mark_kind": ("没有这种标绘", "there is no such mark"),
    "mark_changed": ("他人已修改该标绘，最新内容附后", "somebody has changed the mark; its present form is enclosed"),
    "marks_full": ("该事件的标绘已达 2,000 个", "the incident has 2,000 marks already"),
    "geometry_type": ("该标绘不能用这种图形", "this mark cannot have such a shape"),
    "geometry_form": ("不是有效的 GeoJSON 图形", "this is not a valid GeoJSON shape"),
    "geometry_vertices": ("顶点超过 500 个", "there are more than 500 vertices"),
    "geometry_number": ("坐标不是数或超出范围", "a coordinate is no number, or out of range"),
    "geometry_zero": ("坐标为 0,0，请核对", "a position is 0,0: check it"),
    "geometry_swapped": ("经纬度似乎颠倒了", "latitude and longitude seem swapped"),
    "geometry_crossed": ("图形自相交，请重新绘制", "the shape crosses itself: draw it again"),
    "drawing_size": ("半径或距离须在 10 米至 100 公里之间", "radius and distance must be between 10 m and 100 km"),
}
ESTIMATE = {"zh-CN": "估算，非扩散模型", "en": "an estimate, no dispersion model"}
"""Stands on every circle and wind sector."""


def closures(deps: Dependencies, audience: Audience) -> dict[str, dict[str, Any]]:
    """The geometries of closed roads that the asker may see, by the id of the mark; those of exercises are left out."""
    marks = deps.pump.mirror.records(Kind.MARK, audience)
    return {id: mark["geometry"] for id, mark in marks.items() if mark["kind"] == "closure" and mark["mode"] == "real"}
