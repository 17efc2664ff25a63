"""Calendar files: the days of one year that differ from its weekdays, as a notice publishes them.

`YEAR.toml` is written as the notice reads: `year`, `papers` (addresses of the notices) and for each `[[holiday]]` its
`name`, its days `off` and its make-up days of `work`, each a date or a span FIRST/LAST.

`YEAR.json` is an object with `year`, `papers` and `days` (`name`, `date` as YYYY-MM-DD, `isOffDay`). Public
collections of the notices have this form.

A regional overlay has `region` (GB/T 2260) as well. A file without papers or without days is a year that nobody has
published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec

from feeds.regions import is_code

NATIONAL = Path(__file__).parent / "national"
"""The national calendars that this program ships, one file a year."""
_LONGEST = timedelta(days=31)


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
        """True for a year with a notice and days."""
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


class _Holiday(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    off: list[str] = []
    work: list[str] = []


class _Notice(msgspec.Struct, forbid_unknown_fields=True):
    year: int
    papers: list[str] = []
    holiday: list[_Holiday] = []
    region: str = ""


def read_calendar(raw: bytes, region: str = "") -> CalendarFile:
    """The content of a JSON file. `region` is used where the file names none. Raises CalendarRefused."""
    try:
        return _checked(msgspec.json.decode(raw, type=_File), region)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise CalendarRefused(str(error)) from error


def read_notice(raw: bytes, region: str = "") -> CalendarFile:
    """The content of a TOML file. `region` is used where the file names none. Raises CalendarRefused."""
    try:
        notice = msgspec.toml.decode(raw, type=_Notice)
        days = [
            _Day(date=day, is_off=off, name=holiday.name)
            for holiday in notice.holiday
            for off, spans in ((True, holiday.off), (False, holiday.work))
            for span in spans
            for day in _days(span)
        ]
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
        raise CalendarRefused(str(error)) from error
    return _checked(_File(year=notice.year, papers=notice.papers, days=days, region=notice.region), region)


def _days(span: str) -> Iterator[date]:
    """The days of a date or of a span FIRST/LAST. Raises ValueError."""
    first, _, last = span.partition("/")
    day, end = date.fromisoformat(first), date.fromisoformat(last or first)
    if not timedelta(0) <= end - day <= _LONGEST:
        raise ValueError(f"{span} is no span of days of one holiday")
    while day <= end:
        yield day
        day += timedelta(days=1)


def _checked(read: _File, region: str) -> CalendarFile:
    """The days of a file, each with one meaning. Raises CalendarRefused."""
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


_READERS = {".json": read_calendar, ".toml": read_notice}


def read_folder(folder: Path) -> list[CalendarFile]:
    """Every `YEAR.json` and `YEAR.toml` of a folder, and of its subfolders, which are named after regions.

    Raises OSError or CalendarRefused.
    """
    return [read_file(path, folder, path.read_bytes()) for path in calendar_paths(folder)]


def calendar_paths(folder: Path) -> list[Path]:
    """The files of calendars in a folder and its subfolders, sorted. Raises OSError."""
    return sorted(path for path in (*folder.iterdir(), *folder.glob("*/*")) if is_calendar(path))


def is_calendar(path: Path) -> bool:
    """True for a name of a calendar file, `YEAR.json` or `YEAR.toml`."""
    return path.suffix in _READERS and path.stem.isdigit()


def read_file(path: Path, folder: Path, content: bytes) -> CalendarFile:
    """The calendar in a file of `folder`. Raises CalendarRefused."""
    try:
        return _READERS[path.suffix](content, "" if path.parent == folder else path.parent.name)
    except CalendarRefused as error:
        raise CalendarRefused(f"{path.name}: {error}") from error


def write_calendar(file: CalendarFile) -> bytes:
    """The file's bytes; `read_calendar` gives it back."""
    days = [_Day(date=day.date, is_off=day.off, name=day.name) for day in sorted(file.days, key=lambda day: day.date)]
    content = _File(year=file.year, papers=list(file.papers), days=days, region=file.region)
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def latest(files: Iterable[CalendarFile]) -> dict[tuple[str, int], CalendarFile]:
    """The files by region and year; a later file of a year replaces an earlier one."""
    return {(file.region, file.year): file for file in files}
