"""USGS GeoJSON (summary feeds, event details, FDSN event queries) to reports. Pure.

`time` and `updated` are milliseconds; coordinates are longitude, latitude and depth in kilometres; `mag` and depth may
be null; `ids` joins the ids that agencies gave to one event; the status "deleted" retracts it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from feeds.quakes import QuakeReport, is_reported_time

AGENCY = "usgs"
LONGEST = 200
"""Characters of a text that are kept."""


class NoQuakes(ValueError):
    """The document has not the expected form."""


def reports(body: bytes, source: str, received_at: float, *, scenario: bool = False) -> list[QuakeReport]:
    """The reports of a FeatureCollection or a Feature; features without time or place are left out. Raises NoQuakes."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoQuakes("no JSON") from error
    kind = document.get("type") if isinstance(document, dict) else None
    features = document.get("features") if kind == "FeatureCollection" else [document] if kind == "Feature" else None
    if not isinstance(features, list):
        raise NoQuakes("no FeatureCollection and no Feature")
    status = "Exercise" if scenario else "Actual"
    parsed = [_report(feature, source, received_at, status) for feature in features if isinstance(feature, dict)]
    usable = [report for report in parsed if report is not None]
    if features and not usable:
        raise NoQuakes("features without time or coordinates")
    return usable


def _report(feature: Mapping[str, Any], source: str, received_at: float, status: str) -> QuakeReport | None:
    properties, geometry = feature.get("properties") or {}, feature.get("geometry") or {}
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    lon, lat, depth = (_numbers(coordinates) + [None] * 3)[:3]
    occurred, updated = _moment(properties.get("time")), _moment(properties.get("updated"))
    own = _text(feature.get("id")) or _text(properties.get("net")) + _text(properties.get("code"))
    withdrawn = properties.get("status") == "deleted"
    if withdrawn:  # the event is found by its ids: the rest may be null
        occurred = updated if occurred is None else occurred
        lon, lat = (0.0, 0.0) if lon is None or lat is None else (lon, lat)
    if occurred is None or lon is None or lat is None or not own or abs(lat) > 90 or abs(lon) > 180:
        return None
    joined = [id for id in _text(properties.get("ids"), 2000).split(",") if id]
    return QuakeReport(
        source=source,
        received_at=received_at,
        agency=AGENCY,
        event_ids=tuple(dict.fromkeys((own, *joined))),
        updated_at=occurred if updated is None else updated,
        occurred_at=occurred,
        lat=lat,
        lon=lon,
        magnitude=_number(properties.get("mag")),
        magnitude_type=_text(properties.get("magType")),
        depth_km=depth,
        place=_text(properties.get("place")),
        event_type=_text(properties.get("type")).lower(),
        withdrawn=withdrawn,
        status=status,
        url=_text(properties.get("url"), 500),
        raw=json.dumps(
            {key: feature[key] for key in ("id", "geometry") if key in feature} | {"properties": _brief(properties)},
            ensure_ascii=False,
        ).encode(),
    )


def _brief(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties without the list of products, which may be megabytes."""
    return {key: value for key, value in properties.items() if not isinstance(value, (dict, list))}


def _numbers(values: Any) -> list[float | None]:
    return [_number(value) for value in values] if isinstance(values, list) else []


def _moment(value: Any) -> float | None:
    """Epoch seconds of milliseconds, None for what is no number or out of range."""
    number = _number(value)
    return number / 1000 if number is not None and is_reported_time(number / 1000) else None


def _number(value: Any) -> float | None:
    """The finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e15 else None


def _text(value: Any, longest: int = LONGEST) -> str:
    return value[:longest] if isinstance(value, str) else ""
