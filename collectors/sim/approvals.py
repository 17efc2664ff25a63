"""An approvals system of the demo over real HTTP: 1,581 cases, 1,571 of them done, ten open near their limits."""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from feeds.workdays.calendar import CalendarBook, Unpublished, WorkCalendar
from feeds.workdays.files import NATIONAL, read_folder
from feeds.workdays.local_time import ZONE, local_date

Clock = Callable[[], float]
CASES, OPEN = 1581, 10
LEFT = (-2, 0, 0, 1, 1, 1, 2, 3, 5, 8)
"""Working days that the open cases have left."""
COUNTIES = ("532301", "532302", "532322", "532323", "532324", "532325", "532326", "532327", "532328", "532329")
SURNAMES, GIVEN_NAMES = "阿王李张杨普罗周何马", ("建国", "秀英", "志强", "丽华", "木呷", "文明", "春梅")
STEPS = ("受理", "初审", "审核", "核准", "办结")
FORM = "%Y-%m-%d %H:%M:%S"


class ApprovalSystem:
    """The cases of a hall, in pages, with changes after a time. They are the same at every start of a day."""

    def __init__(self, items: Path, clock: Clock = time.time) -> None:
        with items.open(encoding="utf-8", newline="") as file:
            self._items = list(csv.DictReader(file))
        self._clock = clock
        self._calendar: WorkCalendar = CalendarBook(read_folder(NATIONAL)).of("")
        self.rows = self._cases_of_day(local_date(clock()))

    def app(self, path: str) -> web.Application:
        """The interface at `path`."""
        app = web.Application()
        app.router.add_get(path, self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        since, page = request.query.get("startTime", ""), int(request.query.get("pageNo", "1"))
        size = min(500, int(request.query.get("pageSize", "200")))
        changed = [row for row in self.rows if row["cd_time"] >= since]
        rows = changed[(page - 1) * size : page * size]
        return web.json_response({"code": 0, "data": {"total": len(changed), "list": rows}})

    def _cases_of_day(self, today: date) -> list[dict[str, Any]]:
        chance = random.Random(today.toordinal())
        promises = [item for item in self._items if item["kind"] == "promise" and int(item["promised"]) >= 3]
        rows = [self._done(n, today, chance) for n in range(CASES - OPEN)]
        for n, days_left in enumerate(LEFT):
            item = next(item for item in promises[n * 4 :] if int(item["promised"]) >= days_left)
            used = int(item["promised"]) - days_left
            rows.append(self._row(CASES - OPEN + n, item, self._back(today, used), None, chance))
        return sorted(rows, key=lambda row: (row["cd_time"], row["project_no"]))

    def _done(self, n: int, today: date, chance: random.Random) -> dict[str, Any]:
        item = self._items[n % len(self._items)]
        accepted = self._back(today, chance.randrange(20, 220))
        promised = int(item["promised"])
        taken = 0 if not promised else max(0, promised - chance.randrange(0, promised))
        if promised and chance.random() < 0.03:
            taken = promised + chance.randrange(1, 5)
        return self._row(n, item, accepted, self._forward(accepted, taken), chance)

    def _row(
        self, n: int, item: dict[str, str], accepted: date, ended: date | None, chance: random.Random
    ) -> dict[str, Any]:
        started = datetime(accepted.year, accepted.month, accepted.day, 9, chance.randrange(60), tzinfo=ZONE)
        finished = None
        if ended is not None:
            finished = datetime(ended.year, ended.month, ended.day, 16, chance.randrange(60), tzinfo=ZONE)
        return {
            "project_no": f"5323{accepted:%Y%m%d}{n:04}",
            "task_code": item["code"],
            "project_type": "1" if item["kind"] == "instant" else "2",
            "org_code": item["department"],
            "area_code": COUNTIES[n % len(COUNTIES)],
            "accept_date": started.strftime(FORM),
            "result_date": finished.strftime(FORM) if finished is not None else "",
            "result_type": "出证" if finished is not None else "",
            "applyer_name": chance.choice(SURNAMES) + chance.choice(GIVEN_NAMES),
            "contact_phone": f"139{chance.randrange(10**8):08}",
            "cd_time": (finished or started).strftime(FORM),
            "cd_operation": "I",
        }

    def _back(self, day: date, working: int) -> date:
        """The day that lies so many working days before."""
        while working > 0:
            day -= timedelta(days=1)
            working -= self._works(day)
        while not self._works(day):
            day -= timedelta(days=1)
        return day

    def _forward(self, day: date, working: int) -> date:
        while working > 0:
            day += timedelta(days=1)
            working -= self._works(day)
        return day

    def _works(self, day: date) -> bool:
        try:
            return self._calendar.works(day)
        except Unpublished:
            return day.weekday() < 5
