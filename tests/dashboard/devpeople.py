"""The scripted server's routes for people and figures: roster, handover, load, availability, accounts, tokens."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.load.outs import outs
from feeds.documents.roster import Roster
from feeds.documents.version import load_content
from feeds.duty import roster as planner
from feeds.duty.findings import HORIZON, findings
from feeds.wire import iso

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script

Record = dict[str, Any]
HOUR, DAY = 3600.0, 86400.0
LISTS = ("persons", "shifts", "patterns", "assignments", "substitutes", "leave")
TIMES = {"median_s": 108.0, "p90_s": 410.0, "count": 12, "waiting": 2, "target": None}


def duty(at: float) -> Record:
    people = [{"id": "zhang", "name": "张三", "phone": "13800000001"}, {"id": "li", "name": "李四", "phone": ""}]
    return {
        "date": "2026-11-22",
        "shift": "day",
        "name": {"zh-CN": "白班", "en": "Day"},
        "begins": iso(at - 5 * HOUR),
        "ends": iso(at + 7 * HOUR),
        "officers": people,
        "leader": {"id": "wang", "name": "王五", "phone": ""},
    }


def roster(script: Script, first: date | None = None, days: int = HORIZON) -> Record:
    """The roster as the server answers it: the script's lists, their plan from `first` on, and findings."""
    at, tz = time.time(), planner.zone("Asia/Shanghai")
    today = datetime.fromtimestamp(at, tz).date()
    lists = _lists(today.isoformat()) | script.roster
    doc = load_content({name: lists[name] for name in LISTS}, Roster)
    answer = {
        "rev": 3,
        "at": iso(at - 86400),
        "by": "admin",
        "comment": "",
        "now": duty(at),
        "next": None,
        "plan": [planner.view(shift, doc, personal=True) for shift in planner.plan(doc, first or today, days, tz)],
        "findings": [finding.record("message") for finding in findings(doc, today, tz)],
    }
    return answer | lists


def _lists(today: str) -> Record:
    """Two shifts and six people; the night shift of `today` has no leader."""
    contacts = {"mail": "", "contacts": {"sms": "13800000001"}, "language": "", "region": "", "account": ""}
    people = (("zhang", "张三"), ("li", "李四"), ("wang", "王五"), ("zhao", "赵六"), ("sun", "孙七"), ("qian", "钱八"))
    shifts = (("day", "白班", "Day", "08:00", "20:00"), ("night", "夜班", "Night", "20:00", "08:00"))
    turns = {"first": "2026-11-01", "last": "", "every": "day", "days": []}
    day = turns | {"shift": "day", "teams": [{"officers": ["zhang", "li"], "leader": "wang"}]}
    night = turns | {"shift": "night", "teams": [{"officers": ["sun", "qian"], "leader": "zhao"}]}
    return {
        "persons": [{"id": key, "name": name, "phone": "13800000001"} | contacts for key, name in people],
        "shifts": [
            {"id": key, "name": {"zh-CN": zh, "en": en}, "start": start, "end": end}
            for key, zh, en, start, end in shifts
        ],
        "patterns": [day, night],
        "assignments": [{"date": today, "shift": "night", "officers": ["sun", "qian"], "leader": ""}],
        "substitutes": [],
        "leave": [],
    }


def load(at: float) -> Record:
    """An alert load within every target but one: alerts per operator in ten minutes."""
    return {
        "since": iso(at - 86400),
        "complete": True,
        "operators": 2,
        "operators_from": "roster",
        **_alert_rate(at),
        **_nuisance_alerts(),
        "priorities": {
            "counts": {"critical": 1, "major": 3, "minor": 16},
            "low": 0.8,
            "medium": 0.15,
            "high": 0.05,
            "target": {"low": 0.8, "medium": 0.15, "high": 0.05},
        },
    }


def _alert_rate(at: float) -> Record:
    """Rate, flood, peak and the 24 hourly counts before `at`."""
    return {
        "rate": {
            "ten_minutes": 3,
            "per_operator": 1.5,
            "target": 1,
            "day": 140,
            "day_per_operator": 70,
            "day_target": 150,
            "day_too_many": 300,
            "raised_day": 10140,
        },
        "flood": {
            "on": False,
            "since": None,
            "in_ten_minutes": 3,
            "starts_above": 10,
            "ends_below": 5,
            "share_of_day": 0.004,
            "target": 0.01,
            "last": None,
        },
        "peak": {
            "hour": 12,
            "hour_at": iso(at),
            "hour_target": 15,
            "minute": 3,
            "minute_at": iso(at),
            "minute_target": 2,
        },
        "per_hour": [
            {"at": iso(at - (24 - n) * HOUR), "shown": 3 + n % 5 + (14 if n == 20 else 0), "raised": 6 + n}
            for n in range(24)
        ],
    }


def _nuisance_alerts() -> Record:
    """Stale, chattering and most frequent alerts."""
    title = {"zh-CN": "节点不通", "en": "down"}
    items = [{"rule": "node-down", "asset": "X532329", "title": title, "count": 12, "share": 0.09}]
    return {
        "stale": {"count": 0, "target": 0, "limit": 5, "after_s": 86400, "items": []},
        "chattering": {"count": 0, "target": 0, "changes_a_minute": 3, "items": [], "day": 1},
        "frequent": {"share": 0.04, "target": 0.05, "items": items},
    }


def availability(by: str) -> Record:
    def row(name: str, down: float, unknown: float, maintenance: float) -> Record:
        whole = 21 * 86400.0
        up = whole - down - unknown - maintenance
        measured = whole - maintenance
        seconds = {"up": up, "down": down, "unknown": unknown, "maintenance": maintenance, "degraded": down / 2}
        return {
            "key": {by: name},
            "name": name,
            "assets": 12,
            "seconds": seconds,
            "availability": up / measured,
            "of_known": up / (up + down),
            "coverage": (measured - unknown) / measured,
        }

    items = [row("州水务局", 86400, 43200, 7200), row("州网管中心", 600, 0, 0)]
    return {"items": items, "next": None, "total": items[1], "hidden": 3, "complete": True, "by": [by]}


def outages(start: float, now: float) -> Record:
    """Three assets: one down for 18 minutes, one for a day and unknown for another, one in maintenance."""

    def asset(id: str, name: str, *spans: tuple[float, float, str]) -> Record:
        seconds = dict.fromkeys(("down", "degraded", "unknown", "maintenance"), 0.0)
        for low, high, kind in spans:
            seconds[kind] += high - low
        listed = [{"from": iso(start + low), "to": iso(start + high), "kind": kind} for low, high, kind in spans]
        about = {"region": "532329", "owner": "州水务局", "kind": "switch"}
        return {"asset": id, "name": name, "seconds": seconds, "spans": listed, "more": False} | about

    items = [
        asset("w", "武定县汇聚交换机", (2 * DAY, 3 * DAY, "down"), (4 * DAY, 5 * DAY, "unknown")),
        asset("core", "州核心 <b>路由器</b>", (5 * DAY + 7 * HOUR, 5 * DAY + 7 * HOUR + 1080, "down")),
        asset("srv", "水情服务器", (HOUR, 5 * HOUR, "maintenance"), (6 * DAY, 6.2 * DAY, "degraded")),
    ]
    return {"items": items, "next": None, "assets": 159, "hidden": 3, "from": iso(start), "to": iso(now)}


def add_people(api: FastAPI, script: Script) -> None:
    _add_figures(api, script)
    _add_handover(api, script)
    _add_staff(api, script)

    @api.post("/api/v1/account/activity", status_code=204)
    async def activity() -> None:
        """A person is there; the scripted session never ends."""

    @api.get("/api/v1/roster")
    async def get_roster(first: date | None = None, days: int = HORIZON) -> Record:
        return roster(script, first, days)


def _add_figures(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/kpi")
    async def kpi() -> Record:
        at = time.time()
        shift = {
            "id": "day",
            "name": {"zh-CN": "白班", "en": "Day"},
            "from": iso(at - 5 * HOUR),
            "to": iso(at + 7 * HOUR),
            "current": True,
            "shown": 30,
            "operators": 2,
            "per_operator_10min": 0.2,
            "mtta": TIMES,
            "mttr": TIMES,
            "flood_s": 0.0,
        }
        shown = load(at) | script.load
        return {
            "rev": "e.1",
            "at": iso(at),
            "load": shown,
            "outs": outs(shown, TIMES, TIMES),
            "mtta": TIMES,
            "mttr": TIMES,
            "shifts": [shift],
        }

    @api.get("/api/v1/availability")
    async def get_availability(request: Request) -> Record:
        script.requests.append(f"availability {request.url.query}")
        return availability(request.query_params.get("by", "asset"))

    @api.get("/api/v1/availability/outages")
    async def get_outages(request: Request) -> Record:
        start = datetime.fromisoformat(request.query_params["from"]).timestamp()
        return outages(start, time.time())


def _handover(script: Script, at: float) -> Record:
    """The open handover of the shift at `at`."""
    alerts = list(script.state["alert"].values())
    return {
        "at": iso(at),
        "shift": duty(at),
        "since": iso(at - 5 * HOUR),
        "broken_promises": ["a2"],
        "hidden": [],
        "open": [alert for alert in alerts if alert["active"] and not alert["acked"]],
        "acked": [alert for alert in alerts if alert["acked"]],
        "silences": [],
        "incidents": [],
        "obligations": [],
        "tasks": [],
        "proposals": [],
        "messages": [],
        "exercises": [],
        "marks": [],
        "receipts": [],
        "log": [],
        "maintenance": [],
        "sources": [],
        "figures": {"raised": 9, "cleared": 4, "acked": 3},
        "hidden_count": 0,
        "last": script.handovers[-1] if script.handovers else None,
    }


def _add_handover(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/handover")
    async def handover() -> Record:
        return _handover(script, time.time())

    @api.get("/api/v1/handover/list")
    async def past() -> Record:
        return {"items": script.handovers[::-1], "next": None}

    @api.post("/api/v1/handover", status_code=201)
    async def give(request: Request) -> Record:
        body = await request.json()
        script.acts.append({"act": "handover", **body})
        record = {
            "id": f"h{len(script.handovers) + 1}",
            "at": iso(time.time()),
            "by": script.me["name"],
            "to": body["to"],
            "remarks": body["remarks"],
            "accepted_at": None,
            "accepted_by": "",
            "accept_remarks": "",
            "shift": None,
            "counts": {"open": 5, "acked": 2, "hidden": 0, "broken_promises": 1, "sources": 0},
            "unsigned": False,
            "due_soon": [],
        }
        script.handovers.append(record)
        return record

    @api.post("/api/v1/handover/{key}/accept")
    async def accept(key: str, request: Request) -> Record:
        body = await request.json()
        script.acts.append({"act": "accept", "id": key, **body})
        [record] = [handover for handover in script.handovers if handover["id"] == key]
        record |= {"accepted_at": iso(time.time()), "accepted_by": script.me["name"], "accept_remarks": body["remarks"]}
        return record


def _add_staff(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/accounts")
    async def accounts() -> Record:
        return {"items": script.accounts, "next": None, "hidden": 2}

    @api.post("/api/v1/accounts")
    async def add(request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "account", **body})
        if any(account["name"] == body["name"] for account in script.accounts):
            return JSONResponse({"title": "已被他人改动", "detail": "这个用户名已有人用。"}, 409)
        script.accounts.append(
            {
                "name": body["name"],
                "role": body["role"],
                "region": body["region"],
                "disabled": False,
                "sessions": 0,
                "used_at": None,
            }
        )
        return JSONResponse(script.accounts[-1], 201)

    @api.patch("/api/v1/accounts/{name}")
    async def change(name: str, request: Request) -> Record:
        body = await request.json()
        script.acts.append({"act": "change", "name": name, **body})
        [account] = [candidate for candidate in script.accounts if candidate["name"] == name]
        account |= {key: value for key, value in body.items() if key != "password"}
        return account

    @api.get("/api/v1/tokens")
    async def tokens() -> Record:
        return {"items": script.tokens, "next": None, "hidden": 0}

    @api.post("/api/v1/tokens")
    async def make(request: Request) -> Response:
        token = {"id": "0123456789abcdef", "by": script.me["name"], "created": iso(time.time()), **await request.json()}
        script.tokens.append(token)
        return JSONResponse(token | {"token": "wf_shown-once"}, 201)

    @api.delete("/api/v1/tokens/{key}")
    async def revoke(key: str) -> Record:
        script.tokens = [token for token in script.tokens if token["id"] != key]
        return {"revoked": key}
