"""`[incidents]`: the clock of reports, and the files of the site's resources."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feeds.incidents.policies import profiles
from feeds.incidents.settings import CHECK_EVERY, ROAD_SPEED, IncidentSettings
from feeds.inventory.resources import read_resources
from feeds.model.resources import Resource
from watchfloor.settings.reader import SettingsTable

REPORTING, NO_REPORTING = "seen-A", "none"
"""The reporting profile of a site that names none, and the word for no clock at all."""


def incidents(table: SettingsTable, timezone: str) -> IncidentSettings:
    """How incidents are counted and reported, and the resources of the site. A row that cannot be used is a remark."""
    zone = _zone(timezone)
    profile = table.choice("reporting", REPORTING, (*profiles(), NO_REPORTING))
    return IncidentSettings(
        reporting="" if profile == NO_REPORTING else profile,
        zone=zone,
        resources=_resources(table, zone),
        check_every=table.duration("check_every", CHECK_EVERY, "1d", "3650d"),
        road_speed=table.number("road_speed", ROAD_SPEED, 5.0, 120.0),
    )


def _zone(timezone: str) -> ZoneInfo:
    """The site's zone. A zone that does not exist is a finding of `[site]` already."""
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("Asia/Shanghai")


def _resources(table: SettingsTable, zone: ZoneInfo) -> tuple[Resource, ...]:
    files = []
    for name in table.texts("resources", [], '["resources.csv"]'):
        try:
            files.append((name, table.references.read(table.folder / name)))
        except OSError as error:
            table.wrong("reference_file", "resources", detail=error.strerror or str(error))
    resources, findings = read_resources(files, zone)
    table.remark(findings)
    return tuple(resources)
