"""A month's duty plan from a spreadsheet: CSV with a head line, into dated assignments.

Columns: `date` (2026-11-22, 2026/12/1, 2026年12月1日), `shift`, `officer1`, `officer2`, `leader`, or in Chinese 日期,
班次, 值班员1, 值班员2, 带班领导. A shift or a person is an id or a name. UTF-8, with or without BOM, or GB 18030 as
spreadsheets write it.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date

from api.http.findings import finding
from api.http.problems import Problem
from feeds.documents.roster import Assignment, Roster
from feeds.findings import Finding, InRequest

COLUMNS = {
    "date": "date",
    "shift": "shift",
    "officer1": "officer1",
    "officer2": "officer2",
    "leader": "leader",
    "日期": "date",
    "班次": "shift",
    "值班员1": "officer1",
    "值班员2": "officer2",
    "带班领导": "leader",
}
NEEDED = ("date", "shift")
MOST = 3000


def assignments(raw: bytes, roster: Roster) -> tuple[Assignment, ...]:
    """The roster's assignments, with those of the file in their place. Raises Problem that lists every bad line."""
    try:
        rows = list(csv.reader(io.StringIO(_text(raw), newline=None)))
    except csv.Error as error:  # a field without end
        raise Problem("invalid", findings=[finding("body", "csv_form")]) from error
    head = [COLUMNS.get(_compact(cell).lower(), "") for cell in rows[0]] if rows else []
    if not all(name in head for name in NEEDED):
        raise Problem("invalid", findings=[finding("line.1", "csv_head")])
    persons = _ids({person.id: [person.name] for person in roster.persons})
    shifts = _ids({shift.id: shift.name.values() for shift in roster.shifts})
    imported: dict[tuple[str, str], Assignment] = {}
    faults: list[Finding[InRequest]] = []
    for number, row in enumerate(rows[1 : MOST + 2], 2):
        cells = {name: cell.strip() for name, cell in zip(head, row, strict=False) if name}
        if not any(cells.values()):
            continue
        assignment = _assignment(cells, persons, shifts, f"line.{number}", faults)
        if assignment.date and (assignment.date, assignment.shift) in imported:
            faults.append(finding(f"line.{number}.shift", "shift_twice"))
        imported[assignment.date, assignment.shift] = assignment
    if len(rows) > MOST + 1:
        faults.append(finding(f"line.{MOST + 2}", "too_long"))
    if faults:
        raise Problem("invalid", findings=faults[:100])
    unchanged = [assignment for assignment in roster.assignments if (assignment.date, assignment.shift) not in imported]
    return tuple(sorted([*unchanged, *imported.values()], key=lambda assignment: (assignment.date, assignment.shift)))


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem("invalid", findings=[finding("body", "csv_encoding")])


AMBIGUOUS = ""
"""In place of an id: several persons bear the name."""


def _ids(names_by_id: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Ids by name (without blanks) and by id. An id takes precedence over a name; a name of several is AMBIGUOUS."""
    ids: dict[str, str] = {}
    for id, names in names_by_id.items():
        for name in {_compact(name) for name in names}:
            ids[name] = AMBIGUOUS if name in ids else id
    return ids | {id: id for id in names_by_id}


def _compact(name: str) -> str:
    """The name without blanks and invisible characters, in plain signs: tables pad names of two characters."""
    text = unicodedata.normalize("NFKC", name)
    return "".join(sign for sign in text if not sign.isspace() and unicodedata.category(sign) != "Cf")


_DATE = re.compile(
    r"(\d{4})\s*[-/.\u5e74]\s*(\d{1,2})\s*[-/.\u6708]\s*(\d{1,2})\s*\u65e5?(?:[T\s]+0{1,2}:00(?::00)?)?"
    r"(?:\s*\(?(?:\u661f\u671f|\u5468|\u793c\u62dc)[\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u65e5\u5929]\)?)?"
)


def _day(text: str) -> str:
    """2026-12-01 for that day as tables have it: 2026/12/1, 2026.12.01, 2026年12月1日（周二）. Raises ValueError."""
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        raise ValueError(text)
    return date(int(match[1]), int(match[2]), int(match[3])).isoformat()


def _assignment(
    cells: Mapping[str, str],
    persons: Mapping[str, str],
    shifts: Mapping[str, str],
    line: str,
    faults: list[Finding[InRequest]],
) -> Assignment:
    """The assignment of one line. Its findings are added to `faults`."""

    def person(column: str) -> str:
        written = cells.get(column, "")
        name = written if written in persons else _compact(written)
        if name and name not in persons:
            faults.append(finding(f"{line}.{column}", "unknown_person"))
        elif name and persons[name] == AMBIGUOUS:
            faults.append(finding(f"{line}.{column}", "person_ambiguous"))
        return persons.get(name, "")

    try:
        day = _day(cells.get("date", ""))
    except ValueError:
        day = ""
        faults.append(finding(f"{line}.date", "csv_date"))
    shift = cells.get("shift", "") if cells.get("shift", "") in shifts else _compact(cells.get("shift", ""))
    if shift not in shifts:
        faults.append(finding(f"{line}.shift", "unknown_shift"))
    officers = tuple(id for id in (person("officer1"), person("officer2")) if id)
    return Assignment(date=day, shift=shifts.get(shift, ""), officers=officers, leader=person("leader"))
