"""What OpenAPI says of lists and details is what they answer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from api.kinds.additions import ADDITIONS
from feeds.kinds import ALL, RecordKind, group
from feeds.model import Ack, Change, Kind, Receipt
from feeds.model.approvals import ApprovalBoard, ApprovalCard, ApprovalCase, SupervisionOrder
from feeds.model.briefs import Brief
from feeds.model.campaigns import Campaign
from feeds.model.duty_log import LogEntry
from feeds.model.exercises import Exercise
from feeds.model.impacts import Impact
from feeds.model.incidents import Incident, Obligation
from feeds.model.marks import MapMark
from feeds.model.plans import ActionProposal, Plan, ProposalEffect
from feeds.model.resources import Resource
from feeds.model.tasks import Task
from tests.api.conftest import NOW, A, World, an_alert


async def test_every_reference_leads_to_a_schema_and_every_kind_has_its_answers(world: World) -> None:
    async with world.signed_in("duty") as client:
        document = (await client.get("/api/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document))) <= set(schemas)
    for kind in ALL:
        for path in (f"/api/v1/{kind.plural}", f"/api/v1/{kind.plural}/{{{kind.name}_id}}"):
            answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            first = answer.get("anyOf", [answer])[0]  # a list of its own may answer otherwise as well
            assert first["$ref"].startswith(f"#/components/schemas/{kind.name.title().replace('_', '')}")


def with_fields(record: Any, **fields: Any) -> Any:
    """A copy of a record with other fields: records are structs or dataclasses."""
    return (
        msgspec.structs.replace(record, **fields) if isinstance(record, msgspec.Struct) else replace(record, **fields)
    )


CASE: dict[str, Any] = {"department": "housing", "region": A}
OTHERS: dict[str, Any] = {
    "receipt": Receipt(
        id="r", source="119", external_id="1", channel="119", region=A, received_at=NOW, reported_at=NOW, updated_at=NOW
    ),
    Kind.INCIDENT: Incident(id="i", region=A, received_at=NOW, created_at=NOW, created_by="li", phase_at=NOW),
    Kind.PLAN: Plan(
        id="fire@1", plan="fire", version=1, name={}, owner="yjj", review_by="", text="", digest="", drafted_at=NOW
    ),
    Kind.PROPOSAL: ActionProposal(id="i/fire/III/1", region=A, effect=ProposalEffect(), proposed_at=NOW),
    Kind.OBLIGATION: Obligation(
        id="i/first/1",
        incident="i",
        mode="real",
        region=A,
        grade="III",
        step="first",
        sender="prefecture",
        recipient="province",
        channel="phone",
        policy="first",
        source="S",
        starts_at=NOW,
        due_at=NOW + 60,
        created_at=NOW,
    ),
    Kind.LOG: LogEntry(id="l", kind="phone", text="", at=NOW, author="li", region=A),
    Kind.TASK: Task(id="i/1", title="t", region=A, created_by="li", created_at=NOW, state_at=NOW),
    Kind.RESOURCE: Resource(id="t", kind="team", name="队", region=A),
    Kind.MARK: MapMark(
        id="i/m1",
        incident="i",
        mode="real",
        region=A,
        kind="hazard",
        geometry={"type": "Point", "coordinates": [101.5, 25.0]},
        author="li",
        at=NOW,
        valid_from=NOW,
    ),
    Kind.IMPACT: Impact(id="i/i1", incident="i", number=1, mode="real", region=A, at=NOW, cause="created"),
    Kind.BRIEF: Brief(id="b", kind="daily", region=A, title="", created_by="li", created_at=NOW, changed_at=NOW),
    Kind.CAMPAIGN: Campaign(
        id="m", region=A, text="", groups=(), channel="sms", digest="", author="li", created_at=NOW
    ),
    Kind.EXERCISE: Exercise(id="x", region=A, title="", created_by="li", created_at=NOW),
    Kind.CASE: ApprovalCase(
        id="hall:1",
        key=1,
        system="hall",
        number="1",
        item="shop",
        kind="promise",
        step="",
        light="green",
        state="open",
        **CASE,
    ),
    Kind.CASE_BOARD: ApprovalBoard(
        id="housing",
        name="",
        group="items",
        open=1,
        lights={},
        steps={},
        paused=0,
        due_today=0,
        unverified=0,
        as_of=NOW,
        **CASE,
    ),
    Kind.CARD: ApprovalCard(
        id="c",
        rule="R1",
        version=1,
        case="hall:1",
        key=1,
        number="1",
        colour="yellow",
        state="raised",
        raised_at=NOW,
        proposed_at=NOW,
        **CASE,
    ),
    Kind.ORDER: SupervisionOrder(
        id="o",
        number="1",
        title="",
        text="",
        cases=(),
        cards=(),
        state="issued",
        created_by="wang",
        created_at=NOW,
        **CASE,
    ),
}
"""A record of each kind that the shared picture lacks."""


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
async def test_a_list_and_a_detail_answer_as_their_schemas_say(
    world: World, kind: RecordKind[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "MANY", 1)
    world.pump.mirror.counts["group"].clear()
    world.pump.mirror.apply(Change(kind=name, id=record.id, after=record, at=NOW) for name, record in OTHERS.items())
    closed = an_alert("old", "a-sw", A, active=False, ack=Ack(by="wang", at=NOW))
    async with world.journal.begin() as tx:
        for name, record in (OTHERS | {"alert": closed}).items():
            body = msgspec.to_builtins(with_fields(record, id="old"))
            await tx.put(name, "old", body, open=False, seq=1)
        await tx.append(kind="alert", name="raise", subject="a-alert", at=NOW, body={"seq": 1, "after": {"rev": 1}})
    own = set(kind.schema.__struct_fields__)
    added = ADDITIONS[kind.name].type if kind.name in ADDITIONS else None
    async with world.signed_in("duty") as client:
        page = (await client.get(f"/api/v1/{kind.plural}")).json()
        assert set(page) == {"items", "next", "rev", "hidden"} | (set() if kind.archive else {"total"})
        assert page["items"]
        for item in page["items"]:
            msgspec.convert(item, kind.schema, strict=True)
            assert set(item) == own
        for key in (page["items"][0]["id"], *(("old",) if kind.archive else ())):
            detail = (await client.get(f"/api/v1/{kind.plural}/{key}")).json()
            msgspec.convert(detail, kind.schema, strict=True)
            if added is not None:
                msgspec.convert(detail, added, strict=True)
            assert set(detail) == own | set(added.__struct_fields__ if added is not None else ())
