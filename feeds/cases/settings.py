"""Settings of approvals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feeds.cases.assess import Assessor
from feeds.cases.items import ApprovalItem, ItemCatalogue
from feeds.cases.sealing import FILE, KeyFile
from feeds.workdays.calendar import CalendarBook
from feeds.workdays.files import NATIONAL, CalendarFile, read_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsSettings:
    """`[approvals]`. Paths are absolute; None where the site has no such file.

    `items` is the catalogue of the site, `departments` names them by code, `calendars` are those of the files in
    `calendars_folder`. `precedence` are systems that share their numbers, the most trusted first. `local_holidays`:
    days off of regional calendars are not counted. `local_required` are regions that must have a calendar of their own.
    `unmask` are the accounts that may see personal values, `supervise` those that may raise cards and orders.
    """

    items: tuple[ApprovalItem, ...] = field(default=(), repr=False)
    departments: Mapping[str, str] = field(default_factory=dict, repr=False)
    calendars: tuple[CalendarFile, ...] = field(default=(), repr=False)
    calendars_folder: Path | None = None
    precedence: tuple[str, ...] = ()
    local_holidays: bool = True
    local_required: tuple[str, ...] = ()
    unmask: tuple[str, ...] = ()
    supervise: tuple[str, ...] = ()
    key: Path | None = field(default=None, repr=False)

    def book(self) -> CalendarBook:
        """The calendars of the site."""
        return CalendarBook([*read_folder(NATIONAL), *self.calendars], local_holidays=self.local_holidays)

    def assessor(self) -> Assessor:
        """What assesses a case by the calendars, items and departments of the site."""
        return Assessor(
            self.book(),
            ItemCatalogue(self.items, self.departments),
            precedence=self.precedence,
            local_required=frozenset(self.local_required),
        )

    def sealer(self, data: Path) -> KeyFile:
        """The sealer of personal values; its key file is made when there is none."""
        return KeyFile(self.key if self.key is not None else data / "keys" / FILE)
