"""Bounded processing of external shapes: counted before they are built, checked before they are repaired or united.

GEOS takes more than a minute to repair a self-crossing ring of 800 points, because the work grows with the number of
crossings, not of points. Crossings are therefore counted first, and the count stops at its limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from shapely.geometry.base import BaseGeometry

POINTS = 10_000
"""Maximum number of points of one geometry, or of all shapes of one message."""
PARTS = 500
"""Maximum number of rings, lines and points of one geometry."""
DEPTH = 8
"""Maximum nesting of lists and collections in one geometry."""
REPAIRABLE = 2_000
"""Maximum number of points of an invalid geometry that is repaired."""
CROSSINGS = 200
"""Maximum number of crossings of an invalid geometry that is repaired."""
MEETINGS = 5_000
"""Maximum number of crossings between shapes that are united."""
CANDIDATES = 2_000_000
"""Pairs of segments with overlapping boxes that are checked before a geometry counts as tangled."""
_CHUNK = 256


class BadGeometry(ValueError):
    """The value is not a GeoJSON geometry, or exceeds a limit."""


class Tangled(BadGeometry):
    """The geometry has too many crossings to be repaired in time."""


def from_geojson(geometry: Mapping[str, Any]) -> BaseGeometry:
    """A valid geometry (EPSG:4326), repaired when it crosses itself a few times. Raises BadGeometry, Tangled."""
    import shapely
    from shapely.geometry import shape

    _count(geometry)
    try:
        built = shape(geometry)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, shapely.errors.ShapelyError) as error:
        raise BadGeometry(f"not a GeoJSON geometry: {error}") from error
    return repaired(built)


def _count(geometry: Any) -> None:
    """Raise BadGeometry when the geometry has too many points or parts, or is nested too deeply."""
    parts = points = 0
    waiting: list[tuple[Any, int]] = [(geometry, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEPTH:
            raise BadGeometry(f"nested more than {DEPTH} deep")
        if isinstance(value, Mapping):
            waiting += [(value.get(name), depth + 1) for name in ("geometries", "coordinates")]
        elif isinstance(value, (list, tuple)) and value:
            if isinstance(value[0], (list, tuple, Mapping)):
                parts += 1
                if len(value) > POINTS:
                    raise BadGeometry(f"more than {POINTS} points")
                waiting += [(item, depth + 1) for item in value]
            else:
                if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in value):
                    raise BadGeometry("a coordinate that is no number")
                points += 1
        if points > POINTS:
            raise BadGeometry(f"more than {POINTS} points")
        if parts > 2 * PARTS:  # a polygon is a list around each ring
            raise BadGeometry(f"more than {PARTS} parts")


def repaired(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry itself when valid, else its repaired parts. Raises Tangled."""
    import shapely

    if geometry.is_valid:
        return geometry
    if shapely.get_num_coordinates(geometry) > REPAIRABLE or tangled([geometry], CROSSINGS):
        raise Tangled(f"crosses itself more than {CROSSINGS} times, or has more than {REPAIRABLE} points and crosses")
    return shapely.make_valid(geometry, method="structure", keep_collapsed=False)


def united(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """The union of valid shapes. Raises Tangled when they have too many crossings."""
    import shapely

    if len(shapes) > 1 and tangled(shapes, MEETINGS):
        raise Tangled(f"the shapes cross one another more than {MEETINGS} times")
    return shapely.union_all(shapes)


def tangled(geometries: Iterable[BaseGeometry], limit: int) -> bool:
    """True when segments of the geometries touch or cross others than their neighbours more than `limit` times."""
    import numpy as np
    import shapely

    ends = [_segments(line) for line in _lines(geometries)]
    if not ends:
        return False
    first, last = (np.concatenate([pair[end] for pair in ends]) for end in (0, 1))
    boxes = shapely.box(*np.minimum(first, last).T, *np.maximum(first, last).T)
    tree = shapely.STRtree(boxes)
    crossings = candidates = 0
    for start in range(0, len(boxes), _CHUNK):
        earlier, second = tree.query(boxes[start : start + _CHUNK])
        earlier = earlier + start
        earlier, second = earlier[earlier < second], second[earlier < second]
        candidates += len(earlier)
        crossings += int(np.count_nonzero(_meet(first[earlier], last[earlier], first[second], last[second])))
        if crossings > limit or candidates > CANDIDATES:
            return True
    return False


def _lines(geometries: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Every ring and line of the geometries."""
    import shapely

    lines: list[BaseGeometry] = []
    for part in shapely.get_parts(shapely.get_parts(list(geometries))):
        if part.geom_type == "Polygon":
            lines.extend(shapely.get_rings(part))
        elif part.geom_type == "LineString":
            lines.append(part)
    return lines


def _segments(line: BaseGeometry) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The end points of each segment with a length."""
    import numpy as np
    import shapely

    points = shapely.get_coordinates(line)
    first, last = points[:-1], points[1:]
    moves = np.any(first != last, axis=1)
    return first[moves], last[moves]


def _meet(a: Any, b: Any, c: Any, d: Any) -> Any:
    """For each pair of segments a–b and c–d, True when they meet elsewhere than at a shared end."""
    import numpy as np

    def side(p: Any, q: Any, r: Any) -> Any:
        return np.sign((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))

    shared = np.zeros(len(a), bool)
    for p, q in ((a, c), (a, d), (b, c), (b, d)):
        shared |= np.all(p == q, axis=1)
    meets = (side(a, b, c) * side(a, b, d) <= 0) & (side(c, d, a) * side(c, d, b) <= 0)
    return meets & ~shared
