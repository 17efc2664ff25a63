"""A kind of record that nobody knew: one file (hydrant.py), one registration and its texts give it everything else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from alerts.core.core import AlertCore
from alerts.notify.contacts import Contact
from alerts.notify.notifications import message_of
from alerts.receivers.matching import feed_of
from alerts.rules.rule import RuleError, compile_rule, compile_rules
from alerts.rules.subjects import Subjects
from feeds.bus import Bus
from feeds.journal import entry_kinds
from feeds.kinds import KINDS, Audience
from feeds.live.pump import Pump
from feeds.model import Change
from feeds.texts import catalogue
from tests.alerts.builders import T0, counting_ids, names, rule
from tests.api.conftest import NOW, A, B, World, problem
from tests.api.kinds.hydrant import HYDRANT, Hydrant
from tests.patience import PATIENCE, until

TEXTS = {
    "zh-CN": {"record.hydrant": "消火栓", "record.hydrant.many": "消火栓"},
    "en": {"record.hydrant": "Hydrant", "record.hydrant.many": "hydrants"},
}
LOW = rule("low-pressure", "state == 'ready' && pressure < 0.1", over="hydrant", hold=0.0, recover_for=0.0)


@pytest.fixture(autouse=True)
def hydrant_kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kind is registered, and its texts stand in the catalogue."""
    whole = {lang: MappingProxyType({**catalogue.catalogue(lang), **own}) for lang, own in TEXTS.items()}
    monkeypatch.setattr(catalogue, "catalogue", whole.__getitem__)
    with KINDS.with_kind(HYDRANT):
        yield


def hydrant(key: str, region: str, **more: Any) -> Hydrant:
    fixed = {"name": f"消火栓 {key}", "state": "ready", "pressure": 0.2, "checked_at": NOW, "inspector": "李四"}
    return Hydrant(id=key, region=region, **{**fixed, **more})


def change(record: Hydrant, at: float = T0) -> Change:
    return Change(kind="hydrant", id=record.id, after=record, at=at)


PICTURE = (
    hydrant("h1", A),
    hydrant("h2", A, state="low", pressure=0.05),
    hydrant("h3", B),
    hydrant("h4", A, state="removed"),
)


async def test_it_is_listed_filtered_paged_and_shown_in_ones_own_region(world: World) -> None:
    world.pump.mirror.apply(change(each) for each in PICTURE)
    async with world.signed_in("duty") as client:

        async def ids(query: str) -> list[str]:
            return [item["id"] for item in (await client.get(f"/api/v1/hydrants?{query}")).json()["items"]]

        assert await ids("") == ["h1", "h2", "h3"]
        assert await ids("state=low,broken") == ["h2"]
        assert await ids(f"region={B}") == ["h3"]
        assert await ids("q=H1") == ["h1"]
        page = (await client.get("/api/v1/hydrants?limit=2")).json()
        assert (page["total"], page["hidden"], page["rev"]) == (3, 0, "e1.1-0")
        assert await ids(f"cursor={page['next']}") == ["h3"]
        shown = (await client.get("/api/v1/hydrants/h2")).json()
        assert (shown["pressure"], shown["usable"], shown["checked_at"]) == (0.05, False, "2026-11-18T11:06:40.000Z")
        refused = problem(await client.get("/api/v1/hydrants?state=wet"), 422, "invalid")
        assert refused["errors"][0]["allowed"] == ["ready", "low", "broken", "removed"]
        problem(await client.get("/api/v1/hydrants?colour=red"), 422, "invalid")
        problem(await client.get("/api/v1/hydrants/h4"), 404, "not-found")
    async with world.signed_in("duty", A) as client:
        page = (await client.get("/api/v1/hydrants")).json()
        assert ([item["id"] for item in page["items"]], page["hidden"]) == (["h1", "h2"], 1)
        problem(await client.get("/api/v1/hydrants/h3"), 404, "not-found")
    async with world.signed_in("viewer") as client:
        assert (await client.get("/api/v1/hydrants/h1")).json()["inspector"] == ""


async def test_it_has_a_layer_of_the_map_for_ones_own_region(world: World) -> None:
    placed = (hydrant("h1", A, lat=25.3, lon=101.5), hydrant("h2", A), hydrant("h3", B, lat=25.1, lon=102.0))
    world.pump.mirror.apply(change(each) for each in placed)
    async with world.signed_in("duty", A) as client:
        answer = await client.get("/api/v1/map/hydrants.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    (feature,) = answer.json()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [101.5, 25.3]}
    assert feature["properties"] == {"id": "h1", "region": A, "state": "ready", "usable": True}


async def test_openapi_describes_its_answers_and_the_audit_log_knows_its_entries(world: World) -> None:
    async with world.signed_in("admin") as client:
        document = (await client.get("/api/openapi.json")).json()
    schemas, paths = document["components"]["schemas"], document["paths"]
    answer = paths["/api/v1/hydrants"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/HydrantList"}
    assert schemas["HydrantList"]["properties"]["items"]["items"] == {"$ref": "#/components/schemas/HydrantRecord"}
    assert schemas["HydrantRecord"]["properties"]["checked_at"] == {"type": "string", "format": "date-time"}
    assert "hydrant" in schemas["Snapshot"]["properties"]
    assert "hydrant" in entry_kinds()


async def test_screens_follow_it_live_within_their_region(bus: Bus) -> None:
    pump = Pump(bus)
    running = asyncio.create_task(pump.run())
    await until(lambda: pump.filled)
    own, other = pump.subscribe(Audience(A)), pump.subscribe(Audience(B))
    await bus.commit("command", cursors={}, changes=[change(hydrant("h1", A))])
    await bus.commit("command", cursors={}, changes=[change(hydrant("h1", A, state="broken"))])
    await bus.commit("command", cursors={}, changes=[change(hydrant("h3", B))])
    view: dict[str, Any] = {}
    async with asyncio.timeout(PATIENCE):
        async for raw in own:
            frame = json.loads(raw)
            view.update(frame.get("hydrant", {}))
            for item in frame.get("items", ()):
                view[item["id"]] = {**view.get(item["id"], {}), **item["set"]}
            if view.get("h1", {}).get("state") == "broken":
                break
    await until(lambda: pump.mirror.record("hydrant", "h3", Audience(B)))
    assert (set(view), view["h1"]["usable"]) == ({"h1"}, False)
    assert set(pump.snapshot(other.audience)["hydrant"]) == {"h3"}
    assert set(pump.mirror.records("hydrant", Audience(B), face="map")["h3"]) == {"id", "region", "state", "usable"}
    await bus.commit("command", cursors={}, changes=[change(hydrant("h1", A, state="removed"))])
    assert set((await bus.state(("hydrant",))).records["hydrant"]) == {"h3"}, "what is not live leaves Redis"
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def test_a_rule_over_it_raises_within_its_region_and_clears_when_it_leaves() -> None:
    only_a = rule("broken", "state == 'broken'", over="hydrant", region=A)
    core = AlertCore(compile_rules((LOW, only_a)), subjects=Subjects(), make_id=counting_ids())
    for second, each in enumerate(
        (
            hydrant("h1", A, pressure=0.05),
            hydrant("h2", A, state="broken"),
            hydrant("h3", B, state="broken"),
            hydrant("h1", A, pressure=0.3),
            hydrant("h2", A, state="removed"),
        )
    ):
        core.fold(change(each, T0 + second), T0 + second)
    steps = core.take_steps()
    assert [(name, step.alert.asset) for (_, name), step in zip(names(steps), steps, strict=True)] == [
        ("raise", "h1"),
        ("raise", "h2"),
        ("clear", "h1"),
        ("clear", "h2"),
    ]
    assert steps[-1].transition.text == "record_gone"
    raised = steps[1]
    assert (raised.alert.subject_kind, raised.alert.region, feed_of(raised.alert, raised.subject)) == (
        "hydrant",
        A,
        "emergency",
    )
    body = message_of("k", "first", raised.alert, raised.subject, Contact(receiver="desk"), T0, "楚雄州").body
    assert body["about"] == {"kind": "hydrant", "id": "h2", "title": {"zh-CN": "消火栓 h2", "en": "消火栓 h2"}}


@pytest.mark.parametrize(
    ("when", "mistake"),
    [
        ("state == 'wet'", "state is never wet"),
        ("colour == 'red'", "unknown name colour"),
        ("pressure < 'low'", "cannot be compared"),
        ("warned('red', '')", "unknown function warned()"),
    ],
)
def test_a_rule_that_cannot_mean_anything_over_it_is_refused(when: str, mistake: str) -> None:
    with pytest.raises(RuleError, match=re.escape(mistake)):
        compile_rule(rule(when=when, over="hydrant"))


def test_the_guide_shows_this_very_file() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "add-a-kind.md").read_text()
    (sample,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    assert sample == (Path(__file__).parent / "hydrant.py").read_text()
