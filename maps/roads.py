"""Distances by road over the skeleton of main roads (OpenStreetMap, ODbL 1.0): one Dijkstra an origin.

A road figure is snap + path + snap: from the origin to the nearest node by line, along the skeleton, and from the node
nearest to the target by line. It is a figure for ordering and no navigation; `quality` says how far it can be trusted.
"""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from feeds.geometry import from_geojson
from maps import files
from maps.projection import to_metres, zone_of

FAR_M = 10_000.0
"""A place farther than this from every node has no figure by road."""
MOST_SNAP = 0.2
"""Part of a figure by road that may lie on unknown roads at its ends."""
MOST_DETOUR = 3.0
"""Ratio of road to line from which on the skeleton lacks the road that people would take."""
NEAR_M = 150.0
"""A closure drawn within this distance of an edge of the skeleton lies on it: nodes have three decimals."""

Floats = NDArray[np.float64]
Links = tuple[tuple[tuple[int, float, int], ...], ...]
"""For each node the neighbours: (node, metres, edge)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadDistance:
    """The way to one target in metres.

    `road_m` is None with quality "none". `unknown_m` is the part at both ends that follows no road of the skeleton.
    `quality`: "ok"; "sparse" when both ends have the same node, `unknown_m` is over MOST_SNAP of the way, or the way is
    over MOST_DETOUR times the line; "none" beyond FAR_M of every node or without a way.
    """

    line_m: float
    road_m: float | None
    unknown_m: float
    quality: str

    @property
    def order(self) -> tuple[bool, float]:
        """By road where the road can be trusted, by line where not, those without a way last."""
        if self.road_m is None:
            return True, self.line_m
        return False, self.road_m if self.quality == "ok" else self.line_m


class RoadNetwork:
    """A graph of roads; immutable, so threads may share it.

    `nodes` are (lat, lon) by number, `edges` metres by pair of numbers. Only the largest connected component is used.
    `cut` are the edges that are closed, as pairs of numbers.
    """

    def __init__(
        self,
        nodes: Mapping[int, tuple[float, float]],
        edges: Mapping[tuple[int, int], float],
        cut: Iterable[tuple[int, int]] = (),
    ) -> None:
        numbers = sorted(nodes)
        places = {number: place for place, number in enumerate(numbers)}
        self._numbers = numbers
        self._pairs = [(places[u], places[v]) for u, v in edges]
        self._metres = list(edges.values())
        lat, lon = np.array([nodes[number] for number in numbers], float).reshape(-1, 2).T
        self._epsg = zone_of(float(np.median(lon)))
        x, y = to_metres(self._epsg, lon, lat)
        self._x, self._y = x, y
        self._main = _largest_component(len(numbers), self._pairs)
        self._snap_tree = shapely.STRtree(shapely.points(x[self._main], y[self._main]))
        ends = np.array(self._pairs, dtype=np.intp).reshape(-1, 2)
        self._segments = shapely.linestrings(np.stack([np.stack([x[e], y[e]], axis=1) for e in ends.T], axis=1))
        self._segment_tree = shapely.STRtree(self._segments)
        self._edges = {edge: number for number, edge in enumerate(edges)}
        self._links = _links(len(numbers), self._pairs, self._metres)
        self.cut = frozenset(number for edge in cut if (number := self._edge(*edge)) is not None)

    def _edge(self, u: int, v: int) -> int | None:
        return self._edges.get((u, v), self._edges.get((v, u)))

    def cut_by(self, closures: Iterable[Mapping[str, Any]]) -> frozenset[int]:
        """The edges that lie within closures (GeoJSON, EPSG:4326), as numbers for `distances`. Raises BadGeometry.

        An area closes every edge that it touches, a point the nearest edge within 2 x NEAR_M, a line the edges that it
        follows.
        """
        numbers: set[int] = set()
        for closure in closures:
            for part in shapely.get_parts(from_geojson(closure)):
                numbers |= self._covered(_projected(part, self._epsg))
        return frozenset(numbers)

    def _covered(self, part: Any) -> set[int]:
        if part.geom_type == "Point":
            nearest, metres = self._segment_tree.query_nearest(part, return_distance=True, all_matches=False)
            return {int(nearest[0])} if len(nearest) and metres[0] <= 2 * NEAR_M else set()
        if part.geom_type != "LineString":
            return {int(number) for number in self._segment_tree.query(part, predicate="intersects")}
        near = self._segment_tree.query(part, predicate="dwithin", distance=NEAR_M)
        return {int(number) for number in near if _follow(self._segments[number], part)}

    def distances(
        self, lat: float, lon: float, lats: Sequence[float], lons: Sequence[float], cut: frozenset[int] = frozenset()
    ) -> list[RoadDistance]:
        """The ways from one place to many, with edges `cut` (see `cut_by`) besides those of the network."""
        x, y = to_metres(self._epsg, [lon, *lons], [lat, *lats])
        line = np.hypot(x[1:] - x[0], y[1:] - y[0])
        node, snap = self._snapped(x, y)
        path = self._dijkstra(int(node[0]), self.cut | cut) if snap[0] <= FAR_M else np.full(len(self._x), np.inf)
        unknown = snap[1:] + snap[0]
        road = unknown + path[node[1:]]
        sparse = (node[1:] == node[0]) | (unknown > MOST_SNAP * road) | (road > MOST_DETOUR * line)
        absent = (snap[1:] > FAR_M) | ~np.isfinite(road)
        return [
            RoadDistance(
                line_m=float(line[i]),
                road_m=None if absent[i] else float(road[i]),
                unknown_m=0.0 if absent[i] else float(unknown[i]),
                quality="none" if absent[i] else "sparse" if sparse[i] else "ok",
            )
            for i in range(len(line))
        ]

    def _snapped(self, x: Floats, y: Floats) -> tuple[NDArray[np.intp], Floats]:
        """The nearest node of each place by line, and how far away it is."""
        nearest = self._main[self._snap_tree.nearest(shapely.points(x, y))]
        return nearest, np.hypot(self._x[nearest] - x, self._y[nearest] - y)

    def _dijkstra(self, origin: int, cut: frozenset[int]) -> Floats:
        """Metres from one node to every node along edges that are not cut; `inf` where no way leads."""
        metres = [float("inf")] * len(self._links)
        metres[origin] = 0.0
        heap = [(0.0, origin)]
        while heap:
            so_far, node = heapq.heappop(heap)
            if so_far > metres[node]:
                continue
            for neighbour, length, edge in self._links[node]:
                total = so_far + length
                if total < metres[neighbour] and edge not in cut:
                    metres[neighbour] = total
                    heapq.heappush(heap, (total, neighbour))
        return np.array(metres)


def _follow(edge: Any, closure: Any) -> bool:
    """Whether two lines lie on one another: half of the shorter one, and its middle, is near the longer one."""
    shorter, longer = sorted((edge, closure), key=lambda line: float(line.length))
    near = min(NEAR_M, shorter.length / 4)
    middle = shorter.interpolate(0.5, normalized=True)
    return bool(
        middle.distance(longer) <= near and shorter.intersection(longer.buffer(NEAR_M)).length >= shorter.length / 2
    )


def _links(count: int, pairs: Sequence[tuple[int, int]], metres: Sequence[float]) -> Links:
    links: list[list[tuple[int, float, int]]] = [[] for _ in range(count)]
    for edge, ((u, v), length) in enumerate(zip(pairs, metres, strict=True)):
        links[u].append((v, length, edge))
        links[v].append((u, length, edge))
    return tuple(map(tuple, links))


def _largest_component(count: int, pairs: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    """The nodes of the largest connected part, sorted."""
    top = list(range(count))

    def root(node: int) -> int:
        while top[node] != node:
            top[node] = top[top[node]]
            node = top[node]
        return node

    for u, v in pairs:
        top[root(u)] = root(v)
    roots = np.array([root(node) for node in range(count)], dtype=np.intp)
    values, sizes = np.unique(roots, return_counts=True)
    return np.flatnonzero(roots == values[np.argmax(sizes)])


def _projected(geometry: Any, epsg: int) -> Any:
    return shapely.transform(geometry, lambda points: np.stack(to_metres(epsg, points[:, 0], points[:, 1]), axis=1))


@cache
def road_network() -> RoadNetwork:
    """The committed skeleton of main roads in and around the prefecture, loaded once.

    When its files are damaged no place has a figure by road.
    """
    try:
        nodes = {int(row["node"]): (float(row["lat"]), float(row["lon"])) for row in _rows(NODES)}
    except _DAMAGED as error:
        files.note_damaged(NODES, error)
        return RoadNetwork(*_FAR_AWAY)
    try:
        edges = {(int(row["u"]), int(row["v"])): float(row["km"]) * 1000 for row in _rows(EDGES)}
        return RoadNetwork(nodes, edges)
    except _DAMAGED as error:
        files.note_damaged(EDGES, error)
        return RoadNetwork(*_FAR_AWAY)


def _rows(name: str) -> list[dict[str, str]]:
    """The rows of a file. Raises ValueError for a file without rows."""
    rows = list(csv.DictReader(StringIO(files.raw(name).decode("utf-8"))))
    if not rows:
        raise ValueError("the file has no rows")
    return rows


NODES, EDGES = "road_nodes.csv", "road_edges.csv"
_DAMAGED = (OSError, ValueError, KeyError, TypeError, csv.Error)
_FAR_AWAY: tuple[dict[int, tuple[float, float]], dict[tuple[int, int], float]] = ({0: (0.0, 102.0)}, {})
"""Nodes and edges of a network whose only node is far from everything."""
