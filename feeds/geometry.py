"""Shapes from outside, within bounds: counted before they are built, judged before they are repaired or united.

GEOS takes more than a minute to repair a self-crossing ring of 800 points, because the work grows with the number of
crossings and not with the number of points. So crossings are counted first, and the count stops at its limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from shapely.geometry.base import BaseGeometry

POINTS = 10_000
"""Points of one geometry, or of all shapes of one message."""
PARTS = 500
"""Rings, lines and points of one geometry."""
DEPTH = 8
"""Nested lists and collections in one geometry."""
REPAIRABLE = 2_000
"""Points of an invalid geometry that may be repaired."""
CROSSINGS = 200
"""Crossings of an invalid geometry that may be repaired."""
MEETINGS = 5_000
"""Crossings between shapes that may be united."""
CANDIDATES = 2_000_000
"""Pairs of segments with overlapping boxes that are looked at before a geometry counts as tangled."""
_CHUNK = 256


class BadGeometry(ValueError):
    """It is no GeoJSON geometry, or is beyond a bound."""


class Tangled(BadGeometry):
    """It crosses itself more often than can be repaired in time."""


def from_geojson(geometry: Mapping[str, Any]) -> BaseGeometry:
    """A valid geometry (EPSG:4326), repaired when it crosses itself a few times. Raises BadGeometry, Tangled."""
    import numpy as np
    import shapely
    from shapely.geometry import shape

    _count(geometry)
    try:
        made = shape(geometry)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, shapely.errors.ShapelyError) as error:
        raise BadGeometry(f"not a GeoJSON geometry: {error}") from error
    if not np.isfinite(shapely.get_coordinates(made)).all():
        raise BadGeometry("a coordinate that is no number")
    return repaired(made)


def _count(geometry: Any) -> None:
    """Raises BadGeometry when it has too many points or parts, or is nested too deeply."""
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
                points += 1
        if points > POINTS:
            raise BadGeometry(f"more than {POINTS} points")
        if parts > 2 * PARTS:  # a polygon is a list around each ring
            raise BadGeometry(f"more than {PARTS} parts")


def repaired(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry itself when it is valid, else its parts without crossings. Raises Tangled."""
    import shapely

    if geometry.is_valid:
        return geometry
    if shapely.get_num_coordinates(geometry) > REPAIRABLE or tangled([geometry], CROSSINGS):
        raise Tangled(f"crosses itself more than {CROSSINGS} times, or has more than {REPAIRABLE} points and crosses")
    return shapely.make_valid(geometry, method="structure", keep_collapsed=False)


def united(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """One geometry that covers all shapes, which are valid. Raises Tangled when they cross one another too often."""
    import shapely

    if len(shapes) > 1 and tangled(shapes, MEETINGS):
        raise Tangled(f"the shapes cross one another more than {MEETINGS} times")
    return shapely.union_all(shapes)


def tangled(geometries: Iterable[BaseGeometry], limit: int) -> bool:
    """Whether segments of the geometries touch or cross others than their neighbours more than `limit` times."""
    import numpy as np
    import shapely

    ends = [_segments(line) for line in _lines(geometries)]
    if not ends:
        return False
    first, last = (np.concatenate([pair[place] for pair in ends]) for place in (0, 1))
    boxes = shapely.box(*np.minimum(first, last).T, *np.maximum(first, last).T)
    tree = shapely.STRtree(boxes)
    crossings = candidates = 0
    for start in range(0, len(boxes), _CHUNK):
        one, other = tree.query(boxes[start : start + _CHUNK])
        one = one + start
        one, other = one[one < other], other[one < other]
        candidates += len(one)
        crossings += int(np.count_nonzero(_meet(first[one], last[one], first[other], last[other])))
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
    """The ends of each segment that has a length."""
    import numpy as np
    import shapely

    points = shapely.get_coordinates(line)
    first, last = points[:-1], points[1:]
    moves = np.any(first != last, axis=1)
    return first[moves], last[moves]


def _meet(a: Any, b: Any, c: Any, d: Any) -> Any:
    """For each pair of segments a–b and c–d whether they meet elsewhere than at a shared end."""
    import numpy as np

    def side(p: Any, q: Any, r: Any) -> Any:
        return np.sign((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))

    shared = np.zeros(len(a), bool)
    for p, q in ((a, c), (a, d), (b, c), (b, d)):
        shared |= np.all(p == q, axis=1)
    meets = (side(a, b, c) * side(a, b, d) <= 0) & (side(c, d, a) * side(c, d, b) <= 0)
    return meets & ~shared
