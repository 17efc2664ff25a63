"""Pictures of cameras: nobody sees one that he may not, and every look is in the audit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.picture_addresses import KEY_BYTES, PictureAddresses
from api.snapshots import snapshot_access
from feeds.model import Asset, Change, Kind
from feeds.snapshots.records import FaultEvidence
from feeds.snapshots.store import SnapshotStore
from tests.api.conftest import NOW, A, B, World, problem

PICTURES = "/api/v1/video/pictures"
GOOD, BAD = b"\xff\xd8 good", b"\xff\xd8 black"


@pytest.fixture
def filmed(world: World, tmp_path: Path) -> World:
    """Four cameras in county A, one in B; all but `none` have a good picture, `cam` a fault after it."""
    world.snapshots = snapshot_access(tmp_path)
    labels = {"cam": {}, "hall": {"sensitive": "yes"}, "square": {"wall": "yes"}, "none": {}, "b-cam": {}}
    assets = [
        Asset(id=id, name=id, kind="camera", region=B if id == "b-cam" else A, labels=labels[id]) for id in labels
    ]
    world.pump.mirror.apply(Change(kind=Kind.ASSET, id=asset.id, after=asset, at=NOW) for asset in assets)
    store = SnapshotStore(tmp_path)
    for id in labels.keys() - {"none"}:
        store.put(id, GOOD, NOW - 60, source="stream", good=True)
    store.put("cam", BAD, NOW - 10, source="stream", faults=("black",), good=False)
    index = store.of("cam")
    store.keep(
        "cam", FaultEvidence(at=NOW - 10, rung="picture", faults=("black",), before=index.good, after=index.latest)
    )
    return world


async def look(client: httpx2.AsyncClient, *cameras: str, which: str = "latest", reason: str = "") -> list[Any]:
    looks = [{"camera": camera, "which": which} for camera in cameras]
    answer = await client.post(PICTURES, json={"looks": looks, "reason": reason})
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def test_a_duty_officer_sees_the_newest_the_last_good_and_the_evidence(filmed: World) -> None:
    async with filmed.signed_in("duty", A) as client:
        about = (await client.get("/api/v1/video/cameras/cam/snapshots")).json()
        assert (about["may_look"], about["latest"]["faults"], about["good"]["faults"]) == (True, ["black"], [])
        assert about["evidence"][0]["before"]["sha256"] == about["good"]["sha256"]
        shown = []
        for which in ("latest", "good", "before", "after"):
            (item,) = await look(client, "cam", which=which)
            answer = await client.get(item["url"])
            assert answer.headers["content-type"] == "image/jpeg"
            assert "no-store" in answer.headers["cache-control"]
            shown.append(answer.content)
        assert shown == [BAD, GOOD, GOOD, BAD]


async def test_every_look_is_one_audit_entry_with_all_its_pictures_and_the_reason(filmed: World) -> None:
    async with filmed.signed_in("operator") as client:
        await look(client, "cam", "hall", "none", reason="抢劫警情")
    (entry,) = [entry for entry in await filmed.journal.entries(kind="audit") if entry.name == "picture-look"]
    assert entry.actor == "operator-all"
    assert [camera for camera, _ in entry.body["pictures"]] == ["cam", "hall"]
    assert entry.body["reason"] == "抢劫警情"


async def test_a_look_that_shows_nothing_is_no_audit_entry(filmed: World) -> None:
    async with filmed.signed_in("duty", A) as client:
        items = await look(client, "none", "b-cam", "a-sw", "hall", "no such")
        assert [item["refused"] for item in items] == [
            "no-picture",
            "not-found",
            "not-found",
            "needs-reason",
            "not-found",
        ]
    assert "picture-look" not in await filmed.names()


@pytest.mark.parametrize("role", ["viewer", "leader", "auditor"])
async def test_other_roles_see_that_there_are_pictures_and_none_of_them(filmed: World, role: str) -> None:
    async with filmed.signed_in(role) as client:
        about = (await client.get("/api/v1/video/cameras/square/snapshots")).json()
        assert (about["may_look"], about["why_not"]) == (False, "forbidden")
        problem(await client.post(PICTURES, json={"looks": [{"camera": "square"}]}), 403, "forbidden")


async def test_an_address_is_good_for_its_session_and_a_minute_only(filmed: World) -> None:
    async with filmed.signed_in("duty", A) as client, filmed.signed_in("duty") as other:
        (item,) = await look(client, "cam")
        assert (await client.get(item["url"])).status_code == 200
        problem(await other.get(item["url"]), 403, "forbidden")
        problem(await client.get(item["url"][:-2] + "AA"), 403, "forbidden")
        problem(await client.get(f"{PICTURES}/%F0%9F%99%88"), 403, "forbidden")
        async with filmed.client() as nobody:
            assert (await nobody.get(item["url"])).status_code == 401
        filmed.at += 61
        problem(await client.get(item["url"]), 410, "gone")


async def test_a_wall_sees_pictures_of_released_cameras_only(filmed: World) -> None:
    async with filmed.client(Authorization=f"Bearer {await filmed.token('wall')}") as wall:
        about = (await wall.get("/api/v1/video/cameras/cam/snapshots")).json()
        assert (about["may_look"], about["why_not"]) == (False, "wall")
        cam, square, hall = await look(wall, "cam", "square", "hall", reason="x")
        assert (cam["refused"], square["refused"], hall["refused"]) == ("wall", None, "wall")
        assert (await wall.get(square["url"])).content == GOOD


async def test_a_picture_that_has_gone_is_said_to_have_gone(filmed: World, tmp_path: Path) -> None:
    async with filmed.signed_in("duty", A) as client:
        (item,) = await look(client, "square")
        SnapshotStore(tmp_path).put("square", GOOD, NOW, source="stream", good=True)
        problem(await client.get(item["url"]), 410, "gone")


async def test_more_cameras_than_a_page_has_are_refused(filmed: World) -> None:
    async with filmed.signed_in("duty", A) as client:
        problem(await client.post(PICTURES, json={"looks": [{"camera": "cam"}] * 61}), 422, "invalid")
        problem(await client.get("/api/v1/video/cameras/b-cam/snapshots"), 404, "not-found")


def test_a_key_that_was_cut_is_never_used(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"")
    address = PictureAddresses(key).make("user a", "cam", "0" * 32, NOW)
    assert len(key.read_bytes()) == KEY_BYTES
    assert PictureAddresses(key).read("user a", address, NOW) == ("cam", "0" * 32)
