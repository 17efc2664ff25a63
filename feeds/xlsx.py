"""Cells of XLSX workbooks (ECMA-376) as text, within bounds. Formats are not applied: a date is its number."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

MOST_PART = 64 << 20
"""Bytes of one unpacked part."""
MOST_COLUMNS = 200
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_HIDDEN = ("hidden", "veryHidden")
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, EOFError),
    *(NotImplementedError, RuntimeError),  # a compression that is not known, an encrypted part
)
Lines = list[tuple[int, list[str]]]


class BadWorkbook(ValueError):
    """The bytes are no workbook, or one beyond the bounds; the text says why."""


def read_workbook(raw: bytes, most_rows: int) -> list[tuple[str, Lines]]:
    """The name and the lines (number from 1, cells) of each visible sheet. Raises BadWorkbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return list(_sheets(archive, most_rows))
    except BadWorkbook:
        raise
    except _DAMAGE as error:
        raise BadWorkbook(str(error)) from error


def _sheets(archive: zipfile.ZipFile, most_rows: int) -> Iterator[tuple[str, Lines]]:
    book = _part(archive, "xl/workbook.xml")
    targets = {
        relation.get("Id"): str(relation.get("Target"))
        for relation in _part(archive, "xl/_rels/workbook.xml.rels").iter("{*}Relationship")
    }
    shared = _shared_strings(archive)
    for sheet in book.iter("{*}sheet"):
        if sheet.get("state") in _HIDDEN:
            continue
        relation = next((value for name, value in sheet.items() if name.rpartition("}")[2] == "id"), "")
        if relation not in targets:
            raise BadWorkbook(f"sheet {sheet.get('name')!r} has no part")
        name = posixpath.normpath(posixpath.join("xl", targets[relation])).removeprefix("/")
        yield str(sheet.get("name", "")), _lines(_part(archive, name), shared, most_rows)


def _part(archive: zipfile.ZipFile, name: str) -> Any:
    with archive.open(name) as stream:
        raw = stream.read(MOST_PART + 1)
    if len(raw) > MOST_PART:
        raise BadWorkbook(f"{name} is larger than {MOST_PART >> 20} MB")
    try:
        root: Any = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise BadWorkbook(f"{name}: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise BadWorkbook(f"{name} has a document type")
    return root


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    return [_text(item) for item in _part(archive, "xl/sharedStrings.xml").iter("{*}si")]


def _text(item: Any) -> str:
    """The text of runs. Phonetic runs (rPh) repeat it and are left out."""
    return "".join(
        piece.text or ""
        for piece in item.iter("{*}t")
        if not any(etree.QName(above).localname == "rPh" for above in piece.iterancestors())
    )


def _lines(sheet: Any, shared: list[str], most_rows: int) -> Lines:
    cells: dict[int, dict[int, str]] = {}
    line = 0
    for row in sheet.iter("{*}row"):
        line = int(row.get("r") or line + 1)
        if len(cells) >= most_rows:
            raise BadWorkbook(f"more than {most_rows} rows")
        column = -1
        for cell in row.iter("{*}c"):
            match = _CELL.fullmatch(cell.get("r", ""))
            column = _column(match[1]) if match else column + 1
            if column < MOST_COLUMNS and (value := _value(cell, shared)):
                cells.setdefault(line, {})[column] = value
    _fill_merged(sheet, cells)
    return [(line, _in_order(values)) for line, values in sorted(cells.items())]


def _in_order(values: Mapping[int, str]) -> list[str]:
    return [values.get(column, "") for column in range(max(values) + 1)]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: Any, shared: list[str]) -> str:
    """The cell as text: "" for an error, "TRUE" or "FALSE", a whole number without a fraction."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    value = cell.find("{*}v")
    text = value.text or "" if value is not None else ""
    if kind == "s":
        return shared[int(text)] if text.isdigit() and int(text) < len(shared) else ""
    if kind == "b":
        return "TRUE" if text == "1" else "FALSE"
    if kind == "e":
        return ""
    return _number(text) if kind == "n" else text


def _number(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _fill_merged(sheet: Any, cells: dict[int, dict[int, str]]) -> None:
    """Put the value of each merged range into its cells, only in rows that have cells of their own."""
    for merged in sheet.iter("{*}mergeCell"):
        corners = [_CELL.fullmatch(corner) for corner in merged.get("ref", "").split(":")]
        if len(corners) != 2 or corners[0] is None or corners[1] is None:
            continue
        top, bottom = int(corners[0][2]), int(corners[1][2])
        left, right = _column(corners[0][1]), min(_column(corners[1][1]), MOST_COLUMNS - 1)
        value = cells.get(top, {}).get(left, "")
        for line in cells if value else ():
            if top <= line <= bottom:
                for column in range(left, right + 1):
                    cells[line].setdefault(column, value)
