"""Committed map data: small, valid, attributed and in the right place."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from shapely import coverage_is_valid
from shapely.geometry import box, shape

from maps.layers import ATTRIBUTION, LAYERS, attribution, layer


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_cached_geojson_with_attribution_in_both_languages(name: str) -> None:
    raw = layer(name)
    assert raw is not None
    assert layer(name) is raw
    shapes = [shape(f["geometry"]) for f in json.loads(raw)["features"]]
    assert all(shape_.is_valid and not shape_.is_empty and shape_.intersects(box(97, 21, 107, 35)) for shape_ in shapes)
    assert ATTRIBUTION[name].keys() == {"zh-CN", "en"}


def test_an_unknown_layer_is_none_and_paths_cannot_leave_the_folder() -> None:
    assert layer("nowhere") is layer("../data/counties") is layer("regions") is None


def test_attribution_names_openstreetmap_once() -> None:
    assert attribution("en").count("OpenStreetMap") == 1
    assert "天地图" in attribution()


def test_counties_tile_the_prefecture() -> None:
    counties = json.loads(layer("counties") or b"")["features"]
    shapes = [shape(f["geometry"]) for f in counties]
    prefecture = shape(json.loads(layer("prefecture") or b"")["features"][0]["geometry"])
    assert coverage_is_valid(shapes)
    assert sum(shape_.area for shape_ in shapes) == pytest.approx(prefecture.area)
    for shape_, feature in zip(shapes, counties, strict=True):
        properties = feature["properties"]
        assert shape_.contains(shape({"type": "Point", "coordinates": [properties["clon"], properties["clat"]]}))
        assert shape_.contains(
            shape({"type": "Point", "coordinates": [properties["seat_lon"], properties["seat_lat"]]})
        )


def test_lakes_bear_their_own_names() -> None:
    lakes = {f["properties"]["name"]: shape(f["geometry"]) for f in json.loads(layer("lakes") or b"")["features"]}
    # Well-known points on the water.
    for name, lon, lat in (("滇池", 102.68, 24.80), ("抚仙湖", 102.88, 24.50), ("洱海", 100.20, 25.78)):
        assert lakes[name].contains(shape({"type": "Point", "coordinates": [lon, lat]}))


def test_all_of_it_stays_below_one_and_a_half_megabytes_and_is_in_the_sources() -> None:
    folder = files("maps") / "data"
    sources = (folder / "SOURCES.md").read_text(encoding="utf-8")
    names = [path for path in folder.iterdir() if path.name != "SOURCES.md"]
    assert sum(len(path.read_bytes()) for path in names) < 1_500_000
    assert all(f"`{path.name}`" in sources for path in names)
