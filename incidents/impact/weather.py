"""Weather and water near an incident: the last good readings of stations, each with its own time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from feeds.model import AssetState, Quality
from feeds.model.impacts import WeatherNear
from incidents.receipts.duplicates import metres_between
from maps.impact_index import AssetPlace

STATION_KINDS = frozenset({"gauge", "sensor"})
METRICS = ("rain.", "wind.", "air.", "river.", "snow.", "weather.")
"""What the names of readings of weather and water begin with."""
NEAR_M = 20_000.0
MOST = 5
"""Stations that are read, the nearest first."""


def stations_of(places: Iterable[AssetPlace]) -> tuple[AssetPlace, ...]:
    """The assets that may measure weather or water."""
    return tuple(place for place in places if place.kind in STATION_KINDS)


def near(stations: Iterable[AssetPlace], lat: float | None, lon: float | None) -> list[tuple[AssetPlace, float]]:
    """The stations within NEAR_M of a place with their distance in metres, the nearest first; none without a place."""
    if lat is None or lon is None:
        return []
    measured = ((station, metres_between(lat, lon, station.lat, station.lon)) for station in stations)
    return sorted((pair for pair in measured if pair[1] <= NEAR_M), key=lambda pair: (pair[1], pair[0].id))


def weather_near(
    stations: Iterable[tuple[AssetPlace, float]], states: Mapping[str, AssetState], now: float
) -> tuple[WeatherNear, ...]:
    """The fresh readings of the nearest stations that have any."""
    readings: list[WeatherNear] = []
    for station, metres in stations:
        if len({reading.id for reading in readings}) == MOST:
            break
        state = states.get(station.id)
        for metric, reading in sorted(state.readings.items()) if state is not None else ():
            number = reading.value
            if not metric.startswith(METRICS) or isinstance(number, bool) or not isinstance(number, int | float):
                continue
            if reading.quality is Quality.GOOD and reading.fresh_until > now:
                readings.append(
                    WeatherNear(
                        id=station.id,
                        name=station.name,
                        distance_m=round(metres, 1),
                        metric=metric,
                        value=float(number),
                        unit=reading.unit,
                        observed_at=reading.observed_at,
                    )
                )
    return tuple(readings)
