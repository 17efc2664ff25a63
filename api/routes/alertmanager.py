"""The interface of an Alertmanager (API v2), for Prometheus servers and `amtool alert`."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dependencies import Deps, Ingester, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.ingest import alertmanager
from api.query_parameters import one_of
from api.responses import ingest as answered
from api.responses.describe import answers, array_of
from api.routes.ingest import answer, take
from feeds import wire
from feeds.model.isa_state import INHIBITED

router = APIRouter(prefix="/api/v2", tags=["alertmanager"])
RECEIVER = "watchfloor"
_STARTED = time.time()
_MATCHER = re.compile(r"(?P<name>[^=!~]+)(?P<op>!=|=)(?!~)(?P<value>.*)", re.DOTALL)
Receiver = Annotated[str, Query(max_length=64), one_of((RECEIVER,))]
Names = Annotated[list[str] | None, Query(max_length=50)]


@router.post("/alerts", responses=answers(None, "outside-region", "intake-lost"))
async def post_alerts(deps: Deps, principal: Ingester, request: Request) -> Response:
    """Take alerts as Prometheus sends them. 200 once they are durable; 4xx with findings, the others are taken."""
    timeout = deps.ingest.resolve_timeout
    taken = alertmanager.posted(await request.body(), deps.clock(), resolve_timeout=timeout)
    count, findings = await take(request, deps, principal, taken, "alertmanager")
    if any(finding.error for finding in findings):
        return answer(request, count, findings)
    return Response(status_code=200)


@router.get("/status", responses=answers(answered.AlertmanagerStatus))
async def status(deps: Deps, principal: Viewer) -> Response:
    """The status that Prometheus and amtool read: no cluster, our version."""
    version = {
        "version": deps.site.version,
        "branch": "",
        "revision": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }
    cluster: dict[str, Any] = {"status": "disabled", "name": "", "peers": []}
    started = wire.iso(_STARTED)
    return Json({"cluster": cluster, "versionInfo": version, "config": {"original": ""}, "uptime": started})


@router.get("/receivers", responses=answers(array_of(answered.AlertmanagerReceiver)))
async def receivers(deps: Deps, principal: Viewer) -> Response:
    """The one receiver. Routing is decided here."""
    return Json([{"name": RECEIVER}])


@router.get("/alerts", responses=answers(array_of(answered.GettableAlert)))
async def get_alerts(
    deps: Deps,
    principal: Viewer,
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
    matchers = [_matcher(text) for text in filter or ()]
    alerts = []
    for record in deps.pump.mirror.records("alert", principal.audience).values():
        shown = _gettable(record)
        state = shown["status"]
        hidden = state["state"] == "suppressed"
        if not record["active"] or (not hidden and not active):
            continue
        if (state["silencedBy"] and not silenced) or (state["inhibitedBy"] and not inhibited):
            continue
        if all((shown["labels"].get(name, "") == value) is same for name, value, same in matchers):
            alerts.append(shown)
    return Json(alerts)


def _matcher(text: str) -> tuple[str, str, bool]:
    """A label, its value, and True for "=", False for "!=". Raises Problem for expressions (`=~`)."""
    match = _MATCHER.fullmatch(text)
    if match is None:
        raise Problem("invalid", findings=[finding("query.filter", "matcher")])
    return match["name"].strip().strip('"'), match["value"].strip().strip('"'), match["op"] == "="


def _gettable(record: Mapping[str, Any]) -> dict[str, Any]:
    reasons = record["suppressed_by"]
    labels = {"alertname": record["rule"].rpartition(":")[2], **record["labels"]}
    labels = {"instance": record["asset"], "severity": record["severity"], **labels}
    return {
        "labels": labels,
        "annotations": {"summary": record["title"].get("en", ""), "description": record["text"]},
        "startsAt": record["raised_at"],
        "endsAt": "0001-01-01T00:00:00.000Z",
        "updatedAt": record["changed_at"],
        "fingerprint": record["fingerprint"],
        "generatorURL": record.get("url", ""),
        "receivers": [{"name": RECEIVER}],
        "status": {
            "state": "suppressed" if reasons else "active",
            "inhibitedBy": [record["cut_by"]] if record["cut_by"] else [],
            "mutedBy": [],
            "silencedBy": [reason for reason in reasons if not reason.startswith(INHIBITED)],
        },
    }
