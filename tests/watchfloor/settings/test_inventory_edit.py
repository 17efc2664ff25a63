"""Accepted changes in the files of an inventory."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.dependencies import Reloaded
from feeds.inventory.row_changes import RowChange
from watchfloor.settings.inventory_edit import InventoryEditor, planned
from watchfloor.settings.site_settings import load

HEAD = "id,name,kind,region,parents,probes\n"


def site(folder: Path) -> Path:
    (folder / "first.csv").write_text(f"{HEAD}sw,交换机,switch,532301,,\n")
    (folder / "cameras.csv").write_text(f"{HEAD}nvr,录像机,nvr,532301,sw,\na,大门,camera,532301,nvr,\n")
    (folder / "old.csv").write_bytes(f"{HEAD}z,旧,camera,532301,,\n".encode("gb18030"))
    file = folder / "watchfloor.toml"
    names = '"first.csv", "cameras.csv", "old.csv"'
    file.write_text(f'[site]\nname = "x"\nregion = "532300"\ninventory = [{names}]\n')
    return file


def test_a_new_row_goes_to_the_file_of_its_parent_and_everything_can_be_taken_back(tmp_path: Path) -> None:
    settings = load(site(tmp_path))
    before = {path: path.read_bytes() for path in settings.inventory}
    new = {"id": "b", "name": "走廊", "kind": "camera", "region": "532301", "parents": "nvr"}
    edit = planned(
        settings,
        [
            RowChange(id="b", row=new, new=True),
            RowChange(id="c", row=new | {"id": "c", "parents": ""}, new=True),
            RowChange(id="a", row={"name": "正门"}),
            RowChange(id="z", row={"name": "in gb18030"}),
            RowChange(id="sw", row=new | {"id": "sw"}, new=True),
        ],
    )
    assert sorted(edit.changed_ids) == ["a", "b", "c"]
    assert {path: path.read_bytes() for path in settings.inventory} == before, "a plan writes nothing"
    edit.write()
    assert (tmp_path / "cameras.csv").read_text() == (
        f"{HEAD}nvr,录像机,nvr,532301,sw,\na,正门,camera,532301,nvr,\nb,走廊,camera,532301,nvr,\n"
    )
    assert (tmp_path / "first.csv").read_text().endswith("c,走廊,camera,532301,,\n")
    edit.take_back()
    assert {path: path.read_bytes() for path in settings.inventory} == before


@pytest.mark.parametrize(
    ("reloaded", "is_kept"),
    [
        (Reloaded(), True),
        (Reloaded(faults=["row 3"]), False),
        (Reloaded(held={"accept": "d", "applied_at": None, "lists": []}), False),
    ],
    ids=["applied", "faulty", "held"],
)
async def test_what_the_site_does_not_apply_is_taken_back(tmp_path: Path, reloaded: Reloaded, is_kept: bool) -> None:
    settings, calls = load(site(tmp_path)), []

    async def reload(actor: str, language: str, accept: str) -> Reloaded:
        calls.append((actor, accept, "正门" in (tmp_path / "cameras.csv").read_text()))
        return reloaded

    editor = InventoryEditor(lambda: settings, reload)
    changed = await editor.change([RowChange(id="a", row={"name": "正门"})], "管理员", "zh-CN", "d")
    assert calls == [("管理员", "d", True)]
    assert ("正门" in (tmp_path / "cameras.csv").read_text()) is is_kept
    assert changed.changed_ids == (("a",) if is_kept else ())
    assert (await editor.change([RowChange(id="none", row={})], "管理员", "zh-CN")).changed_ids == ()
    assert len(calls) == 1, "nothing to write, nothing to reload"
