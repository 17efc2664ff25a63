"""Routes of the figures of approvals: sums of a period, tables by one dimension, ageing, slowest steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from starlette.responses import Response

from api.approvals import ApprovalsAccess
from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import Principal
from api.query_parameters import Region, some_of
from api.responses import approvals as answered
from api.responses.describe import answers
from api.routers import api_router
from api.routes.approvals import Several, access, split_kinds, split_list
from feeds import wire
from feeds.cases.contributions import PART
from feeds.cases.figures import Period, ageing, grouped, month_period, shown, summary
from feeds.cases.forecast import forecast
from feeds.cases.patterns import patterns
from feeds.cases.words import GROUPS, KINDS
from feeds.workdays.calendar import WorkCalendar
from feeds.workdays.local_time import local_date

router = api_router(tags=["approvals"])
STEP_DAYS = 90
"""Days over which the slowest steps are measured."""
Month = Annotated[str, Query(pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?$", description="2026-02; default: this month")]


def _period(month: str, first: str, last: str, today: date) -> Period:
    """The days from `first` to `last`, else the month. Raises Problem(invalid)."""
    try:
        if first or last:
            begin, end = date.fromisoformat(first), date.fromisoformat(last or today.isoformat())
            if begin > end or (end - begin) > timedelta(days=400):
                raise ValueError("too long")
            return Period(begin, end)
        return month_period(month or f"{today.year:04}-{today.month:02}")
    except ValueError as error:
        raise Problem("invalid", findings=[finding("query.from", "interval")]) from error


def _where(principal: Principal, region: str, **dimensions: str) -> dict[str, Any]:
    """Conditions for the reader: alternatives of each dimension that is set, and both regions."""
    split = {"kind": split_kinds}
    named = {name: split.get(name, split_list)(text) for name, text in dimensions.items() if text}
    return named | {"region": region, "within": principal.region}


def _calendar(deps: Dependencies, parts: ApprovalsAccess, region: str) -> WorkCalendar:
    return parts.assessor().calendar(region or deps.site.region)


Day = Annotated[str, Query(max_length=10, description="2026-02-01")]


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """The period and the conditions of a question for figures. `region` is that of the request, "" for the site."""

    period: Period
    today: date
    region: str
    where: dict[str, Any]


async def _figure_query(
    deps: Deps,
    principal: Viewer,
    month: Month = "",
    first: Annotated[Day, Query(alias="from")] = "",
    to: Day = "",
    department: Several = "",
    item: Several = "",
    kind: Annotated[Several, some_of((*KINDS, *GROUPS, PART))] = "",
    region: Region = "",
) -> FigureQuery:
    """Raises Problem(invalid) for a period that is none or too long."""
    today = local_date(deps.clock())
    where = _where(principal, region, department=department, item=item, kind=kind)
    return FigureQuery(_period(month, first, to, today), today, region, where)


Figures = Annotated[FigureQuery, Depends(_figure_query)]


@router.get("/approvals/summary", responses=answers(answered.CaseSummary, "cases-lost"))
async def period_summary(deps: Deps, query: Figures) -> Response:
    """Figures of a month or of days, with the month before and the same month of the year before."""
    parts = access(deps)
    calendar = _calendar(deps, parts, query.region)
    figures = await summary(parts.reader, query.period, query.today, calendar, query.where)
    return Json(figures | {"as_of": wire.iso(deps.clock())})


Dimension = Literal["department", "item", "kind", "region", "day", "month"]


@router.get("/approvals/figures", responses=answers(answered.FigureTable, "cases-lost"))
async def figure_table(deps: Deps, query: Figures, by: Dimension = "department") -> Response:
    """Figures of a period by one dimension."""
    period = query.period
    parts = access(deps)
    name = parts.namer(by)
    rows = await grouped(parts.reader, period, query.today, by, query.where)
    if by == "department":
        rows += _idle(parts, query, {row["key"] for row in rows})
    rows = [row | {"name": name(row["key"])} for row in rows]
    body = {"items": rows, "by": by, "from": period.first.isoformat(), "to": period.last.isoformat()}
    return Json(body | {"as_of": wire.iso(deps.clock())})


def _idle(parts: ApprovalsAccess, query: FigureQuery, counted: set[str]) -> list[dict[str, Any]]:
    """Rows of the departments that have an item of the kinds asked for, and no figures in the period."""
    chosen = query.where.get("department")
    departments = parts.assessor().catalogue.departments_of(query.where.get("kind") or KINDS)
    return [
        {"key": department, **shown(Counter())}
        for department in departments
        if department not in counted and (not chosen or department in chosen)
    ]


@router.get("/approvals/ageing", responses=answers(answered.CaseAgeing, "cases-lost"))
async def open_case_ageing(
    deps: Deps,
    principal: Viewer,
    department: Several = "",
    item: Several = "",
    kind: Annotated[Several, some_of((*KINDS, *GROUPS))] = "",
    region: Region = "",
) -> Response:
    """Open cases by days left and by age, what falls due next, and the backlog in months of work."""
    parts, today = access(deps), local_date(deps.clock())
    where = _where(principal, region, department=department, item=item, kind=kind)
    calendar = _calendar(deps, parts, region)
    counts = await ageing(parts.reader, today, calendar, where)
    ahead = await forecast(parts.reader, today, calendar, where)
    return Json(counts | {"forecast": ahead, "as_of": wire.iso(deps.clock())})


@router.get("/approvals/steps", responses=answers(answered.SlowSteps, "cases-lost"))
async def slow_steps(
    deps: Deps, principal: Viewer, department: Several = "", item: Several = "", region: Region = ""
) -> Response:
    """The ten slowest steps of the last 90 days, in the caller's region."""
    today = local_date(deps.clock())
    where = _where(principal, region, department=department, item=item)
    parts = access(deps)
    name = parts.namer("item")
    steps = await parts.reader.slowest_steps(today.toordinal() - STEP_DAYS, where)
    day = parts.assessor().hours.minutes
    items = [step | {"item_name": name(step["item"])} | _step_days(step, day) for step in steps]
    return Json({"items": items, "as_of": wire.iso(deps.clock())})


async def _supervisor(deps: Deps, principal: Viewer) -> Principal:
    """The signed-in person, who may raise cards. Raises Problem(forbidden)."""
    if not principal.personal or principal.name not in access(deps).supervise():
        raise Problem("forbidden")
    return principal


@router.get("/approvals/signals", responses=answers(answered.CaseSignals, "cases-lost", "forbidden"))
async def signals(deps: Deps, principal: Annotated[Principal, Depends(_supervisor)]) -> Response:
    """Suspicions over several cases of the last 90 days, in the caller's region, for supervisors."""
    parts, today = access(deps), local_date(deps.clock())
    shown_patterns = await patterns(parts.reader, today.toordinal(), principal.region)
    name = parts.namer("department")
    items = [pattern | {"name": name(pattern["department"])} for pattern in shown_patterns]
    return Json({"items": items, "as_of": wire.iso(deps.clock())})


def _step_days(step: dict[str, Any], day: int) -> dict[str, float | None]:
    """The median and the 90th percentile of a step in working days of `day` minutes of office time."""
    minutes = {name: step[f"{name}_minutes"] for name in ("median", "p90")}
    return {f"{name}_days": None if value is None else round(value / day, 2) for name, value in minutes.items()}
