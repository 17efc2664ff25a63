"""The records of cameras as a table: written as CSV or XLSX, and read back as changes of the inventory. Pure.

Columns are found by their Chinese or English names. A row belongs to the asset of its column `id`, else to the camera
of its device id. An empty cell changes nothing; a column that is no field is left out, a password among them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from feeds.cameras.archive import BY_NAME, FIELDS, PERSONAL, ArchiveField, Record, value_of
from feeds.spreadsheets import Sheet, plain_cell

ID = "id"
MOST_CHANGES = 5000
_FORBIDDEN = str.maketrans({";": "；", "\n": " ", "\r": " "})
"""Signs that a label of the inventory cannot hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveChange:
    """One field of one camera that a file would change."""

    asset: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRefusal:
    """A cell or row that is not taken: `why` is "unknown-camera", "twice" or "invalid"."""

    line: int
    why: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveDifference:
    """The changes that the import of a camera table would make. `ignored` are its columns that no field has."""

    changes: tuple[ArchiveChange, ...]
    refusals: tuple[ArchiveRefusal, ...]
    ignored: tuple[str, ...]
    cameras: int


def header(language: str) -> list[str]:
    """The names of the columns."""
    return [ID, *(field.zh if language == "zh-CN" else field.en for field in FIELDS)]


def rows(assets: Iterable[Record], *, personal: bool) -> Iterator[list[str]]:
    """A row for each camera. Without `personal` the fields about persons are hidden."""
    for asset in assets:
        yield [str(asset["id"]), *(_shown(asset, field, personal=personal) for field in FIELDS)]


def _shown(asset: Record, field: ArchiveField, *, personal: bool) -> str:
    value = value_of(asset, field)
    return "***" if value and field.name in PERSONAL and not personal else value


def as_csv(head: Sequence[str], body: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with BOM, for a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([plain_cell(value) for value in row] for row in body)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(head: Sequence[str], body: Iterable[Sequence[str]]) -> bytes:
    """One sheet; every cell is text, so that long ids keep their digits."""
    import xlsxwriter  # costs a site 4 MB and a tenth of a second at its start

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("一机一档")
        sheet.write_row(0, 0, head, book.add_format({"bold": True}))
        for number, row in enumerate(body, 1):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value)
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, len(head) - 1, 18)
    return out.getvalue()


def difference(sheets: Iterable[Sheet], assets: Mapping[str, Record]) -> ArchiveDifference:
    """What the first sheet with cameras would change of the assets, which are cameras by their id."""
    code = BY_NAME["code"]
    ids = {value_of(asset, code): id for id, asset in assets.items() if value_of(asset, code)}
    for sheet in sheets:
        columns, ignored = _columns(sheet.rows[0].cells) if sheet.rows else ({}, [])
        if ID not in columns.values() and "code" not in columns.values():
            continue
        changes: list[ArchiveChange] = []
        refusals: list[ArchiveRefusal] = []
        seen: set[str] = set()
        for row in sheet.rows[1:]:
            cells = {columns[at]: cell for at, cell in enumerate(row.cells) if at in columns and cell}
            asset_id = cells.get(ID) or ids.get(cells.get("code", ""), "")
            if asset_id not in assets or asset_id in seen:
                why = "twice" if asset_id in seen else "unknown-camera"
                refusals.append(ArchiveRefusal(line=row.line, why=why, value=asset_id or cells.get("code", "")))
                continue
            seen.add(asset_id)
            _compare(assets[asset_id], cells, row.line, changes, refusals)
        return ArchiveDifference(
            changes=tuple(changes[:MOST_CHANGES]),
            refusals=tuple(refusals[:MOST_CHANGES]),
            ignored=tuple(ignored),
            cameras=len(seen),
        )
    return ArchiveDifference(changes=(), refusals=(), ignored=(), cameras=0)


def _columns(head: Sequence[str]) -> tuple[dict[int, str], list[str]]:
    names = {ID: ID} | {
        name.lower(): field.name for field in FIELDS for name in (field.zh, field.en, field.name, *field.also)
    }
    columns: dict[int, str] = {}
    ignored: list[str] = []
    for at, cell in enumerate(head):
        name = names.get(cell.strip().rstrip("*").strip().lower())
        if name is not None and name not in columns.values():
            columns[at] = name
        elif cell.strip():
            ignored.append(cell.strip())
    return columns, ignored


def _compare(
    asset: Record, cells: Mapping[str, str], line: int, changes: list[ArchiveChange], refusals: list[ArchiveRefusal]
) -> None:
    for name, cell in cells.items():
        field = BY_NAME.get(name)
        value = cell.removeprefix("'").translate(_FORBIDDEN).strip()
        if field is None or name == "code" or not value or value == "***":
            continue
        before = value_of(asset, field)
        if value == before:
            continue
        if not field.valid(value):
            refusals.append(ArchiveRefusal(line=line, why="invalid", field=name, value=value))
        else:
            changes.append(ArchiveChange(asset=str(asset["id"]), field=name, before=before, after=value))


def row_changes(changes: Iterable[ArchiveChange], assets: Mapping[str, Record]) -> dict[str, dict[str, str]]:
    """The columns of the inventory to set, by asset: its own columns, and the labels as one cell."""
    by_asset: dict[str, dict[str, str]] = {}
    for change in changes:
        by_asset.setdefault(change.asset, {})[change.field] = change.after
    result: dict[str, dict[str, str]] = {}
    for id, values in by_asset.items():
        row = {name: value for name, value in values.items() if BY_NAME[name].own}
        labels = {name: value for name, value in values.items() if not BY_NAME[name].own}
        if labels:
            merged = dict(assets[id]["labels"] or {}) | labels
            row["labels"] = ";".join(f"{name}={value}" for name, value in merged.items())
        result[id] = row
    return result
