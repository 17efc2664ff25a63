"""The settings of incidents: `[incidents]` and the site's zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from feeds.incidents.brief_settings import BriefSettings
from feeds.incidents.passing import Passing
from feeds.incidents.plan_files import PlanFile
from feeds.incidents.promotions import PromotionRule
from feeds.incidents.units import UnitRegister
from feeds.model.resources import Resource
from feeds.workdays.calendar import CalendarBook, WorkCalendar
from feeds.workdays.files import NATIONAL, read_folder

CHECK_EVERY = 90 * 86_400.0
ROAD_SPEED = 50.0


@cache
def national_calendar() -> WorkCalendar:
    """The calendar of working days that this program ships."""
    return CalendarBook(read_folder(NATIONAL)).of("")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSettings:
    """How the site counts and reports its incidents.

    `reporting` is the profile of reporting policies (feeds.incidents.policies), "" for none. `zone` is the zone of the
    day in an incident's number and of the hours of daily reports. `units` may be given tasks. `calendar` says which
    days are working days. `resources` are those of the site's files, each to be checked again after
    `check_every` seconds. `road_speed` is in km/h. `briefs`
    says how briefs are numbered and printed.
    `plans` are those of the site's files. `promotions` are the rules by which alerts, warnings and receipts become
    incidents. `passing` says which warnings are sent to which receivers.
    """

    reporting: str = ""
    resources: tuple[Resource, ...] = ()
    check_every: float = CHECK_EVERY
    road_speed: float = ROAD_SPEED
    briefs: BriefSettings = field(default_factory=BriefSettings)
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    units: UnitRegister = field(default_factory=UnitRegister)
    calendar: WorkCalendar = field(default_factory=national_calendar)
    plans: tuple[PlanFile, ...] = ()
    promotions: tuple[PromotionRule, ...] = ()
    passing: Passing = field(default_factory=Passing)
