"""Reads the rows of an inventory's CSV file, as spreadsheets really write it.

UTF-8 with or without a byte order mark; gb18030 as a fall-back, with a finding. A row that
cannot be read is refused by its line; the rest is kept.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from feeds.files import read_regular
from feeds.inventory.rows import COLUMNS, REQUIRED, InventoryFinding, Row, finding
from feeds.inventory.texts import nearest


def read_csv(path: Path, name: str = "") -> tuple[list[Row], list[InventoryFinding]]:
    """The file's rows, and what could not be read of it; never raises for what a file can hold.

    `name` is what findings call the file; without it, its own name without folders.
    """
    name = name or path.name
    try:
        raw = read_regular(path)
    except FileNotFoundError:
        return [], [finding("file_missing", name, value=str(path))]
    except OSError as error:
        detail = {"detail": error.strerror or str(error)}
        return [], [finding("file_unreadable", name, value=str(path), arguments=detail)]
    text, findings = _decode(raw, name)
    rows, more = _rows(text, name) if text is not None else ([], [])
    return rows, findings + more


def _decode(raw: bytes, name: str) -> tuple[str | None, list[InventoryFinding]]:
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    # UTF-16 (a spreadsheet's "Unicode text") would pass as gb18030 nonsense.
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [finding("encoding_unknown", name, line=1)]
    try:
        return raw.decode("gb18030"), [finding("encoding_gb18030", name, line=line, error=False)]
    except UnicodeDecodeError:
        return None, [finding("encoding_unknown", name, line=line)]


def _rows(text: str, name: str) -> tuple[list[Row], list[InventoryFinding]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    findings: list[InventoryFinding] = []
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            # Where a quote is left open, everything behind it is one value: nothing after it can be trusted.
            findings.append(finding("csv_broken", name, line=line, refused=True, arguments={"detail": str(error)}))
            break
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if header is None:
            header, wrong = _header(cells, name, line)
            findings += wrong
            if any(item.refused for item in wrong):
                return [], findings
        elif any(cells[len(header) :]):
            value = ",".join(cells[len(header) :])
            findings.append(finding("cells_too_many", name, line=line, refused=True, value=value))
        else:
            rows.append(Row(file=name, line=line, values=dict(zip(header, cells, strict=False))))
    if header is None:
        findings.append(_lacks("id", name, 1))
    return rows, findings


def _header(cells: list[str], name: str, line: int) -> tuple[list[str], list[InventoryFinding]]:
    columns = [cell.lower() for cell in cells]
    if len(columns) == 1 and any(separator in columns[0] for separator in ";\t|"):
        return columns, [finding("separator_wrong", name, line=line, value=cells[0], refused=True)]
    wrong = [_lacks(column, name, line) for column in REQUIRED if column not in columns]
    wrong += [
        finding("header_twice", name, line=line, column=column, value=column, refused=True)
        for column in dict.fromkeys(columns)
        if column in COLUMNS and columns.count(column) > 1
    ]
    wrong += [
        finding(
            "column_unknown",
            name,
            line=line,
            column=cell,
            value=cell,
            arguments={"near": nearest(cell, set(COLUMNS) - set(columns)), "columns": ",".join(COLUMNS)},
        )
        for cell in cells
        if cell and cell.lower() not in COLUMNS
    ]
    return columns, wrong


def _lacks(column: str, name: str, line: int) -> InventoryFinding:
    columns = {"columns": ",".join(COLUMNS)}
    return finding("header_missing", name, line=line, column=column, refused=True, arguments=columns)
