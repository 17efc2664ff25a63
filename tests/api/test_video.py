"""`GET /api/v1/video/figures`: counted over what the asker sees."""

from __future__ import annotations

from tests.api.conftest import World, problem


async def test_figures_without_cameras_have_no_value_and_no_coverage(world: World) -> None:
    async with world.signed_in("duty") as client:
        body = (await client.get("/api/v1/video/figures?by=unit")).json()
        assert (body["by"], body["groups"]) == ("unit", [])
        assert body["all"]["online"] == {"good": 0, "of": 0, "total": 0, "unknown": 0, "value": None, "coverage": None}
        problem(await client.get("/api/v1/video/figures?by=colour"), 422, "invalid")
