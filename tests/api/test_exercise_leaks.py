"""No exercise, test or draft is in an answer that does not ask for it: every GET route, and the plain live feed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from feeds.kinds import KINDS, Audience
from feeds.live.mirror import Mirror
from feeds.model import Area, Change, Kind
from feeds.model.exercises import Exercise
from feeds.model.impacts import Impact
from feeds.model.plans import ActionProposal, ProposalEffect
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
EXERCISES = "/api/v1/exercises"
"""The list of exercises themselves, and one of them."""
INCIDENT = f"{SITE}:20261127-0001"
REAL = {
    "alert_id": "a-alert",
    "asset_id": "a-sw",
    "board_id": f"region:{A}",
    "brief_id": "532300:B20261127-0001",
    "campaign_id": f"{SITE}:M20261127-0009",
    "impact_id": f"{INCIDENT}/1",
    "incident_id": INCIDENT,
    "layer": "assets",
    "log_id": "real-entry",
    "mark_id": f"{INCIDENT}/m1",
    "obligation_id": f"{INCIDENT}/o1",
    "proposal_id": f"{INCIDENT}/p1",
    "receipt_id": "119:real",
    "source_id": "a-source",
    "task_id": f"{INCIDENT}/t1",
    "warning_id": "a-sender,1,2026-11-22T06:00:00+00:00",
}
"""A real record for each parameter of a path."""
ABSENT = {
    "camera_id": "no cameras at this site",
    "card_id": "approvals have no exercises",
    "case_board_id": "approvals have no exercises",
    "case_id": "approvals have no exercises",
    "exercise_id": "the exercise itself",
    "figure": "approvals have no exercises",
    "group_id": "groups are counted of alerts, while the picture moves",
    "handover_id": "a frozen snapshot: tests/api/test_handover.py",
    "key": "approvals, pictures, silences",
    "order_id": "approvals have no exercises",
    "plan_id": "a plan is neither real nor an exercise",
    "resource_id": "a resource is neither real nor an exercise",
    "sha256": "the file of one task",
}
"""Parameters of which this site has nothing, and why no exercise can be there."""
OF_ASSETS = ("/api/v1/assets/{asset_id}/", "/api/v1/video/")
"""Series and facts of one asset, which this site does not record."""


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
    yield Kind.PROPOSAL, a_proposal(f"{DRILL}/p1", mode="exercise", incident=DRILL, reason=LEAK, subject=LEAK)
    yield Kind.IMPACT, an_impact(f"{DRILL}/1", mode="exercise", incident=DRILL)
    yield Kind.EXERCISE, Exercise(id=DRILL, region=A, title=LEAK, created_by="li", created_at=NOW)


def real_records() -> Iterator[tuple[str, Any]]:
    """One record of each kind that has a mode, where and when the exercise is."""
    here = {"lat": 25.05, "lon": 101.5}
    yield Kind.RECEIPT, a_receipt(REAL["receipt_id"], text="着火", **here)
    yield Kind.INCIDENT, an_incident(id=INCIDENT, title="液氨泄漏", phase="active", **here)
    yield Kind.TASK, a_task(id=REAL["task_id"], incident=INCIDENT)
    yield Kind.OBLIGATION, an_obligation(REAL["obligation_id"], incident=INCIDENT)
    yield Kind.MARK, a_mark(id=REAL["mark_id"], incident=INCIDENT)
    yield Kind.CAMPAIGN, a_campaign(id=REAL["campaign_id"], incident=INCIDENT)
    yield Kind.BRIEF, a_brief(id=REAL["brief_id"], incident=INCIDENT)
    yield Kind.PROPOSAL, a_proposal(REAL["proposal_id"], incident=INCIDENT)
    yield Kind.IMPACT, an_impact(REAL["impact_id"], incident=INCIDENT)
    yield Kind.WARNING, a_warning("a-sender", A, "牟定大雨")


def a_proposal(id: str, **fields: Any) -> ActionProposal:
    return ActionProposal(id=id, region=A, effect=ProposalEffect(), proposed_at=NOW, **fields)


def an_impact(id: str, **fields: Any) -> Impact:
    return Impact(id=id, region=A, at=NOW, number=1, cause="created", **{"mode": "real"} | fields)


@pytest.fixture
async def drilled(world: World) -> World:
    """A site whose screens and journal hold an exercise beside what is real."""
    records = [*real_records(), *unreal_records()]
    world.pump.mirror.apply(Change(kind=kind, id=record.id, after=record, at=NOW) for kind, record in records)
    for kind, record in records:
        if kind == Kind.WARNING:
            await store(world, record)
        else:
            async with world.journal.begin() as tx:
                mode = getattr(record, "mode", "exercise")
                seq = await tx.append(kind=kind, name="created", subject=record.id, at=NOW, body={"mode": mode})
                await tx.put(kind, record.id, msgspec.to_builtins(record), open=True, seq=seq)
    await written(world, an_entry(REAL["log_id"]))
    await written(world, an_entry("drill-entry", mode="exercise", text=LEAK))
    return world


def parameters(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def paths(world: World) -> list[str]:
    """Every GET route: with ids of real records, or those of which the site has nothing."""
    listed = world.app.openapi()["paths"]
    templates = sorted(path for path, methods in listed.items() if "get" in methods and not path.startswith(EXERCISES))
    unknown = {name for path in templates for name in parameters(path)} - set(REAL) - set(ABSENT)
    assert not unknown, "name a real record for each of these parameters, or say why there can be none"
    return [path.format_map({name: quote(id, safe="") for name, id in REAL.items()} | ABSENT) for path in templates]


@pytest.mark.parametrize("role", ROLES)
async def test_no_answer_holds_what_is_not_real(drilled: World, role: str) -> None:
    async with drilled.signed_in(role) as client:
        addresses = [*paths(drilled), f"/api/v1/search?q={LEAK}", "/api/v1/search?q=drill"]
        addresses += [
            f"/api/v1/map/{layer}.geojson" for layer in ("warnings", "receipts", "incidents", "tasks", "marks")
        ]
        leaking = []
        for path in addresses:
            text = (await client.get(path)).text.replace("\\u6f14", "演")
            if LEAK in text or DRILL in text:
                leaking.append(path)
        assert leaking == []


async def test_the_routes_of_real_records_are_answered(drilled: World) -> None:
    """An answer that refuses holds no leak, and proves nothing."""
    listed = drilled.app.openapi()["paths"]
    templates = [path for path, methods in listed.items() if "get" in methods and set(parameters(path)) & set(REAL)]
    async with drilled.signed_in("duty") as client:
        refused = []
        for path in templates:
            if not set(parameters(path)) & set(ABSENT) and not path.startswith(OF_ASSETS):
                address = path.format_map({name: quote(id, safe="") for name, id in REAL.items()})
                answer = await client.get(address)
                refused += [(path, answer.status_code)] if answer.status_code != 200 else []
    assert refused == []


@pytest.mark.parametrize("kind", sorted({str(kind) for kind, record in unreal_records() if hasattr(record, "mode")}))
async def test_an_exercise_that_is_asked_for_by_its_id_says_so(drilled: World, kind: str) -> None:
    (record,) = (record for of, record in unreal_records() if of == kind)
    plural = next(each.plural for each in KINDS if each.name == kind)
    async with drilled.signed_in("duty") as client:
        answer = await client.get(f"/api/v1/{plural}/{quote(record.id, safe='')}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["mode"] == "exercise"


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
