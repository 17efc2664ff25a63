"""Impact of an incident: what was inside and near when it was counted, so that figures can refer to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.model.times import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacesInside:
    """The places of one kind inside an area; `population` is 0 where it is not known."""

    count: int
    population: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactArea:
    """What lies inside: a circle of `radius_m`, or with 0 what was drawn as affected. `assets` by kind and health."""

    radius_m: float
    total: int
    assets: dict[str, dict[str, int]] = field(default_factory=dict)
    places: dict[str, PlacesInside] = field(default_factory=dict)
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraNear:
    """A camera that may see the place, and how well it works: `level` is that of feeds.cameras, None where none is."""

    id: str
    name: str
    health: str
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherNear:
    """A reading of weather or water at a station nearby, as it was when the count was made."""

    id: str
    name: str
    distance_m: float
    metric: str
    value: float
    unit: str
    observed_at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentNear:
    """Another open incident nearby that was received about then: perhaps the same."""

    id: str
    distance_m: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceNear:
    """A resource or place near the incident, by line and by road (see maps.roads)."""

    id: str
    name: str
    line_m: float
    road_m: float | None
    unknown_m: float
    quality: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """One count. Writer: the command role. `id` is "{incident}/i{number}".

    `cause` is created, moved, drawn, inventory, or weather (readings of stations nearby were an hour old).
    `inventory` identifies the assets and layers that were counted.
    `current` is the newest one of its incident. `lead_region` is who would lead by Art. 18, `uncounted` are places
    without a usable position by kind, `roads_cut` edges of main roads under drawn closures.
    """

    id: str
    incident: str
    number: int
    mode: str
    region: str
    at: Time
    cause: str
    lat: float | None = None
    lon: float | None = None
    inventory: str = ""
    current: bool = True
    areas: tuple[ImpactArea, ...] = ()
    cameras: tuple[CameraNear, ...] = ()
    warnings: tuple[str, ...] = ()
    incidents: tuple[IncidentNear, ...] = ()
    nearest: dict[str, tuple[ResourceNear, ...]] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    lead_region: str = ""
    uncounted: dict[str, int] = field(default_factory=dict)
    roads_cut: int = 0
    weather: tuple[WeatherNear, ...] = ()
    rev: int = 1
