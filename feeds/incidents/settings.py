"""The settings of incidents: `[incidents]` and the site's zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSettings:
    """How the site counts and reports its incidents.

    `reporting` is the profile of reporting policies (feeds.incidents.policies), "" for none. `zone` is the zone of the
    day in an incident's number and of the hours of daily reports.
    """

    reporting: str = ""
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
