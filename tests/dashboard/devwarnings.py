"""The scripted server's routes for warnings, receipts and what lies inside an area."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from feeds.kinds.receipt import RECEIPT
from feeds.model import Candidate, Receipt
from feeds.wire import iso

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script

Record = dict[str, Any]
CAP = '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>w1</identifier></alert>'


def receipt(key: str, at: float, **more: Any) -> Record:
    """A receipt in its public shape: a fire that 119 told of at `at` (epoch seconds)."""
    fields: Record = {
        "source": key.partition(":")[0],
        "external_id": key.partition(":")[2],
        "channel": "119",
        "region": "532301",
        "received_at": at,
        "reported_at": at,
        "updated_at": at,
        "text": "西山公园旁林地起火",
        "place": "西山公园",
        "event_class": "forest-fire",
        "rev": 1,
    }
    return RECEIPT.view(Receipt(id=key, **fields | more))


def receipts(at: float) -> dict[str, Record]:
    """One that has waited too long, one that may be of the same event, and an exercise."""
    same = (Candidate(id="119:1", score=0.91, distance_m=120.0, seconds=40.0),)
    rows = [
        receipt("119:1", at - 400, unanswered=True),
        receipt("110:7", at - 60, channel="110", text="西山着火了", candidates=same),
        receipt("119:drill", at - 30, mode="exercise", text="演练：危化品泄漏"),
    ]
    return {row["id"]: row for row in rows}


def add_emergency(api: FastAPI, script: Script) -> None:
    """Warnings and receipts in full, deciding on a receipt, and what lies inside."""
    _add_warnings(api, script)
    _add_receipts(api, script)


def _add_warnings(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/warnings/{warning_id:path}")
    async def warning(warning_id: str) -> Response:
        record = script.state["warning"].get(warning_id)
        if record is None:
            return JSONResponse({"title": "none"}, 404)
        received = {"seq": 1, "name": "received", "at": record["sent"], "actor": "", "cause": "", "text": ""}
        names = ("id", "sent", "msg_type", "state", "colour", "headline")
        chain = [{name: other[name] for name in names} for other in _chain(script.state["warning"], record)]
        return JSONResponse(record | {"original": CAP, "transitions": [received], "chain": chain})

    @api.post("/api/v1/impact")
    async def impact(request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "impact", **body})
        cameras = [{"id": "cam1", "name": "双柏县广场", "kind": "camera", "health": "down"}]
        answer = {
            "regions": [{"code": "532322", "name": "双柏县"}],
            "assets": {"camera": {"down": 1}, "router": {"ok": 3}},
            "listed": cameras,
            "cameras": cameras,
            "departments": ["双柏县电子政务网管中心"],
            "places": {"school": {"count": 4, "population": 1200, "named": [{"id": "s1", "name": "双柏一中"}]}},
            "warnings": [],
            "nearest": {"hospital": [{"id": "h1", "name": "双柏县医院", "distance_m": 2400}]},
            "uncounted": {"school": 2},
        }
        return JSONResponse(answer)


def _chain(warnings: dict[str, Record], record: Record) -> list[Record]:
    """The messages before a warning, and itself."""
    before = [warnings[key] for key in record["references"] if key in warnings]
    return [*before, record]


def _add_receipts(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/receipts")
    async def listed(state: str = "new") -> Record:
        rows = [*script.state["receipt"].values(), *script.decided.values()]
        return {"items": [row for row in rows if row["state"] in state.split(",")], "next": None}

    @api.get("/api/v1/receipts/{key}")
    async def whole(key: str) -> Response:
        record = script.state["receipt"].get(key) or script.decided.get(key)
        if record is None:
            return JSONResponse({"title": "none"}, 404)
        step = {"seq": 1, "name": "received", "at": record["received_at"], "actor": "", "reason": "", "raw": "{}"}
        return JSONResponse(record | {"transitions": [step]})

    @api.post("/api/v1/receipts/{key}/dismiss")
    async def dismiss(key: str, request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "dismiss", "id": key, **body})
        if script.refuse:
            return JSONResponse(script.refuse[1], script.refuse[0])
        record = script.state["receipt"][key] | {"state": "dismissed", "reason": body["reason"]}
        record |= {"answered_by": script.me["name"], "answered_at": iso(time.time()), "rev": body["rev"] + 1}
        script.decided[key] = record
        await script.change("receipt", key, None)
        return JSONResponse(record)
