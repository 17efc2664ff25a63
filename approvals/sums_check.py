"""The nightly check of the sums: they are counted anew from the rows of all cases, compared, and put right.

It goes through the rows some at a time, while facts keep changing them: a change of a row that was counted already is
added to the new count. A difference is an entry of the journal and a line of the log.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from approvals.requests import CheckSums, MonthsOfSums, RowsAfter
from feeds.cases.assess import CaseRow
from feeds.cases.contributions import Cell, Sums, Used, add_contribution, month_of, used_cell
from feeds.cases.store import DAYS_KEPT, CaseStore
from feeds.engine.requests import AppendEntry, Asking
from feeds.model import Kind
from feeds.workdays.local_time import instant, local_date

MINUTE = 3 * 60
"""Minute of the day at which the check begins."""
ROWS_AT_ONCE = 500
"""Rows in one step."""
EVERY_ROW = 2**62

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SumsRecount:
    """The sums as the rows up to `last` give them. `months` are those that are still to be compared."""

    last: int = 0
    days: Sums = field(default_factory=dict)
    months_sums: Sums = field(default_factory=dict)
    used: Counter[Used] = field(default_factory=Counter)
    months: list[int] | None = None
    differing: int = 0

    def add(self, row: CaseRow, sign: int, first_day: int) -> None:
        """Add a row's contributions, or subtract them with `sign` -1."""
        sums: Sums = {}
        add_contribution(sums, row, sign)
        for (day, *rest), values in sums.items():
            key: Cell = (month_of(day), *rest)  # type: ignore[assignment]
            _add(self.months_sums, key, values)
            if day >= first_day:
                _add(self.days, (day, *rest), values)  # type: ignore[arg-type]
        if (cell := used_cell(row)) is not None:
            self.used[cell] += sign


def _add(sums: Sums, key: Cell, values: list[int]) -> None:
    total = sums.get(key)
    sums[key] = list(values) if total is None else [left + right for left, right in zip(total, values, strict=True)]


class SumsCheck:
    """Runs once a night, a step at a time."""

    def __init__(self, store: Callable[[], CaseStore]) -> None:
        self._store = store
        self._next: float | None = None
        self._recount: SumsRecount | None = None
        self._first_day = 0
        self._entries: list[AppendEntry] = []

    @property
    def busy(self) -> bool:
        """True while a check runs."""
        return self._recount is not None

    def next_moment(self) -> float | None:
        """The beginning of the next check."""
        return self._next

    def changed(self, before: CaseRow | None, after: CaseRow) -> None:
        """A row has changed: count the change, if the row was counted."""
        if self._recount is not None and after.id <= self._recount.last:
            if before is not None:
                self._recount.add(before, -1, self._first_day)
            self._recount.add(after, 1, self._first_day)

    def begin_anew(self) -> None:
        """Rows have changed in a way that was not told: count from the beginning."""
        if self._recount is not None:
            self._recount = SumsRecount()

    def step(self, now: float) -> Asking[None]:
        """Begin when it is time, and do the next part of a check that runs."""
        if self._next is None or self._next - now > 2 * 86_400.0:
            self._next = _following(now)
        if self._recount is None and now >= self._next:
            self._next, self._first_day = _following(now), local_date(now).toordinal() - DAYS_KEPT + 1
            self._recount = SumsRecount()
        if self._recount is not None:
            yield from self._go_on(self._recount, now)

    def _go_on(self, recount: SumsRecount, now: float) -> Asking[None]:
        if recount.months is None:
            rows = yield RowsAfter(self._store(), recount.last, ROWS_AT_ONCE)
            for row in rows:
                recount.add(row, 1, self._first_day)
            recount.last = rows[-1].id if rows else EVERY_ROW
            if not rows:
                recount.months = yield MonthsOfSums(self._store(), frozenset(key[0] for key in recount.months_sums))
            return
        if recount.months:
            month = recount.months.pop()
            recount.differing += yield CheckSums(
                self._store(),
                month,
                self._first_day,
                {key: values for key, values in recount.months_sums.items() if key[0] == month},
                {key: values for key, values in recount.days.items() if month_of(key[0]) == month},
                {key: count for key, count in recount.used.items() if key[0] == month},
            )
            return
        if recount.differing:
            log.warning("sums of cases differed from their rows and were put right: %d", recount.differing)
            body = {"differing": recount.differing}
            self._entries.append(AppendEntry(kind=Kind.CASE, name="sums-mended", subject="", at=now, body=body))
        self._recount = None

    def taken(self) -> list[AppendEntry]:
        """The entries since the last call."""
        entries, self._entries = self._entries, []
        return entries


def _following(now: float) -> float:
    today = instant(local_date(now), MINUTE)
    return today if today > now else today + 86_400.0
