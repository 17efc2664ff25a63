"""Reading of inventory rows from CSV files as spreadsheets write them.

UTF-8 with or without a byte order mark; gb18030 as a fall-back, with a finding. An invalid row is rejected by its line
number; the other rows are used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from feeds.files import read_regular
from feeds.findings import Finding, InFile
from feeds.inventory.findings import InventoryRow, finding
from feeds.inventory.rows import COLUMNS, REQUIRED
from feeds.inventory.texts import nearest


def read_csv(path: Path, name: str = "") -> tuple[list[InventoryRow], list[Finding[InFile]]]:
    """The file's rows and findings for the unreadable ones; never raises for any content.

    `name` is the file's name in findings, by default its own name without folders.
    """
    name = name or path.name
    try:
        raw = read_regular(path)
    except FileNotFoundError:
        return [], [finding("file_missing", name, value=str(path))]
    except OSError as error:
        detail = {"detail": error.strerror or str(error)}
        return [], [finding("file_unreadable", name, value=str(path), arguments=detail)]
    return rows_of(raw, name)


def rows_of(
    raw: bytes, name: str, columns: Sequence[str] = COLUMNS, required: Sequence[str] = REQUIRED
) -> tuple[list[InventoryRow], list[Finding[InFile]]]:
    """Like `read_csv`, from bytes already read. `columns` are those that the file may have."""
    text, findings = _decode(raw, name)
    rows, more = _rows(text, name, columns, required) if text is not None else ([], [])
    return rows, findings + more


def _decode(raw: bytes, name: str) -> tuple[str | None, list[Finding[InFile]]]:
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


def _rows(
    text: str, name: str, columns: Sequence[str], required: Sequence[str]
) -> tuple[list[InventoryRow], list[Finding[InFile]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[InventoryRow] = []
    findings: list[Finding[InFile]] = []
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            # After an unclosed quote the remainder of the file is one value and cannot be trusted.
            findings.append(finding("csv_broken", name, line=line, arguments={"detail": str(error)}))
            break
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if header is None:
            header, wrong = _header(cells, name, line, columns, required)
            findings += wrong
            if header is None:
                return [], findings
        elif any(cells[len(header) :]):
            value = ",".join(cells[len(header) :])
            findings.append(finding("cells_too_many", name, line=line, value=value))
        else:
            rows.append(InventoryRow(file=name, line=line, values=dict(zip(header, cells, strict=False))))
    if header is None:
        findings.append(_lacks("id", name, 1, columns))
    return rows, findings


def _header(
    cells: list[str], name: str, line: int, columns: Sequence[str], required: Sequence[str]
) -> tuple[list[str] | None, list[Finding[InFile]]]:
    """The names of the columns (None: the file cannot be read by them), and the findings on them."""
    names = [cell.lower() for cell in cells]
    if len(names) == 1 and any(separator in names[0] for separator in ";\t|"):
        return None, [finding("separator_wrong", name, line=line, value=cells[0])]
    wrong = [_lacks(column, name, line, columns) for column in required if column not in names]
    wrong += [
        finding("header_twice", name, line=line, column=column, value=column)
        for column in dict.fromkeys(names)
        if column in columns and names.count(column) > 1
    ]
    unknown = [
        finding(
            "column_unknown",
            name,
            line=line,
            column=cell,
            value=cell,
            arguments={"near": nearest(cell, set(columns) - set(names)), "columns": ",".join(columns)},
        )
        for cell in cells
        if cell and cell.lower() not in columns
    ]
    return None if wrong else names, wrong + unknown


def _lacks(column: str, name: str, line: int, columns: Sequence[str]) -> Finding[InFile]:
    listed = {"columns": ",".join(columns)}
    return finding("header_missing", name, line=line, column=column, arguments=listed)
