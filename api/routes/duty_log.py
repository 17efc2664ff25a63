"""Routes of the duty log (值班日志): rows of the journal, entries of people, and their corrections."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.command_orders import OF_ORDER, ordered
from api.dependencies import Commander, Deps, Viewer
from api.http.answers import Cursor, Limit, from_cursor, listing, to_cursor
from api.http.findings import finding
from api.http.moments import Moment
from api.http.problems import Problem
from api.kinds.schemas import record_name, reference
from api.records import duty_log
from api.records.duty_log import LogQuery
from api.responses.describe import answers
from api.responses.duty_log import LogPage
from api.routers import api_router
from api.routes.incident_bodies import IncidentOrderBody, Line, LongText, ShortText
from feeds.kinds import LOG
from feeds.logbook.rows import SORTS

router = api_router("/api/v1/log", tags=["incidents"])
WRITTEN = {"application/json": {"schema": reference(record_name(LOG))}}


class LogReferenceBody(BaseModel):
    """A record that the text names."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["incident", "obligation", "receipt", "warning", "alert", "brief", "task", "log"]
    id: ShortText


class LogEntryBody(IncidentOrderBody):
    """A new entry. `claimed_at` is when it happened, left out: now. `refs` are the records that the text names."""

    kind: Literal["phone", "fax", "visit", "inspection", "decision", "remark"] = "remark"
    text: LongText
    claimed_at: Moment | None = None
    incident: Line = ""
    mode: Literal["real", "exercise"] = "real"
    refs: list[LogReferenceBody] = Field(default_factory=list, max_length=20)


class CorrectionBody(IncidentOrderBody):
    """The words that replace those of an entry. Both are shown, the old ones struck through."""

    text: LongText
    claimed_at: Moment | None = None


@router.get("", responses=answers(LogPage))
async def rows(
    deps: Deps,
    principal: Viewer,
    day: date | None = None,
    kind: Annotated[str, Query(max_length=40)] = "",
    incident: Annotated[str, Query(max_length=200)] = "",
    mode: Literal["real", "exercise", "*"] = "real",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response:
    """The rows of a day in the site's zone (left out: today), or of one incident, newest first."""
    if not principal.personal:
        raise Problem("forbidden")
    if kind and kind not in SORTS:
        raise Problem("invalid", findings=[finding("query.kind", "enum")])
    start, end = (0.0, deps.clock() + 1) if incident and day is None else duty_log.day_of(deps, day)
    query = LogQuery(start=start, end=end, sort=kind, incident=incident, mode="" if mode == "*" else mode)
    place = from_cursor(cursor, (float, int)) if cursor else None
    items, following = await duty_log.page(deps, principal, query, place and (place[0], place[1]), limit)
    return listing(items, to_cursor(following) if following else None, deps.pump.rev, kinds=list(SORTS))


@router.post("", status_code=201, responses=answers(None, *OF_ORDER) | {201: {"description": "", "content": WRITTEN}})
async def write(deps: Deps, principal: Commander, body: LogEntryBody) -> Response:
    """Write an entry. 201 once the journal has it."""
    return await ordered(deps, principal, LOG, "log.create", "", body, status=201)


@router.post(
    "/{entry_id}/correct",
    status_code=201,
    responses=answers(None, *OF_ORDER) | {201: {"description": "", "content": WRITTEN}},
)
async def correct(deps: Deps, principal: Commander, entry_id: str, body: CorrectionBody) -> Response:
    """Correct an entry by another one that points to it. Answers the new entry; the old one is struck out."""
    return await ordered(deps, principal, LOG, "log.correct", entry_id, body, status=201)
