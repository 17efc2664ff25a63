"""Earthquake reports of agencies in one form, and the felt area that is estimated from them.

The area is an estimate from magnitude alone (Wang Suyun et al., 2000, western China, major axis):
I = 5.253 + 1.398 M - 4.164 lg(R + 26), R in kilometres. It holds for shallow earthquakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, log10, radians, sin, sqrt

from feeds import wire
from feeds.moments import is_representable

SAME_SECONDS, SAME_KM = 16.0, 100.0
"""Two reports within both are of one event, also when their ids do not meet."""
FELT = 5.0
"""Chinese seismic intensity (GB/T 17742) at the edge of the estimated area: felt by nearly everybody."""
DEEP_KM = 70.0
"""No area is estimated for a deeper earthquake."""
EARTH_KM = 6371.0
FOLLOWING = 366 * 86_400.0
"""Seconds after a report in which its warning and the messages that follow from it lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuakeReport:
    """One agency's report of one event. Times are epoch seconds, depth in kilometres.

    `event_ids` are all ids of the event that the report names, its own first. `withdrawn` retracts the event.
    `status` is "Actual", or "Exercise" for a scenario. `raw` is the report as received.
    """

    source: str
    received_at: float
    agency: str
    event_ids: tuple[str, ...]
    updated_at: float
    occurred_at: float
    lat: float
    lon: float
    magnitude: float | None = None
    magnitude_type: str = ""
    depth_km: float | None = None
    place: str = ""
    event_type: str = "earthquake"
    withdrawn: bool = False
    preferred: bool = True
    status: str = "Actual"
    url: str = ""
    raw: bytes = b""

    @property
    def is_quake(self) -> bool:
        """False for a blast, an explosion or whatever else shook the ground. An unstated type counts as a quake."""
        return self.event_type in ("", "earthquake")


wire.register_item("quake", QuakeReport)


def is_reported_time(seconds: float) -> bool:
    """True when a time of a report, and those of the warnings made from it, can be written."""
    return is_representable(seconds) and is_representable(seconds + FOLLOWING)


def intensity(magnitude: float) -> float:
    """The estimated Chinese intensity at the epicentre, 1 to 12."""
    return min(12.0, max(1.0, 5.253 + 1.398 * magnitude - 4.164 * log10(26)))


def felt_km(magnitude: float | None, depth_km: float | None) -> float:
    """Estimated radius in kilometres of intensity FELT and more; 0 when nothing can be estimated."""
    if magnitude is None or (depth_km is not None and depth_km > DEEP_KM):
        return 0.0
    return max(0.0, 10 ** ((5.253 + 1.398 * min(magnitude, 10.0) - FELT) / 4.164) - 26)


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance."""
    half_lat, half_lon = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    inner = sin(half_lat) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(half_lon) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(inner)))
