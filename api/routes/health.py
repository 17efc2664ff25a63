"""Whether this server lives, whether the whole is ready, and its figures for Prometheus."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.dependencies import Deps, Viewer
from api.http.answers import Json
from api.http.problems import Problem
from api.load.reader import LoadReader
from api.metrics import MEDIA_TYPE, Metrics
from api.query_parameters import strict
from api.responses import session
from api.responses.describe import Answers, answers
from feeds.bus import BusError
from feeds.journal import JournalLost
from feeds.live.pump import Audience, NoPicture

log = logging.getLogger(__name__)
router = APIRouter(tags=["health"])
TEXT: Answers = {200: {"description": "Success", "content": {"text/plain": {"schema": {"type": "string"}}}}}

OLD = 5.0
"""A role that has not moved for so long (seconds) does not answer."""


@router.get("/healthz", responses=answers(session.Alive))
async def healthz() -> Response:
    """This process answers."""
    return Json({"status": "ok"})


@router.get("/readyz", responses=answers(session.ReadinessAnswer, "not-ready"))
async def readyz(deps: Deps, request: Request) -> Response:
    """Every role moves, the journal takes a row, and the canary came through bus, projection and live feed.

    The canary is the collector's own heartbeat: the pump notes it only when it arrives as a
    change. Devices that are silent never count. `missing` says what the journal lost. `disk` (ok, low, full) is told
    and does not count: what a full disk stops is counted already.
    """
    at, pump = deps.clock(), deps.pump
    roles = {role: age is not None and age < OLD for role, age in pump.ages(at).items()}
    checks: dict[str, Any] = {
        "roles": roles,
        "live": pump.filled and at - pump.moved_at < OLD,
        "canary": roles.get("collect", False),
        "journal": await deps.stores.journal.usable(),
    }
    if deps.disk is not None:
        room = await asyncio.to_thread(deps.disk)
        checks["disk"] = room["state"]
    missing = deps.stores.missing(deps.site.language)
    if missing:
        checks["missing"] = missing
    if missing or not (all(roles.values()) and checks["live"] and checks["canary"] and checks["journal"]):
        raise Problem("not-ready", checks=checks)
    return Json({"status": "ready", "checks": checks})


@router.get("/api/v1/disk", dependencies=[Depends(strict)], responses=answers(session.Disk, "not-found"))
async def disk(deps: Deps, principal: Viewer) -> Response:
    """The room on the disk of the data folder: state, total, free, stores {name: {bytes, per_day}}, days_left."""
    if deps.disk is None:
        raise Problem("not-found")
    return Json(await asyncio.to_thread(deps.disk))


@router.get("/metrics", responses=TEXT)
async def metrics(deps: Deps, request: Request, principal: Viewer) -> Response:
    """Prometheus text; with a session or a token of scope `read`. Loopback is no exception: a proxy stands there."""
    try:
        dead: int | None = sum((await deps.bus.dead_counts()).values())
    except BusError as error:
        log.debug("metrics without dead letters: %s", error)
        dead = None
    try:
        load: dict[str, Any] | None = await cast(LoadReader, request.app.state.load).answer(Audience())
    except (JournalLost, NoPicture) as error:
        log.debug("metrics without load figures: %s", error)
        load = None
    try:
        queues = {} if principal.region else await deps.journal.outbox_queues()
    except JournalLost as error:
        log.debug("metrics without receivers: %s", error)
        queues = {}
    room = None if deps.disk is None else await asyncio.to_thread(deps.disk)
    processes = await asyncio.to_thread(deps.processes)
    figures = cast(Metrics, request.app.state.metrics).text(dead, load, room, processes, queues)
    return Response(figures, media_type=MEDIA_TYPE)
