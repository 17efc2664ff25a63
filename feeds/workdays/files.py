"""Calendar files: the days of one year that differ from its weekdays, as a notice publishes them.

A file is a JSON object: `year`, `papers` (addresses of the notices), `days` (`name`, `date` as YYYY-MM-DD, `isOffDay`),
and for a regional overlay `region` (GB/T 2260). Public collections of the State Council's notices have this form.
A file without papers or without days is a year that nobody has published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from feeds.regions import is_code

NATIONAL = Path(__file__).parent / "data"
"""The national calendars that this program ships, one file a year."""


class CalendarRefused(ValueError):
    """A calendar file cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day that differs from its weekday: off (a holiday), or a make-up working day."""

    date: date
    off: bool
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFile:
    """The published days of one year. `region` "" is the nation. Days may lie in the year before."""

    year: int
    papers: tuple[str, ...]
    days: tuple[CalendarDay, ...]
    region: str = ""

    @property
    def published(self) -> bool:
        """Whether the year has a notice and days."""
        return bool(self.papers and self.days)


class _Day(msgspec.Struct):
    date: date
    is_off: bool = msgspec.field(name="isOffDay")
    name: str = ""


class _File(msgspec.Struct):
    year: int
    papers: list[str]
    days: list[_Day]
    region: str = ""


def read_calendar(raw: bytes, region: str = "") -> CalendarFile:
    """The file's content. `region` is used where the file names none. Raises CalendarRefused."""
    try:
        read = msgspec.json.decode(raw, type=_File)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise CalendarRefused(str(error)) from error
    region = read.region or region
    if region and not is_code(region):
        raise CalendarRefused(f"region {region!r} is not a GB/T 2260 code")
    days: dict[date, CalendarDay] = {}
    for day in read.days:
        if not date(read.year - 1, 12, 1) <= day.date <= date(read.year, 12, 31):
            raise CalendarRefused(f"{day.date} does not belong to the calendar of {read.year}")
        entry = CalendarDay(date=day.date, off=day.is_off, name=day.name)
        if days.setdefault(day.date, entry).off is not day.is_off:
            raise CalendarRefused(f"{day.date} is both a day off and a working day")
    return CalendarFile(year=read.year, papers=tuple(read.papers), days=tuple(days.values()), region=region)


def read_folder(folder: Path) -> list[CalendarFile]:
    """Every `YEAR.json` of a folder, and of its subfolders, which are named after regions. Raises CalendarRefused."""
    files = []
    for path in sorted((*folder.glob("*.json"), *folder.glob("*/*.json"))):
        if not path.stem.isdigit():
            continue
        try:
            files.append(read_calendar(path.read_bytes(), "" if path.parent == folder else path.parent.name))
        except CalendarRefused as error:
            raise CalendarRefused(f"{path.name}: {error}") from error
    return files


def write_calendar(file: CalendarFile) -> bytes:
    """The file's bytes; `read_calendar` gives it back."""
    days = [_Day(date=day.date, is_off=day.off, name=day.name) for day in sorted(file.days, key=lambda day: day.date)]
    content = _File(year=file.year, papers=list(file.papers), days=days, region=file.region)
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def latest(files: Iterable[CalendarFile]) -> dict[tuple[str, int], CalendarFile]:
    """The files by region and year; a later file of a year replaces an earlier one."""
    return {(file.region, file.year): file for file in files}
