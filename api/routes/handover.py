"""Handing the shift over (交接班): the picture now, two signatures, and what was handed over before."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from api.dependencies import Actor, Deps, Given, Viewer
from api.http.answers import Cursor, Json, Limit, from_cursor, listing, to_cursor
from api.http.problems import Problem
from api.principal import Principal
from api.records import handovers, people
from api.rights import check
from feeds.documents.version import ROSTER
from feeds.duty.handover import GIVEN, KIND
from feeds.journal import Doc

router = APIRouter(prefix="/api/v1", tags=["people"])
LOOKED_THROUGH = 500


class Give(BaseModel):
    """To whom (a person's id, an account, or a name), and what else there is to say."""

    model_config = ConfigDict(extra="forbid")
    to: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    remarks: Annotated[str, StringConstraints(max_length=4000)] = ""


class Take(BaseModel):
    """What whoever takes over has to say."""

    model_config = ConfigDict(extra="forbid")
    remarks: Annotated[str, StringConstraints(max_length=4000)] = ""


@router.get("/handover")
async def now(given: Given, who: Viewer) -> Response:
    """What is open, taken and promised, hidden with its end, broken and silent, and what happened since the shift."""
    _personal(who)
    last = await _docs(given, who, None, 1)
    found = handovers.shown(last[0], given.clock(), given.handover()) if last else None
    return Json(await handovers.picture(given, who) | {"last": found})


@router.post("/handover", status_code=201)
async def give(given: Given, who: Actor, wish: Give) -> Response:
    """Sign the picture of this moment over to somebody; 201 once the journal has it."""
    check(who, "handover_give", who.region)
    at, key = given.clock(), uuid.uuid4().hex
    roster = people.roster_of(await people.version(given, ROSTER))
    seen = people.for_region(roster, who.region)
    body = handovers.new(who, at, handovers.name_of(seen, wish.to), wish.remarks, await handovers.picture(given, who))
    doc = Doc(kind=KIND, id=key, open=True, seq=0, body=body)
    await _give(given, doc, at, who, wish.remarks)
    return Json(handovers.shown(doc, at, given.handover()), status_code=201)


@router.post("/handover/{handover_id}/accept")
async def take(given: Given, who: Actor, handover_id: str, wish: Take) -> Response:
    """The second signature, of somebody else than the first; 409 when it is there already."""
    at, settings = given.clock(), given.handover()
    doc = await _one(given, who, handover_id)
    check(who, "handover_accept", str(doc.body["region"]))
    try:
        body = await handovers.accept(given.journal, doc.id, who, wish.remarks, at)
    except handovers.NotAccepted as no:
        detail = OWN if no.code == "own" else None
        current = handovers.shown(replace(doc, body=no.body), at, settings)
        raise Problem("conflict", code=no.code, detail=detail, current=current) from no
    return Json(handovers.shown(replace(doc, body=body), at, settings))


@router.get("/handover/list")
async def past(given: Given, who: Viewer, cursor: Cursor = "", limit: Limit = 50) -> Response:
    """Handovers, newest first, without their pictures."""
    _personal(who)
    before = from_cursor(cursor, (int,))[0] if cursor else None
    docs = await _docs(given, who, before, limit)
    following = to_cursor((docs[-1].seq,)) if len(docs) == limit else None
    at = given.clock()
    return listing([handovers.shown(doc, at, given.handover()) for doc in docs], following, given.pump.mirror.rev)


@router.get("/handover/{handover_id}")
async def one(given: Given, who: Viewer, handover_id: str) -> Response:
    """One handover with the picture as it was."""
    _personal(who)
    return Json(handovers.shown(await _one(given, who, handover_id), given.clock(), given.handover(), whole=True))


OWN = {"zh-CN": "接班须由另一人签收。", "en": "Somebody else must sign for taking over."}


def _personal(who: Principal) -> None:
    if not who.personal:
        raise Problem("forbidden")


async def _one(given: Deps, who: Principal, key: str) -> Doc:
    doc = await given.journal.doc(KIND, key)
    if doc is None or not handovers.sees(who, doc):
        raise Problem("not-found")
    return doc


async def _docs(given: Deps, who: Principal, before: int | None, limit: int) -> list[Doc]:
    found: list[Doc] = []
    while len(found) < limit:
        page = await given.journal.docs_page(KIND, before=before, limit=LOOKED_THROUGH)
        found += [doc for doc in page if handovers.sees(who, doc)]
        if len(page) < LOOKED_THROUGH:
            break
        before = page[-1].seq
    return found[:limit]


async def _give(given: Deps, doc: Doc, at: float, who: Principal, remarks: str) -> None:
    """The first signature into the log, and the handover beside it."""
    async with given.journal.begin() as tx:
        seq = await handovers.note(tx, GIVEN, doc.id, doc.body, who, remarks, at)
        await tx.put(KIND, doc.id, doc.body, seq=seq)
