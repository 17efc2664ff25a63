"""Routes of approvals: lists and details of cases, search, and figures. Personal values only by right and reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
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
from feeds import wire
from feeds.cases.assess import CaseRow
from feeds.cases.figures import Period, ageing, grouped, month_period, summary
from feeds.cases.reader import CaseQuery
from feeds.cases.words import KINDS
from feeds.kinds.approvals import LIGHTS
from feeds.mapping.expressions import identifier
from feeds.workdays.calendar import WorkCalendar
from feeds.workdays.local_time import local_date

router = APIRouter(prefix="/api/v1", tags=["approvals"])
SEEN_FOR = 300.0
"""Seconds for which unmasked values may stay on a screen."""
SHORTEST_NUMBER = 8
"""Characters of a number that is searched for: shorter ones could be tried."""
STEPS_OVER = 90
Some = Annotated[str, Query(max_length=500, description="Several with commas / 可用逗号分隔多个")]
Month = Annotated[str, Query(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$", description="2026-02; default: this month")]
Reason = Annotated[str, StringConstraints(min_length=2, max_length=500, strip_whitespace=True)]
STATES = ("open", "applied", "closed", "deleted")


def access(deps: Dependencies) -> ApprovalsAccess:
    """The parts of approvals. Raises Problem(busy) where the site has none."""
    if deps.approvals is None:
        raise Problem("busy")
    return deps.approvals


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


@router.get("/approvals/cases", responses=answers(answered.CaseWindow))
async def cases(
    deps: Deps,
    principal: Viewer,
    state: Annotated[Some, some_of(STATES)] = "",
    light: Annotated[Some, some_of(LIGHTS)] = "",
    department: Some = "",
    item: Some = "",
    kind: Annotated[Some, some_of(KINDS)] = "",
    step: Some = "",
    region: Region = "",
    paused: bool | None = None,
    sort: Literal["due", "accepted", "ended", "changed"] = "due",
    cursor: Cursor = "",
    limit: Limit = 200,
) -> Response:
    """Cases on record in windows, ordered by the server; open ones unless `state` says otherwise."""
    parts, now = access(deps), deps.clock()
    query = CaseQuery(
        state=_split(state) or ("open", "applied"),
        light=_split(light),
        department=_split(department),
        item=_split(item),
        kind=_split(kind),
        step=_split(step),
        region=region,
        within=principal.region,
        paused=paused,
    )
    after = from_cursor(cursor, (float, int)) if cursor else None
    rows = await parts.reader.window(query, sort=sort, after=(after[0], after[1]) if after else None, limit=limit)
    assessor = parts.assessor()
    following = to_cursor((float(_place(rows[-1], sort)), rows[-1].id)) if len(rows) == limit else None
    body = {
        "items": [row_record(row, assessor, now) for row in rows],
        "next": following,
        "rev": deps.pump.mirror.rev,
        "total": await parts.reader.count(query),
        "as_of": wire.iso(now),
    }
    return Json(body)


def _place(row: CaseRow, sort: str) -> float:
    """A row's place in an order of the store."""
    if sort == "due":
        return row.due_day if row.due_day is not None else 9_999_999
    if sort == "accepted":
        return row.day0 if row.day0 is not None else 9_999_999
    if sort == "ended":
        return -row.ended_day if row.ended_day is not None else 0
    return -row.changed_at


@router.get("/approvals/search", responses=answers(answered.CaseWindow))
async def search(deps: Deps, principal: Viewer, number: Annotated[str, Query(min_length=1, max_length=80)]) -> Response:
    """Cases with exactly that number or alias. One that is not there and one that is not yours answer alike."""
    parts, now = access(deps), deps.clock()
    exact = identifier(number)
    if len(exact) < SHORTEST_NUMBER:
        raise Problem("invalid", findings=[finding("query.number", "string_too_short")])
    rows = [row for row in await parts.reader.by_number(exact) if principal.reaches(row.region)]
    items = [row_record(row, parts.assessor(), now) for row in rows]
    body = {"items": items, "next": None, "rev": deps.pump.mirror.rev, "total": len(items), "as_of": wire.iso(now)}
    return Json(body)


@router.get("/approvals/cases/{key}", responses=answers(answered.CaseDetail, "not-found"))
async def case(deps: Deps, principal: Viewer, key: int) -> Response:
    """One case with its clock day by day; 404 also for one that one may not see."""
    parts, now = access(deps), deps.clock()
    found = await parts.reader.find(key) if key < 2**53 else None
    if found is None or not principal.reaches(found[0].region):
        raise Problem("not-found")
    row, facts = found
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
    """Why somebody has to see the personal values."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


@router.post("/approvals/cases/{key}/unmask", responses=answers(answered.UnmaskedPerson, "not-found", "forbidden"))
async def unmask(deps: Deps, principal: Viewer, key: int, body: UnmaskBody) -> Response:
    """Personal values of one case, for accounts that have the right. Each look is in the audit log first."""
    parts, now = access(deps), deps.clock()
    found = await parts.reader.find(key) if key < 2**53 else None
    if not _may_unmask(parts, principal):
        raise Problem("forbidden")
    if found is None or not principal.reaches(found[0].region):
        raise Problem("not-found")
    values = await parts.person(key)
    looks = parts.looked(principal.name, now)
    entry = {"reason": body.reason, "fields": sorted(values), "looks_today": looks}
    await audit.note(deps, principal, "case-unmasked", subject=f"{found[0].system}:{found[0].number}", body=entry)
    shown = {"values": values, "seen_at": wire.iso(now), "until": wire.iso(now + SEEN_FOR), "looks_today": looks}
    return Json(shown)


def _may_unmask(parts: ApprovalsAccess, principal: Principal) -> bool:
    return principal.personal and principal.via in ("session", "demo") and principal.name in parts.unmask()


# -- figures -----------------------------------------------------------------------


def _period(month: str, first: str, last: str, today: date) -> Period:
    """The asked period. Raises Problem(invalid)."""
    try:
        if first or last:
            begin, end = date.fromisoformat(first), date.fromisoformat(last or today.isoformat())
            if begin > end or (end - begin) > timedelta(days=400):
                raise ValueError("too long")
            return Period(begin, end)
        return month_period(month or f"{today.year:04}-{today.month:02}")
    except ValueError as error:
        raise Problem("invalid", findings=[finding("query.from", "interval")]) from error


def _where(principal: Principal, department: str, item: str, kind: str, region: str) -> dict[str, Any]:
    named = {"department": _split(department), "item": _split(item), "kind": _split(kind)}
    return {name: value for name, value in named.items() if value} | {"region": region, "within": principal.region}


def _calendar(deps: Dependencies, parts: ApprovalsAccess, region: str) -> WorkCalendar:
    return parts.assessor().calendar(region or deps.site.region)


Day = Annotated[str, Query(max_length=10, description="2026-02-01")]


@router.get("/approvals/summary", responses=answers(answered.CaseSummary))
async def summed(
    deps: Deps,
    principal: Viewer,
    month: Month = "",
    first: Annotated[Day, Query(alias="from")] = "",
    to: Day = "",
    department: Some = "",
    item: Some = "",
    kind: Annotated[Some, some_of((*KINDS, "part"))] = "",
    region: Region = "",
) -> Response:
    """Figures of a month or of days, with the month before and the same month of the year before."""
    parts, today = access(deps), local_date(deps.clock())
    period = _period(month, first, to, today)
    where = _where(principal, department, item, kind, region)
    figures = await summary(parts.reader, period, today, _calendar(deps, parts, region), where)
    return Json(figures | {"as_of": wire.iso(deps.clock())})


@router.get("/approvals/figures", responses=answers(answered.FigureTable))
async def table(
    deps: Deps,
    principal: Viewer,
    by: Literal["department", "item", "kind", "region", "day", "month"] = "department",
    month: Month = "",
    first: Annotated[Day, Query(alias="from")] = "",
    to: Day = "",
    department: Some = "",
    item: Some = "",
    kind: Annotated[Some, some_of((*KINDS, "part"))] = "",
    region: Region = "",
) -> Response:
    """Figures of a period by one dimension."""
    parts, today = access(deps), local_date(deps.clock())
    period = _period(month, first, to, today)
    rows = await grouped(parts.reader, period, today, by, _where(principal, department, item, kind, region))
    body = {"items": rows, "by": by, "from": period.first.isoformat(), "to": period.last.isoformat()}
    return Json(body | {"as_of": wire.iso(deps.clock())})


@router.get("/approvals/ageing", responses=answers(answered.CaseAgeing))
async def aged(deps: Deps, principal: Viewer, department: Some = "", item: Some = "", region: Region = "") -> Response:
    """Open cases by days left and by age."""
    parts, today = access(deps), local_date(deps.clock())
    where = _where(principal, department, item, "", region)
    counted = await ageing(parts.reader, today, _calendar(deps, parts, region), where)
    return Json(counted | {"as_of": wire.iso(deps.clock())})


@router.get("/approvals/steps", responses=answers(answered.SlowSteps))
async def slow_steps(deps: Deps, principal: Viewer, department: Some = "", item: Some = "") -> Response:
    """The ten slowest steps of the last 90 days."""
    parts, today = access(deps), local_date(deps.clock())
    where = _where(principal, department, item, "", "")
    steps = await parts.reader.slowest_steps(today.toordinal() - STEPS_OVER, where)
    return Json({"items": steps, "as_of": wire.iso(deps.clock())})
