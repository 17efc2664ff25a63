"""Routes of shift handover (交接班): the picture now, two signatures, and earlier handovers."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.dependencies import Actor, Dependencies, Deps, Viewer
from api.http.answers import Cursor, Json, Limit, from_cursor, listing, to_cursor
from api.http.problems import Problem
from api.principal import Principal
from api.records import handovers, people
from api.responses import people as answered
from api.responses.describe import answers
from api.rights import check
from api.routers import api_router
from feeds.documents.handover import KIND, HandoverDocument, load
from feeds.duty.names import name_of
from feeds.journal import Doc

router = api_router(tags=["people"])
LOOKED_THROUGH = 500


class HandoverBody(BaseModel):
    """A handover: `to` is a person's id, an account or a name."""

    model_config = ConfigDict(extra="forbid")
    to: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    remarks: Annotated[str, StringConstraints(max_length=4000)] = ""


class AcceptanceBody(BaseModel):
    """The acceptance of a handover. `ticked` are its reports `due_soon`, each seen by who takes over."""

    model_config = ConfigDict(extra="forbid")
    remarks: Annotated[str, StringConstraints(max_length=4000)] = ""
    ticked: list[Annotated[str, StringConstraints(max_length=500)]] = Field(default_factory=list, max_length=500)


@router.get("/handover", responses=answers(answered.CurrentHandover))
async def current(deps: Deps, principal: Viewer) -> Response:
    """The picture now: open, acknowledged and suppressed alerts, broken promises, silent sources, figures."""
    _personal(principal)
    docs = await _docs(deps, principal, None, 1)
    at, settings = deps.clock(), deps.handover()
    previous = [handovers.shown(doc.id, load(doc.body), at, settings) for doc in docs]
    return Json(await handovers.picture(deps, principal) | {"last": previous[0] if previous else None})


@router.post("/handover", status_code=201, responses=answers(answered.Handover, "outside-region", status=201))
async def give(deps: Deps, principal: Actor, body: HandoverBody) -> Response:
    """Hand the picture of this moment over, with the first signature; 201 once the journal has it."""
    check(principal, "handover_give", principal.region)
    at, key = deps.clock(), uuid.uuid4().hex
    roster = (await people.roster_version(deps)).doc
    visible = people.for_region(roster, principal.region)
    document = handovers.new(
        principal, at, name_of(visible, body.to), body.remarks, await handovers.picture(deps, principal)
    )
    await handovers.give(deps.journal, key, document)
    return Json(handovers.shown(key, document, at, deps.handover()), status_code=201)


@router.post("/handover/{handover_id}/accept", responses=answers(answered.Handover, "conflict", "outside-region"))
async def take(deps: Deps, principal: Actor, handover_id: str, body: AcceptanceBody) -> Response:
    """Accept a handover with the second signature, which is another person's; 409 when it has one already."""
    at, settings = deps.clock(), deps.handover()
    document = await _handover(deps, principal, handover_id)
    check(principal, "handover_accept", document.region)
    try:
        signed = await handovers.accept(deps.journal, handover_id, principal, body.remarks, at, body.ticked)
    except handovers.NotAccepted as no:
        detail = REFUSED.get(no.code)
        current = handovers.shown(handover_id, no.document, at, settings)
        raise Problem("conflict", code=no.code, detail=detail, current=current) from no
    return Json(handovers.shown(handover_id, signed, at, settings))


@router.get("/handover/list", responses=answers(answered.HandoverList))
async def listed(deps: Deps, principal: Viewer, cursor: Cursor = "", limit: Limit = 50) -> Response:
    """Handovers, newest first, without their pictures."""
    _personal(principal)
    before = from_cursor(cursor, (int,))[0] if cursor else None
    docs = await _docs(deps, principal, before, limit)
    following = to_cursor((docs[-1].seq,)) if len(docs) == limit else None
    at, settings = deps.clock(), deps.handover()
    return listing([handovers.shown(doc.id, load(doc.body), at, settings) for doc in docs], following, deps.pump.rev)


@router.get("/handover/{handover_id}", name="one", responses=answers(answered.HandoverDetail))
async def detail(deps: Deps, principal: Viewer, handover_id: str) -> Response:
    """One handover with the picture as it was."""
    _personal(principal)
    document = await _handover(deps, principal, handover_id)
    record = handovers.shown(handover_id, document, deps.clock(), deps.handover())
    return Json(record | {"picture": document.picture})


REFUSED = {
    "own": {"zh-CN": "接班须由另一人签收。", "en": "Somebody else must sign for taking over."},
    "due_soon": {
        "zh-CN": "有即将到期或已超时的报送，接班人须逐项勾选确认。",
        "en": "Reports are due soon or late; who takes over must tick each of them.",
    },
}


def _personal(principal: Principal) -> None:
    if not principal.personal:
        raise Problem("forbidden")


async def _handover(deps: Dependencies, principal: Principal, key: str) -> HandoverDocument:
    doc = await deps.journal.doc(KIND, key)
    document = load(doc.body) if doc is not None else None
    if document is None or not handovers.sees(principal, document):
        raise Problem("not-found")
    return document


async def _docs(deps: Dependencies, principal: Principal, before: int | None, limit: int) -> list[Doc]:
    """The newest handovers that the asker sees."""
    docs: list[Doc] = []
    while len(docs) < limit:
        page = await deps.journal.docs_page(KIND, before=before, limit=LOOKED_THROUGH)
        docs += [doc for doc in page if handovers.sees(principal, load(doc.body))]
        if len(page) < LOOKED_THROUGH:
            break
        before = page[-1].seq
    return docs[:limit]
