"""Places of a site's layers, and what lies inside an area."""

from __future__ import annotations

import pytest

from maps.impact_index import AssetPlace, ImpactIndex, drawn
from maps.places import BadLayer, PlaceLayer, read_layer

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[101.4, 25.0], [101.6, 25.0], [101.6, 25.2], [101.4, 25.2], [101.4, 25.0]]],
}
CSV = "编号,名称,纬度,经度,人口\n1,一中,25.1,101.5,800\n2,无坐标,,,\n3,二中,25.5,101.5,300\n4,零,0,0,1\n"


def index(*layers: PlaceLayer) -> ImpactIndex:
    assets = [
        AssetPlace(id="cam-in", name="in", kind="camera", owner="gaj", lat=25.1, lon=101.5),
        AssetPlace(id="cam-near", name="near", kind="camera", owner="", lat=25.1, lon=101.51),
        AssetPlace(id="router", name="r", kind="router", owner="dsj", lat=25.15, lon=101.45),
        AssetPlace(id="out", name="o", kind="router", owner="xxx", lat=26.0, lon=101.5),
    ]
    return ImpactIndex(assets, layers)


def test_a_csv_in_chinese_gives_places_and_says_how_many_have_no_position() -> None:
    for raw in (CSV.encode(), CSV.encode("gb18030"), CSV.encode("utf-8-sig")):
        layer = read_layer(raw, "school")
        assert [(place.id, place.name, place.population) for place in layer.places] == [
            ("school:1", "一中", 800),
            ("school:3", "二中", 300),
        ]
        assert layer.uncounted == 2


def test_geojson_gives_points_and_points_inside_other_shapes() -> None:
    raw = (
        '{"type":"FeatureCollection","features":['
        '{"geometry":{"type":"Point","coordinates":[101.5,25.1,9]},"properties":{"Name":"a"}},'
        '{"geometry":{"type":"Polygon","coordinates":[[[101,25],[102,25],[102,26],[101,25]]]},"properties":null},'
        '{"geometry":null,"properties":{}}]}'
    )
    layer = read_layer(raw.encode(), "hazard")
    assert (layer.places[0].name, layer.places[0].lat) == ("a", 25.1)
    assert (len(layer.places), layer.uncounted) == (2, 1)


@pytest.mark.parametrize("raw", [b"", b"name,where\n1,2\n", b'{"features": 5', b"\xff\xfe\xff"])
def test_what_is_no_layer_is_refused(raw: bytes) -> None:
    with pytest.raises(BadLayer):
        read_layer(raw, "school")


def test_what_lies_inside_is_counted_by_kind_with_its_departments() -> None:
    layer = read_layer(CSV.encode(), "school")
    impact = index(layer)
    inside = impact.inside(SQUARE)
    assert inside.assets == ("cam-in", "cam-near", "router")
    assert impact.counts([impact.hits(SQUARE), impact.hits(SQUARE)]) == (
        {"camera": 2, "router": 1},
        {"school": 1},
        ("dsj", "gaj"),
    )
    assert impact.uncounted == {"school": 2}


def test_cameras_near_a_point_are_named_though_they_stand_outside() -> None:
    impact = index()
    assert impact.inside(drawn(None, 25.1, 101.5, 10.0)).cameras == ("cam-in", "cam-near")
    assert impact.inside(drawn(None, 25.1, 101.5, 0.0)).assets == ("cam-in",)


def test_the_nearest_of_each_kind_come_by_distance() -> None:
    nearest = index(read_layer(CSV.encode(), "school")).nearest(25.4, 101.5)
    assert [(place.name, round(metres / 1000)) for place, metres in nearest["school"]] == [("二中", 11), ("一中", 33)]


def test_an_empty_index_answers() -> None:
    empty = ImpactIndex([])
    assert empty.inside(SQUARE).assets == ()
    assert empty.nearest(25.0, 101.0) == {}
