"""Receipts and incidents that may be one event: a score by distance, time and class. Pure; nothing is merged here.

Candidates are near in place and time: within the smaller radius and window of the two classes. The score is
0.5 (1 - d/r) + 0.3 (1 - t/w) + 0.2 k, with k = 1 for one class, 0.5 when one is unknown or both are of one category.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import ceil, cos, floor, hypot, radians, sin, sqrt

from feeds.incidents.classes import category_of, limits_of, widest_radius_m
from feeds.model import Candidate, Receipt
from feeds.model.incidents import Incident

LIKELY, PERHAPS = 0.70, 0.40
"""Scores from which on two receipts likely, or perhaps, report one event."""
EQUATOR_M, ECCENTRICITY_SQUARED = 6_378_137.0, 0.006694380022903
"""Of the ellipsoid of CGCS2000, which is that of GRS 80."""
MOST = 5
"""Candidates of one receipt that are kept, the best ones."""
CELL, CELL_KM = 0.1, 11.1
"""Degrees of one cell of the index, and the length of as many degrees of latitude."""
AFTER_END = 86_400.0
"""Seconds for which an incident that has ended is still compared with new receipts."""


def candidate(receipt: Receipt, other: Receipt) -> Candidate | None:
    """The other receipt as a candidate, None when it is too far away, in another mode, or scores below PERHAPS."""
    if other.id == receipt.id or other.mode != receipt.mode:
        return None
    if receipt.lat is None or receipt.lon is None or other.lat is None or other.lon is None:
        return None
    first, second = _limits(receipt, other), _limits(other, receipt)
    radius = min(first[0], second[0]) + receipt.accuracy_m + other.accuracy_m
    window = min(first[1], second[1]) * 60
    metres = metres_between(receipt.lat, receipt.lon, other.lat, other.lon)
    seconds = _apart(receipt, other)
    if metres > radius or seconds > window:
        return None
    score = 0.5 * (1 - metres / radius) + 0.3 * (1 - seconds / window) + 0.2 * _alike(receipt, other)
    if score < PERHAPS:
        return None
    return Candidate(
        id=other.id,
        score=round(score, 3),
        distance_m=round(metres, 1),
        seconds=round(seconds, 1),
        likely=round(score, 3) >= LIKELY,
    )


def metres_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The distance of two places on the ellipsoid, by its radii of curvature half way: good to 0.1 m within 20 km."""
    middle = sin(radians((lat + other_lat) / 2)) ** 2
    across = EQUATOR_M / sqrt(1 - ECCENTRICITY_SQUARED * middle)
    along = across * (1 - ECCENTRICITY_SQUARED) / (1 - ECCENTRICITY_SQUARED * middle)
    east = (other_lon - lon + 180) % 360 - 180
    return hypot(radians(other_lat - lat) * along, radians(east) * across * cos(radians((lat + other_lat) / 2)))


def _limits(receipt: Receipt, other: Receipt) -> tuple[float, float]:
    """The radius and window of a class; an unknown class counts as the other's."""
    return limits_of(receipt.event_class or other.event_class)


def _apart(receipt: Receipt, other: Receipt) -> float:
    """Seconds between the events where both times are known, else between the reports.

    The time at which a system took a report counts, not that of our own round: after an outage many arrive at once.
    """
    if receipt.occurred_at is not None and other.occurred_at is not None:
        return abs(receipt.occurred_at - other.occurred_at)
    return abs(receipt.reported_at - other.reported_at)


def _alike(receipt: Receipt, other: Receipt) -> float:
    if receipt.event_class == other.event_class and receipt.event_class:
        return 1.0
    if not receipt.event_class or not other.event_class:
        return 0.5
    category = category_of(receipt.event_class)
    return 0.5 if category and category == category_of(other.event_class) else 0.0


def report_of(incident: Incident, now: float) -> Receipt | None:
    """An incident in the form of a report, to compare receipts with; None for one that is over, or that is none."""
    ended = incident.ended_at is not None and now < incident.ended_at + AFTER_END
    if not (incident.open or ended) or incident.merged_into:
        return None
    return Receipt(
        id=incident.id,
        source="",
        external_id="",
        channel="",
        mode=incident.mode,
        received_at=incident.received_at,
        reported_at=incident.received_at,
        updated_at=incident.received_at,
        occurred_at=incident.occurred_at,
        event_class=incident.event_class,
        lat=incident.lat,
        lon=incident.lon,
        accuracy_m=incident.accuracy_m,
        incident=incident.id,
    )


class ReceiptsByPlace:
    """Receipts by cells of a grid, so that candidates are sought among neighbours only."""

    def __init__(self) -> None:
        self._cells: defaultdict[tuple[int, int], dict[str, Receipt]] = defaultdict(dict)
        self._cell_of: dict[str, tuple[int, int]] = {}

    def put(self, receipt: Receipt) -> None:
        """Add a receipt, or its newest form."""
        self.drop(receipt.id)
        if receipt.lat is not None and receipt.lon is not None:
            cell = self._cell_of[receipt.id] = floor(receipt.lat / CELL), floor(receipt.lon / CELL)
            self._cells[cell][receipt.id] = receipt

    def drop(self, id: str) -> None:
        """Remove a receipt."""
        if (cell := self._cell_of.pop(id, None)) is not None:
            del self._cells[cell][id]
            if not self._cells[cell]:
                del self._cells[cell]

    def candidates(self, receipt: Receipt, incidents: Iterable[Receipt] = ()) -> tuple[Candidate, ...]:
        """The best candidates, best first. `incidents` are those in hand, in the form of reports.

        An incident is left out where a receipt of it scores as well.
        """
        scored = {
            other.id: (other.incident, match)
            for other in (*self._around(receipt), *incidents)
            if (match := candidate(receipt, other)) is not None
        }
        best: dict[str, float] = {}
        for id, (incident, match) in scored.items():
            if id != incident:
                best[incident] = max(match.score, best.get(incident, 0.0))
        candidates = [
            match for id, (incident, match) in scored.items() if id != incident or match.score > best.get(id, 0.0)
        ]
        return tuple(sorted(candidates, key=lambda match: (-match.score, match.id))[:MOST])

    def _around(self, receipt: Receipt) -> Iterable[Receipt]:
        if receipt.lat is None or receipt.lon is None:
            return
        # A receipt without a class takes the radius of the other one (see _limits).
        radius = limits_of(receipt.event_class)[0] if receipt.event_class else widest_radius_m()
        radius_km = max((radius + receipt.accuracy_m) / 1000, 5.0)
        rows = ceil(radius_km / CELL_KM)
        columns = ceil(radius_km / (CELL_KM * max(cos(radians(receipt.lat)), 0.1)))
        row, column = floor(receipt.lat / CELL), floor(receipt.lon / CELL)
        for north in range(row - rows, row + rows + 1):
            for east in range(column - columns, column + columns + 1):
                yield from self._cells.get((north, east), {}).values()
