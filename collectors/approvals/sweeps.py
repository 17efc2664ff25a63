"""Sweeps: the nightly comparison of a source with the store, row by row over a window.

A sweep reads every row that changed within the window again, so that a row that was missed or differs is put right,
and ends with the numbers that the source has. The approvals role takes a case of that window that is not among them
for deleted (approvals/sweeps.py), and holds a sweep that would delete too many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors.approvals.progress import Unfinished
from feeds.cases.facts import SWEEP, CaseFact
from feeds.cases.source import CaseSource, CaseTable
from feeds.workdays.local_time import instant, local_date

NUMBERS_AT_ONCE = 5000
"""Numbers in one fact."""
AGAIN = 600.0
"""Seconds after which a sweep that failed begins anew."""


@dataclass(slots=True, kw_only=True)
class Sweep:
    """One sweep that runs. `table` is read now; `by` is the time that `since` bounds: "changed" or "accepted"."""

    since: float
    began: float
    hold: float
    tables: list[CaseTable]
    keys: str = ""
    reading: Unfinished | None = None
    numbers: set[str] = field(default_factory=set)

    @property
    def table(self) -> CaseTable | None:
        """The table that is read now, None when all were read."""
        return self.tables[0] if self.tables else None

    def advance(self, reading: Unfinished, *, stopped: bool) -> None:
        """Note how far the present table was read; the next one follows a complete one."""
        self.reading = reading if stopped else None
        if not stopped:
            self.tables.pop(0)

    def parts(self, system: str, source: str, now: float) -> Iterator[CaseFact]:
        """The numbers in order, some thousand a fact. A fact covers those after `after` up to `upto` ("": the end)."""
        numbers = sorted(self.numbers)
        chunks = [numbers[start : start + NUMBERS_AT_ONCE] for start in range(0, len(numbers), NUMBERS_AT_ONCE)] or [[]]
        after = ""
        for index, chunk in enumerate(chunks):
            last = index == len(chunks) - 1
            upto = "" if last else chunk[-1]
            body = {
                "since": self.since,
                "by": "accepted" if self.keys else "changed",
                "began": self.began,
                "hold": self.hold,
                "part": index,
                "last": last,
                "after": after,
                "upto": upto,
                "numbers": chunk,
            }
            yield CaseFact(system=system, number="", table=SWEEP, stamp=now, body=body, source=source, at=now)
            after = upto


class SweepPlan:
    """When a source is swept: daily at the minute of its table `case`, and once soon after something was lost."""

    def __init__(self, source: CaseSource) -> None:
        self._source = source
        self._plan = next((table.sweep for table in source.tables if table.sweep is not None), None)
        self._next: float | None = None
        self._running: Sweep | None = None

    def due(self, now: float) -> Sweep | None:
        """The sweep that runs, or one that begins now; None while none is due."""
        if self._plan is None:
            return None
        if self._next is None or self._next - now > 2 * 86_400.0:  # the first call, or the clock was set back
            self._next = self._following(now)
        if self._running is None and now >= self._next:
            self._next = self._following(now)
            self._running = Sweep(
                since=now - self._plan.window,
                began=now,
                hold=self._plan.hold,
                tables=list(self._source.tables),
                keys=self._plan.keys,
            )
        return self._running

    def _following(self, now: float) -> float:
        assert self._plan is not None
        today = instant(local_date(now), self._plan.minute)
        return today if today > now else today + 86_400.0

    def done(self) -> None:
        """The sweep is complete."""
        self._running = None

    def failed(self, now: float) -> None:
        """The sweep cannot go on; it begins anew after a while."""
        self._running = None
        self._next = now + AGAIN

    def hasten(self) -> None:
        """Sweep in the next complete round."""
        if self._plan is not None:
            self._running, self._next = None, 0.0
