"""History and availability over HTTP: shapes, steps, gaps, and nothing of another county."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest_asyncio

from feeds.bus import Bus
from feeds.history.rollup import DAY, HOUR
from feeds.wire import iso
from tests.api.conftest import A, B, World, problem
from tests.api.test_regions import leaked
from tests.feeds.history.rig import BASE, Rig, seen, store_at
from tests.windows import window_document

UP = "/api/v1/assets/a-sw"


@pytest_asyncio.fixture
async def rig(bus: Bus, journal_url: str, world: World) -> AsyncIterator[Rig]:
    """A day of a-sw's temperature every 10 s but for an hour, and something of b-sw; now is BASE + 1 d."""
    rig = Rig(bus, store_at(journal_url))
    await rig.open()
    for hour in range(24):
        begin = BASE + hour * HOUR
        of_b = [seen(begin, 5.0, asset="b-sw", metric="b-secret", unit="b-owner")]
        of_a = [
            (at + 59, [seen(at + second, 20.0, asset="a-sw") for second in range(0, 60, 10)])
            for at in (begin + minute * 60 for minute in range(60))
        ]
        await rig.send_all([(begin + 59, of_b), *(of_a if hour != 10 else ())])
        await rig.work(begin + HOUR)
    world.history, world.at = rig.history, BASE + DAY
    yield rig
    await rig.store.close()


async def ask(client: httpx2.AsyncClient, path: str, start: float, end: float, **more: Any) -> Any:
    params = {"from": iso(start), "to": iso(end)} | more
    answer = await client.get(path, params={key: value for key, value in params.items() if value})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_points_as_they_came_with_their_gap(rig: Rig, world: World) -> None:
    async with world.signed_in("duty") as client:
        body = await ask(client, f"{UP}/history", BASE + 9.9 * HOUR, BASE + 11.1 * HOUR, metric="snmp.temp")
    (series,) = body["series"]
    assert (body["step"], series["metric"], series["unit"]) == ("raw", "snmp.temp", "°C")
    assert (len(series["at"]), series["at"][0]) == (36 + 1 + 36, iso(BASE + 9.9 * HOUR))
    assert (series["at"][36], series["value"][36]) == (iso(BASE + 10 * HOUR - 10 + 30), None)
    assert series["at"][37] == iso(BASE + 11 * HOUR)
    assert set(series["value"]) == {20.0, None}


async def test_the_step_follows_the_interval(rig: Rig, world: World) -> None:
    async with world.signed_in("duty") as client:
        for length, step in ((HOUR, "raw"), (DAY, "1m"), (3 * DAY, "5m"), (7 * DAY, "5m"), (90 * DAY, "1h")):
            body = await ask(client, f"{UP}/history", BASE + DAY - length, BASE + DAY, metric="snmp.temp")
            (series,) = body["series"]
            assert body["step"] == step
            assert 0 < len(series["at"]) <= 2200
    assert series["count"][:3] == [360, 360, 360]
    assert series["value"].count(None) == 1
    assert series["at"][series["value"].index(None)] == iso(BASE + 10 * HOUR)


async def test_a_step_may_be_asked_for(rig: Rig, world: World) -> None:
    async with world.signed_in("duty") as client:
        for step, count in (("raw", 360), ("30s", 120), ("5m", 12), ("15m", 4), ("1h", 1)):
            body = await ask(client, f"{UP}/history", BASE, BASE + HOUR, metric="snmp.temp", step=step)
            assert (body["step"], len(body["series"][0]["at"])) == (step, count)
        for step in ("7m", "90m", "0s", "x", "1.5h"):
            answer = await client.get(f"{UP}/history", params={"metric": "snmp.temp", "step": step})
            assert problem(answer, 422, "invalid")["errors"][0]["code"] == "step"
        for step in ("raw", "10s"):
            answer = await client.get(f"{UP}/history", params={"metric": "snmp.temp", "step": step})
            assert problem(answer, 422, "invalid")["errors"][0]["code"] == "step_fine"


async def test_what_cannot_be_answered_is_a_problem(rig: Rig, world: World) -> None:
    async with world.signed_in("duty") as client:
        problem(await client.get(f"{UP}/history"), 422, "invalid")
        problem(await client.get(f"{UP}/history?metric=none"), 404, "not-found")
        problem(await client.get("/api/v1/assets/none/history?metric=snmp.temp"), 404, "not-found")
        for wrong in ("2026-11-22", "2026-11-22T00:00:00", iso(world.at), "0001-01-01T00:00:00Z"):
            problem(await client.get(f"{UP}/history?metric=snmp.temp&from={wrong}"), 422, "invalid")
        world.history = None
        world.apps.clear()
    async with world.signed_in("duty") as client:
        problem(await client.get(f"{UP}/history?metric=snmp.temp"), 503, "not-ready")


async def test_an_assets_metrics_are_listed(rig: Rig, world: World) -> None:
    async with world.signed_in("duty") as client:
        body = (await client.get(f"{UP}/metrics")).json()
    assert body["items"] == [{"metric": "snmp.temp", "unit": "°C", "fresh_for": 30.0}]


async def test_nobody_of_another_county_sees_any_of_it(rig: Rig, world: World) -> None:
    async with world.signed_in("duty", A) as stranger, world.signed_in("duty", B) as client:
        for resource in ("metrics", "history?metric=b-secret", "availability"):
            answer = await stranger.get(f"/api/v1/assets/b-sw/{resource}")
            assert leaked(answer) == []
            problem(answer, 404, "not-found")
            assert (await client.get(f"/api/v1/assets/b-sw/{resource}")).status_code == 200
    async with world.client() as client:
        problem(await client.get(f"{UP}/history?metric=snmp.temp"), 401, "not-signed-in")


async def word(world: World, health: str, at: float) -> None:
    async with world.journal.begin() as tx:
        await tx.append(kind="health", name=health, subject="a-sw", at=at)


async def test_unknown_is_not_up(rig: Rig, world: World) -> None:
    for health, at in (("ok", 2), ("down", 4), ("ok", 5), ("unknown", 6), ("degraded", 7), ("down", 30)):
        await word(world, health, BASE + at * HOUR)
    await rig.store.note_watched(BASE + HOUR, BASE + 8 * HOUR)
    async with world.signed_in("duty") as client:
        body = await ask(client, f"{UP}/availability", BASE, BASE + 10 * HOUR)
        (last,) = (await ask(client, f"{UP}/availability", BASE + 4.2 * HOUR, BASE + 4.4 * HOUR))["spans"]
    assert body["seconds"] == {"ok": 3 * HOUR, "degraded": HOUR, "down": HOUR, "unknown": 5 * HOUR}
    assert (body["up"], body["known"], body["more"]) == (0.4, 0.5, False)
    assert [span["health"] for span in body["spans"]] == [
        "unknown",
        "ok",
        "down",
        "ok",
        "unknown",
        "degraded",
        "unknown",
    ]
    assert last["health"] == "down"


async def test_maintenance_counts_apart(rig: Rig, world: World) -> None:
    for health, at in (("ok", 0), ("down", 4)):
        await word(world, health, BASE + at * HOUR)
    await rig.store.note_watched(BASE, BASE + 10 * HOUR)
    ours, other = {"assets": [], "region": A, "kinds": []}, {"assets": ["b-sw"], "region": "", "kinds": []}
    for id, match in (("w", ours), ("b", other)):
        async with world.journal.begin() as tx:
            for name, at in (("began", 3), ("ended", 6)):
                seq = await tx.append(kind="maintenance", name=name, subject=id, at=BASE + at * HOUR)
                await tx.put("maintenance", id, window_document(id, match), seq=seq)
    async with world.signed_in("duty") as client:
        body = await ask(client, f"{UP}/availability", BASE, BASE + 10 * HOUR)
        within = await ask(client, f"{UP}/availability", BASE + 4 * HOUR, BASE + 5 * HOUR)
    assert body["seconds"] == {"ok": 3 * HOUR, "degraded": 0, "down": 4 * HOUR, "unknown": 0}
    assert body["maintenance"] == [{"from": iso(BASE + 3 * HOUR), "to": iso(BASE + 6 * HOUR)}]
    assert (body["maintenance_seconds"], body["up"], body["known"]) == (3 * HOUR, round(3 / 7, 6), 1.0)
    assert (within["up"], within["known"], within["spans"][0]["health"]) == (None, None, "down")


async def test_availability_reads_as_many_transitions_as_there_are(rig: Rig, world: World) -> None:
    await rig.store.note_watched(BASE, BASE + DAY)
    async with world.journal.begin() as tx:
        for n in range(1400):
            await tx.append(kind="health", name=("ok", "down")[n % 2], subject="a-sw", at=BASE + n * 10)
    async with world.signed_in("duty") as client:
        body = await ask(client, f"{UP}/availability", BASE, BASE + 14_000)
    assert body["seconds"] == {"ok": 7000, "degraded": 0, "down": 7000, "unknown": 0}
    assert (len(body["spans"]), body["more"]) == (1000, True)
