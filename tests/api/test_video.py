"""`GET /api/v1/video/figures`: counted over what the asker sees."""

from __future__ import annotations

from feeds.model import Asset, Change, Command, Kind, Outcome, Result
from tests.api.conftest import NOW, A, B, World, problem


async def test_figures_without_cameras_have_no_value_and_no_coverage(world: World) -> None:
    async with world.signed_in("duty") as client:
        body = (await client.get("/api/v1/video/figures?by=unit")).json()
        assert (body["by"], body["groups"]) == ("unit", [])
        assert body["all"]["online"] == {"good": 0, "of": 0, "total": 0, "unknown": 0, "value": None, "coverage": None}
        problem(await client.get("/api/v1/video/figures?by=colour"), 422, "invalid")


def film(world: World) -> None:
    """A camera in each county, and collectors that answer requests to check them."""
    cameras = [Asset(id=f"cam-{region}", name="cam", kind="camera", region=region) for region in (A, B)]
    world.pump.mirror.apply(Change(kind=Kind.ASSET, id=camera.id, after=camera, at=NOW) for camera in cameras)
    world.desk.answer = lambda command: Result(
        command=command.id, outcome=Outcome.DONE, after={"at": NOW + 0.5, "probes": 2}
    )


async def test_a_duty_officer_has_a_camera_of_his_region_checked_and_the_audit_says_who(world: World) -> None:
    film(world)
    async with world.signed_in("duty", A) as client:
        answer = await client.post(f"/api/v1/video/cameras/cam-{A}/check")
        assert answer.status_code == 200, answer.text
        assert (answer.json()["probes"], answer.json()["within_s"]) == (2, 20.0)
        problem(await client.post(f"/api/v1/video/cameras/cam-{B}/check"), 404, "not-found")
        problem(await client.post("/api/v1/video/cameras/a-sw/check"), 404, "not-found")
    (command,) = world.desk.seen
    assert (command.action, command.subject) == ("check", f"cam-{A}")
    entries = [entry for entry in await world.journal.entries() if entry.name == "camera-check"]
    assert [(entry.subject, entry.actor) for entry in entries] == [(f"cam-{A}", command.actor)]


async def test_areas_are_those_of_the_cameras_that_the_asker_sees(world: World) -> None:
    film(world)
    cameras = [
        Asset(id=f"seen-{region}", name="cam", kind="camera", region=region, lat=25.0, lon=101.5) for region in (A, B)
    ]
    world.pump.mirror.apply(Change(kind=Kind.ASSET, id=camera.id, after=camera, at=NOW) for camera in cameras)
    async with world.signed_in("viewer", A) as client:
        areas = (await client.get("/api/v1/video/sectors")).json()
    assert [(area["properties"]["id"], area["properties"]["is_known"]) for area in areas["features"]] == [
        (f"seen-{A}", False)
    ]


async def test_nobody_without_the_right_to_act_has_a_camera_checked(world: World) -> None:
    film(world)
    async with world.signed_in("viewer") as client:
        problem(await client.post(f"/api/v1/video/cameras/cam-{A}/check"), 403, "forbidden")
    assert world.desk.seen == []


async def test_a_check_that_no_collector_answers_says_so_and_a_camera_without_probes_is_not_found(world: World) -> None:
    film(world)
    async with world.signed_in("duty") as client:
        world.desk.silent = True
        problem(await client.post(f"/api/v1/video/cameras/cam-{A}/check"), 503, "unanswered")
        world.desk.silent = False
        world.desk.answer = _without_probes
        problem(await client.post(f"/api/v1/video/cameras/cam-{A}/check"), 404, "not-found")


def _without_probes(command: Command) -> Result:
    return Result(command=command.id, outcome=Outcome.NOT_FOUND)


async def test_the_list_of_assets_is_narrowed_by_the_group_of_cameras(world: World) -> None:
    film(world)
    async with world.signed_in("duty") as client:
        items = (await client.get("/api/v1/assets?group=unknown")).json()["items"]
        assert {item["id"] for item in items} == {f"cam-{A}", f"cam-{B}"}
        assert (await client.get("/api/v1/assets?group=frames")).json()["items"] == []
        problem(await client.get("/api/v1/assets?group=colour"), 422, "invalid")
