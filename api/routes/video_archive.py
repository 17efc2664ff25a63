"""`/api/v1/video/archive`: the records of cameras (一机一档) as a file, and a file read back into the inventory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth.audit import note
from api.dependencies import Admin, Dependencies, Deps, Viewer, language_of
from api.http.answers import Json
from api.http.problems import Problem
from api.principal import Principal, Right
from api.responses import video_records
from api.responses.describe import answers
from api.routers import api_router
from feeds.cameras import archive, archive_table
from feeds.cameras.archive_table import ArchiveDifference
from feeds.cameras.derived import CAMERA
from feeds.inventory.row_changes import RowChange
from feeds.kinds import Record
from feeds.spreadsheets import MOST_BYTES, SheetRefused, read_sheets

router = api_router("/api/v1/video", tags=["video"])
SHOWN = 500
"""Changes and refusals that an answer lists."""
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "the table", "content": {"text/csv": _BINARY, _XLSX: _BINARY}}
}
_NO_TABLE = {
    "zh-CN": "读不出表格：请另存为 .xlsx（不设密码）或 UTF-8、GB18030 的 CSV。",
    "en": "This is no table: save it as .xlsx without a password, or as CSV in UTF-8 or GB18030.",
}
_NO_CAMERAS = {
    "zh-CN": "没有名为 id 或“设备编码”的列，或其下没有行。",
    "en": "There is no column id or Device id with rows below it.",
}
_BYTES: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/octet-stream": _BINARY}}}


@router.get("/archive", responses=_FILE)
async def export(
    deps: Deps, principal: Viewer, request: Request, format: Annotated[Literal["csv", "xlsx"], Query()] = "xlsx"
) -> Response:
    """The records of all cameras that the asker sees. Contacts are hidden from those who may not act.

    The audit has an entry `archive-export`.
    """
    cameras = _cameras(deps, principal)
    body = list(archive_table.rows(cameras.values(), personal=_sees_persons(principal)))
    written = archive_table.as_csv if format == "csv" else archive_table.as_xlsx
    content = await asyncio.to_thread(written, archive_table.header(language_of(request)), body)
    await note(deps, principal, "archive-export", body={"cameras": len(cameras), "format": format})
    headers = {"Content-Disposition": f'attachment; filename="cameras.{format}"', "Cache-Control": "no-store"}
    return Response(content, media_type="text/csv; charset=utf-8" if format == "csv" else _XLSX, headers=headers)


@router.get("/cameras/{camera_id}/archive", responses=answers(video_records.CameraArchive, "not-found"))
async def of_camera(deps: Deps, principal: Viewer, camera_id: str) -> Response:
    """The record of one camera: each field with its value, and why it is not complete."""
    camera = _cameras(deps, principal).get(camera_id)
    if camera is None:
        raise Problem("not-found")
    faults, personal = archive.faults_of(camera), _sees_persons(principal)
    fields = []
    for field in archive.FIELDS:
        value = archive.value_of(camera, field)
        hidden = bool(value) and field.name in archive.PERSONAL and not personal
        shown = {"name": field.name, "title": {"zh-CN": field.zh, "en": field.en}, "required": field.required}
        fields.append({**shown, "value": "" if hidden else value, "hidden": hidden, "fault": faults.get(field.name)})
    return Json({"camera": camera_id, "complete": not faults, "fields": fields})


@router.post(
    "/archive:preview", responses=answers(video_records.ArchivePreview, "invalid", "too-large"), openapi_extra=_BYTES
)
async def preview(deps: Deps, principal: Admin, request: Request) -> Response:
    """What a file (XLSX or CSV) would change. Changes nothing. 422 for a file that is no table of cameras."""
    return Json(_shown(await _difference(deps, principal, request)))


@router.post(
    "/archive:import",
    responses=answers(
        video_records.ArchiveImported, "invalid", "too-large", "outside-region", "not-found", "refused-settings"
    ),
    openapi_extra=_BYTES,
)
async def import_file(deps: Deps, principal: Admin, request: Request, accept: str = "") -> Response:
    """Take the changes of a file over into the inventory's CSV files, and have every process apply them.

    `changed` are the cameras whose rows were changed, `left` those whose row stands in no CSV file in UTF-8. For
    administrators of the whole site. The audit has an entry `archive-import`.
    """
    if principal.region:
        raise Problem("outside-region")
    if deps.change_inventory is None:
        raise Problem("not-found")
    difference = await _difference(deps, principal, request)
    by_asset = archive_table.row_changes(difference.changes, _cameras(deps, principal))
    rows = [RowChange(id=id, row=row) for id, row in by_asset.items()]
    done = await deps.change_inventory(rows, principal.name, language_of(request), accept)
    changed = list(done.changed_ids)
    left = sorted({row.id for row in rows} - set(changed))
    await note(deps, principal, "archive-import", body={"changed": changed[:SHOWN], "left": len(left)})
    if done.reloaded.faults:
        raise Problem("refused-settings", faults=list(done.reloaded.faults), findings_total=len(done.reloaded.findings))
    return Json(
        {"changed": changed, "left": left, "applied": done.reloaded.applied, "held": done.reloaded.held}
        | {"refusals": [asdict(refusal) for refusal in difference.refusals[:SHOWN]]}
    )


def _cameras(deps: Dependencies, principal: Principal) -> dict[str, Record]:
    """The cameras that the asker sees, with what is about persons: what is shown of that is decided here."""
    audience = replace(principal.audience, personal=True)
    records = deps.pump.mirror.records("asset", audience)
    return {id: record for id, record in records.items() if record["kind"] == CAMERA}


def _sees_persons(principal: Principal) -> bool:
    return principal.personal and principal.may(Right.ACT)


async def _difference(deps: Dependencies, principal: Principal, request: Request) -> ArchiveDifference:
    raw = await request.body()
    if len(raw) > MOST_BYTES:
        raise Problem("too-large")
    try:
        sheets = await asyncio.to_thread(read_sheets, raw)
    except SheetRefused as error:
        raise Problem("invalid", detail=_NO_TABLE) from error
    difference = archive_table.difference(sheets, _cameras(deps, principal))
    if not difference.cameras and not difference.refusals:
        raise Problem("invalid", detail=_NO_CAMERAS)
    return difference


def _shown(difference: ArchiveDifference) -> Mapping[str, Any]:
    return {
        "cameras": difference.cameras,
        "changes": [asdict(change) for change in difference.changes[:SHOWN]],
        "changes_total": len(difference.changes),
        "refusals": [asdict(refusal) for refusal in difference.refusals[:SHOWN]],
        "refusals_total": len(difference.refusals),
        "ignored": list(difference.ignored),
    }
