"""Files that prove what was done on a task: streamed in, checked, kept by their hash, given out as attachments."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.command_orders import OF_ORDER, TEXTS, ordered, record_answer
from api.dependencies import Dependencies, Deps, TaskActor, Tasker
from api.http.findings import finding
from api.http.problems import Problem
from api.kinds import lists
from api.records.task_texts import TASK_TEXTS
from api.responses.describe import answers
from api.routers import api_router
from feeds.evidence import EvidenceFile, EvidenceRefused, EvidenceStore, path_of
from feeds.kinds import TASK
from feeds.secrecy import is_marked
from feeds.tasks.orders import TASK as WORKFLOW

router = api_router(tags=["tasks"])


class EvidenceBody(BaseModel):
    """The order that names a file of evidence, made here of what was received."""

    sha256: str
    name: str
    media: str
    size: int


CHUNK = 1 << 18
"""Bytes that are written to the disk at a time."""
Name = Annotated[str, Query(min_length=1, max_length=200)]
FILE: dict[int | str, dict[str, Any]] = {200: {"description": "the file", "content": {"application/octet-stream": {}}}}
_BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.put(
    "/tasks/{task_id:path}/evidence",
    responses=answers(None, *OF_ORDER, "too-large") | record_answer(TASK),
    openapi_extra=_BYTES,
)
async def upload(deps: Deps, principal: TaskActor, request: Request, task_id: str, name: Name) -> Response:
    """Keep a file of evidence, at most 50 MB, 200 MB a task: jpg png heic pdf docx xlsx mp4 txt csv by their content.

    200 once the file is on disk and its hash is in the journal. The body is the file, `name` what it is called.
    """
    task = await lists.require(deps, TASK, task_id, principal.audience)
    if "evidence" not in WORKFLOW.possible(task["state"]):
        raise Problem("conflict", code="state", current=task)
    if is_marked(name):  # before anything of it is kept
        zh, en = TEXTS["classified"]
        raise Problem("invalid", findings=[finding("query.name", "classified", message={"zh-CN": zh, "en": en})])
    file = await _received(_store(deps), request, name)
    body = EvidenceBody(sha256=file.sha256, name=name, media=file.media, size=file.size)
    claims = {name: value for name, value in asdict(file.claims).items() if value not in (None, "")}
    return await ordered(deps, principal, TASK, "task.evidence", task_id, body, more=claims)


@router.get("/tasks/{task_id:path}/evidence/{sha256}", responses=answers(None, "not-found", "evidence-lost") | FILE)
async def download(deps: Deps, principal: Tasker, task_id: str, sha256: str) -> Response:
    """A file of evidence as an attachment, to whoever sees the task. 410: it is gone from the disk, or was altered."""
    task = await lists.require(deps, TASK, task_id, principal.audience)
    evidence = next((evidence for evidence in task["evidence"] if evidence["sha256"] == sha256), None)
    if evidence is None:
        raise Problem("not-found")
    store = _store(deps)
    if damage := await asyncio.to_thread(store.damaged, sha256):
        raise Problem("evidence-lost", damage=damage, sha256=sha256, name=evidence["name"])
    path = path_of(store.folder, sha256)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(evidence['name'], safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return FileResponse(path, media_type=evidence["media"], headers=headers)


def _store(deps: Dependencies) -> EvidenceStore:
    if deps.evidence is None:
        raise Problem("not-found")
    return deps.evidence


async def _received(store: EvidenceStore, request: Request, name: str) -> EvidenceFile:
    """The file of a request, durable on disk. Raises Problem; what was not kept is removed.

    `busy`: the disk takes nothing.
    """
    upload = None
    try:
        upload = await asyncio.to_thread(store.taking, name)
        waiting = bytearray()
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= CHUNK:
                await asyncio.to_thread(upload.write, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(upload.write, bytes(waiting))
        return await asyncio.to_thread(upload.keep)
    except EvidenceRefused as refused:
        if refused.code == "too_large":
            raise Problem("too-large") from refused
        zh, en = TASK_TEXTS[f"evidence_{refused.code}"]
        raise Problem(
            "invalid", findings=[finding("body", f"evidence_{refused.code}", message={"zh-CN": zh, "en": en})]
        ) from refused
    except OSError as error:
        raise Problem("busy") from error
    finally:
        if upload is not None:
            with suppress(OSError):
                await asyncio.to_thread(upload.drop)
