"""Documents of the journal that cannot be read: what they are, their bytes, and their repair."""

from __future__ import annotations

from typing import Annotated, Protocol, cast

from fastapi import Query
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from api.auth.audit import note
from api.dependencies import Admin, Auditor, Dependencies, Deps
from api.http.answers import Json, listing
from api.http.problems import Problem
from api.principal import Principal
from api.responses import staff as answered
from api.responses.describe import Answers, answers
from api.routers import api_router
from feeds.journal.forms import SECRET_KINDS, NotMendable, UnreadableDocument

router = api_router(tags=["staff"])
Kind = Annotated[str, Query(min_length=1, max_length=64)]
Id = Annotated[str, Query(min_length=1, max_length=1000)]
BYTES: Answers = answers(None, "outside-region", "forbidden", "not-found")
BYTES[200]["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_SECRET = {
    "zh-CN": "该类文档含有口令或密钥的散列，不提供下载。",
    "en": "Documents of this kind hold secrets: they are not given out.",
}


class DocumentRepair(Protocol):
    """The repair of documents (watchfloor.repair.documents)."""

    async def unreadable(self) -> list[UnreadableDocument]: ...
    def mendable(self, kind: str) -> bool: ...
    async def mend(self, kind: str, id: str, by: str) -> None: ...
    async def drop(self, kind: str, id: str, by: str) -> None: ...


class DocumentBody(BaseModel):
    """One document of the journal."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    id: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


@router.get("/documents/unreadable", responses=answers(answered.UnreadableList, "outside-region", "not-found"))
async def unreadable(deps: Deps, principal: Auditor) -> Response:
    """Documents that cannot be read. Every document is read for this answer, which may be a minute old.

    `mendable`: the document can be rebuilt from its entries. `secret`: its bytes are not given out.
    """
    repair = _repair(deps, principal)
    items = [
        {
            "kind": document.kind,
            "id": document.id,
            "seq": document.seq,
            "reason": document.reason,
            "mendable": repair.mendable(document.kind),
            "secret": document.kind in SECRET_KINDS,
        }
        for document in await repair.unreadable()
    ]
    return listing(items, None, deps.pump.rev)


@router.get("/documents/content", responses=BYTES)
async def content(deps: Deps, principal: Admin, kind: Kind, id: Id) -> Response:
    """The stored bytes of a document, as they are. Each download is an audit entry."""
    _repair(deps, principal)
    if kind in SECRET_KINDS:
        raise Problem("forbidden", detail=_SECRET)
    raw = await deps.journal.raw_document(kind, id)
    if raw is None:
        raise Problem("not-found")
    await note(deps, principal, "document-read", subject=id, body={"kind": kind, "bytes": len(raw)})
    headers = {"Content-Disposition": 'attachment; filename="document.bin"', "Cache-Control": "no-store"}
    return Response(raw, media_type="application/octet-stream", headers=headers)


@router.post("/documents:mend", responses=answers(answered.RepairedDocument, "outside-region", "not-mendable"))
async def mend(deps: Deps, principal: Admin, body: DocumentBody) -> Response:
    """Rebuild a document from its entries. The role that keeps it takes it up within seconds."""
    return await _change(deps, principal, body, drop=False)


@router.post("/documents:drop", responses=answers(answered.RepairedDocument, "outside-region", "not-mendable"))
async def drop(deps: Deps, principal: Admin, body: DocumentBody) -> Response:
    """Delete a document that cannot be read; the audit entry keeps its text. 422 for one that can be read."""
    return await _change(deps, principal, body, drop=True)


async def _change(deps: Dependencies, principal: Principal, body: DocumentBody, *, drop: bool) -> Response:
    repair = _repair(deps, principal)
    wrong = {(document.kind, document.id) for document in await repair.unreadable()}
    try:
        if (body.kind, body.id) not in wrong:
            raise NotMendable("the document can be read")
        await (repair.drop if drop else repair.mend)(body.kind, body.id, principal.name)
    except NotMendable as error:
        raise Problem("not-mendable", reason=str(error)) from error
    deps.journal.set_aside.clear(body.kind, body.id)
    return Json({"kind": body.kind, "id": body.id, "done": "dropped" if drop else "mended"})


def _repair(deps: Dependencies, principal: Principal) -> DocumentRepair:
    """The repair, for principals of the whole site."""
    if principal.region:
        raise Problem("outside-region")
    if deps.documents is None:
        raise Problem("not-found")
    return cast(DocumentRepair, deps.documents())
