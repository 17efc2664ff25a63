"""Places of a site's own layers: schools, hospitals, hazard sources, shelters, settlements, rescue teams. Pure."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

PLACES = 100_000
"""Places of one layer at most."""
LARGEST = 64 << 20
"""Bytes of one file at most."""
_LAT, _LON = ("lat", "latitude", "y", "纬度"), ("lon", "lng", "longitude", "x", "经度")
_NAME, _REGION = ("name", "名称", "title"), ("region", "adcode", "区划代码")
_POPULATION, _ID = ("population", "人口", "pop"), ("id", "编号", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlace:
    """One place. `population` is 0 where it is not known."""

    id: str
    name: str
    kind: str
    lat: float
    lon: float
    region: str = ""
    population: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLayer:
    """The places of one kind. `uncounted` rows have no usable position: nothing can be said of them."""

    kind: str
    places: tuple[SitePlace, ...] = ()
    uncounted: int = 0


class BadLayer(ValueError):
    """The file is no CSV with columns for latitude and longitude, and no GeoJSON; the text says what is missing."""


def read_layer(raw: bytes, kind: str) -> PlaceLayer:
    """The layer of a CSV (UTF-8 or GB 18030) or GeoJSON file (EPSG:4326). Raises BadLayer."""
    if len(raw) > LARGEST:
        raise BadLayer(f"larger than {LARGEST} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise BadLayer("neither UTF-8 nor GB 18030") from error
    rows = _features(text) if text.lstrip()[:1] == "{" else _table(text)
    places: list[SitePlace] = []
    uncounted = 0
    for number, row in enumerate(_readable(rows)):
        place = _place(row, kind, number)
        if place is None:
            uncounted += 1
        else:
            places.append(place)
        if len(places) > PLACES:
            raise BadLayer(f"more than {PLACES} places")
    return PlaceLayer(kind=kind, places=tuple(places), uncounted=uncounted)


def _readable(rows: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """The rows; a CSV that cannot be divided into cells is a bad layer."""
    try:
        yield from rows
    except csv.Error as error:
        raise BadLayer(f"no CSV: {error}") from error


def _table(text: str) -> Iterable[Mapping[str, Any]]:
    reader = csv.DictReader(StringIO(text))
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    except csv.Error as error:
        raise BadLayer(f"no CSV: {error}") from error
    if not set(names) & set(_LAT) or not set(names) & set(_LON):
        raise BadLayer("no columns lat and lon")
    reader.fieldnames = names
    return reader


def _features(text: str) -> Iterable[Mapping[str, Any]]:
    try:
        document = json.loads(text)
        features = document["features"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadLayer("no GeoJSON FeatureCollection") from error
    for feature in features if isinstance(features, list) else ():
        if isinstance(feature, dict):
            properties = {str(name).lower(): value for name, value in (feature.get("properties") or {}).items()}
            yield properties | _position(feature.get("geometry"))


def _position(geometry: Any) -> dict[str, Any]:
    """Latitude and longitude of a point; of another geometry a point inside it."""
    if not isinstance(geometry, dict):
        return {}
    if geometry.get("type") == "Point":
        coordinates = geometry.get("coordinates")
        if not isinstance(coordinates, list) or len(coordinates) < 2:
            return {}
        return {"lat": coordinates[1], "lon": coordinates[0]}
    from feeds.geometry import BadGeometry, from_geojson

    try:
        inside = from_geojson(geometry).representative_point()
    except BadGeometry:
        return {}
    return {"lat": inside.y, "lon": inside.x}


def _place(row: Mapping[str, Any], kind: str, number: int) -> SitePlace | None:
    lat, lon = _number(row, _LAT), _number(row, _LON)
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or (lat, lon) == (0, 0):
        return None
    return SitePlace(
        id=f"{kind}:{_text(row, _ID) or number}",
        name=_text(row, _NAME),
        kind=kind,
        lat=lat,
        lon=lon,
        region=_text(row, _REGION),
        population=int(_number(row, _POPULATION) or 0),
    )


def _text(row: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((str(row[name]).strip() for name in names if row.get(name) not in (None, "")), "")


def _number(row: Mapping[str, Any], names: Iterable[str]) -> float | None:
    text = _text(row, names)
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
