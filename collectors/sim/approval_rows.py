"""Rows of the demo's approvals system: cases of sixteen months with their steps, suspensions and extensions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from feeds.workdays.calendar import CalendarBook, Unpublished, WorkCalendar
from feeds.workdays.files import NATIONAL, read_folder
from feeds.workdays.local_time import ZONE

CASES, OPEN = 1581, 10
LEFT = (-2, 0, 0, 1, 1, 1, 2, 3, 5, 8)
"""Working days that the open cases have left."""
EXTENDED, SUSPENDED = 7, 8
"""Which of the open cases has an extension, and which has had a suspension; each of MORE working days."""
MORE = 3
OLDEST = 340
"""Working days over which the finished cases are spread."""
POPULAR, POPULAR_SHARE = 5, 0.6
"""The number of items that most cases are about, and the share of all cases that they have."""
COUNTIES = ("532301", "532302", "532322", "532323", "532324", "532325", "532326", "532327", "532328", "532329")
SURNAMES, GIVEN_NAMES = "阿王李张杨普罗周何马", ("建国", "秀英", "志强", "丽华", "木呷", "文明", "春梅")
FORM = "%Y-%m-%d %H:%M:%S"
STEPS = (
    ("受理", "窗口 李", 0.0, (9, 59), 1),
    ("初审", "经办 张", 0.35, (10, 40), 0.5),
    ("审核", "科长 周", 0.8, (14, 40), 0.6),
    ("核准", "分管领导 普", 1.0, (15, 20), 0.4),
    ("办结", "窗口 何", 1.0, (16, 59), 1),
)
"""Name, owner, share of the time after which it ends, time of its end, limit in working days or as a share."""

STANDS = (2, 3, 3, 4)
"""The step in which an open case stands, by its number: the first is 1."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CasePlan:
    """One case to make rows of. `ended` None: it is open, `today` its last day so far."""

    n: int
    item: Mapping[str, str]
    accepted: date
    ended: date | None
    today: date


class CaseRows:
    """The rows of a hall's system as of a day, by table: case, step, special. The same at every start of that day."""

    def __init__(self, items: Sequence[Mapping[str, str]], today: date) -> None:
        self._items, self._today = items, today
        self._chance = random.Random(today.toordinal())
        self._calendar: WorkCalendar = CalendarBook(read_folder(NATIONAL)).of("")
        self.case: list[Row] = []
        self.step: list[Row] = []
        self.special: list[Row] = []
        for n in range(CASES - OPEN):
            self._add(self._finished(n))
        for place, days_left in enumerate(LEFT):
            self._add_open(place, days_left)
        for rows in (self.case, self.step, self.special):
            rows.sort(key=lambda row: (row["cd_time"], row["id"]))

    def add_due_today(self, count: int, at: float) -> list[str]:
        """Add cases whose last day is today, changed at a moment. Returns their numbers."""
        first, stamp = len(self.case), datetime.fromtimestamp(at, ZONE)
        items = self._promises()
        for n in range(first, first + count):
            item = items[n % len(items)]
            self._add(CasePlan(n, item, self._back(self._today, int(item["promised"])), None, self._today), stamp)
        return [row["project_no"] for row in self.case[first:]]

    def remove(self, numbers: Sequence[str], at: float) -> None:
        """Mark cases as deleted, at a moment."""
        chosen = set(numbers)
        for row in self.case:
            if row["project_no"] in chosen:
                row |= {"cd_operation": "D", "cd_time": datetime.fromtimestamp(at, ZONE).strftime(FORM)}
        self.case.sort(key=lambda row: (row["cd_time"], row["id"]))

    def _promises(self) -> list[Mapping[str, str]]:
        return [item for item in self._items if item["kind"] == "promise" and int(item["promised"]) >= 3]

    def _finished(self, n: int) -> CasePlan:
        chance = self._chance
        popular = self._promises()[:POPULAR]
        item = chance.choice(popular) if chance.random() < POPULAR_SHARE else self._items[n % len(self._items)]
        age, promised = chance.randrange(1, OLDEST), int(item["promised"])
        taken = 0 if not promised else max(0, promised - chance.randrange(0, promised))
        if promised and chance.random() < 0.03:
            taken = promised + chance.randrange(1, 5)
        accepted = self._back(self._today, age)
        return CasePlan(n, item, accepted, self._forward(accepted, min(taken, age - 1)), self._today)

    def _add_open(self, place: int, days_left: int) -> None:
        item = next(item for item in self._promises()[place * 4 :] if int(item["promised"]) >= days_left)
        more = MORE if place in (EXTENDED, SUSPENDED) else 0
        accepted = self._back(self._today, int(item["promised"]) + more - days_left)
        plan = CasePlan(CASES - OPEN + place, item, accepted, None, self._today)
        row = self._add(plan)
        first, last = self._forward(accepted, 1), self._forward(accepted, MORE)
        special = {
            "id": f"T{plan.n}",
            "project_no": row["project_no"],
            "notice_no": f"楚审告〔{accepted.year}〕{plan.n}号",
        }
        if place == EXTENDED:
            decided = datetime(first.year, first.month, first.day, 11, 0, tzinfo=ZONE).strftime(FORM)
            approval = {"special_type": "1", "days": MORE, "approver": "分管领导 普", "special_time": decided}
            self.special.append(special | approval | {"cd_time": decided})
        elif place == SUSPENDED:
            sent = f"{last.isoformat()} 17:00:00"
            days = {"special_time": first.isoformat(), "end_time": last.isoformat(), "special_name": "专家评审"}
            self.special.append(special | days | {"special_type": "2", "cd_time": sent})

    def _add(self, plan: CasePlan, stamp: datetime | None = None) -> Row:
        """Add the rows of a case. `stamp` is when the system changed them, None: when it happened."""
        chance, item, ended = self._chance, plan.item, plan.ended
        started = _at(plan.accepted, 9, chance.randrange(50))
        finished = None if ended is None else _at(ended, 16, chance.randrange(58))
        row = {
            "project_no": f"5323{plan.accepted:%Y%m%d}{plan.n:04}",
            "task_code": item["code"],
            "project_type": "1" if item["kind"] == "instant" else "2",
            "org_code": item["department"],
            "area_code": COUNTIES[plan.n % len(COUNTIES)],
            "accept_date": started.strftime(FORM),
            "result_date": finished.strftime(FORM) if finished is not None else "",
            "result_type": "出证" if finished is not None else "",
            "applyer_name": chance.choice(SURNAMES) + chance.choice(GIVEN_NAMES),
            "contact_phone": f"139{chance.randrange(10**8):08}",
            "cd_time": (stamp or finished or started).strftime(FORM),
            "cd_operation": "I",
        }
        self.case.append(row | {"id": row["project_no"]})
        self.step.extend(self._steps(plan, row["project_no"], started, stamp))
        return row

    def _steps(self, plan: CasePlan, number: str, started: datetime, stamp: datetime | None) -> Iterator[Row]:
        """The steps that have begun."""
        last = plan.ended or plan.today
        taken = sum(1 for day in self._days(plan.accepted, last) if self._works(day))
        promised = int(plan.item["promised"])
        begun = started
        for seq, (name, owner, share, (hour, minute), limit) in enumerate(STEPS, 1):
            end: datetime | None = _at(self._forward(plan.accepted, int(taken * share)), hour, minute)
            if plan.ended is None and seq >= STANDS[plan.n % len(STANDS)]:
                end = None
            yield {
                "id": f"{number}-{seq}",
                "project_no": number,
                "seq": seq,
                "process_name": name,
                "handle_user_name": owner,
                "event_start_time": begun.strftime(FORM),
                "event_end_time": end.strftime(FORM) if end is not None else "",
                "limit": limit if limit == 1 else max(1, -(-promised * limit // 1)),
                "cd_time": (stamp or end or begun).strftime(FORM),
            }
            if end is None:
                return
            begun = end

    @staticmethod
    def _days(after: date, last: date) -> Iterator[date]:
        day = after
        while day < last:
            day += timedelta(days=1)
            yield day

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


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)
