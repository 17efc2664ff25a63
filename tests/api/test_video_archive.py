"""`/api/v1/video/archive`: the records of cameras as a file, and a file read back."""

from __future__ import annotations

import pytest

from api.dependencies import Reloaded
from feeds.model import Asset, Change, Kind
from feeds.spreadsheets import read_sheets
from tests.api.conftest import NOW, A, B, World, problem
from tests.api.test_video_devices import Files

FILE = f"id,设备厂商,录像保存天数,经度\ncam-{A},大华,90,999\nnobody,x,1,2\n".encode()


@pytest.fixture
def cameras(world: World) -> World:
    labels = {"contact": "张三", "phone": "0878-1234567", "maker": "海康"}
    assets = [Asset(id=f"cam-{r}", name="正门", kind="camera", region=r, labels=labels) for r in (A, B)]
    world.pump.mirror.apply(Change(kind=Kind.ASSET, id=each.id, after=each, at=NOW) for each in assets)
    world.files = Files(Reloaded(processes=[{"state": "applied"}]))
    return world


async def test_everybody_exports_what_he_sees_and_contacts_are_for_those_who_act(cameras: World) -> None:
    async with cameras.signed_in("viewer", A) as client:
        sheet = read_sheets((await client.get("/api/v1/video/archive?format=csv")).content)[0]
        record = (await client.get(f"/api/v1/video/cameras/cam-{A}/archive")).json()
        shown = (await client.get(f"/api/v1/assets/cam-{A}")).json()["labels"]
        problem(await client.get(f"/api/v1/video/cameras/cam-{B}/archive"), 404, "not-found")
    assert [row.cells[0] for row in sheet.rows[1:]] == [f"cam-{A}"]
    assert not any("张三" in cell or "1234567" in cell for row in sheet.rows for cell in row.cells)
    assert (shown["contact"], shown["phone"], shown["maker"]) == ("", "", "海康")
    hidden = {field["name"]: (field["hidden"], field["value"]) for field in record["fields"]}
    assert hidden["contact"] == hidden["phone"] == (True, "")
    async with cameras.signed_in("operator") as client:
        answer = await client.get("/api/v1/video/archive")
    assert answer.headers["cache-control"] == "no-store"
    assert any("张三" in row.cells for row in read_sheets(answer.content)[0].rows)
    entries = [entry for entry in await cameras.journal.entries() if entry.name == "archive-export"]
    assert [entry.body["cameras"] for entry in entries] == [1, 2]


async def test_an_administrator_previews_a_file_and_takes_it_over(cameras: World) -> None:
    async with cameras.signed_in("admin") as client:
        before = (await client.post("/api/v1/video/archive:preview", content=FILE)).json()
        assert (before["cameras"], before["changes_total"], before["refusals_total"]) == (1, 2, 2)
        assert cameras.files is not None
        assert cameras.files.changes == []
        done = await client.post("/api/v1/video/archive:import", content=FILE)
        assert done.status_code == 200, done.text
    assert (done.json()["changed"], done.json()["left"], done.json()["applied"]) == ([f"cam-{A}"], [], True)
    (row,) = cameras.files.changes
    assert row.row == {"labels": "contact=张三;phone=0878-1234567;maker=大华;record_days=90"}
    (entry,) = [entry for entry in await cameras.journal.entries() if entry.name == "archive-import"]
    assert (entry.body["changed"], entry.body["left"], entry.body["by"]["role"]) == ([f"cam-{A}"], 0, "admin")


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04broken", b"a,b\n1,2\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old"])
async def test_what_is_no_table_of_cameras_is_refused(cameras: World, raw: bytes) -> None:
    async with cameras.signed_in("admin") as client:
        problem(await client.post("/api/v1/video/archive:preview", content=raw), 422, "invalid")


async def test_only_an_administrator_of_the_whole_site_takes_a_file_over(cameras: World) -> None:
    async with cameras.signed_in("operator") as client:
        problem(await client.post("/api/v1/video/archive:import", content=FILE), 403, "forbidden")
    async with cameras.signed_in("admin", A) as client:
        problem(await client.post("/api/v1/video/archive:import", content=FILE), 403, "outside-region")
