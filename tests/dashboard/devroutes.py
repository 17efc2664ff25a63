"""The scripted server's routes for metric history, suppression and bulk actions."""

from __future__ import annotations

import math
import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.records import suppression_scopes
from feeds.kinds import ALERT, KINDS
from feeds.kinds.filters import matching
from feeds.wire import iso

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script

HOUR, DAY = 3600.0, 86400.0
Record = dict[str, Any]


def history(metric: str, start: float, end: float) -> Record:
    """A metric with a daily cycle, and a gap of a twelfth of the interval."""
    length = end - start
    seconds, spelled = (60, "raw") if length <= DAY + 1 else (300, "5m") if length <= 8 * DAY else (3600, "1h")
    columns: dict[str, list[Any]] = {"at": [], "value": []}
    if spelled != "raw":
        columns |= {"min": [], "max": [], "count": []}
    low, high = start + length * 5 / 12, start + length * 6 / 12
    moment = start
    while moment < end:
        row = _row(metric, moment, spelled)
        if low <= moment < high:
            row, moment = dict.fromkeys(row), high - seconds
            columns["at"].append(iso(low))
        else:
            columns["at"].append(iso(moment))
        for name, value in row.items():
            columns[name].append(value)
        moment += seconds
    return {"step": spelled, "series": [{"metric": metric, "unit": "ms", "fresh_for": 30.0} | columns]}


def _row(metric: str, moment: float, step: str) -> Record:
    if metric.endswith(".up"):
        value = 1.0
    else:
        value = round(1.4 + math.sin(moment / DAY * 2 * math.pi) * 0.5 + math.sin(moment / 977.0) * 0.16, 3)
    return {"value": value} if step == "raw" else {"value": value, "min": value - 0.3, "max": value + 0.7, "count": 60}


def add_history(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/assets")
    async def assets(q: str = "") -> Record:
        records = [record for record in script.state["asset"].values() if q in record["name"] or q in record["id"]]
        return {"items": records[:50], "next": None}

    @api.get("/api/v1/assets/{asset_id}")
    async def asset(asset_id: str) -> Response:
        record = script.state["asset"].get(asset_id)
        return (
            JSONResponse(record | {"events": []}) if record else JSONResponse({"title": "none", "detail": "没有"}, 404)
        )

    @api.get("/api/v1/assets/{asset_id}/metrics")
    async def metrics(asset_id: str) -> Record:
        return {"asset": asset_id, "items": [{"metric": metric} for metric in script.metrics]}

    @api.get("/api/v1/assets/{asset_id}/history")
    async def past(request: Request, asset_id: str, metric: str) -> Response:
        script.requests.append(f"history {metric}")
        if metric not in script.metrics:
            return JSONResponse({"title": "none"}, 404)
        start, end = _interval(request)
        answer = {"asset": asset_id, "from": iso(start), "to": iso(end)}
        return JSONResponse(answer | history(metric, max(start, script.recorded_since), end))

    @api.get("/api/v1/assets/{asset_id}/availability")
    async def availability(request: Request, asset_id: str) -> Record:
        start, end = _interval(request)
        marks = [start, start + (end - start) * 5 / 12, start + (end - start) / 2, end - (end - start) / 50, end]
        healths = ("ok", "unknown", "ok", "down")
        spans = [
            {"from": iso(low), "to": iso(high), "health": health}
            for low, high, health in zip(marks, marks[1:], healths, strict=False)
        ]
        return {"asset": asset_id, "up": 0.8967, "known": 0.9167, "spans": spans, "more": False}

    @api.get("/api/v1/rules")
    async def rules() -> Record:
        subjects = [{"name": name, "names": {}, "functions": []} for name in KINDS.subjects]
        limits = {"sample": 2.0, "storm": 200}
        return {"items": script.rules, "next": None, "rev": 7, "hidden": 0, "limits": limits, "subjects": subjects}


def _interval(request: Request) -> tuple[float, float]:
    start, end = (datetime.fromisoformat(request.query_params[name]).timestamp() for name in ("from", "to"))
    return start, end


def add_suppression(api: FastAPI, script: Script) -> None:
    """Alerts, shelving, silences, maintenance and bulk actions."""
    _add_alert_actions(api, script)
    _add_orders(api, script)
    _add_silences(api, script)


def _add_alert_actions(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/alerts")
    async def alerts(asset: str = "", open: bool = True) -> Record:
        records = script.state["alert"].values() if open else script.closed
        return {"items": [alert for alert in records if not asset or alert["asset"] == asset], "next": None}

    @api.get("/api/v1/shelf")
    async def shelf() -> Record:
        return {"items": list(script.shelf.values())}

    @api.post("/api/v1/alerts/{alert_id}/shelve")
    async def shelve(alert_id: str, request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "shelve", "id": alert_id, **body})
        if script.refuse:
            return JSONResponse(script.refuse[1], script.refuse[0])
        held = {"at": iso(time.time()), "until": body["until"]}
        script.shelf[alert_id] = {"alert": alert_id, "by": script.me["name"], "comment": body["comment"], **held}
        fields = {"shelf": held, "suppressed_by": ["shelved"], "state": "SHLVD"}
        return JSONResponse(await _moved(script, alert_id, fields))

    @api.post("/api/v1/alerts/{alert_id}/unshelve")
    async def unshelve(alert_id: str, request: Request) -> Response:
        script.acts.append({"act": "unshelve", "id": alert_id, **await request.json()})
        script.shelf.pop(alert_id, None)
        return JSONResponse(await _moved(script, alert_id, {"shelf": None, "suppressed_by": [], "state": "UNACK"}))

    @api.post("/api/v1/alerts:bulk")
    async def bulk(request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "bulk", **body})
        results = [await _act(script, alert_id, body) for alert_id in body["ids"]]
        return JSONResponse({"results": results})


def _add_orders(api: FastAPI, script: Script) -> None:
    """Orders on the alerts of a rule, and their undo."""

    @api.post("/api/v1/alerts:order")
    async def order(request: Request) -> Record:
        body = await request.json()
        records = script.state["alert"].values()
        takes = matching(ALERT.filters, body.get("filter", {}))
        meant = [
            record
            for record in records
            if not record["acked"] and f"rule:{record['rule']}" == body.get("group") and not record["suppressed_by"]
        ] or [record for record in records if "filter" in body and takes(record)]
        left = [record for record in meant if body["keep_needs"] and record["need"]]
        if body.get("preview"):
            severities = dict(Counter(record["severity"] for record in meant if record not in left))
            counted = {"count": len(meant) - len(left), "left_out": len(left), "closes": 0, "before": iso(time.time())}
            return {"preview": True, "severities": severities} | counted
        script.acts.append({"act": "order", **body})
        return {"order": "o1", "done": len(meant) - len(left), "skipped": {}}

    @api.post("/api/v1/alerts:undo")
    async def undo(request: Request) -> Record:
        script.acts.append({"act": "undo", **await request.json()})
        return {"order": "o1", "done": 60, "skipped": {}}


def _add_silences(api: FastAPI, script: Script) -> None:
    @api.post("/api/v1/silences:preview")
    @api.post("/api/v1/maintenance:preview")
    async def preview(request: Request) -> Record:
        body = await request.json()
        return suppression_scopes.counts(body["match"], script.state["alert"], script.state["asset"])

    @api.get("/api/v1/silences")
    async def silences() -> Record:
        return {"items": [hider for hider in script.hiders.values() if hider["kind"] == "silence"]}

    @api.get("/api/v1/maintenance")
    async def windows() -> Record:
        return {"items": [hider for hider in script.hiders.values() if hider["kind"] == "maintenance"]}

    @api.post("/api/v1/silences")
    async def silence(request: Request) -> Response:
        return JSONResponse(await _hide(script, "silence", "silenced", await request.json()), 201)

    @api.post("/api/v1/maintenance")
    async def maintain(request: Request) -> Response:
        return JSONResponse(await _hide(script, "maintenance", "maintenance", await request.json()), 201)

    @api.delete("/api/v1/silences/{key}")
    async def end_silence(key: str) -> Response:
        return JSONResponse(await _end(script, key))

    @api.delete("/api/v1/maintenance/{key}")
    async def end_maintenance(key: str) -> Response:
        return JSONResponse(await _end(script, key))


async def _moved(script: Script, alert_id: str, fields: Record) -> Record:
    rev = script.state["alert"][alert_id]["rev"] + 1
    await script.change("alert", alert_id, fields | {"rev": rev})
    alert: Record = script.state["alert"][alert_id]
    return alert


async def _hide(script: Script, kind: str, prefix: str, body: Record) -> Record:
    script.acts.append({"act": kind, **body})
    key = f"{kind}-{len(script.hiders) + 1}"
    script.hiders[key] = {"id": key, "kind": kind, "by": script.me["name"], "running": True, **body}
    for alert in list(script.state["alert"].values()):
        if alert["asset"] in body["match"].get("assets", []):
            await _moved(script, alert["id"], {"suppressed_by": [f"{prefix}:{key}"]})
    record: Record = script.hiders[key]
    return record


async def _end(script: Script, key: str) -> Record:
    script.acts.append({"act": "end", "id": key})
    ended: Record = script.hiders.pop(key)
    for alert in list(script.state["alert"].values()):
        if any(reason.endswith(f":{key}") for reason in alert["suppressed_by"]):
            await _moved(script, alert["id"], {"suppressed_by": []})
    return ended


async def _act(script: Script, alert_id: str, body: Record) -> Record:
    if alert_id == script.foreign:
        return {"id": alert_id, "status": 403, "problem": "outside-region"}
    record, action = script.state["alert"][alert_id], body["action"]
    code = "not_acked" if action == "unack" and not record["ack"] else ""
    code = "not_shelved" if action == "unshelve" and not record.get("shelf") else code
    code = "rev" if body.get("revs", {}).get(alert_id, record["rev"]) != record["rev"] else code
    if code:
        return {"id": alert_id, "status": 409, "problem": "conflict", "code": code}
    if body.get("dry_run"):
        return {"id": alert_id, "status": 200, "would": action, "alert": record}
    if action == "ack":
        return {"id": alert_id, "status": 200, "alert": await script.take(alert_id, body)}
    shelf = {"at": iso(time.time()), "until": body.get("until")}
    fields: dict[str, Record] = {
        "unack": {"ack": None, "acked": False, "state": "UNACK"},
        "comment": {},
        "shelve": {"shelf": shelf, "suppressed_by": ["shelved"], "state": "SHLVD"},
        "unshelve": {"shelf": None, "suppressed_by": [], "state": "UNACK"},
    }
    return {"id": alert_id, "status": 200, "alert": await _moved(script, alert_id, fields[action])}
