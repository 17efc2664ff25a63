"""What each route answers, refuses and writes down."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from api.dependencies import Reloaded
from feeds.bus import BusFull, DeadLetter
from feeds.model import Observation
from feeds.roles import WATCHED
from tests.api.conftest import NOW, A, B, World, problem

ACK = "/api/v1/alerts/a-alert/ack"


async def test_assets_are_listed_with_their_state_by_filter(world: World) -> None:
    async with world.signed_in("duty") as client:

        async def ids(query: str) -> list[str]:
            return [item["id"] for item in (await client.get(f"/api/v1/assets?{query}")).json()["items"]]

        assert await ids("") == ["a-srv", "a-sw", "b-sw", "b-sw2"]
        assert await ids("kind=switch") == ["a-sw", "b-sw"]
        assert await ids("kind=switch,server&health=down") == ["a-sw", "b-sw"]
        assert await ids(f"region={A}") == ["a-srv", "a-sw"]
        assert await ids("region=532300") == ["a-srv", "a-sw", "b-sw", "b-sw2"]
        assert await ids("q=lufeng") == ["b-sw2"]
        asset = (await client.get("/api/v1/assets/a-sw")).json()
        assert (asset["health"], asset["readings"], asset["probes"]) == ("down", {}, ["heartbeat:?every=5m"])
        problem(await client.get("/api/v1/assets/none"), 404, "not-found")
        document = problem(await client.get("/api/v1/assets?health=sick"), 422, "invalid")
        assert document["errors"][0]["field"] == "query.health"


async def test_lists_page_by_cursor(world: World) -> None:
    async with world.signed_in("duty") as client:
        seen: list[str] = []
        cursor = ""
        for _ in range(4):
            page = (await client.get("/api/v1/assets", params={"limit": 1, "cursor": cursor})).json()
            assert (page["rev"], page["total"]) == ("e1.1-0", 4)
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
        assert seen == ["a-srv", "a-sw", "b-sw", "b-sw2"]
        assert cursor is None
        for bad in ("nonsense", "WzEsMl0", "%00", "é"):
            problem(await client.get("/api/v1/assets", params={"cursor": bad}), 422, "invalid")


async def test_hidden_things_are_counted(world: World) -> None:
    async with world.signed_in("duty", A) as client:
        assert (await client.get("/api/v1/assets")).json()["hidden"] == 2
        assert (await client.get("/api/v1/alerts")).json()["hidden"] == 1
        assert (await client.get("/api/v1/snapshot")).json()["hidden"]["warning"] == 1


async def test_warnings_by_state_and_with_commas_in_their_ids(world: World) -> None:
    async with world.signed_in("duty") as client:
        body = (await client.get("/api/v1/warnings?state=active&status=Actual")).json()["items"]
        assert len(body) == 2
        assert (await client.get("/api/v1/warnings?state=expired")).json()["items"] == []
        for warning in body:
            assert (await client.get(f"/api/v1/warnings/{warning['id']}")).json()["id"] == warning["id"]


async def test_sources_count_dead_letters_and_staff_read_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def letters(limit: int = 100) -> list[DeadLetter]:
        return [DeadLetter("ev", "1-0", "a-source", "Undecodable", b"\xff\x00", id="9-0")]

    async def counts() -> dict[str, int]:
        return {"a-source": 2}

    monkeypatch.setattr(world.bus, "dead_letters", letters)
    monkeypatch.setattr(world.bus, "dead_counts", counts)
    async with world.signed_in("operator") as client:
        assert (await client.get("/api/v1/sources")).json()["items"][0]["dead_letters"] == 2
        page = (await client.get("/api/v1/sources/dead-letters")).json()
        assert (page["items"][0]["raw"], page["counts"]) == ("/wA=", {"a-source": 2})
    assert "dead-letters-read" in await world.names()
    async with world.signed_in("operator", A) as client:
        problem(await client.get("/api/v1/sources/dead-letters"), 403, "outside-region")
    async with world.signed_in("duty") as client:
        problem(await client.get("/api/v1/sources/dead-letters"), 403, "forbidden")


async def test_a_lost_bus_is_said_with_retry_after(world: World) -> None:
    async with world.signed_in("operator") as client:
        answer = await client.get("/api/v1/sources/dead-letters")
    problem(answer, 503, "busy")
    assert answer.headers["retry-after"] == "2"


async def test_map_layers_are_cached_by_etag_and_compressed(world: World) -> None:
    world.layers["counties"] = b'{"type":"FeatureCollection","features":[]}' + b" " * 2000
    async with world.signed_in("viewer") as client:
        answer = await client.get("/api/v1/map/counties.geojson", headers={"Accept-Encoding": "gzip"})
        assert answer.content == world.layers["counties"]
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) == len(gzip.compress(world.layers["counties"], 6))
        again = await client.get("/api/v1/map/counties.geojson", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        problem(await client.get("/api/v1/map/none.geojson"), 404, "not-found")


class Published:
    """Stands in for the bus's publish."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.full = False

    async def __call__(self, feed: str, kind: str, items: list[Any], *, source: str) -> None:
        if self.full:
            raise BusFull("full")
        self.items += [(feed, kind, *items)]


async def test_a_heartbeat_is_journaled_then_published_then_accepted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = Published()
    monkeypatch.setattr(world.bus, "publish", published)
    headers = {"Authorization": f"Bearer {await world.token('ingest', A)}"}
    async with world.client(**headers) as client:
        answer = await client.post("/api/v1/ingest/heartbeat/a-sw")
        assert answer.status_code == 202
        assert await world.names("ingest") == ["heartbeat"]
        feed, kind, seen = published.items[0]
        assert (feed, kind) == ("network", "observation")
        assert isinstance(seen, Observation)
        assert (seen.asset, seen.key, seen.value, seen.fresh_for) == ("a-sw", "heartbeat.up", True, 300.0)
        none = problem(await client.post("/api/v1/ingest/heartbeat/a-source"), 404, "not-found")
        assert "heartbeat:?every=" in none["detail"]
        problem(await client.post("/api/v1/ingest/heartbeat/a-srv"), 404, "not-found")
        problem(await client.post("/api/v1/ingest/heartbeat/b-sw"), 403, "outside-region")
        published.full = True
        full = await client.post("/api/v1/ingest/heartbeat/a-sw")
        problem(full, 503, "busy")
        assert int(full.headers["retry-after"]) > 0
    async with world.signed_in("admin") as client:
        published.full = False
        assert (await client.post("/api/v1/ingest/heartbeat/b-sw")).status_code == 202
    async with world.signed_in("duty") as client:
        problem(await client.post("/api/v1/ingest/heartbeat/a-sw"), 403, "forbidden")


async def test_audit_is_for_auditors_by_region_and_reading_it_is_noted(world: World) -> None:
    async with world.signed_in("duty", A), world.signed_in("duty", B):
        pass
    async with world.signed_in("auditor") as client:
        page = (await client.get("/api/v1/audit?limit=2")).json()
        assert [item["name"] for item in page["items"]] == ["sign-in", "account-set"]
        more = (await client.get(f"/api/v1/audit?limit=100&cursor={page['next']}")).json()
        assert more["next"] is None
        assert "audit-read" in await world.names()
    async with world.signed_in("auditor", A) as client:
        answer = await client.get("/api/v1/audit?kind=*")
        assert answer.json()["hidden"] > 0
        assert B not in answer.text
    async with world.signed_in("operator") as client:
        problem(await client.get("/api/v1/audit"), 403, "forbidden")


async def test_reload_applies_or_says_what_is_wrong(world: World) -> None:
    async with world.signed_in("admin") as client:
        web = {"role": "web", "host": "a", "pid": 1, "state": "applied", "trouble": ""}
        row = {"code": "region", "file": "assets.csv", "line": 7, "key": "region", "message": {"en": "no region code"}}
        world.reloaded = Reloaded(processes=[web], findings=[row])
        assert (await client.post("/api/v1/reload")).json() == {
            "applied": True,
            "left_out": [row],
            "left_out_total": 1,
            "processes": [web],
            "missing": [],
            "restart": [],
            "held": None,
        }
        held = {"accept": "ab12", "applied_at": "2027-01-15T08:00:00.000Z", "lists": []}
        world.reloaded = Reloaded(held=held)
        waiting = (await client.post("/api/v1/reload")).json()
        assert (waiting["applied"], waiting["held"]) == (False, held)
        assert world.accepted == ""
        await client.post("/api/v1/reload?accept=ab12")
        assert world.accepted == "ab12"
        noted = await world.journal.entries(kind="audit", limit=1, newest_first=True)
        assert (noted[0].body["held"], noted[0].body["accept"]) == (held, "ab12")
        for partly in (
            Reloaded(processes=[web], missing=["collect"]),
            Reloaded(processes=[web, web | {"role": "alert", "state": "refused", "trouble": "…"}]),
            Reloaded(processes=[web | {"state": "reading"}]),
        ):
            world.reloaded = partly
            assert (await client.post("/api/v1/reload")).json()["applied"] is False
        world.reloaded = Reloaded(findings=[row] * 501)
        many = (await client.post("/api/v1/reload")).json()
        assert (len(many["left_out"]), many["left_out_total"]) == (500, 501)
        world.reloaded = Reloaded(faults=["watchfloor.toml:7: region is missing"], findings=[row])
        document = problem(await client.post("/api/v1/reload"), 422, "refused-settings")
        assert (document["faults"], document["details"]) == (["watchfloor.toml:7: region is missing"], [row])
        noted = await world.journal.entries(kind="audit", limit=1, newest_first=True)
        assert noted[0].body["left_out"] == 1
    async with world.signed_in("admin", A) as client:
        problem(await client.post("/api/v1/reload"), 403, "outside-region")
    async with world.signed_in("operator") as client:
        problem(await client.post("/api/v1/reload"), 403, "forbidden")


async def test_figures_are_counted_not_invented(world: World) -> None:
    async with world.signed_in("leader", A) as client:
        kpi = (await client.get("/api/v1/kpi")).json()
    assert kpi["alerts"]["open"] == kpi["alerts"]["active"] == kpi["alerts"]["unacknowledged"] == 1
    assert kpi["health_by_region"] == {A: {"ok": 1, "degraded": 0, "down": 1, "unknown": 0}}
    assert kpi["hidden"]["asset"] == 2


async def test_alive_is_not_ready(world: World) -> None:
    world.pump._beats.update(dict.fromkeys(WATCHED, NOW))
    async with world.client() as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).json()["status"] == "ready"
        world.at += 6
        document = problem(await client.get("/readyz"), 503, "not-ready")
        assert document["checks"] == {
            "roles": dict.fromkeys(WATCHED, False),
            "live": False,
            "canary": False,
            "journal": True,
        }
        world.at += 6
        await world.journal.close()
        assert problem(await client.get("/readyz"), 503, "not-ready")["checks"]["journal"] is False
        assert (await client.get("/healthz")).status_code == 200
    await world.journal.open()


async def test_metrics_count_without_naming(world: World) -> None:
    world.pump._beats["collect"] = NOW - 3
    async with world.signed_in("duty", A) as client:
        await client.get("/api/v1/assets/a-sw")
        text = (await client.get("/metrics")).text
    assert 'watchfloor_assets{health="down"} 2.0' in text
    assert 'watchfloor_alerts_active{severity="critical"} 2.0' in text
    assert "watchfloor_alerts_unacknowledged 1.0" in text
    assert 'watchfloor_role_age_seconds{role="collect"} 3.0' in text
    assert 'route="/api/v1/assets/{asset_id}",status="200"' in text
    assert "a-sw" not in text


async def test_metrics_tell_what_waits_for_each_receiver_to_those_of_the_whole_site(world: World) -> None:
    async with world.journal.begin() as tx:
        for number in range(3):
            await tx.enqueue(
                f"k{number}", receiver="desk", subject="a", created=NOW - 60 * number, due=NOW, body={"reason": "first"}
            )
    async with world.signed_in("duty", A) as client:
        assert "desk" not in (await client.get("/metrics")).text
    async with world.signed_in("duty") as client:
        text = (await client.get("/metrics")).text
    assert 'watchfloor_receiver_waiting{receiver="desk"} 3.0' in text
    assert 'watchfloor_receiver_oldest_seconds{receiver="desk"} 120.0' in text


async def test_the_interface_describes_itself(world: World) -> None:
    async with world.signed_in("duty") as client:
        paths = (await client.get("/api/openapi.json")).json()["paths"]
    assert {"/api/v1/alerts/{alert_id}/ack", "/api/v1/snapshot", "/readyz", "/api/v1/alerts:bulk"} <= set(paths)
