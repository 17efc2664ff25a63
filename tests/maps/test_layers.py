"""What is committed as map data is small, valid, attributed and where it should be."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from shapely import coverage_is_valid
from shapely.geometry import box, shape

from maps.layers import ATTRIBUTION, LAYERS, attribution, layer


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_cached_geojson_with_words_in_both_languages(name: str) -> None:
    raw = layer(name)
    assert raw is not None
    assert layer(name) is raw
    shapes = [shape(f["geometry"]) for f in json.loads(raw)["features"]]
    assert all(one.is_valid and not one.is_empty and one.intersects(box(97, 21, 107, 35)) for one in shapes)
    assert ATTRIBUTION[name].keys() == {"zh-CN", "en"}


def test_an_unknown_layer_is_none_and_no_way_out_of_the_folder() -> None:
    assert layer("nowhere") is layer("../data/counties") is layer("regions") is None


def test_attribution_names_openstreetmap_once() -> None:
    assert attribution("en").count("OpenStreetMap") == 1
    assert "天地图" in attribution()


def test_counties_tile_the_prefecture() -> None:
    counties = json.loads(layer("counties") or b"")["features"]
    shapes = [shape(f["geometry"]) for f in counties]
    prefecture = shape(json.loads(layer("prefecture") or b"")["features"][0]["geometry"])
    assert coverage_is_valid(shapes)
    assert sum(one.area for one in shapes) == pytest.approx(prefecture.area)
    for one, feature in zip(shapes, counties, strict=True):
        place = feature["properties"]
        assert one.contains(shape({"type": "Point", "coordinates": [place["clon"], place["clat"]]}))
        assert one.contains(shape({"type": "Point", "coordinates": [place["seat_lon"], place["seat_lat"]]}))


def test_lakes_bear_their_own_names() -> None:
    lakes = {f["properties"]["name"]: shape(f["geometry"]) for f in json.loads(layer("lakes") or b"")["features"]}
    # Well-known points on the water.
    for name, lon, lat in (("滇池", 102.68, 24.80), ("抚仙湖", 102.88, 24.50), ("洱海", 100.20, 25.78)):
        assert lakes[name].contains(shape({"type": "Point", "coordinates": [lon, lat]}))


def test_all_of_it_stays_below_one_and_a_half_megabytes_and_is_in_the_sources() -> None:
    folder = files("maps") / "data"
    sources = (folder / "SOURCES.md").read_text(encoding="utf-8")
    names = [one for one in folder.iterdir() if one.name != "SOURCES.md"]
    assert sum(len(one.read_bytes()) for one in names) < 1_500_000
    assert all(f"`{one.name}`" in sources for one in names)
