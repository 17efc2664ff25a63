"""Tables of reports as dash-ag-grid, and the same rows as CSV and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import dash_ag_grid

from dashboard.reports.parts import GridColumn, GridTable, Row
from dashboard.reports.texts import ReportTexts
from feeds.spreadsheets import plain_cell

TALLEST = 14
"""Rows that a table shows before it scrolls."""
ROW_REM, HEAD_REM = 2.3, 3.4
SHEET_NAME = 31
"""The longest name of a sheet in XLSX."""
FILTERS = {"text": "agTextColumnFilter", "moment": "agTextColumnFilter"}
LOCALE = (
    "noRowsToShow",
    "noMatchingRows",
    "filterOoo",
    "contains",
    "notContains",
    "equals",
    "notEqual",
    "startsWith",
    "endsWith",
    "blank",
    "notBlank",
    "lessThan",
    "greaterThan",
    "lessThanOrEqual",
    "greaterThanOrEqual",
    "inRange",
    "inRangeStart",
    "inRangeEnd",
    "andCondition",
    "orCondition",
    "resetFilter",
    "ariaFilterInput",
    "ariaFilterMenuOpen",
)
"""Texts of the grid, by AG Grid's own keys: `grid.KEY` in the catalogue."""
THEME = (
    "themeQuartz.withParams({backgroundColor: '#11161b', foregroundColor: '#d5dce3', headerBackgroundColor: '#161d24', "
    "headerTextColor: '#8794a1', borderColor: '#222b33', rowHoverColor: '#1a232b', accentColor: '#6fa8dc', "
    "browserColorScheme: 'dark', fontFamily: 'inherit', fontSize: 14, headerFontSize: 13, spacing: 6, "
    "wrapperBorder: false, wrapperBorderRadius: 0})"
)


def grid(table: GridTable, texts: ReportTexts) -> dash_ag_grid.AgGrid:
    """The table as a grid. Each row also carries the shown text of its cells and its id as `_id`."""
    return dash_ag_grid.AgGrid(
        id={"report": "grid", "table": table.name},
        columnDefs=[_definition(column, texts) for column in table.columns],
        rowData=[_shown(row, table, texts) for row in table.rows],
        getRowId="params.data._id",
        columnSize="responsiveSizeToFit",
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "suppressHeaderMenuButton": False},
        dashGridOptions={
            "theme": {"function": THEME},
            "localeText": {name: texts(f"grid.{name}") for name in LOCALE},
            "animateRows": False,
            "enableCellTextSelection": True,
            "suppressColumnVirtualisation": True,
            "ensureDomOrder": True,
        },
        className="report-grid",
        style={"height": f"{HEAD_REM + ROW_REM * max(2, min(len(table.rows), TALLEST))}rem", "width": "100%"},
    )


def _definition(column: GridColumn, texts: ReportTexts) -> dict[str, Any]:
    numeric = column.kind not in FILTERS
    definition: dict[str, Any] = {
        "field": column.field,
        "headerName": head(column, texts),
        "minWidth": column.width,
        "filter": FILTERS.get(column.kind, "agNumberColumnFilter"),
        "wrapHeaderText": True,
        "autoHeaderHeight": True,
    }
    if numeric:
        definition |= {"type": "rightAligned", "sortingOrder": ["asc", "desc", None]}
    if column.link:
        definition |= {"cellRenderer": "ReportLink", "cellRendererParams": {"address": column.link}}
    elif numeric or column.kind == "moment":
        definition["valueFormatter"] = {"function": f"params.data.{column.field}_text"}
    return definition


def head(column: GridColumn, texts: ReportTexts) -> str:
    """The title of a column with the unit in which it is filtered and exported."""
    unit = {"share": "%", "seconds": texts("grid.minutes")}.get(column.kind)
    return texts("grid.head", name=column.title, unit=unit) if unit else column.title


def cell(column: GridColumn, row: Row, texts: ReportTexts) -> Any:
    """The value of a cell in the unit of its column; None when there is none."""
    value = row.get(column.field)
    if value is None:
        return None
    match column.kind:
        case "share":
            return round(float(value) * 100, 4)
        case "seconds":
            return round(float(value) / 60, 2)
        case "moment":
            return texts.stamp(value)
    return value


def _text(column: GridColumn, row: Row, texts: ReportTexts) -> str:
    value = row.get(column.field)
    match column.kind:
        case "share":
            return texts.percent(value, column.digits)
        case "seconds":
            return texts.duration(value) if value != 0 else "—"
        case "moment":
            return texts.stamp(value)
        case "number":
            return texts.number(value, column.digits)
    return "" if value is None else str(value)


def _shown(row: Row, table: GridTable, texts: ReportTexts) -> dict[str, Any]:
    shown: dict[str, Any] = {"_id": str(row[table.row_id])}
    for column in table.columns:
        shown[column.field] = cell(column, row, texts)
        shown[f"{column.field}_text"] = _text(column, row, texts)
        if column.link:
            shown[column.link] = row.get(column.link) or ""
    return shown


def in_order(table: GridTable, ids: Sequence[str] | None) -> list[Row]:
    """The rows with these ids in this order: what is left after sorting and filtering in the browser. All for None."""
    if ids is None:
        return list(table.rows)
    by_id = {str(row[table.row_id]): row for row in table.rows}
    return [by_id[id] for id in ids if id in by_id]


def as_csv(table: GridTable, rows: Iterable[Row], texts: ReportTexts) -> bytes:
    """UTF-8 with BOM, for a spreadsheet. A cell that begins like a formula becomes text (OWASP, CSV injection)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([head(column, texts) for column in table.columns])
    for row in rows:
        writer.writerow([_safe(cell(column, row, texts)) for column in table.columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(table: GridTable, rows: Iterable[Row], texts: ReportTexts) -> bytes:
    """One sheet with a bold head, a filter row and columns as wide as their kind needs. Strings are never formulas."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    import xlsxwriter  # costs a site 4 MB and a tenth of a second at its start

    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("".join(c for c in table.title if c not in "[]:*?/\\'")[:SHEET_NAME] or table.name)
        sheet.write_row(0, 0, [head(column, texts) for column in table.columns], book.add_format({"bold": True}))
        count = 0
        for count, row in enumerate(rows, 1):
            for position, column in enumerate(table.columns):
                value = cell(column, row, texts)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    sheet.write_number(count, position, value)
                elif value is not None:
                    sheet.write_string(count, position, str(value))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, count, len(table.columns) - 1)
        for position, column in enumerate(table.columns):
            sheet.set_column(position, position, 24 if column.kind in FILTERS else 14)
    return out.getvalue()


def _safe(value: Any) -> Any:
    return plain_cell(value) if isinstance(value, str) else "" if value is None else value
