"""The interface of an Alertmanager (API v2), for Prometheus servers, `amtool` and Karma."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import re2
from fastapi import Query, Request
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Ingester, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.ingest import alertmanager
from api.principal import Principal
from api.query_parameters import one_of
from api.responses import ingest as answered
from api.responses.describe import answers, array_of
from api.routers import api_router
from api.routes.ingest import answer, take
from feeds import wire
from feeds.model.isa_state import INHIBITED

router = api_router("/api/v2", tags=["alertmanager"])
RECEIVER = "watchfloor"
_STARTED = time.time()
Matcher = Callable[[Mapping[str, str]], bool]
_MATCHER = re.compile(r"(?P<name>[^=!~]+)(?P<op>=~|!~|!=|=)(?P<value>.*)", re.DOTALL)
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

    `filter` knows = != =~ !~ (the whole value, RE2); nothing is ever `unprocessed`, and there is one `receiver`.
    """
    return Json(_matching(deps, principal, filter, active=active, silenced=silenced, inhibited=inhibited))


@router.get("/alerts/groups", responses=answers(array_of(answered.AlertGroup)))
async def get_groups(
    deps: Deps,
    principal: Viewer,
    active: bool = True,
    silenced: bool = True,
    inhibited: bool = True,
    muted: bool = True,
    receiver: Receiver = "",
    filter: Names = None,
) -> Response:
    """The same alerts by `alertname`, as Karma and `amtool` ask for them."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for alert in _matching(deps, principal, filter, active=active, silenced=silenced, inhibited=inhibited):
        groups.setdefault(alert["labels"]["alertname"], []).append(alert)
    rows = [
        {"labels": {"alertname": name}, "receiver": {"name": RECEIVER}, "alerts": alerts}
        for name, alerts in sorted(groups.items())
    ]
    return Json(rows)


def _matching(
    deps: Dependencies, principal: Principal, filter: list[str] | None, *, active: bool, silenced: bool, inhibited: bool
) -> list[dict[str, Any]]:
    matchers = [matcher(text) for text in filter or ()]
    alerts = []
    for record in deps.pump.mirror.records("alert", principal.audience).values():
        shown = _gettable(record)
        state = shown["status"]
        hidden = state["state"] == "suppressed"
        if not record["active"] or (not hidden and not active):
            continue
        if (state["silencedBy"] and not silenced) or (state["inhibitedBy"] and not inhibited):
            continue
        if all(holds(shown["labels"]) for holds in matchers):
            alerts.append(shown)
    return alerts


def matcher(text: str) -> Matcher:
    """The condition that a matcher (`name=~"expression"`) puts on labels; a label that is missing is "".

    Raises Problem for what is no matcher, and for an expression that RE2 does not take.
    """
    match = _MATCHER.fullmatch(text)
    name, value = (match["name"].strip().strip('"'), match["value"].strip().strip('"')) if match else ("", "")
    if match is None or not name:
        raise Problem("invalid", findings=[finding("query.filter", "matcher")])
    if not match["op"].endswith("~"):
        return lambda labels: (labels.get(name, "") == value) is (match["op"] == "=")
    options = re2.Options()
    options.log_errors = False
    try:
        expression = re2.compile(value, options=options)
    except re2.error as error:
        raise Problem("invalid", findings=[finding("query.filter", "matcher")]) from error
    return lambda labels: (expression.fullmatch(labels.get(name, "")) is not None) is (match["op"] == "=~")


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
