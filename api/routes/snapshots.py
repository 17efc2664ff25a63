"""Snapshots of cameras: what there is, addresses to look at pictures, and the pictures. Every look is in the audit."""

from __future__ import annotations

from asyncio import to_thread
from typing import Annotated, Any, Literal

from msgspec import structs
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.auth.audit import note
from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Json
from api.http.problems import Problem
from api.picture_addresses import VALID, AddressExpired, AddressRefused
from api.principal import Principal, Right
from api.responses.describe import Answers, answers
from api.responses.video import CameraSnapshotList, PictureAddressList
from api.routers import api_router
from api.snapshots import SnapshotAccess
from api.video_pictures import refusal
from feeds import wire
from feeds.cameras.derived import CAMERA
from feeds.kinds import Record
from feeds.snapshots.records import CameraSnapshots, StoredPicture

router = api_router("/api/v1/video", tags=["video"])
MAX_CAMERAS = 60
"""Cameras of one look at most: a page of the grid."""
Which = Literal["latest", "good", "before", "after"]
JPEG: Answers = answers(None, "forbidden", "not-found", "gone")
JPEG[200]["content"] = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}


class PictureLook(BaseModel):
    """One picture: of a camera the newest, the last good one, or one before or after the fault of an `at`."""

    model_config = ConfigDict(extra="forbid")
    camera: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    which: Which = "latest"
    picture: Annotated[str, StringConstraints(max_length=32)] = ""


class LooksBody(BaseModel):
    """Pictures to look at, and why: cameras with the label `sensitive=yes` need a reason."""

    model_config = ConfigDict(extra="forbid")
    looks: Annotated[list[PictureLook], Field(min_length=1, max_length=MAX_CAMERAS)]
    reason: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)] = ""


@router.get("/cameras/{camera_id}/snapshots", responses=answers(CameraSnapshotList, "not-found"))
async def snapshots(deps: Deps, principal: Viewer, camera_id: str) -> Response:
    """The index of a camera's pictures: times, sizes and hashes, and the evidence of its faults, newest first.

    `may_look` says whether the asker may see the pictures, `why_not` why not. Reading the index is not audited.
    """
    camera = _camera(deps, principal, camera_id)
    index = await to_thread(_access(deps).reader.of, camera_id)
    why = refusal(principal, camera, "")
    return Json(
        {
            "camera": camera_id,
            "may_look": why is None or why == "needs-reason",
            "why_not": why,
            "latest": _shown(index.latest),
            "good": _shown(index.good),
            "evidence": [
                {
                    "at": wire.iso(proof.at),
                    "rung": proof.rung,
                    "faults": proof.faults,
                    "before": _shown(proof.before),
                    "after": _shown(proof.after),
                }
                for proof in reversed(index.evidence)
            ],
            "checks": [structs.asdict(check) for check in index.checks],
        }
    )


@router.post("/pictures", responses=answers(PictureAddressList, "forbidden", "invalid"))
async def look(deps: Deps, principal: Viewer, body: LooksBody) -> Response:
    """Addresses of pictures: good for this session and a minute. One audit entry names every picture and the reason.

    A picture that there is not, or that one may not see, has no address and says why in `refused`: `not-found`,
    `no-picture`, `needs-reason`, or `wall` for a camera that is not released for walls.
    """
    if principal.via != "wall" and not principal.may(Right.LOOK):
        raise Problem("forbidden")
    access, now = _access(deps), deps.clock()
    items: list[dict[str, Any]] = []
    seen: list[list[str]] = []
    for look in body.looks:
        camera = deps.pump.mirror.record("asset", look.camera, principal.audience)
        refused: str | None = refusal(principal, camera, body.reason)
        picture = _chosen(await to_thread(access.reader.of, look.camera), look) if refused is None else None
        item: dict[str, Any] = {"camera": look.camera, "which": look.which, "refused": refused, "url": None}
        if refused is None and picture is None:
            item["refused"] = "no-picture"
        if picture is not None:
            key = await to_thread(access.addresses.make, _session(principal), look.camera, picture.id, now)
            item |= {"url": f"{router.prefix}/pictures/{key}", "picture": _shown(picture)}
            seen.append([look.camera, picture.id])
        items.append(item)
    if seen:
        subject = seen[0][0] if len(seen) == 1 else ""
        await note(deps, principal, "picture-look", subject=subject, body={"pictures": seen, "reason": body.reason})
    return Json({"items": items, "valid_s": VALID})


@router.get("/pictures/{key}", responses=JPEG)
async def picture(deps: Deps, principal: Viewer, key: str) -> Response:
    """A picture by an address of `POST /video/pictures`: 403 for another session, 410 when it is no longer there."""
    access = _access(deps)
    try:
        camera, id = await to_thread(access.addresses.read, _session(principal), key, deps.clock())
    except AddressRefused as error:
        raise Problem("forbidden") from error
    except AddressExpired as error:
        raise Problem("gone") from error
    if refusal(principal, deps.pump.mirror.record("asset", camera, principal.audience), "given") is not None:
        raise Problem("forbidden")  # the right was taken away within the minute
    raw = await to_thread(access.reader.picture, camera, id)
    if raw is None:
        raise Problem("gone")
    return Response(
        raw, media_type="image/jpeg", headers={"Cache-Control": "no-store", "Content-Disposition": "inline"}
    )


def _camera(deps: Dependencies, principal: Principal, id: str) -> Record:
    camera = deps.pump.mirror.record("asset", id, principal.audience)
    if camera is None or camera["kind"] != CAMERA:
        raise Problem("not-found")
    return camera


def _access(deps: Dependencies) -> SnapshotAccess:
    if deps.snapshots is None:
        raise Problem("not-found")
    return deps.snapshots


def _session(principal: Principal) -> str:
    return f"{principal.via} {principal.key} {principal.name}"


def _chosen(index: CameraSnapshots, look: PictureLook) -> StoredPicture | None:
    """The picture of a look: by its id, else the newest of its sort."""
    if look.picture:
        return index.pictures().get(look.picture)
    if look.which in ("before", "after"):
        return next((shot for proof in reversed(index.evidence) if (shot := getattr(proof, look.which))), None)
    return index.good if look.which == "good" else index.latest


def _shown(picture: StoredPicture | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    return {
        "id": picture.id,
        "taken_at": wire.iso(picture.taken_at),
        "source": picture.source,
        "sha256": picture.sha256,
        "width": picture.width,
        "height": picture.height,
        "faults": picture.faults,
    }
