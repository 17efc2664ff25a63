"""No exercise, test or draft is in an answer that does not ask for it: every GET route, and the plain live feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from feeds.kinds import KINDS, Audience
from feeds.live.mirror import Mirror
from feeds.model import Area, Change, Kind
from tests.api.conftest import NOW, SITE, A, World, a_warning
from tests.api.test_campaigns import a_campaign
from tests.api.test_duty_log import an_entry, an_obligation, written
from tests.api.test_incidents import an_incident
from tests.api.test_marks import a_mark
from tests.api.test_receipts import a_receipt
from tests.api.test_tasks import a_task
from tests.api.test_warnings import store
from tests.feeds.briefs.samples import a_brief

LEAK = "演练泄漏标记"
DRILL = f"{SITE}:X20261127-0001"
ROLES = ("viewer", "duty", "leader", "admin", "auditor")
SQUARE = {"type": "Polygon", "coordinates": [[[101.4, 25.0], [101.7, 25.0], [101.7, 25.2], [101.4, 25.0]]]}
OWN_PAGES = frozenset(("campaigns", "exercises", "proposals", "marks", "impacts", "plans"))
"""Lists in which each record names its mode and its incident; nothing real is counted by them."""


def unreal_records() -> Iterator[tuple[str, Any]]:
    """One record of each kind that has a mode or a status, with LEAK in its texts."""
    for status in ("Exercise", "Test", "System", "Draft"):
        yield (
            Kind.WARNING,
            replace(
                a_warning(f"drill-{status}", A, LEAK),
                status=status,
                event=LEAK,
                description=LEAK,
                note=LEAK,
                sender_name=LEAK,
                colour="red",
                areas=(Area(text=LEAK, geometry=SQUARE, regions=(A,)),),
            ),
        )
    yield Kind.RECEIPT, a_receipt("119:drill", mode="exercise", text=LEAK, title=LEAK, lat=25.05, lon=101.5)
    yield Kind.INCIDENT, an_incident(id=DRILL, mode="exercise", title=LEAK, text=LEAK, place=LEAK, phase="active")
    yield Kind.TASK, a_task(id=f"{DRILL}/t1", mode="exercise", title=LEAK, text=LEAK, incident=DRILL)
    yield Kind.OBLIGATION, an_obligation(f"{DRILL}/o1", mode="exercise", incident=DRILL, policy=LEAK)
    yield Kind.MARK, a_mark(id=f"{DRILL}/m1", mode="exercise", incident=DRILL, text=LEAK)
    yield Kind.CAMPAIGN, a_campaign(mode="exercise", incident=DRILL, text=LEAK)
    yield Kind.BRIEF, a_brief(id=f"{SITE}:BX20261127-0001", mode="exercise", title=LEAK, incident=DRILL)


@pytest.fixture
async def drilled(world: World) -> World:
    """A site whose screens and journal hold an exercise beside what is real."""
    records = list(unreal_records())
    world.pump.mirror.apply(Change(kind=kind, id=record.id, after=record, at=NOW) for kind, record in records)
    for kind, record in records:
        if kind == Kind.WARNING:
            await store(world, record)
        elif kind != Kind.BRIEF:
            async with world.journal.begin() as tx:
                seq = await tx.append(kind=kind, name="created", subject=record.id, at=NOW, body={"mode": "exercise"})
                await tx.put(kind, record.id, msgspec.to_builtins(record), open=True, seq=seq)
    await written(world, an_entry("drill-entry", mode="exercise", text=LEAK))
    return world


def paths(world: World) -> list[str]:
    """Every GET route that needs no id. What a route needs else it is not given, and then it refuses."""
    listed = world.app.openapi()["paths"]
    return sorted(path for path, methods in listed.items() if "get" in methods and "{" not in path)


@pytest.mark.parametrize("role", ROLES)
async def test_no_answer_holds_what_is_not_real(drilled: World, role: str) -> None:
    async with drilled.signed_in(role) as client:
        addresses = [*paths(drilled), f"/api/v1/search?q={LEAK}", "/api/v1/search?q=drill"]
        addresses += [
            f"/api/v1/map/{layer}.geojson" for layer in ("warnings", "receipts", "incidents", "tasks", "marks")
        ]
        leaking = []
        for path in addresses:
            if path.removeprefix("/api/v1/") in OWN_PAGES:
                continue
            text = (await client.get(path)).text.replace("\\u6f14", "演")
            if LEAK in text or DRILL in text:
                leaking.append(path)
        assert len(addresses) > 40
        assert leaking == []


async def test_an_impact_names_no_exercise(drilled: World) -> None:
    async with drilled.signed_in("duty") as client:
        answer = await client.post("/api/v1/impact", json={"geometry": SQUARE})
        assert answer.status_code == 200
        assert LEAK not in answer.text
        assert "drill" not in answer.text


def test_the_plain_feed_has_none(drilled: World) -> None:
    mirror: Mirror = drilled.pump.mirror
    plain = [
        record
        for kind in KINDS
        if kind.plain
        for record in mirror.records(kind.name, Audience()).values()
        if kind.is_plain(record)
    ]
    assert plain
    assert LEAK not in json.dumps(plain, ensure_ascii=False, default=str)
