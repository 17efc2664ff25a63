"""A scripted server for the pages: routes and frames of the public interface, without engines.

`python -m tests.dashboard.devserver [port]` serves the example state of picture.py, for a look at the pages.
Tests drive the same server through its `Script`: they send frames, hold back heartbeats and set answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from msgspec import to_builtins
from starlette.responses import JSONResponse, Response

from api.records.suppression_scopes import options
from dashboard.app import Site, create_dash, script_hashes
from feeds.kinds import ALERT
from feeds.wire import iso
from incidents.reporting.policies import PolicyDomain
from maps.layers import layer
from tests.dashboard import picture
from tests.dashboard.devadmin import add_admin, escalations, receivers, rules
from tests.dashboard.devapprovals import ScriptedApprovals, add_approvals
from tests.dashboard.devincidents import add_incidents, incidents, obligations
from tests.dashboard.devmessages import add_messages, campaigns, exercises
from tests.dashboard.devpeople import add_people
from tests.dashboard.devpolicies import add_policies
from tests.dashboard.devroutes import add_history, add_suppression
from tests.dashboard.devviews import ScriptedViews
from tests.dashboard.devwarnings import add_emergency, receipts

POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'"
)


def needed(alert: dict[str, Any]) -> dict[str, Any]:
    """Why an alert needs a person, as its kind derives it; {} for a record of a few fields."""
    whole = {"ack", "active", "affected", "severity", "suppressed_by", "text"} <= alert.keys()
    return {"need": ALERT.derive(dict(alert))["need"]} if whole else {}


class Script:
    """State and answers of the scripted server, and the requests that it received."""

    def __init__(self) -> None:
        now = time.time()
        self.state: dict[str, dict[str, Any]] = picture.picture(now) | {"receipt": receipts(now)}
        self.state |= {"incident": incidents(now), "obligation": obligations(now)}
        self.state |= {"campaign": campaigns(now), "exercise": exercises(now)}
        self.policies = PolicyDomain("532300")
        self.decided: dict[str, dict[str, Any]] = {}
        self.rev = 1
        self.beating = True
        self.ages = {"collect": 0.3, "project": 0.2, "alert": 0.1, "command": 0.4}
        self.me = {"name": "值班员", "role": "duty", "region": "", "csrf": "t", "demo": False, "rights": ["see", "act"]}
        self.sockets: dict[WebSocket, dict[str, str]] = {}
        self.requests: list[str] = []
        self.acks: list[dict[str, Any]] = []
        self.refuse: tuple[int, dict[str, Any]] | None = None
        self.ack_gate = asyncio.Event()
        self.ack_gate.set()
        self.refuse_sockets = False
        self.metrics = ["tcp.connect_ms", "tcp.up"]
        self.recorded_since = 0.0
        self.acts: list[dict[str, Any]] = []
        self.shelf: dict[str, dict[str, Any]] = {}
        self.hiders: dict[str, dict[str, Any]] = {}
        self.closed = picture.closed(time.time())
        self.foreign = ""
        self.puts_aside = True
        self.roster: dict[str, Any] = {}
        self.load: dict[str, Any] = {}
        self.conditions: list[str] = []
        self.handovers: list[dict[str, Any]] = []
        person: dict[str, Any] = {"disabled": False, "sessions": 0, "used_at": None, "region": ""}
        self.accounts = [{"name": "值班员", "role": "duty"} | person, {"name": "root", "role": "admin"} | person]
        self.lists = {"receivers": receivers(), "escalations": escalations()}
        self.rules = rules()
        self.reloaded: dict[str, Any] = {}
        self.held: dict[str, Any] | None = None
        self.tokens: list[dict[str, Any]] = []
        self.hidden: dict[str, int] = {}
        self.life: dict[str, dict[str, Any]] = {}
        self.approvals: ScriptedApprovals | None = None
        self.views = ScriptedViews(self)

    @property
    def rev_text(self) -> str:
        return f"e.{self.rev}-0"

    async def send(self, frame: dict[str, Any]) -> None:
        for socket in list(self.sockets):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_json(frame)

    async def change(self, kind: str, key: str, fields: dict[str, Any] | None) -> None:
        """Set fields of a record, or remove it with None, and send the change to every page."""
        self.rev += 1
        if kind == "alert" and fields is not None:
            fields = fields | needed(self.state[kind].get(key, {}) | fields)
        if fields is None:
            self.state[kind].pop(key, None)
            item: dict[str, Any] = {"id": key, "gone": True}
        else:
            record = self.state[kind].setdefault(key, {"id": key})
            merged = record | fields
            item = {"id": key, "set": {name: value for name, value in fields.items() if name != "readings"}}
            if "readings" in fields:
                readings = record.get("readings", {}) | fields["readings"]
                merged["readings"] = {name: value for name, value in readings.items() if value is not None}
                item["merge"] = {"readings": fields["readings"]}
            self.state[kind][key] = merged
        await self.views.changes(kind, [item])
        await self.views.boards_changed()

    async def drop(self, code: int = 1001) -> None:
        """Close every socket."""
        for socket in list(self.sockets):
            with contextlib.suppress(RuntimeError):
                await socket.close(code)

    async def beat(self) -> None:
        if self.beating:
            frame = {"type": "heartbeat", "rev": self.rev_text, "at": iso(time.time()), "ages": self.ages}
            await self.send(frame | {"conditions": self.conditions})

    async def take(self, alert_id: str, body: dict[str, Any]) -> dict[str, Any] | None:
        record = self.state["alert"].get(alert_id)
        if record is None:
            return None
        ack = {"by": self.me["name"], "at": iso(time.time()), "until": None, "estimated_restoration": None}
        ack |= {name: body[name] for name in ("comment", "until", "estimated_restoration") if name in body}
        await self.change("alert", alert_id, {"ack": ack, "acked": True, "rev": record["rev"] + 1, "state": "ACKED"})
        return self.state["alert"][alert_id]  # type: ignore[no-any-return]


def create(script: Script) -> FastAPI:
    """The whole site: scripted API first, Dash behind it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        beats = asyncio.create_task(_beats(script))
        yield
        beats.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beats

    api = FastAPI(lifespan=lifespan, openapi_url=None)
    _add_api(api, script)
    _add_alert(api, script)
    add_history(api, script)
    add_suppression(api, script)
    add_emergency(api, script)
    add_incidents(api, script)
    add_messages(api, script)
    add_policies(api, script)
    add_people(api, script)
    add_admin(api, script)
    add_approvals(api, script)

    _add_live(api, script)

    @api.middleware("http")
    async def guard(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        html = response.headers.get("content-type", "").startswith("text/html")
        hashes = " ".join(script_hashes(dash_app)) if html else ""
        response.headers["Content-Security-Policy"] = POLICY.format(hashes=hashes)
        return response

    dash_app = create_dash(api, Site(name="楚雄州"))
    return api


def _add_api(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/me")
    async def me() -> dict[str, Any]:
        return script.me

    @api.get("/api/v1/site")
    async def site() -> dict[str, Any]:
        return {"name": "楚雄州", "region": picture.SITE, "timezone": "Asia/Shanghai", "language": "zh-CN"}

    @api.get("/api/v1/map/{name}.geojson")
    async def map_layer(name: str) -> Response:
        content = layer(name)
        return Response(content, media_type="application/geo+json") if content else JSONResponse({"title": "none"}, 404)

    @api.post("/api/v1/session")
    async def session(request: Request) -> Response:
        body = await request.json()
        return JSONResponse(script.me) if body["password"] == "right" else JSONResponse({"title": "wrong"}, 401)


def _add_live(api: FastAPI, script: Script) -> None:
    @api.websocket("/api/v1/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        script.requests.append("live")
        if script.refuse_sockets:
            await socket.close(1013)
            return
        script.sockets[socket] = {}
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await script.views.subscribe(socket, await socket.receive_text())
        script.sockets.pop(socket, None)


def _add_alert(api: FastAPI, script: Script) -> None:
    @api.get("/api/v1/alerts/{alert_id}")
    async def alert(alert_id: str) -> Response:
        closed = {record["id"]: record for record in script.closed}
        record = script.state["alert"].get(alert_id) or closed.get(alert_id)
        if record is None:
            return JSONResponse({"title": "none"}, 404)
        step = {"seq": 1, "name": "raise", "at": record["raised_at"], "actor": "", "comment": "", "text": "TCP 超时"}
        steps = [step]
        if record["ack"]:
            steps.append(
                {
                    "seq": 2,
                    "name": "ack",
                    "at": record["ack"]["at"],
                    "actor": record["ack"]["by"],
                    "comment": record["ack"]["comment"],
                    "text": "",
                }
            )
        ways = options(record, script.state["alert"], script.state["asset"]) if script.puts_aside else []
        more = {"transitions": steps, "suppressions": to_builtins(ways)}
        return JSONResponse(record | more | script.life.get(alert_id, {}))

    @api.post("/api/v1/alerts/{alert_id}/ack")
    async def ack(alert_id: str, request: Request) -> Response:
        body = await request.json()
        script.acks.append({"id": alert_id, "csrf": request.headers.get("x-csrf-token"), **body})
        await script.ack_gate.wait()
        if script.refuse:
            return JSONResponse(script.refuse[1], script.refuse[0])
        record = await script.take(alert_id, body)
        return JSONResponse(record) if record else JSONResponse({"title": "none"}, 404)

    @api.post("/api/v1/alerts/{alert_id}/unack")
    async def unack(alert_id: str) -> Response:
        script.acts.append({"act": "unack", "id": alert_id})
        rev = script.state["alert"][alert_id]["rev"] + 1
        await script.change("alert", alert_id, {"ack": None, "acked": False, "rev": rev, "state": "UNACK"})
        return JSONResponse(script.state["alert"][alert_id])


async def _beats(script: Script) -> None:
    while True:
        await asyncio.sleep(0.5)
        await script.beat()


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
    uvicorn.run(create(Script()), host="127.0.0.1", port=port, ws="websockets-sansio", log_level="warning")


if __name__ == "__main__":
    main()
