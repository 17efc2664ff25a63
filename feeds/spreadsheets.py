"""Spreadsheets of people: the sheets of XLSX and CSV files as rows of text, and cells that are safe to write."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass

from feeds.xlsx import BadWorkbook, read_workbook

_SIGNS = frozenset("=+-@\t\r")
MOST_BYTES = 20 << 20
MOST_ROWS = 20_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SEPARATORS = ",\t;|"


class SheetRefused(ValueError):
    """A file cannot be read as a spreadsheet.

    `code` is "too_large", "old_excel" (XLS, or protected by a password), "broken" or "encoding".
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A row that is not empty: its number in the file (from 1), and its cells without blanks around them."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet of a workbook; the only one of a CSV file has the name ""."""

    name: str
    rows: tuple[SheetRow, ...]


def read_sheets(raw: bytes) -> list[Sheet]:
    """The visible sheets of an XLSX file, or the only one of a CSV file, told apart by their content.

    A merged range has its value in each of its cells. CSV may be UTF-8, UTF-16 with a byte order mark or GB 18030,
    with commas, semicolons, tabs or bars between. Raises SheetRefused.
    """
    if len(raw) > MOST_BYTES:
        raise SheetRefused("too_large")
    if raw.startswith(_OLE):
        raise SheetRefused("old_excel")
    if raw.startswith(b"PK"):
        try:
            named = read_workbook(raw, MOST_ROWS)
        except BadWorkbook as error:
            raise SheetRefused("broken", str(error)) from error
        return [Sheet(name=name, rows=_rows(lines)) for name, lines in named]
    return [Sheet(name="", rows=_rows(_csv_lines(raw)))]


def _rows(lines: list[tuple[int, list[str]]]) -> tuple[SheetRow, ...]:
    stripped = ((line, tuple(cell.strip() for cell in cells)) for line, cells in lines)
    return tuple(SheetRow(line=line, cells=cells) for line, cells in stripped if any(cells))


def _csv_lines(raw: bytes) -> list[tuple[int, list[str]]]:
    text = decoded(raw)
    head = "\n".join(text.split("\n", 30)[:30])
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines: list[tuple[int, list[str]]] = []
    first = 1
    try:
        for cells in reader:
            lines.append((first, cells))
            first = reader.line_num + 1
            if len(lines) > MOST_ROWS:
                raise SheetRefused("too_large")
    except csv.Error as error:
        raise SheetRefused("broken", str(error)) from error
    return lines


def decoded(raw: bytes) -> str:
    """The text of a file as spreadsheets write it. Raises SheetRefused."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetRefused("encoding")


def begins_formula(text: str) -> bool:
    """True when a spreadsheet may take the text for a formula (OWASP, CSV injection), also by a full-width sign."""
    return unicodedata.normalize("NFKC", text[:1]) in _SIGNS


def plain_cell(text: str) -> str:
    """The text for a cell of a CSV file: with an apostrophe before it when it would be taken for a formula."""
    return f"'{text}" if begins_formula(text) else text
