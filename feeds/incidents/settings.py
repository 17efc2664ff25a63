"""The settings of incidents: `[incidents]` and the site's zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from feeds.incidents.units import UnitRegister
from feeds.workdays.calendar import CalendarBook, WorkCalendar
from feeds.workdays.files import NATIONAL, read_folder


@cache
def national_calendar() -> WorkCalendar:
    """The calendar of working days that this program ships."""
    return CalendarBook(read_folder(NATIONAL)).of("")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSettings:
    """How the site counts and reports its incidents.

    `reporting` is the profile of reporting policies (feeds.incidents.policies), "" for none. `zone` is the zone of the
    day in an incident's number and of the hours of daily reports. `units` may be given tasks. `calendar` says which
    days are working days.
    """

    reporting: str = ""
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    units: UnitRegister = field(default_factory=UnitRegister)
    calendar: WorkCalendar = field(default_factory=national_calendar)
