"""As an Alertmanager (its API v2): a Prometheus server sends here unchanged, and `amtool alert` asks and adds."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dependencies import Given, Ingester, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.ingest import alertmanager
from api.query_parameters import one_of
from api.routes.ingest import answer, take
from feeds import wire
from feeds.model.isa_state import INHIBITED

router = APIRouter(prefix="/api/v2", tags=["alertmanager"])
RECEIVER = "watchfloor"
_STARTED = time.time()
_MATCHER = re.compile(r"(?P<name>[^=!~]+)(?P<op>!=|=)(?!~)(?P<value>.*)", re.DOTALL)
Receiver = Annotated[str, Query(max_length=64), one_of((RECEIVER,))]
Names = Annotated[list[str] | None, Query(max_length=50)]


@router.post("/alerts")
async def post_alerts(given: Given, who: Ingester, request: Request) -> Response:
    """Alerts as Prometheus sends them. 200 once they are durable; 4xx with findings, the good ones are taken."""
    timeout = given.ingest.resolve_timeout
    taken = alertmanager.posted(await request.body(), given.clock(), resolve_timeout=timeout)
    count, findings = await take(request, given, who, taken, "alertmanager")
    if any(one.error for one in findings):
        return answer(request, count, findings)
    return Response(status_code=200)


@router.get("/status")
async def status(given: Given, who: Viewer) -> Response:
    """Enough for Prometheus and amtool: no cluster, our version."""
    version = {
        "version": given.site.version,
        "branch": "",
        "revision": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }
    cluster: dict[str, Any] = {"status": "disabled", "name": "", "peers": []}
    started = wire.iso(_STARTED)
    return Json({"cluster": cluster, "versionInfo": version, "config": {"original": ""}, "uptime": started})


@router.get("/receivers")
async def receivers(given: Given, who: Viewer) -> Response:
    """One by name: who is told is decided here, not by a route."""
    return Json([{"name": RECEIVER}])


@router.get("/alerts")
async def get_alerts(
    given: Given,
    who: Viewer,
    active: bool = True,
    silenced: bool = True,
    inhibited: bool = True,
    unprocessed: bool = True,
    receiver: Receiver = "",
    filter: Names = None,
) -> Response:
    """Open, active alerts of the own region in Alertmanager's form (gettableAlert).

    `filter` knows name="value" and name!="value"; nothing is ever `unprocessed`, and there is one `receiver`.
    """
    wanted = [_matcher(one) for one in filter or ()]
    found = []
    for record in given.pump.mirror.records("alert", who.audience).values():
        shown = _gettable(record)
        state = shown["status"]
        hidden = state["state"] == "suppressed"
        if not record["active"] or (not hidden and not active):
            continue
        if (state["silencedBy"] and not silenced) or (state["inhibitedBy"] and not inhibited):
            continue
        if all((shown["labels"].get(name, "") == value) is same for name, value, same in wanted):
            found.append(shown)
    return Json(found)


def _matcher(text: str) -> tuple[str, str, bool]:
    """A label, its value, and whether that is wanted. Expressions (`=~`) are refused: foreign ones may run for ever."""
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise Problem("invalid", findings=[finding("query.filter", "matcher")])
    return found["name"].strip().strip('"'), found["value"].strip().strip('"'), found["op"] == "="


def _gettable(record: Mapping[str, Any]) -> dict[str, Any]:
    reasons = record["suppressed_by"]
    labels = {"alertname": record["rule"].rpartition(":")[2], **record["labels"]}
    labels = {"instance": record["asset"], "severity": record["severity"], **labels}
    return {
        "labels": labels,
        "annotations": {"summary": record["title"].get("en", ""), "description": record["text"]},
        "startsAt": record["raised_at"],
        "endsAt": "0001-01-01T00:00:00.000Z",
        "updatedAt": record["since"],
        "fingerprint": record["fingerprint"],
        "generatorURL": record.get("url", ""),
        "receivers": [{"name": RECEIVER}],
        "status": {
            "state": "suppressed" if reasons else "active",
            "inhibitedBy": [record["cut_by"]] if record["cut_by"] else [],
            "mutedBy": [],
            "silencedBy": [one for one in reasons if not one.startswith(INHIBITED)],
        },
    }
