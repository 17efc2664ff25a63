"""Who is on duty, who is told and how: the duty roster, receivers and escalation policies, with history and undo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Actor, Admin, Deps, Given, Viewer
from api.http.answers import Cursor, Json, Limit, from_cursor, listing, to_cursor
from api.http.findings import finding
from api.http.numbers import Number
from api.http.problems import Problem
from api.principal import Principal, Right
from api.records import people, roster_csv
from api.rights import check
from api.routes.people_bodies import NewSwap, Put, PutEscalations, PutReceivers, PutRoster, Undo
from feeds import wire
from feeds.documents.version import ESCALATIONS, RECEIVERS, ROSTER, SITE, Version
from feeds.duty import roster as duty
from feeds.model import Outcome

router = APIRouter(prefix="/api/v1", tags=["people"])


# -- roster ----------------------------------------------------------------------


@router.get("/roster")
async def roster(given: Given, who: Viewer) -> Response:
    """The duty roster, who is on duty now and next, two weeks of the plan, and what is wrong with it."""
    return Json(people.roster(given, who, await people.version(given, ROSTER)))


@router.put("/roster")
async def put_roster(given: Given, who: Admin, wish: PutRoster) -> Response:
    """Another roster; 200 once the journal has it. What is wrong with the plan is told, not refused."""
    return await _roster(given, who, await put(given, who, ROSTER, wish, wish.doc()))


@router.post("/roster:undo")
async def undo_roster(given: Given, who: Admin, wish: Undo) -> Response:
    """Back to an older version; that is a new one too."""
    return await _roster(given, who, await undo(given, who, ROSTER, wish))


@router.post("/roster/substitutes")
async def substitute(given: Given, who: Actor, wish: NewSwap) -> Response:
    """Somebody does one shift in another's place."""
    args = wish.model_dump(mode="json", exclude={"rev"})
    return await _roster(given, who, await send(given, who, "roster_substitute", ROSTER, wish.reason, wish.rev, args))


@router.post("/roster:import")
async def import_roster(given: Given, who: Admin, request: Request, rev: Number, dry_run: bool = False) -> Response:
    """Dated assignments from a spreadsheet (text/csv); `dry_run` only shows what the roster would become."""
    check(who, "roster_put")
    found = await people.version(given, ROSTER)
    doc = {**duty.dump(people.roster_of(found))}
    doc["assignments"] = roster_csv.assignments(await request.body(), doc)
    if dry_run:
        return Json(people.roster(given, who, replace(found, doc=doc)))
    return await _roster(given, who, await send(given, who, "roster_put", ROSTER, "CSV", rev, {"doc": doc}))


@router.get("/roster/history")
async def roster_history(given: Given, who: Viewer, cursor: Cursor = "", limit: Limit = 50) -> Response:
    """Who changed what, when, from what to what; for administrators and auditors of the whole site."""
    return await history(given, who, ROSTER, cursor, limit)


async def _roster(given: Deps, who: Principal, found: dict[str, Any]) -> Response:
    return Json(people.roster(given, who, Version.load(found)))


# -- receivers and escalations ---------------------------------------------------


@router.get("/escalations")
async def escalations(given: Given, who: Viewer) -> Response:
    """What becomes of an alert that nobody takes; the first policy that fits is used."""
    return await _list(given, who, ESCALATIONS, await _version(given, who, ESCALATIONS))


@router.put("/escalations")
async def put_escalations(given: Given, who: Admin, wish: PutEscalations) -> Response:
    """Other policies than the file's; checked as a whole."""
    return await _list(given, who, ESCALATIONS, Version.load(await put(given, who, ESCALATIONS, wish, wish.doc())))


@router.post("/escalations:undo")
async def undo_escalations(given: Given, who: Admin, wish: Undo) -> Response:
    """Back to an older version."""
    return await _list(given, who, ESCALATIONS, Version.load(await undo(given, who, ESCALATIONS, wish)))


@router.get("/escalations/history")
async def escalations_history(given: Given, who: Viewer, cursor: Cursor = "", limit: Limit = 50) -> Response:
    """Who changed what, when."""
    return await history(given, who, ESCALATIONS, cursor, limit)


@router.get("/receivers")
async def receivers(given: Given, who: Viewer) -> Response:
    """Who is told and how, without secrets, and how sending goes."""
    return await _list(given, who, RECEIVERS, await _version(given, who, RECEIVERS))


@router.put("/receivers")
async def put_receivers(given: Given, who: Admin, wish: PutReceivers) -> Response:
    """Other receivers than the file's; a mask that comes back keeps its secret."""
    return await _list(given, who, RECEIVERS, Version.load(await put(given, who, RECEIVERS, wish, wish.doc())))


@router.post("/receivers:undo")
async def undo_receivers(given: Given, who: Admin, wish: Undo) -> Response:
    """Back to an older version, with its secrets."""
    return await _list(given, who, RECEIVERS, Version.load(await undo(given, who, RECEIVERS, wish)))


@router.get("/receivers/history")
async def receivers_history(given: Given, who: Viewer, cursor: Cursor = "", limit: Limit = 50) -> Response:
    """Who changed what, when; no secrets."""
    return await history(given, who, RECEIVERS, cursor, limit)


async def _version(given: Deps, who: Principal, kind: str) -> Version:
    if not who.personal:
        raise Problem("forbidden")
    return await people.version(given, kind)


async def _list(given: Deps, who: Principal, kind: str, version: Version) -> Response:
    items = await people.items(given, who, kind, version)
    if kind == RECEIVERS:
        items = await people.with_state(given, items)
    more = people.head(version, who)
    return Json({"items": items, "next": None} | more)


# -- what they share -------------------------------------------------------------


async def put(given: Deps, who: Principal, kind: str, wish: Put, doc: dict[str, Any]) -> dict[str, Any]:
    """Send the whole document to its engine; its new version."""
    return await send(given, who, f"{kind}_put", kind, wish.comment, wish.rev, {"doc": doc})


async def undo(given: Deps, who: Principal, kind: str, wish: Undo) -> dict[str, Any]:
    """Ask for an older version; the new one."""
    return await send(given, who, f"{kind}_undo", kind, wish.comment, wish.rev, {"to": wish.to})


async def send(
    given: Deps, who: Principal, action: str, subject: str, comment: str, rev: int | None, args: dict[str, Any]
) -> dict[str, Any]:
    """A command to the alert engine, and what became of it."""
    check(who, action)
    result = await ask(given, who, action, subject, args, comment=comment, rev=rev)
    if result.outcome is Outcome.DONE:
        return result.after or {}
    if problem := refusal(result, {"rev": (result.after or {}).get("rev")}):
        raise problem
    faults = (result.after or {}).get("faults", [])
    found = [finding(one["field"], one["code"], message=one["message"]) for one in faults]
    raise Problem("invalid", findings=found or [finding("body", result.detail)])


async def history(given: Deps, who: Principal, kind: str, cursor: str, limit: int) -> Response:
    """The versions of a document, newest first."""
    if who.region or not (who.may(Right.ADMINISTER) or who.may(Right.AUDIT)):
        raise Problem("forbidden")
    before = from_cursor(cursor, (int,))[0] if cursor else None
    entries = await given.journal.entries(kind=kind, subject=SITE, before=before, limit=limit, newest_first=True)
    items = [
        {
            "rev": entry.body["rev"],
            "at": wire.iso(entry.at),
            "by": entry.actor,
            "name": entry.name,
            "comment": entry.reason,
            "changes": entry.body["changes"],
        }
        for entry in entries
    ]
    following = to_cursor((entries[-1].seq,)) if len(entries) == limit else None
    return listing(items, following, given.pump.mirror.rev)
