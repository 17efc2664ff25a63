"""The section `[approvals]`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from feeds.cases.items import CatalogueRefused, read_departments, read_items
from feeds.cases.settings import ApprovalsSettings
from feeds.regions import is_code
from feeds.workdays.files import CalendarFile, CalendarRefused, calendar_paths, read_file
from watchfloor.settings.reader import SettingsTable
from watchfloor.settings.references import References

T = TypeVar("T")


def approvals(table: SettingsTable) -> ApprovalsSettings:
    """`[approvals]`: calendars, items, departments. Files that cannot be used are findings."""
    items, departments, calendars = (_path(table, name) for name in ("items", "departments", "calendars"))
    settings = ApprovalsSettings(
        items=tuple(_read(table, "items", items, lambda path: read_items(table.references.read(path))) or ()),
        departments=_read(table, "departments", departments, lambda path: read_departments(table.references.read(path)))
        or {},
        calendars=_read(table, "calendars", calendars, lambda folder: _calendars(table.references, folder)) or (),
        calendars_folder=calendars,
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
    return settings


def _path(table: SettingsTable, key: str) -> Path | None:
    path = table.path(key, "")
    return path if table.has(key) and table.raw[key] else None


def _calendars(references: References, folder: Path) -> tuple[CalendarFile, ...]:
    """The calendars of the site's folder. Of settings that were applied before, the files of then."""
    files: list[CalendarFile] = []
    for path in references.files_in(folder, lambda: calendar_paths(folder)):
        try:
            files.append(read_file(path, folder, references.read(path)))
        except (OSError, CalendarRefused):
            if not references.leaves_out(path):
                raise
    return tuple(files)


def _read(table: SettingsTable, key: str, path: Path | None, read: Callable[[Path], T]) -> T | None:
    """Read a file or folder of the section; what is wrong with it is a finding of its setting."""
    if path is None:
        return None
    try:
        return read(path)
    except (OSError, CatalogueRefused, CalendarRefused) as error:
        detail = getattr(error, "strerror", None) or str(error)
        table.wrong("reference_file", key, detail=detail)
        return None
