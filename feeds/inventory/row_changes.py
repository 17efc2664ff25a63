"""Changes of single rows in the text of a CSV inventory. All other lines stay as they are. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One change of the row of asset `id`: `row` are the columns to set. `new`: the row is added. `gone`: it goes."""

    id: str
    row: Mapping[str, str]
    new: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class _Record:
    """The cells of a row, and the physical lines that hold it."""

    cells: list[str]
    lines: list[str]


def ids_of(text: str) -> set[str]:
    """The ids of the rows."""
    header, records = _read(text)
    return {_id(record.cells, header) for record in records if record.cells} - {""}


def changed(text: str, changes: Iterable[RowChange]) -> tuple[str, list[str]]:
    """The text after the changes, and the ids of those that could be made.

    A row that is not in the text is not changed, a new one that is there already is not added, and neither is a change
    made that names a column which the file does not have.
    """
    header, records = _read(text)
    end = "\r\n" if "\r\n" in text[:4000] else "\n"
    by_id = {_id(record.cells, header): number for number, record in enumerate(records) if record.cells}
    changed_ids: list[str] = []
    lines: list[list[str]] = [record.lines for record in records]
    added: list[str] = []
    for change in changes:
        number = by_id.get(change.id)
        needed = {name for name, value in change.row.items() if value}
        if not header or not needed <= set(header) or (number is None) is not change.new:
            continue
        if number is None:
            added.append(_line([change.row.get(name, "") for name in header], end))
        elif change.gone:
            lines[number] = []
        else:
            cells = records[number].cells + [""] * (len(header) - len(records[number].cells))
            for name, value in change.row.items():
                cells[header.index(name)] = value
            records[number] = _Record(cells, [])
            lines[number] = [_line(cells, end)]
        changed_ids.append(change.id)
    body = "".join(line for record_lines in lines for line in record_lines)
    if added and body and not body.endswith("\n"):
        body += end
    return body + "".join(added), changed_ids


def _id(cells: Sequence[str], header: Sequence[str]) -> str:
    at = header.index("id") if "id" in header else len(cells)
    return cells[at].strip() if at < len(cells) else ""


def _read(text: str) -> tuple[list[str], list[_Record]]:
    """The header's names, and all records with their lines; the header and empty lines are records without cells."""
    header: list[str] = []
    records: list[_Record] = []
    for cells, lines in _records(text):
        if header and any(cell.strip() for cell in cells):
            records.append(_Record(list(cells), lines))
            continue
        if not header and any(cell.strip() for cell in cells):
            header = [cell.strip().removeprefix("\ufeff").strip().lower() for cell in cells]
        records.append(_Record([], lines))
    return header, records


def _records(text: str) -> Iterator[tuple[list[str], list[str]]]:
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(iter(lines))
    before = 0
    for cells in reader:
        yield cells, lines[before : reader.line_num]
        before = reader.line_num


def _line(cells: Sequence[str], end: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerow(cells)
    return out.getvalue()
