"""Stillness of a source: it answers, and has had no new row for longer than its office hours explain."""

from __future__ import annotations

from functools import cache

from feeds.workdays import office
from feeds.workdays.calendar import CalendarBook, Unpublished, WorkCalendar
from feeds.workdays.files import NATIONAL, read_folder
from feeds.workdays.office import OFFICE_HOURS


@cache
def _national() -> WorkCalendar:
    return CalendarBook(read_folder(NATIONAL)).of("")


class StillnessWatch:
    """Notices that no row has come for `after` seconds of office time; 0 never does."""

    def __init__(self, after: float) -> None:
        self._after, self._last = after, 0.0

    def problem(self, came: bool, now: float) -> str:
        """A sentence when the source stands still, else "". `came`: this round has brought a new row."""
        if came or not self._last or now < self._last:
            self._last = now
        if not self._after:
            return ""
        try:
            minutes = office.minutes_between(_national(), self._last, now, OFFICE_HOURS)
        except Unpublished:
            return ""
        if minutes * 60 < self._after:
            return ""
        return (
            f"该系统有应答，但办公时间内已 {minutes:.0f} 分钟没有新数据"
            f" | it answers, and has had no new row for {minutes:.0f} minutes of office time"
        )
