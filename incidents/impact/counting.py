"""The count of one incident: a pure function of what is known when it is made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from feeds.geometry import from_geojson
from feeds.model import AssetState, EmergencyWarning, Health
from feeds.model.impacts import CameraNear, Impact, ImpactArea, IncidentNear, PlacesInside, ResourceNear
from feeds.model.incidents import Incident
from feeds.model.resources import Resource
from incidents.impact.weather import weather_near
from maps.impact_index import SIGHT_M, AssetPlace, ImpactIndex, Inside
from maps.measure import ellipsoid
from maps.projection import circle
from maps.regions import table
from maps.roads import RoadDistance, road_network

RADII = (1_000.0, 3_000.0, 5_000.0)
"""Circles around the incident that are counted, in metres. That of its accuracy is added where it is wider."""
NEAR_M, NEAR_S = 5_000.0, 86_400.0
"""Another open incident within this distance and time may be the same."""
NEAREST, CANDIDATES = 3, 60
"""Resources of each kind that are named by line and by road, and of how many nearest by line the roads are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that a count needs besides the incident. `healths` are the states of the assets inside and of
    the `stations` of weather and water nearby, which have their distance in metres.
    """

    index: ImpactIndex
    drawn: Sequence[Mapping[str, Any]] = ()
    healths: Mapping[str, AssetState] = field(default_factory=dict)
    warnings: Iterable[EmergencyWarning] = ()
    incidents: Iterable[Incident] = ()
    resources: Iterable[Resource] = ()
    closures: Sequence[Mapping[str, Any]] = ()
    stations: Sequence[tuple[AssetPlace, float]] = ()


Areas = list[tuple[float, Inside, tuple[str, ...]]]
"""Radius (0: drawn), content, and counties of each area."""


def areas_of(incident: Incident, picture: Picture, radii: Sequence[float] = RADII) -> Areas:
    """The areas of an incident, the widest last; none without a position or a drawing."""
    shapes: list[tuple[float, Any]] = []
    if picture.drawn:
        shapes.append((0.0, shapely.union_all([from_geojson(shape) for shape in picture.drawn])))
    if incident.lat is not None and incident.lon is not None:
        wider = (incident.accuracy_m,) if incident.accuracy_m > max(radii) else ()
        shapes += [(radius, from_geojson(circle(incident.lat, incident.lon, radius))) for radius in (*radii, *wider)]
    regions = table()
    return [
        (radius, picture.index.inside(shape), regions.regions_of(shapely.geometry.mapping(shape)))
        for radius, shape in shapes
    ]


def impact_of(incident: Incident, number: int, cause: str, picture: Picture, areas: Areas, now: float) -> Impact:
    """The count. Assets without a state count as unknown."""
    regions = tuple(sorted({code for _, _, codes in areas for code in codes})) or incident.regions
    network = road_network()
    cut = network.cut_by(picture.closures) if picture.closures else frozenset()
    return Impact(
        id=f"{incident.id}/i{number}",
        incident=incident.id,
        number=number,
        mode=incident.mode,
        region=incident.region,
        at=now,
        cause=cause,
        lat=incident.lat,
        lon=incident.lon,
        inventory=picture.index.version,
        areas=tuple(_area(picture, *area) for area in areas),
        cameras=_cameras(incident, picture),
        warnings=_warnings(picture.warnings, regions),
        incidents=_incidents(incident, picture.incidents),
        nearest=_nearest(incident, picture, cut),
        regions=regions,
        lead_region=lead_of(regions, incident.region),
        uncounted=dict(picture.index.uncounted),
        roads_cut=len(cut),
        weather=weather_near(picture.stations, picture.healths, now),
    )


def lead_of(regions: Sequence[str], fallback: str) -> str:
    """Who leads (Art. 18): the county where it lies in one, else the authority above all of them."""
    if len(regions) < 2:
        return regions[0] if regions else fallback
    for length in (6, 4, 2):
        starts = {code[:length] for code in regions}
        if len(starts) == 1:
            return starts.pop().ljust(6, "0")
    return fallback


def _area(picture: Picture, radius_m: float, inside: Inside, regions: tuple[str, ...]) -> ImpactArea:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for id in inside.assets:
        counts[picture.index.assets[id].kind][_health(picture, id)] += 1
    return ImpactArea(
        radius_m=radius_m,
        total=len(inside.assets),
        assets={kind: dict(sorted(healths.items())) for kind, healths in sorted(counts.items())},
        places={
            kind: PlacesInside(count=len(places), population=sum(place.population for place in places))
            for kind, places in inside.places.items()
        },
        regions=regions,
    )


def _health(picture: Picture, id: str) -> str:
    state = picture.healths.get(id)
    return str(state.health if state is not None and state.stale_since is None else Health.UNKNOWN)


def _cameras(incident: Incident, picture: Picture) -> tuple[CameraNear, ...]:
    if incident.lat is None or incident.lon is None:
        return ()
    near = picture.index.inside(circle(incident.lat, incident.lon, SIGHT_M)).cameras
    return tuple(
        CameraNear(id=id, name=picture.index.assets[id].name, health=_health(picture, id), level=_level(picture, id))
        for id in near
    )


def _level(picture: Picture, id: str) -> int | None:
    state = picture.healths.get(id)
    reading = state.readings.get("camera.level") if state is not None else None
    return int(reading.value) if reading is not None and isinstance(reading.value, int | float) else None


def _warnings(warnings: Iterable[EmergencyWarning], regions: Sequence[str]) -> tuple[str, ...]:
    covered = set(regions)
    in_force = (warning for warning in warnings if warning.status == "Actual" and warning.state == "active")
    return tuple(sorted(warning.id for warning in in_force if covered & set(warning.regions)))


def _incidents(incident: Incident, others: Iterable[Incident]) -> tuple[IncidentNear, ...]:
    if incident.lat is None or incident.lon is None:
        return ()
    near = []
    for other in others:
        if other.id == incident.id or other.mode != incident.mode or not other.open or other.lat is None:
            continue
        seconds = abs(other.received_at - incident.received_at)
        _, _, metres = ellipsoid().inv(incident.lon, incident.lat, other.lon, other.lat)
        if metres <= NEAR_M and seconds <= NEAR_S:
            near.append(IncidentNear(id=other.id, distance_m=round(metres, 1), seconds=seconds))
    return tuple(sorted(near, key=lambda other: (other.distance_m, other.id)))


def _nearest(incident: Incident, picture: Picture, cut: frozenset[int]) -> dict[str, tuple[ResourceNear, ...]]:
    """The nearest resources of each kind that can be sent: three by line and three by road, each once."""
    if incident.lat is None or incident.lon is None:
        return {}
    ready = _closest(incident.lat, incident.lon, picture.resources)
    lats, lons = [resource.lat or 0.0 for resource in ready], [resource.lon or 0.0 for resource in ready]
    ways = road_network().distances(incident.lat, incident.lon, lats, lons, cut) if ready else []
    by_kind: defaultdict[str, list[tuple[Resource, RoadDistance]]] = defaultdict(list)
    for resource, way in zip(ready, ways, strict=True):
        by_kind[resource.kind].append((resource, way))
    return {kind: _named(of_kind) for kind, of_kind in sorted(by_kind.items())}


def _closest(lat: float, lon: float, resources: Iterable[Resource]) -> list[Resource]:
    """Of each kind the CANDIDATES nearest by line that can be sent, roughly measured."""
    by_kind: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in resources:
        if resource.lat is not None and resource.lon is not None and resource.status != "out":
            by_kind[resource.kind].append(resource)
    chosen: list[Resource] = []
    for of_kind in by_kind.values():
        if len(of_kind) > CANDIDATES:
            north = np.array([resource.lat for resource in of_kind], float) - lat
            east = (np.array([resource.lon for resource in of_kind], float) - lon) * np.cos(np.radians(lat))
            near = np.argpartition(north * north + east * east, CANDIDATES)[:CANDIDATES]
            of_kind = [of_kind[position] for position in near]
        chosen += of_kind
    return chosen


def _named(ways: Sequence[tuple[Resource, RoadDistance]]) -> tuple[ResourceNear, ...]:
    """The nearest by road, then those by line that are not among them."""
    by_road = sorted(ways, key=lambda way: (*way[1].order, way[0].id))[:NEAREST]
    by_line = sorted(ways, key=lambda way: (way[1].line_m, way[0].id))[:NEAREST]
    return tuple(
        ResourceNear(
            id=resource.id,
            name=resource.name,
            line_m=round(way.line_m),
            road_m=None if way.road_m is None else round(way.road_m),
            unknown_m=round(way.unknown_m),
            quality=way.quality,
        )
        for resource, way in {resource.id: (resource, way) for resource, way in (*by_road, *by_line)}.values()
    )
