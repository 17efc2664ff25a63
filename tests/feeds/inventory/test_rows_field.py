"""Inventories as people type them: full-width signs, odd blanks, and layers of an unknown coordinate system."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.inventory.csv_file import read_csv
from feeds.inventory.rows import build

HEAD = "id,name,kind,region,lat,lon,parents,redundancy_group,owner,importance,labels,probes\n"


def built(tmp_path: Path, *lines: str):  # type: ignore[no-untyped-def]
    path = tmp_path / "assets.csv"
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    rows, _ = read_csv(path)
    return build(rows, schemes=("icmp", "tcp"))


def test_full_width_signs_separate_like_plain_ones(tmp_path: Path) -> None:
    inventory = built(
        tmp_path,
        "a,甲,router,532300,25,101.5,,,x,3,,",
        "b,乙,router,532300,25,101.5,,,x,3,,",
        "c,丙；丁,switch,532300,25,101.5,a；b,,x,３,ip＝10.0.0.3；layer=core,icmp：//10.0.0.3；tcp://10.0.0.3:22",
    )
    asset = inventory.assets["c"]
    assert asset.name == "丙；丁"
    assert (asset.parents, asset.importance) == (("a", "b"), 3)
    assert asset.labels == {"ip": "10.0.0.3", "layer": "core"}
    assert asset.probes == ("icmp://10.0.0.3", "tcp://10.0.0.3:22")
    assert inventory.findings == ()


def test_parents_and_groups_of_full_width_ids_are_found(tmp_path: Path) -> None:
    inventory = built(
        tmp_path,
        "Ｃ１,甲,router,532300,25,101.5,,ｇ１,x,3,,",
        "C2,乙,router,532300,25,101.5,,g1,x,3,,",
        "s,丙,switch,532300,25,101.5,Ｃ１；C2,,x,3,,",
    )
    assert inventory.assets["s"].parents == ("C1", "C2")
    assert inventory.assets["C1"].redundancy_group == inventory.assets["C2"].redundancy_group == "g1"
    assert inventory.findings == ()


@pytest.mark.parametrize("labels", ['"layer=core,ip=10.0.0.6"', "layer=core ip=10.0.0.6", "layer=core | ip=10.0.0.6"])
def test_labels_that_nothing_divides_are_told_and_kept_as_written(tmp_path: Path, labels: str) -> None:
    inventory = built(tmp_path, f"c,丙,switch,532300,25,101.5,,,x,3,{labels},")
    (remark,) = inventory.findings
    assert (remark.code, remark.error) == ("label_comma", False)
    assert list(inventory.assets["c"].labels) == ["layer"]


@pytest.mark.parametrize("labels", ["room=A 2", '"note=a,b"', "url=http://h/?a=1&b=2", "room=A，B栋"])
def test_a_value_with_commas_and_blanks_alone_is_one_label(tmp_path: Path, labels: str) -> None:
    inventory = built(tmp_path, f"c,丙,switch,532300,25,101.5,,,x,3,{labels},")
    assert inventory.findings == ()
    assert len(inventory.assets["c"].labels) == 1


def test_invisible_characters_and_odd_blanks_belong_to_no_value(tmp_path: Path) -> None:
    line = "\u00a0sw1\u00a0,县交换机\u200b,switch,532300,25.05,101.55,,,信息中心,3,ip=10.0.0.1；site=a,"
    asset = built(tmp_path, line + "icmp://10.0.0.1\u3000tcp://10.0.0.1:22").assets["sw1"]
    assert (asset.name, asset.labels["site"]) == ("县交换机", "a")
    assert asset.probes == ("icmp://10.0.0.1", "tcp://10.0.0.1:22")


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_a_layer_of_an_unknown_coordinate_system_gives_no_positions_and_a_finding(tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    from shapely.geometry import Point

    from watchfloor.settings.inventory import _read

    frame = geopandas.GeoDataFrame(
        {"id": ["sw1"], "name": ["县"], "kind": ["switch"], "region": ["532300"]}, geometry=[Point(101.55, 25.05)]
    )
    for crs, codes in ((None, ["crs_unknown"]), (4490, [])):
        path = tmp_path / f"{crs}.gpkg"
        (frame if crs is None else frame.set_crs(crs)).to_file(path, driver="GPKG")
        rows, findings = _read(path, path.name)
        assert [finding.code for finding in findings] == codes
        assert ("lat" in rows[0].values) is (crs is not None)
