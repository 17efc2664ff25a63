"""Region codes resolve to names, outlines and counties."""

from __future__ import annotations

import pytest

from maps.projection import circle
from maps.regions import NOTES, table

CHUXIONG = ("532301", "532302", "532322", "532323", "532324", "532325", "532326", "532327", "532328", "532329")


def test_names_exist_in_both_languages_and_fall_back_to_chinese() -> None:
    regions = table()
    assert regions.name("532301") == "楚雄市"
    assert regions.name("532301000000", "en") == "Chuxiong City"
    assert regions.name("532301101", "en") == "鹿城镇"
    assert regions.name("710000") == "台湾省"
    assert regions.name("999999") == regions.name("") == ""


def test_the_hierarchy_follows_the_code() -> None:
    regions = table()
    assert regions.parent("532301") == "532300"
    assert regions.children("532300") == CHUXIONG
    assert "532301101" in regions.children("532301")
    assert len(regions.children("")) == 34


def test_a_county_code_of_6_or_12_digits_is_shown_exactly() -> None:
    for code in ("532324", "532324000000"):
        resolved = table().resolve_geocodes([code])
        assert (resolved.regions, resolved.note) == (("532324",), "exact")
        assert resolved.geometry == table().geometry("532324")


@pytest.mark.parametrize("code", ["532301101", "532301101000", "532301101001"])
def test_a_township_or_village_is_shown_by_its_county_with_a_note(code: str) -> None:
    resolved = table().resolve_geocodes([code])
    assert (resolved.regions, resolved.note) == (("532301",), "parent")
    assert list(resolved.shown_by.values()) == ["532301"]
    assert NOTES[resolved.note]["zh-CN"] == "按上级区划显示"


def test_a_prefecture_means_all_its_counties() -> None:
    assert table().resolve_geocodes(["532300000000"]).regions == CHUXIONG


def test_several_codes_give_the_union() -> None:
    resolved = table().resolve_geocodes(["532301", "532302", "532301"])
    assert resolved.regions == ("532301", "532302")
    assert table().regions_of(resolved.geometry) == ("532301", "532302")


def test_a_code_without_any_outline_keeps_its_region_but_has_no_area() -> None:
    resolved = table().resolve_geocodes(["130502000000"])
    assert (resolved.geometry, resolved.regions, resolved.note) == (None, ("130502",), "none")


def test_codes_of_other_systems_are_left_out() -> None:
    assert table().resolve_geocodes(["SRB001", "006109", ""]) == (None, (), "", {})


def test_an_area_touches_the_counties_it_shares_ground_with_and_no_neighbour() -> None:
    regions = table()
    for code in CHUXIONG:
        assert regions.regions_of(regions.geometry(code)) == (code,)
    assert regions.regions_of(circle(25.04, 101.54, 5000)) == ("532301",)
    assert regions.regions_of({"type": "Point", "coordinates": [101.54, 25.04]}) == ("532301",)
    assert regions.regions_of({"type": "Point", "coordinates": [0, 0]}) == regions.regions_of(None) == ()


def test_an_invalid_geometry_raises_a_value_error_and_a_bow_tie_is_repaired() -> None:
    with pytest.raises(ValueError, match="GeoJSON"):
        table().regions_of({"type": "Polygon"})
    bow = [[101.5, 25.0], [101.6, 25.1], [101.6, 25.0], [101.5, 25.1], [101.5, 25.0]]
    assert "532301" in table().regions_of({"type": "Polygon", "coordinates": [bow]})
