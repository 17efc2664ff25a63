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
