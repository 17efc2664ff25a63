"""`watchfloor discover gb28181`: what the stored catalogs of devices propose."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from collectors.video.gb28181.catalog import CatalogItem
from watchfloor.cli import main

DEVICE, A, B = "53230100001180000001", *(f"5323010000132000000{number}" for number in (1, 2))


def site(folder: Path, items: list[CatalogItem]) -> Path:
    (folder / "assets.csv").write_text(
        f"id,name,kind,region,parents,probes\nnvr,录像机,nvr,532301,,gb28181://{DEVICE}\n"
        f"a,大门,camera,532301,nvr,gb28181://{A}\n"
    )
    stored = folder / "data" / "gb28181" / "gb" / "catalogs"
    stored.mkdir(parents=True)
    document = {"device": DEVICE, "listed": [item.id for item in items], "items": [asdict(item) for item in items]}
    (stored / f"{DEVICE}.json").write_text(json.dumps(document))
    file = folder / "watchfloor.toml"
    file.write_text('[site]\nname = "x"\nregion = "532300"\ninventory = ["assets.csv"]\n')
    return file


def test_the_command_prints_the_difference_and_says_so_by_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = site(tmp_path, [CatalogItem(id=A, name="正门"), CatalogItem(id=B, name="走廊")])
    assert main(["discover", "gb28181", "-c", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines[1:]] == [f"+ {B}  走廊  532301  gb28181://{B}", "~ a  大门 → 正门"]
    assert main(["discover", "gb28181", "--json", "-c", str(file)]) == 1
    (device,) = json.loads(capsys.readouterr().out)
    assert [(change["kind"], change["id"]) for change in device["changes"]] == [("new", B), ("renamed", A)]
    assert main(["discover", "gb28181", "other", "-c", str(file)]) != 0


def test_an_inventory_that_agrees_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = site(tmp_path, [CatalogItem(id=A, name="大门")])
    assert main(["discover", "gb28181", "-c", str(file)]) == 0
    assert "一致" in capsys.readouterr().out
