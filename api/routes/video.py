"""`/api/v1/video`: figures of the cameras that the asker sees, and checking a camera now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from api.auth.audit import note
from api.commands import ask, refusal
from api.dependencies import Actor, Deps, Viewer
from api.http.answers import Json
from api.http.problems import Problem
from api.responses import video, video_records
from api.responses.describe import answers
from api.routers import api_router
from feeds import wire
from feeds.cameras.figures import CameraFigure, CameraFigures, Grouping, camera_figures
from feeds.cameras.sectors import sectors
from feeds.kinds.asset import VIDEO

OF_CHECK = ("not-found", "outside-region", "unanswered")
CHECK_WITHIN = 20.0
"""Seconds in which a check has ended: signalling, description, first packet and key frame at their limits."""
router = api_router("/api/v1/video", tags=["video"])


@router.get("/figures", responses=answers(video.VideoFigures))
async def figures(deps: Deps, principal: Viewer, by: Annotated[Grouping, Query()] = "region") -> Response:
    """Figures at this moment, of all cameras and by county, unit or maker. Maintenance is not left out.

    `value` is `good` / `of`; `coverage` is `of` / `total`. Both are null without a denominator.
    """
    mirror = deps.pump.mirror
    audience = replace(principal.audience, personal=True)  # counts alone: no name of a person is shown
    groups = await asyncio.to_thread(camera_figures, list(mirror.records("asset", audience).values()), by)
    return Json(
        {
            "rev": mirror.rev,
            "at": wire.iso(deps.clock()),
            "by": by,
            "all": _shown(groups.pop("")),
            "groups": [{"key": key, **_shown(group)} for key, group in sorted(groups.items())],
        }
    )


@router.get("/sectors", responses=answers(video_records.CameraSectors))
async def camera_sectors(deps: Deps, principal: Viewer) -> Response:
    """What the cameras see, as GeoJSON: sectors by `azimuth`, `view_angle` and `view_range` of their records.

    `is_known` is false where one of these is missing; without a direction the area is a circle of the usual range.
    """
    records = deps.pump.mirror.records("asset", principal.audience).values()
    return Json(await asyncio.to_thread(sectors, list(records)))


@router.post("/cameras/{camera_id}/check", responses=answers(video.CameraCheck, *OF_CHECK))
async def check(deps: Deps, principal: Actor, camera_id: str) -> Response:
    """Probe a camera, recorder or platform now and in full. Each rung is published as its probe ends.

    Within five seconds the same asset is not checked twice. Devices that only report by themselves are not asked. The
    audit has who asked.
    """
    asset = deps.pump.mirror.record("asset", camera_id, principal.audience)
    if asset is None or asset["kind"] not in VIDEO:
        raise Problem("not-found")
    if not principal.reaches(asset["region"]):
        raise Problem("outside-region")
    result = await ask(deps, principal, "check", camera_id, {}, engine="collect")
    if (problem := refusal(result)) is not None:
        raise problem
    await note(deps, principal, "camera-check", subject=camera_id)
    after = result.after or {}
    begun = {"at": wire.iso(after["at"]), "probes": after["probes"]}
    return Json({"camera": camera_id, **begun, "within_s": CHECK_WITHIN})


def _shown(group: CameraFigures) -> dict[str, Any]:
    return {
        "online": _figure(group.online),
        "usable": _figure(group.usable),
        "picture": _figure(group.picture),
        "clock": _figure(group.clock),
        "consistent": _figure(group.consistent),
        "recording": _figure(group.recording),
        "archive": _figure(group.archive),
        "failing": dict(sorted(group.failing.items())),
    }


def _figure(figure: CameraFigure) -> dict[str, Any]:
    return {
        "good": figure.good,
        "of": figure.of,
        "total": figure.total,
        "unknown": figure.unknown,
        "value": figure.value,
        "coverage": figure.coverage,
    }
