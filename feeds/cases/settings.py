"""Settings of approvals."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from feeds.cases.assess import Assessor
from feeds.cases.items import ItemCatalogue, read_departments, read_items
from feeds.cases.sealing import FILE, KeyFile
from feeds.workdays.calendar import CalendarBook
from feeds.workdays.files import NATIONAL, read_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsSettings:
    """`[approvals]`. Paths are absolute; None where the site has no such file.

    `precedence` are systems that share their numbers, the most trusted first. `local_holidays`: days off of regional
    calendars are not counted. `local_required` are regions that must have a calendar of their own.
    `unmask` are the accounts that may see personal values, `supervise` those that may raise cards and orders.
    """

    items: Path | None = None
    departments: Path | None = None
    calendars: Path | None = None
    precedence: tuple[str, ...] = ()
    local_holidays: bool = True
    local_required: tuple[str, ...] = ()
    unmask: tuple[str, ...] = ()
    supervise: tuple[str, ...] = ()
    key: Path | None = field(default=None, repr=False)

    def assessor(self) -> Assessor:
        """Read calendars, items and departments. Raises OSError, CalendarRefused or CatalogueRefused."""
        files = read_folder(NATIONAL)
        if self.calendars is not None and self.calendars.is_dir():
            files += read_folder(self.calendars)
        items = read_items(self.items.read_bytes()) if self.items is not None else []
        departments = read_departments(self.departments.read_bytes()) if self.departments is not None else {}
        return Assessor(
            CalendarBook(files, local_holidays=self.local_holidays),
            ItemCatalogue(items, departments),
            precedence=self.precedence,
            local_required=frozenset(self.local_required),
        )

    def sealer(self, data: Path) -> KeyFile:
        """The sealer of personal values; its key file is made when there is none."""
        return KeyFile(self.key if self.key is not None else data / "keys" / FILE)
