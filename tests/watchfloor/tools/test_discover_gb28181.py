"""`watchfloor discover gb28181`: what the stored catalogs of devices propose."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from collectors.video.gb28181.catalog import CatalogItem, ChannelStatus
from feeds.model import Asset
from watchfloor.cli import main
from watchfloor.tools.discover_gb28181 import propose

DEVICE, A, B, C = "53230100001180000001", *(f"5323010000132000000{number}" for number in (1, 2, 3))


def asset(id: str, gb_id: str, *parents: str) -> Asset:
    kind = "camera" if parents else "nvr"
    return Asset(id=id, name=id, kind=kind, region="532301", parents=parents, probes=(f"gb28181://{gb_id}",))


INVENTORY = {each.id: each for each in (asset("nvr", DEVICE), asset("a", A, "nvr"), asset("b", B, "nvr"))}


def test_new_renamed_and_missing_channels_are_proposed_and_nothing_else() -> None:
    items = [
        CatalogItem(id=A, name="大门", status=ChannelStatus.ON),
        CatalogItem(id=C, name="走廊", civil_code="532301", lat=25.1, lon=101.5),
        CatalogItem(id="53230100001340000001", name="门磁"),
    ]
    proposal = propose(DEVICE, items, INVENTORY)
    assert (proposal.renamed, proposal.gone) == ((("a", "a", "大门"),), ("b",))
    (row,) = proposal.new
    assert (row["name"], row["parents"], row["region"], row["probes"]) == ("走廊", "nvr", "532301", f"gb28181://{C}")


def test_an_inventory_that_agrees_is_clean() -> None:
    assert propose(DEVICE, [CatalogItem(id=A), CatalogItem(id=B)], INVENTORY).empty


def site(folder: Path, items: list[CatalogItem]) -> Path:
    (folder / "assets.csv").write_text(
        f"id,name,kind,region,parents,probes\nnvr,录像机,nvr,532301,,gb28181://{DEVICE}\na,大门,camera,532301,nvr,gb28181://{A}\n"
    )
    stored = folder / "data" / "gb28181" / "gb" / "catalogs"
    stored.mkdir(parents=True)
    (stored / f"{DEVICE}.json").write_text(json.dumps({"device": DEVICE, "items": [asdict(item) for item in items]}))
    file = folder / "watchfloor.toml"
    file.write_text('[site]\nname = "x"\nregion = "532300"\ninventory = ["assets.csv"]\n')
    return file


def test_the_command_prints_the_difference_and_says_so_by_its_code(tmp_path: Path, capsys: object) -> None:
    file = site(tmp_path, [CatalogItem(id=A, name="大门"), CatalogItem(id=B, name="走廊")])
    assert main(["discover", "gb28181", "-c", str(file)]) == 1
    out = capsys.readouterr().out  # type: ignore[attr-defined]
    assert f"+ {B}  走廊" in out
    assert main(["discover", "gb28181", "--json", "-c", str(file)]) == 1
    assert json.loads(capsys.readouterr().out)[0]["new"][0]["id"] == B  # type: ignore[attr-defined]
    assert main(["discover", "gb28181", "other", "-c", str(file)]) != 0
