"""Routes of approvals: lists and details of cases, and search. Personal values only by right and reason."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from api.approvals import ApprovalsAccess, detail_record, masked_person, row_record
from api.auth import audit
from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Cursor, Json, Limit, from_cursor, to_cursor
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import Principal
from api.query_parameters import Region, some_of
from api.responses import approvals as answered
from api.responses.describe import answers
from api.routers import api_router
from feeds import wire
from feeds.cases.assess import CaseRow
from feeds.cases.facts import FactSet
from feeds.cases.reader import NO_DAY, CaseQuery
from feeds.cases.sealing import SealBroken
from feeds.cases.words import GROUPS, KINDS
from feeds.kinds.approvals import LIGHTS
from feeds.mapping.expressions import identifier

router = api_router(tags=["approvals"])
SEEN_FOR = 300.0
"""Seconds for which unmasked values may stay on a screen."""
SHORTEST_NUMBER = 8
"""Characters that a searched number must have, so that numbers cannot be found by trying them all."""
LARGEST_KEY = 2**53 - 1
"""The greatest integer that JSON carries exactly."""
Several = Annotated[str, Query(max_length=500, description="Several with commas / 可用逗号分隔多个")]
Reason = Annotated[str, StringConstraints(min_length=2, max_length=500, strip_whitespace=True)]
DueDay = Annotated[date | None, Query(description="2026-11-27")]
STATES = ("open", "applied", "closed", "deleted")


def access(deps: Dependencies) -> ApprovalsAccess:
    """The site's access to approvals. Raises Problem(busy) where it has none."""
    if deps.approvals is None:
        raise Problem("busy")
    return deps.approvals


def split_list(text: str) -> tuple[str, ...]:
    """The words of a list with commas."""
    return tuple(filter(None, text.split(",")))


def split_kinds(text: str) -> tuple[str, ...]:
    """The kinds of a list with commas, in which the name of a group stands for its kinds."""
    return tuple(kind for name in split_list(text) for kind in GROUPS.get(name, (name,)))


@router.get("/approvals/cases", responses=answers(answered.CaseWindow, "cases-lost"))
async def cases(
    deps: Deps,
    principal: Viewer,
    state: Annotated[Several, some_of(STATES)] = "",
    light: Annotated[Several, some_of(LIGHTS)] = "",
    department: Several = "",
    item: Several = "",
    kind: Annotated[Several, some_of((*KINDS, *GROUPS))] = "",
    step: Several = "",
    region: Region = "",
    paused: bool | None = None,
    due_from: DueDay = None,
    due_to: DueDay = None,
    sort: Literal["due", "accepted", "ended", "changed"] = "due",
    cursor: Cursor = "",
    limit: Limit = 200,
) -> Response:
    """One window of the cases on record, in the order of `sort`. Without `state`: open and applied ones."""
    parts, now = access(deps), deps.clock()
    query = CaseQuery(
        state=split_list(state) or ("open", "applied"),
        light=split_list(light),
        department=split_list(department),
        item=split_list(item),
        kind=split_kinds(kind),
        step=split_list(step),
        region=region,
        within=principal.region,
        paused=paused,
        due=_due_days(due_from, due_to),
    )
    after = from_cursor(cursor, (float, int)) if cursor else None
    rows = await parts.reader.window(query, sort=sort, after=(after[0], after[1]) if after else None, limit=limit)
    assessor = parts.assessor()
    following = to_cursor((float(_sort_key(rows[-1], sort)), rows[-1].id)) if len(rows) == limit else None
    body = {
        "items": [row_record(row, assessor, now) for row in rows],
        "next": following,
        "rev": deps.pump.mirror.rev,
        "total": await parts.reader.count(query),
        "as_of": wire.iso(now),
    }
    return Json(body)


def _due_days(first: date | None, last: date | None) -> tuple[int, int] | None:
    if first is None and last is None:
        return None
    return (first or date.min).toordinal(), (last or date.max).toordinal()


def _sort_key(row: CaseRow, sort: str) -> float:
    """The value by which `CaseReader.window` sorts a row."""
    if sort == "due":
        return row.due_day if row.due_day is not None else NO_DAY
    if sort == "accepted":
        return row.day0 if row.day0 is not None else NO_DAY
    if sort == "ended":
        return -row.ended_day if row.ended_day is not None else 0
    return -row.changed_at


@router.get("/approvals/search", responses=answers(answered.CaseWindow, "cases-lost"))
async def search(deps: Deps, principal: Viewer, number: Annotated[str, Query(min_length=1, max_length=80)]) -> Response:
    """Cases with exactly that number or alias. Cases outside the caller's region are left out."""
    parts, now = access(deps), deps.clock()
    exact = identifier(number)
    if len(exact) < SHORTEST_NUMBER:
        raise Problem("invalid", findings=[finding("query.number", "string_too_short")])
    rows = [row for row in await parts.reader.by_number(exact) if principal.reaches(row.region)]
    items = [row_record(row, parts.assessor(), now) for row in rows]
    body = {"items": items, "next": None, "rev": deps.pump.mirror.rev, "total": len(items), "as_of": wire.iso(now)}
    return Json(body)


async def _visible_case(deps: Deps, principal: Viewer, key: int) -> tuple[CaseRow, FactSet]:
    """A case by its number in the store. Raises Problem(not-found) also for one outside the caller's region."""
    stored = await access(deps).reader.find(key) if key <= LARGEST_KEY else None
    if stored is None or not principal.reaches(stored[0].region):
        raise Problem("not-found")
    return stored


VisibleCase = Annotated[tuple[CaseRow, FactSet], Depends(_visible_case)]


@router.get("/approvals/cases/{key}", responses=answers(answered.CaseDetail, "cases-lost", "not-found"))
async def case(deps: Deps, principal: Viewer, key: int, visible: VisibleCase) -> Response:
    """One case with its clock day by day. A case outside the caller's region answers 404."""
    parts, now = access(deps), deps.clock()
    row, facts = visible
    assessor = parts.assessor()
    record = detail_record(row, facts, assessor, now)
    if not principal.personal:
        record["steps"] = [step | {"owner": ""} for step in record["steps"]]
    below = await parts.reader.window(CaseQuery(state=STATES, parent=row.number)) if row.kind == "joint" else []
    events = [
        event | {"at": wire.iso(event["at"]), "seen": wire.iso(event["seen"])}
        for event in await parts.reader.events(key)
    ]
    record |= {
        "events": events,
        "parts": [row_record(part, assessor, now) for part in below],
        "applicant": masked_person(await parts.person(key), public=not principal.personal),
    }
    return Json(record)


class UnmaskBody(BaseModel):
    """The reason for looking at personal values, for the audit log."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


async def _unmasker(deps: Deps, principal: Viewer) -> Principal:
    """The signed-in person, who may see personal values. Raises Problem(forbidden)."""
    signed_in = principal.personal and principal.via in ("session", "demo")
    if not signed_in or principal.name not in access(deps).unmask():
        raise Problem("forbidden")
    return principal


Unmasker = Annotated[Principal, Depends(_unmasker)]


class PersonSearchBody(BaseModel):
    """One value of an applicant, whole, and the reason for the search. Values never stand in an address."""

    model_config = ConfigDict(extra="forbid")
    field: Literal["name", "id", "phone"]
    value: Annotated[str, StringConstraints(min_length=2, max_length=200, strip_whitespace=True)]
    reason: Reason


@router.post("/approvals/cases:search-person", responses=answers(answered.PersonSearch, "cases-lost", "forbidden"))
async def search_person(deps: Deps, principal: Unmasker, body: PersonSearchBody) -> Response:
    """Cases of an applicant in the caller's region, by an exact value. It counts and is audited as a look is."""
    parts, now = access(deps), deps.clock()
    try:
        mac = parts.sealer.mac(body.value if body.field == "name" else "".join(body.value.split()))
    except SealBroken as error:
        raise Problem("busy") from error
    rows = await parts.reader.by_person(body.field, mac, principal.region)
    looks = parts.looked(principal.name, now)
    entry = {"reason": body.reason, "fields": [body.field], "found": len(rows), "looks_today": looks}
    await audit.note(deps, principal, "case-person-searched", body=entry)
    items = [row_record(row, parts.assessor(), now) for row in rows]
    return Json({"items": items, "total": len(items), "as_of": wire.iso(now), "looks_today": looks})


@router.post(
    "/approvals/cases/{key}/unmask", responses=answers(answered.UnmaskedPerson, "cases-lost", "not-found", "forbidden")
)
async def unmask(deps: Deps, principal: Unmasker, key: int, visible: VisibleCase, body: UnmaskBody) -> Response:
    """Personal values of one case, for accounts in `[approvals] unmask`. The audit log notes each look before it."""
    parts, now, row = access(deps), deps.clock(), visible[0]
    values = await parts.person(key)
    looks = parts.looked(principal.name, now)
    entry = {"reason": body.reason, "fields": sorted(values), "looks_today": looks}
    await audit.note(deps, principal, "case-unmasked", subject=f"{row.system}:{row.number}", body=entry)
    shown = {"values": values, "seen_at": wire.iso(now), "until": wire.iso(now + SEEN_FOR), "looks_today": looks}
    return Json(shown)
