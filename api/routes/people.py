"""Routes of the duty roster, receivers and escalation policies, with history and undo."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Actor, Admin, Dependencies, Deps, Viewer
from api.http.answers import Cursor, Json, Limit, from_cursor, listing, to_cursor
from api.http.findings import finding
from api.http.numbers import Number
from api.http.problems import Problem
from api.principal import Principal, Right
from api.records import people, roster_csv
from api.responses import people as answered
from api.responses.describe import answers
from api.rights import check
from api.routers import api_router
from api.routes.people_bodies import (
    EscalationsBody,
    NewSubstitutionBody,
    ReceiversBody,
    RosterBody,
    UndoBody,
    VersionedBody,
)
from feeds import wire
from feeds.documents.escalations import PolicyList
from feeds.documents.receivers import ReceiverDocuments
from feeds.documents.roster import Roster
from feeds.documents.version import ESCALATIONS, RECEIVERS, ROSTER, SITE, Version, dump_content, load
from feeds.duty.findings import HORIZON
from feeds.model import Outcome

router = api_router(tags=["people"])
OF_CHANGE = ("conflict", "removal-held", "outside-region", "unanswered")
"""Problems of every change: the version is old, it would remove too much, the region is another one, the engine does
not answer."""
HELD = "removal_held"
"""The engine's detail of a version that would remove too much."""
FirstDay = Annotated[date | None, Query(description="The first day of the plan, 2026-02-01; left out: today")]
Days = Annotated[int, Query(ge=1, le=62, description="Days of the plan")]


# -- roster ----------------------------------------------------------------------


@router.get("/roster", responses=answers(answered.RosterDocument))
async def roster(deps: Deps, principal: Viewer, first: FirstDay = None, days: Days = HORIZON) -> Response:
    """The duty roster, the shift now and the next, two weeks of the plan (or other days), and its findings."""
    return Json(people.roster(deps, principal, await people.roster_version(deps), first, days))


@router.put("/roster", responses=answers(answered.RosterDocument, *OF_CHANGE))
async def put_roster(deps: Deps, principal: Admin, body: RosterBody) -> Response:
    """Replace the roster; 200 once the journal has it. Findings about the plan do not refuse it."""
    return await _roster(deps, principal, await put(deps, principal, ROSTER, body, body.doc()))


@router.post("/roster:undo", responses=answers(answered.RosterDocument, *OF_CHANGE))
async def undo_roster(deps: Deps, principal: Admin, body: UndoBody) -> Response:
    """Return to an older version. That makes a new version."""
    return await _roster(deps, principal, await undo(deps, principal, ROSTER, body))


@router.post("/roster/substitutes", responses=answers(answered.RosterDocument, *OF_CHANGE))
async def substitute(deps: Deps, principal: Actor, body: NewSubstitutionBody) -> Response:
    """Substitute one person for another in one shift."""
    args = body.model_dump(mode="json", exclude={"rev"})
    return await _roster(
        deps, principal, await send(deps, principal, "roster_substitute", ROSTER, body.reason, body.rev, args)
    )


@router.post("/roster:import", responses=answers(answered.RosterDocument, *OF_CHANGE))
async def import_roster(deps: Deps, principal: Admin, request: Request, rev: Number, dry_run: bool = False) -> Response:
    """Import dated assignments from a spreadsheet (text/csv). `dry_run`: only answer what the roster would become."""
    check(principal, "roster_put")
    document = await people.roster_version(deps)
    doc = replace(document.doc, assignments=roster_csv.assignments(await request.body(), document.doc))
    if dry_run:
        return Json(people.roster(deps, principal, replace(document, doc=doc)))
    args = {"doc": dump_content(doc)}
    return await _roster(deps, principal, await send(deps, principal, "roster_put", ROSTER, "CSV", rev, args))


@router.get("/roster/history", responses=answers(answered.VersionHistory))
async def roster_history(deps: Deps, principal: Viewer, cursor: Cursor = "", limit: Limit = 50) -> Response:
    """The versions of the roster, for administrators and auditors of the whole site."""
    return await history(deps, principal, ROSTER, cursor, limit)


async def _roster(deps: Dependencies, principal: Principal, document: dict[str, Any]) -> Response:
    return Json(people.roster(deps, principal, load(document, Roster)))


# -- receivers and escalations ---------------------------------------------------


@router.get("/escalations", responses=answers(answered.EscalationList))
async def escalations(deps: Deps, principal: Viewer) -> Response:
    """Escalation policies. The first one that matches an alert is used."""
    _personal(principal)
    return await _policies(deps, principal, await people.escalations_version(deps))


@router.put("/escalations", responses=answers(answered.EscalationList, *OF_CHANGE))
async def put_escalations(deps: Deps, principal: Admin, body: EscalationsBody) -> Response:
    """Replace the policies but those of the settings file. They are checked as a whole."""
    version = load(await put(deps, principal, ESCALATIONS, body, body.doc()), PolicyList)
    return await _policies(deps, principal, version)


@router.post("/escalations:undo", responses=answers(answered.EscalationList, *OF_CHANGE))
async def undo_escalations(deps: Deps, principal: Admin, body: UndoBody) -> Response:
    """Return to an older version."""
    version = load(await undo(deps, principal, ESCALATIONS, body), PolicyList)
    return await _policies(deps, principal, version)


@router.get("/escalations/history", responses=answers(answered.VersionHistory))
async def escalations_history(deps: Deps, principal: Viewer, cursor: Cursor = "", limit: Limit = 50) -> Response:
    """The versions of the policies."""
    return await history(deps, principal, ESCALATIONS, cursor, limit)


@router.get("/receivers", responses=answers(answered.ReceiverList))
async def receivers(deps: Deps, principal: Viewer) -> Response:
    """Receivers without secrets, with the state of their queues."""
    _personal(principal)
    return await _receivers(deps, principal, await people.receivers_version(deps))


@router.put("/receivers", responses=answers(answered.ReceiverList, *OF_CHANGE))
async def put_receivers(deps: Deps, principal: Admin, body: ReceiversBody) -> Response:
    """Replace the receivers but those of the settings file. A masked secret that comes back keeps its value."""
    version = load(await put(deps, principal, RECEIVERS, body, body.doc()), ReceiverDocuments)
    return await _receivers(deps, principal, version)


@router.post("/receivers:undo", responses=answers(answered.ReceiverList, *OF_CHANGE))
async def undo_receivers(deps: Deps, principal: Admin, body: UndoBody) -> Response:
    """Return to an older version, with its secrets."""
    version = load(await undo(deps, principal, RECEIVERS, body), ReceiverDocuments)
    return await _receivers(deps, principal, version)


@router.get("/receivers/history", responses=answers(answered.VersionHistory))
async def receivers_history(deps: Deps, principal: Viewer, cursor: Cursor = "", limit: Limit = 50) -> Response:
    """The versions of the receivers, without secrets."""
    return await history(deps, principal, RECEIVERS, cursor, limit)


def _personal(principal: Principal) -> None:
    if not principal.personal:
        raise Problem("forbidden")


async def _policies(deps: Dependencies, principal: Principal, version: Version[PolicyList]) -> Response:
    items = await people.escalations(deps, principal, version)
    return Json({"items": items, "next": None} | people.head(version, principal))


async def _receivers(deps: Dependencies, principal: Principal, version: Version[ReceiverDocuments]) -> Response:
    items = await people.with_state(deps, await people.receivers(deps, principal, version))
    return Json({"items": items, "next": None} | people.head(version, principal))


# -- shared by all documents -----------------------------------------------------


async def put(
    deps: Dependencies, principal: Principal, kind: str, body: VersionedBody, doc: dict[str, Any]
) -> dict[str, Any]:
    """Send the whole document to the alert engine and return its new version."""
    return await send(deps, principal, f"{kind}_put", kind, body.comment, body.rev, {"doc": doc, "accept": body.accept})


async def undo(deps: Dependencies, principal: Principal, kind: str, body: UndoBody) -> dict[str, Any]:
    """Ask the alert engine for an older version and return the new one."""
    args = {"to": body.to, "accept": body.accept}
    return await send(deps, principal, f"{kind}_undo", kind, body.comment, body.rev, args)


async def send(
    deps: Dependencies,
    principal: Principal,
    action: str,
    subject: str,
    comment: str,
    rev: int | None,
    args: dict[str, Any],
) -> dict[str, Any]:
    """Send a command to the alert engine and return its result. Raises Problem when it refuses."""
    check(principal, action)
    result = await ask(deps, principal, action, subject, args, comment=comment, rev=rev)
    if result.outcome is Outcome.DONE:
        return result.after or {}
    if result.detail == HELD:
        raise Problem("removal-held", held=result.after)
    if problem := refusal(result, {"rev": (result.after or {}).get("rev")}):
        raise problem
    faults = (result.after or {}).get("faults", [])
    findings = [finding(fault["field"], fault["code"], message=fault["message"]) for fault in faults]
    raise Problem("invalid", findings=findings or [finding("body", result.detail)])


async def history(deps: Dependencies, principal: Principal, kind: str, cursor: str, limit: int) -> Response:
    """The versions of a document, newest first."""
    if principal.region or not (principal.may(Right.ADMINISTER) or principal.may(Right.AUDIT)):
        raise Problem("forbidden")
    before = from_cursor(cursor, (int,))[0] if cursor else None
    entries = await deps.journal.entries(kind=kind, subject=SITE, before=before, limit=limit, newest_first=True)
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
    return listing(items, following, deps.pump.rev)
