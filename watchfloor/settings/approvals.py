"""The section `[approvals]`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from feeds.cases.items import CatalogueRefused, read_departments, read_items
from feeds.cases.settings import ApprovalsSettings
from feeds.regions import is_code
from feeds.workdays.files import CalendarRefused, read_folder
from watchfloor.settings.reader import SettingsTable


def approvals(table: SettingsTable) -> ApprovalsSettings:
    """`[approvals]`: calendars, items, departments. Files that cannot be used are findings."""
    settings = ApprovalsSettings(
        items=_path(table, "items"),
        departments=_path(table, "departments"),
        calendars=_path(table, "calendars"),
        precedence=tuple(table.texts("precedence", [], '["hall"]')),
        local_holidays=table.choice("local_holidays", "exclude", ("exclude", "count")) == "exclude",
        local_required=tuple(table.texts("local_required", [], '["532300"]')),
        unmask=tuple(table.texts("unmask", [], '["zhang"]')),
        supervise=tuple(table.texts("supervise", [], '["li"]')),
        key=_path(table, "key"),
    )
    for region in settings.local_required:
        if not is_code(region):
            table.wrong("region_form", "local_required")
    _try(table, "items", settings.items, lambda path: read_items(path.read_bytes()))
    _try(table, "departments", settings.departments, lambda path: read_departments(path.read_bytes()))
    _try(table, "calendars", settings.calendars, read_folder)
    return settings


def _path(table: SettingsTable, key: str) -> Path | None:
    path = table.path(key, "")
    return path if table.has(key) and table.raw[key] else None


def _try(table: SettingsTable, key: str, path: Path | None, read: Callable[[Path], Any]) -> None:
    """Read a file of the section; what is wrong with it is a finding of its setting."""
    if path is None:
        return
    try:
        read(path)
    except (OSError, CatalogueRefused, CalendarRefused) as error:
        detail = getattr(error, "strerror", None) or str(error)
        table.wrong("reference_file", key, detail=detail)
