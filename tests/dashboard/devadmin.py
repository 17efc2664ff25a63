"""The scripted server's administration routes: roster, receivers, escalations, rules, settings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from feeds.wire import iso
from tests.dashboard import devpeople

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script

Record = dict[str, Any]


def receivers() -> list[Record]:
    common = {
        "severities": ["critical", "major"],
        "regions": [],
        "feeds": [],
        "kinds": [],
        "language": "",
        "rate": "20/min",
        "reserve": 5,
        "to": "",
        "timeout": 5.0,
        "direct": True,
        "personal": False,
        "sms": None,
        "waiting": 0,
        "last_sent_at": iso(time.time() - 300),
        "last_error": "",
        "templates": {"subject": {"zh-CN": "", "en": ""}, "text": {"zh-CN": "", "en": ""}},
    }
    return [
        common
        | {"id": "desk", "origin": "file", "readonly": True, "kind": "webhook", "url": "http://127.0.0.1:9/••••"},
        common | {"id": "wecom", "origin": "api", "readonly": False, "kind": "apprise", "url": "wecombot://••••"},
    ]


def escalations() -> list[Record]:
    steps = [
        {"after": 300, "who": ["duty"], "channels": ["wecom"], "repeat": 900, "times": 3},
        {"after": 900, "who": ["leader", "person:zhao"], "channels": [], "repeat": None, "times": 1},
    ]
    scope = {"severities": ["critical"], "regions": [], "feeds": [], "kinds": []}
    return [
        {"id": "critical", "origin": "api", "readonly": False, "steps": steps} | scope,
        {"id": "rest", "origin": "file", "readonly": True, "steps": steps[:1]} | scope | {"severities": ["major"]},
    ]


def rules() -> list[Record]:
    common = {
        "over": "asset",
        "for": 10.0,
        "recover_for": 10.0,
        "text": "",
        "by": "",
        "at": None,
        "comment": "",
        "active": 2,
        "thresholds": [],
        "only": {"kinds": [], "labels": {}, "regions": []},
        "problem": None,
    }
    limit = {"metric": "tcp.connect_ms", "op": ">", "value": 2.5, "clear": 2.0, "per_second_over": None}
    return [
        common
        | {
            "id": "node-down",
            "when": "health == 'down'",
            "severity": "critical",
            "source": "file",
            "rev": 0,
            "title": {"zh-CN": "节点不通", "en": "node down"},
        },
        common
        | {
            "id": "slow",
            "when": "m['tcp.connect_ms'] > (active ? 2.0 : 2.5) && kind == 'router'",
            "severity": "major",
            "source": "api",
            "rev": 7,
            "by": "root",
            "at": iso(time.time() - 7200),
            "title": {"zh-CN": "骨干慢", "en": "slow"},
            "thresholds": [limit],
            "only": {"kinds": ["router"], "labels": {}, "regions": []},
        },
    ]


def add_admin(api: FastAPI, script: Script) -> None:
    _add_lists(api, script)
    _add_documents(api, script)
    _add_receivers(api, script)
    _add_roster(api, script)
    _add_rules(api, script)

    @api.get("/api/v1/settings")
    async def settings() -> Record:
        finding = {
            "code": "rule",
            "file": "watchfloor.toml",
            "line": 12,
            "key": "rule[1].when",
            "value": "helth",
            "error": True,
            "message": {"zh-CN": "未知的名字", "en": "unknown name"},
            "mend": {"zh-CN": "改为 health", "en": "health"},
        }
        return {
            "file": "watchfloor.toml",
            "applied_at": iso(time.time()),
            "findings": [finding],
            "errors": 1,
            "applied": [{"section": "site", "values": {"name": "楚雄州"}}],
            "restart": ["web"],
            "held": script.held,
        }

    @api.post("/api/v1/reload")
    async def reload(accept: str = "") -> Response:
        script.acts.append({"act": "reload", "accept": accept})
        if script.reloaded:
            return JSONResponse(script.reloaded)
        faults = ["watchfloor.toml:12 rule[1].when"]
        return JSONResponse({"title": "设置未采用", "detail": "新设置有误。", "faults": faults}, 422)


def _add_lists(api: FastAPI, script: Script) -> None:
    @api.put("/api/v1/{name}")
    async def put(name: str, request: Request) -> Record:
        body = await request.json()
        script.acts.append({"act": f"put {name}", **body})
        if name == "roster":
            script.roster |= {name: body[name] for name in devpeople.LISTS} | {"rev": body["rev"] + 1}
            return devpeople.roster(script)
        script.lists[name] = [entry for entry in script.lists[name] if entry["readonly"]]
        own = {
            "origin": "api",
            "readonly": False,
            "kind": "webhook",
            "personal": False,
            "waiting": 0,
            "last_sent_at": None,
            "last_error": "",
        }
        script.lists[name][:0] = [own | entry for entry in body["items"]]
        return {"rev": body["rev"] + 1, "items": script.lists[name], "next": None}


def _add_documents(api: FastAPI, script: Script) -> None:
    wrong = [
        {"kind": "rule", "id": "api:hot", "seq": 7, "reason": "<b>JSONDecodeError", "mendable": True, "secret": False},
        {"kind": "token", "id": "t1", "seq": 8, "reason": "KeyError", "mendable": False, "secret": True},
    ]

    @api.get("/api/v1/documents/unreadable")
    async def unreadable() -> Record:
        return {"items": wrong, "next": None, "rev": ""}

    @api.post("/api/v1/documents:{verb}")
    async def change(verb: str, request: Request) -> Record:
        body: Record = await request.json()
        script.acts.append({"act": verb, **body})
        wrong[:] = [document for document in wrong if document["id"] != body["id"]]
        return body | {"done": {"mend": "mended", "drop": "dropped"}[verb]}


def _add_receivers(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/receivers")
    async def get_receivers() -> Record:
        return {"rev": 2, "items": script.lists["receivers"], "next": None}

    @api.get("/api/v1/escalations")
    async def get_escalations() -> Record:
        return {"rev": 1, "items": script.lists["escalations"], "next": None}

    @api.post("/api/v1/receivers/{key}:test")
    async def test(key: str) -> Record:
        script.acts.append({"act": "test", "id": key})
        return {
            "ok": False,
            "outcome": "refused",
            "message": {"zh-CN": "对方答复 401:<b>口令</b>不对", "en": "401"},
            "key": "t1",
            "sent_at": None,
        }


def _add_roster(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/roster/history")
    async def history() -> Record:
        change = {"path": "persons/zhang", "before": None, "after": {"name": "张三"}}
        return {
            "items": [
                {"rev": 3, "at": iso(time.time()), "by": "root", "name": "put", "comment": "", "changes": [change]}
            ],
            "next": None,
        }

    @api.post("/api/v1/roster:undo")
    async def undo(request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "undo roster", **body})
        loss = {"list": "persons", "message": {"zh-CN": "值班人员 4 → 0 项，将移除 4 项", "en": "persons 4 → 0"}}
        if body.get("accept") != "d1":
            held = {"accept": "d1", "lists": [loss]}
            return JSONResponse({"type": "urn:watchfloor:problem:removal-held", "held": held}, 409)
        return JSONResponse(devpeople.roster(script) | {"rev": 4})

    @api.post("/api/v1/roster/substitutes")
    async def substitute(request: Request) -> Record:
        body = await request.json()
        script.acts.append({"act": "substitute", **body})
        script.roster["substitutes"] = [body]
        return devpeople.roster(script)


def _add_rules(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/rules/history")
    async def history() -> Record:
        before = rules()[1] | {"when": "false"}
        return {
            "items": [
                {
                    "seq": 812,
                    "at": iso(time.time()),
                    "rule": "slow",
                    "name": "changed",
                    "actor": "root",
                    "comment": "太多",
                    "before": before,
                    "after": rules()[1],
                    "undoable": True,
                }
            ]
        }

    @api.post("/api/v1/rules/{key}/undo")
    async def undo(key: str, request: Request) -> Record:
        script.acts.append({"act": "undo", "rule": key, **await request.json()})
        return {"items": rules(), "rev": 9}

    @api.post("/api/v1/rules:preview")
    async def preview(request: Request) -> Response:
        body = await request.json()
        if "helth" in body["when"]:
            errors = [{"field": "when", "code": "cel", "message": "没有 helth 这个名字"}]
            return JSONResponse({"detail": "请按所附问题修改。", "errors": errors}, 422)
        return JSONResponse({"preview": _preview(body["id"]), "thresholds": [], "only": {}})

    @api.put("/api/v1/rules/{key}")
    async def put(key: str, request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "rule", "id": key, **body})
        if not body.get("accept"):
            errors = [{"field": "accept", "code": "storm", "message": "会一次升起 240 条"}]
            return JSONResponse({"detail": "太多。", "errors": errors, "preview": [_preview(key)]}, 422)
        return JSONResponse({"items": rules(), "rev": 8, "changed": [key], "preview": [_preview(key)]})


def _preview(key: str) -> Record:
    return {
        "id": key,
        "asked": 300,
        "holds": 240,
        "no_data": 5,
        "raises": 240,
        "clears": 0,
        "examples": ["C12"],
        "seconds": 0.01,
    }
