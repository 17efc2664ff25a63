"""The scripted server's incidents, the reports that are due about them, and orders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from msgspec import to_builtins
from starlette.responses import JSONResponse, Response

from api.records.incidents import choices, course
from feeds.incidents.next_steps import IncidentContext, next_steps
from feeds.incidents.policies import policies_of
from feeds.kinds import INCIDENT, OBLIGATION
from feeds.model.incidents import GradeProposal, Incident
from incidents.reporting.obligations import obligation

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script

Record = dict[str, Any]
LEAK, SLIDE, DRILL = "532300:20261127-0001", "532300:20261127-0002", "532300:X20261127-0001"


def _incident(id: str, at: float, **fields: Any) -> Incident:
    values: Record = {"region": "532301", "received_at": at, "created_at": at, "created_by": "li", "phase_at": at}
    return Incident(id=id, **values | fields)


def _leak(at: float) -> Incident:
    fields: Record = {"event_class": "hazchem", "title": "开发区液氨泄漏", "place": "开发区", "grade": "III"}
    return _incident(LEAK, at - 1500, phase="active", **fields)


def incidents(at: float) -> dict[str, Record]:
    """A graded one whose first report is due in five minutes, one that only figures grade, and an exercise."""
    proposal = GradeProposal(grade="IV", table="geo", source="L", if_missing_dead="III")
    records = (
        _incident(SLIDE, at - 100, event_class="geo", title="双柏县滑坡", region="532322", grade_proposal=proposal),
        _leak(at),
        _incident(DRILL, at - 50, mode="exercise", title="演练：泄漏"),
    )
    return {incident.id: INCIDENT.view(incident) for incident in records}


def obligations(at: float) -> dict[str, Record]:
    """The first reports of the leak: by phone in five minutes, in writing in 35."""
    leak = _leak(at)
    rows = [policy for policy in policies_of("seen-A") if policy.grade == "=III"]
    due = [obligation(policy, leak, 1, leak.received_at, at) for policy in rows]
    return {record.id: OBLIGATION.view(record) for record in due}


def _row(incident: str, number: int, kind: str, decision: bool) -> Record:
    """A row of the duty log about an incident."""
    words = {"zh-CN": f"经过第{number}条", "en": f"row {number}"}
    place: Record = {"seq": number, "chain": "command", "number": number, "hash": "0" * 64, "intact": True}
    about: Record = {"record": "incident", "name": kind, "subject": incident, "incident": incident, "mode": "real"}
    claims: Record = {"claimed_at": None, "retroactive": False, "corrects": "", "corrected_by": "", "refs": []}
    own: Record = {"at": "2026-11-27T06:20:00Z", "kind": kind, "decision": decision, "actor": "li", "text": words}
    return place | about | claims | own


def _whole(record: Record, obligations: Iterable[Record]) -> Record:
    """An incident with what its detail adds."""
    step = {"seq": 1, "name": "created", "at": record["created_at"], "actor": "li", "reason": "", "body": {}}
    around = IncidentContext(obligations=tuple(due for due in obligations if due["incident"] == record["id"]))
    return record | {
        "timeline": [step],
        "course": to_builtins(course(record, [step])),
        "vacant_posts": ["commander"],
        "next_steps": to_builtins(next_steps(record, around)),
    }


def add_incidents(api: FastAPI, script: Script) -> None:
    """Incidents in full, orders about them, and proofs of reports."""

    @api.get("/api/v1/incident_choices")
    async def offered() -> Record:
        return choices()

    @api.get("/api/v1/incidents/{key}")
    async def whole(key: str) -> Response:
        record = script.state["incident"].get(key)
        if record is None:
            return JSONResponse({"title": "none"}, 404)
        return JSONResponse(_whole(record, script.state["obligation"].values()))

    @api.get("/api/v1/incidents/{key}/timeline")
    async def timeline(key: str) -> Response:
        return JSONResponse({"items": [_row(key, 2, "grade", True), _row(key, 1, "report", False)], "next": None})

    @api.post("/api/v1/incidents/{key}/{order}")
    async def give(key: str, order: str, request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": order, "id": key, **body})
        if script.refuse:
            return JSONResponse(script.refuse[1], script.refuse[0])
        record = script.state["incident"][key] | {"grade": body.get("grade", ""), "rev": body["rev"] + 1}
        await script.change("incident", key, record)
        return JSONResponse(record)

    @api.post("/api/v1/incidents")
    async def create(request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "create", **body})
        first = script.state["incident"][SLIDE]
        record = first | {"id": "532300:20261127-0003", "title": "新事件", "mode": body["mode"]}
        await script.change("incident", record["id"], record)
        return JSONResponse(record, 201)

    @api.post("/api/v1/obligations/{key:path}/proof")
    async def prove(key: str, request: Request) -> Response:
        script.acts.append({"act": "proof", "id": key, **await request.json()})
        record = script.state["obligation"][key] | {"state": "met", "unmet": False}
        await script.change("obligation", key, record)
        return JSONResponse(record)
