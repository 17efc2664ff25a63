"""`watchfloor approvals calendar` and `due`: published calendars, the effect of a new one, and the count of a limit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from feeds.cases import schema
from feeds.cases.assess import Assessor
from feeds.cases.facts import FactSet
from feeds.cases.fold import fold_facts
from feeds.cases.store import CaseStore, cases_url
from feeds.clock import now as wall_clock
from feeds.workdays.calendar import CalendarBook
from feeds.workdays.clock import ExcludedSpan, LimitUnit, Term, deadline
from feeds.workdays.files import NATIONAL, read_calendar, read_folder, write_calendar
from feeds.workdays.local_time import ZONE, local_date, local_datetime
from feeds.workdays.sheet import sheet
from watchfloor.runtime.stores import journal_url
from watchfloor.settings.site_settings import Settings, load

PAGE = 500
WARN_FROM, ALERT_FROM = (12, 1), (12, 20)
"""Month and day from which on a missing calendar of the next year is a warning, and an alert."""
MARKS = {
    "start": "0",
    "off": "休",
    "local_holiday": "地方假日",
    "excluded": "暂停",
    "unpublished": "待公布",
    "rolled": "顺延",
}


def book_of(config: Path) -> tuple[CalendarBook, Settings | None]:
    """The calendars of a site, or the shipped ones where there is no settings file."""
    settings = load(config) if config.exists() else None
    if settings is None:
        return CalendarBook(read_folder(NATIONAL)), None
    return settings.approvals.assessor().book, settings


def due(config: Path, day0: str, n: int, region: str, natural: bool, suspended: list[str]) -> dict[str, Any]:
    """A limit counted day by day. Raises ValueError for a text that is no date."""
    book, settings = book_of(config)
    calendar = book.of(region or (settings.site.region if settings is not None else ""))
    moment = datetime.fromisoformat(day0)
    start = (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp()
    spans = []
    for text in suspended:
        first, _, last = text.partition("..")
        spans.append(ExcludedSpan.of_dates(date.fromisoformat(first), date.fromisoformat(last) if last else None))
    unit = LimitUnit.NATURAL if natural else LimitUnit.WORKING
    term = Term(start=start, n=n, unit=unit, pauses=tuple(spans))
    end = deadline(calendar, term)
    days = sheet(calendar, term, end, start)
    return {
        "day0": term.day0.isoformat(),
        "n": n,
        "unit": unit.value,
        "due": None if end.due is None else end.due.isoformat(),
        "yellow_at": None if end.warn_at is None else local_datetime(end.warn_at).isoformat(),
        "red_at": None if end.limit_at is None else local_datetime(end.limit_at).isoformat(),
        "paused": end.paused,
        "unpublished": end.unpublished,
        "days": [
            {"day": day.day.isoformat(), "mark": day.mark, "number": day.number, "makeup": day.makeup, "name": day.name}
            for day in days
        ],
    }


def due_lines(answer: dict[str, Any]) -> list[str]:
    """The count of `due` as lines of text."""
    lines = [f"{answer['day0']} + {answer['n']} {answer['unit']}"]
    for day in answer["days"]:
        mark = MARKS.get(day["mark"], str(day["number"] or ""))
        note = " ".join(filter(None, (day["name"], "调休上班" if day["makeup"] else "")))
        lines.append(f"  {day['day']}  {mark:>4}  {note}".rstrip())
    if answer["due"]:
        lines.append(f"到期 due {answer['due']}   黄 yellow {answer['yellow_at']}   红 red {answer['red_at']}")
    elif answer["paused"]:
        lines.append("暂停中，无到期日 suspended: no due day")
    else:
        lines.append(f"{answer['unpublished']} 年日历未公布 the calendar of {answer['unpublished']} is not published")
    return lines


def check(config: Path) -> dict[str, Any]:
    """The calendars of a site, and warnings about missing ones."""
    book, settings = book_of(config)
    today = local_date(wall_clock())
    files = [{"year": file.year, "region": file.region, "days": len(file.days)} for file in book.files]
    warnings = []
    if today.year not in book.published:
        warnings.append(f"{today.year} 年日历未公布 the calendar of {today.year} is missing")
    if today.year + 1 not in book.published and (today.month, today.day) >= WARN_FROM:
        urgent = "，紧急 urgent" if (today.month, today.day) >= ALERT_FROM else ""
        warnings.append(f"{today.year + 1} 年日历未公布 the calendar of {today.year + 1} is missing{urgent}")
    for region in settings.approvals.local_required if settings is not None else ():
        if today.year not in book.of(region).local_years:
            warnings.append(
                f"{region}：{today.year} 年地方日历未登记 {region} has no calendar of its own for {today.year}"
            )
    return {"files": files, "warnings": warnings}


def put(config: Path, file: Path, *, apply: bool) -> dict[str, Any]:
    """Count the cases that a new calendar changes; `apply` writes it to the site's folder.

    Raises OSError, ValueError.
    """
    settings = load(config)
    fresh = read_calendar(file.read_bytes())
    if not fresh.published:
        raise ValueError(f"{file.name}: a calendar without papers or days is not published")
    folder = settings.approvals.calendars_folder
    if folder is None:
        raise ValueError('set [approvals] calendars = "calendars" first')
    assessor = settings.approvals.assessor()
    after = replace(assessor, book=assessor.book.with_files([fresh]))
    counted = asyncio.run(_changes(settings, assessor, after))
    target = folder / fresh.region / f"{fresh.year}.json" if fresh.region else folder / f"{fresh.year}.json"
    if apply:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(write_calendar(fresh))
    return {"year": fresh.year, "region": fresh.region, "file": str(target.name), "applied": apply, **counted}


async def _changes(settings: Settings, before: Assessor, after: Assessor) -> dict[str, int]:
    """Numbers of open cases, of those with another due day, and of those that become red."""
    store = CaseStore(cases_url(journal_url(settings)), "calendar")
    counted = {"open": 0, "changed": 0, "red": 0}
    if store.store.is_sqlite and not Path(store.store.file).exists():
        return counted  # a site that has no cases yet
    store.connect()
    at, last = wall_clock(), 0
    try:
        while rows := await _page(store, last):
            facts = await store.facts_of([row.id for row in rows])
            for row in rows:
                case = fold_facts(row.system, row.number, facts.get(row.id, FactSet()), before.precedence)
                old, new = before.row(case, at), after.row(case, at)
                counted["open"] += 1
                counted["changed"] += old.due_day != new.due_day
                counted["red"] += new.light == "red" and old.light != "red"
            last = rows[-1].id
    finally:
        await store.close()
    return counted


async def _page(store: CaseStore, last: int) -> Any:
    table = schema.record
    return await store.select_rows(table.c.id > last, table.c.state.in_(("open", "applied")), limit=PAGE)


def calendar_lines(answer: dict[str, Any]) -> list[str]:
    """The answer of `check` or `put` as lines of text."""
    if "files" in answer:
        lines = [
            f"  {file['year']}  {file['region'] or '全国 national':<14} {file['days']}" for file in answer["files"]
        ]
        return [*lines, *answer["warnings"]]
    verb = "已写入 written" if answer["applied"] else "未写入（加 --apply） not written (add --apply)"
    return [
        f"{answer['year']} {answer['region']}: {verb}",
        f"在办 open {answer['open']}，到期日改变 other due days {answer['changed']}，变红 become red {answer['red']}",
    ]
