"""Answers about resources: which are nearest to a place, by line or by road, and the words of refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from feeds.kinds import Record
from maps.roads import RoadDistance, road_network

TEXTS = {
    "resource_order": ("该资源现在不能这样做", "this is not possible for the resource as it stands"),
    "no_incident": ("没有这个事件", "there is no such incident"),
    "incident_closed": ("该事件已不在处置中", "the incident is not in hand any more"),
    "assigned_here": ("已调派到该事件", "it was already sent to this incident"),
    "assigned_elsewhere": (
        "已调派到另一事件；确需共用请勾选并写明理由",
        "it was sent to another incident; to share it, say so and why",
    ),
    "resource_status": ("不能改为该状态", "it cannot have this status now"),
    "stock_move": ("没有这种出入库", "there is no such movement of stock"),
    "stock_amount": ("数量须大于零", "the amount must be greater than zero"),
    "stock_short": ("库存不足", "there is not so much in stock"),
    "stock_not_lent": ("归还数量超过借出数量", "more would come back than went to the incident"),
    "requisition_end": ("请注明归还或灭失", "say whether it was returned or lost"),
    "requisition_open": ("尚有征用物资未归还或未销账", "a requisition is still open: return it or write it off"),
}
NOTE = {
    "zh-CN": "公路骨架估算，非导航；© OpenStreetMap 贡献者（ODbL）",
    "en": "estimated over main roads, no navigation; © OpenStreetMap contributors (ODbL)",
}
"""Stands wherever a distance by road is shown."""


def nearest(
    records: Sequence[Record],
    place: tuple[float, float],
    *,
    by_road: bool,
    count: int,
    speed: float,
    closures: Sequence[Mapping[str, Any]] = (),
) -> tuple[list[dict[str, Any]], int]:
    """The nearest records with their distances, and how many were left out because they have no position."""
    located = [record for record in records if record["lat"] is not None and record["lon"] is not None]
    network = road_network()
    cut = network.cut_by(closures) if closures else frozenset()
    lats, lons = [record["lat"] for record in located], [record["lon"] for record in located]
    ways = zip(network.distances(*place, lats, lons, cut), located, strict=True)
    order = sorted(ways, key=lambda way: (*(way[0].order if by_road else (False, way[0].line_m)), way[1]["id"]))
    items = [{**record, "distance": described(way, speed)} for way, record in order[:count]]
    return items, len(records) - len(located)


def described(way: RoadDistance, speed: float) -> dict[str, Any]:
    """A way in whole metres; `minutes` at `speed` km/h only where the way by road can be trusted."""
    minutes = round(way.road_m / 1000 / speed * 60) if way.road_m is not None and way.quality == "ok" else None
    return {
        "line_m": round(way.line_m),
        "road_m": None if way.road_m is None else round(way.road_m),
        "unknown_m": round(way.unknown_m),
        "quality": way.quality,
        "minutes": minutes,
    }
