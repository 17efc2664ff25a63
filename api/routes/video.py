"""`GET /api/v1/video/figures`: figures of the cameras that the asker sees, with denominators and coverage."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.dependencies import Deps, Viewer
from api.http.answers import Json
from api.responses import video
from api.responses.describe import answers
from feeds import wire
from feeds.cameras.figures import CameraFigure, CameraFigures, Grouping, camera_figures

router = APIRouter(prefix="/api/v1/video", tags=["video"])


@router.get("/figures", responses=answers(video.VideoFigures))
async def figures(deps: Deps, principal: Viewer, by: Annotated[Grouping, Query()] = "region") -> Response:
    """Figures at this moment, of all cameras and by county, unit or maker. Maintenance is not left out.

    `value` is `good` / `of`; `coverage` is `of` / `total`. Both are null without a denominator.
    """
    mirror = deps.pump.mirror
    groups = camera_figures(mirror.records("asset", principal.audience).values(), by)
    return Json(
        {
            "rev": mirror.rev,
            "at": wire.iso(deps.clock()),
            "by": by,
            "all": _shown(groups.pop("")),
            "groups": [{"key": key, **_shown(group)} for key, group in sorted(groups.items())],
        }
    )


def _shown(group: CameraFigures) -> dict[str, Any]:
    return {
        "online": _figure(group.online),
        "usable": _figure(group.usable),
        "picture": _figure(group.picture),
        "clock": _figure(group.clock),
        "consistent": _figure(group.consistent),
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
