"""GeoJSON and GeoPackage inventories read like the CSV."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pytest
from shapely.geometry import LineString, Point

from maps.inventory_geo import read_geo


def test_geojson_gives_texts_and_positions(tmp_path: Path) -> None:
    path = tmp_path / "assets.geojson"
    properties = {
        "id": "a",
        "name": "甲",
        "kind": "router",
        "region": 532301,
        "importance": 5,
        "labels": {"floor": "3"},
        "parents": ["core", "agg"],
        "probes": ["tcp://127.0.0.1:1", "http://127.0.0.1/"],
        "owner": None,
    }
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [101.5, 25]}}
    bare = {"type": "Feature", "properties": {"id": "b", "name": "乙"}, "geometry": None}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, bare]}), encoding="utf-8")
    first, second = read_geo(path)
    assert first == (
        1,
        {
            "id": "a",
            "name": "甲",
            "kind": "router",
            "region": "532301",
            "importance": "5",
            "labels": "floor=3",
            "parents": "core;agg",
            "probes": "tcp://127.0.0.1:1 http://127.0.0.1/",
            "owner": "",
            "lat": "25",
            "lon": "101.5",
        },
    )
    assert second[0] == 2
    assert second[1]["id"] == "b"
    assert "lat" not in second[1]


def test_a_geopackage_in_metres_comes_back_in_degrees(tmp_path: Path) -> None:
    path = tmp_path / "assets.gpkg"
    shapes = [Point(101.5, 25.0), LineString([(101, 25), (101.2, 25)])]
    frame = geopandas.GeoDataFrame({"ID": ["a", "l"], "region": ["532301", "532300"]}, geometry=shapes, crs=4326)
    frame.to_crs(4543).to_file(path, driver="GPKG")
    rows = dict(read_geo(path))
    assert (rows[1]["id"], float(rows[1]["lat"]), float(rows[1]["lon"])) == ("a", 25.0, 101.5)
    assert 101 <= float(rows[2]["lon"]) <= 101.2


def test_a_file_that_is_not_a_map_raises_a_value_error(tmp_path: Path) -> None:
    path = tmp_path / "assets.geojson"
    path.write_text("id,name\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"assets\.geojson"):
        list(read_geo(path))
