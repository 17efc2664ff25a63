"""Devices of a spreadsheet as people keep it: titles, merged cells, any order of columns, full-width signs. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from feeds.findings import Finding, InFile
from feeds.inventory.rows import several
from feeds.spreadsheets import Sheet
from watchfloor.imports.addresses import addresses_of, ports_of, urls_of
from watchfloor.imports.columns import SheetColumns, columns_of, is_header
from watchfloor.imports.device import ImportedDevice, ImportedList
from watchfloor.imports.texts import remark

FORM = "table"
_RANKS = {
    "高": "9",
    "重要": "9",
    "核心": "9",
    "high": "9",
    "中": "5",
    "一般": "5",
    "medium": "5",
    "低": "2",
    "low": "2",
}
_ORDINAL = re.compile(r"^[(（]?[一二三四五六七八九十\d]+[)）、.．]\D")
_TOTALS = re.compile(r"^(合计|总计|小计|备注|说明|注|填表|制表|审核|填报)")


def read_table(sheets: Sequence[Sheet], file: str) -> ImportedList:
    """The devices of every sheet that has a header. Sheets without one are named when no sheet has one."""
    devices: list[ImportedDevice] = []
    findings: list[Finding[InFile]] = []
    read = 0
    for sheet in sheets:
        columns = columns_of(sheet)
        name = f"{file}[{sheet.name}]" if len(sheets) > 1 else file
        if columns is None:
            continue
        read += 1
        findings += _about_columns(columns, name)
        for device, wrong in _devices(sheet, columns, name):
            devices.append(device)
            findings += wrong
    if not read:
        findings += [
            remark("no_header", InFile(file), sheet.name or file, error=True) for sheet in sheets if sheet.rows
        ]
    return ImportedList(form=FORM, devices=tuple(devices), findings=tuple(findings))


def _about_columns(columns: SheetColumns, file: str) -> Iterator[Finding[InFile]]:
    where = InFile(file, columns.line)
    if columns.unknown:
        yield remark("columns_ignored", where, "、".join(columns.unknown))
    for name in columns.secret:
        yield remark("secret_column", where, name)


def _devices(sheet: Sheet, columns: SheetColumns, file: str) -> Iterator[tuple[ImportedDevice, list[Finding[InFile]]]]:
    for row in sheet.rows:
        if row.line <= columns.line or is_header(row.cells, columns):
            continue
        cells = _cells(row.cells, columns)
        if _is_heading(row.cells) or _TOTALS.match(next(filter(None, row.cells))):
            continue  # a heading within the list, a sum or a remark below it
        yield _device(cells, InFile(file, row.line))


def _is_heading(row: Sequence[str]) -> bool:
    """True for one text over several cells, and for a single text with an ordinal (一、路由器)."""
    texts = [cell for cell in row if cell]
    return len(set(texts)) == 1 and (len(texts) > 1 or _ORDINAL.match(texts[0]) is not None)


def _cells(row: Sequence[str], columns: SheetColumns) -> dict[str, str]:
    """The cells of a row by field. Several columns of one field are joined by semicolons."""
    parts: dict[str, list[str]] = {}
    for index, field in columns.fields.items():
        if index < len(row) and row[index] and row[index] not in ("/", "-", "—", "无"):
            parts.setdefault(field, []).append(row[index])
    return {field: ";".join(dict.fromkeys(values)) for field, values in parts.items()}


def _device(cells: dict[str, str], where: InFile) -> tuple[ImportedDevice, list[Finding[InFile]]]:
    hosts, ports, bad = addresses_of(cells.get("address", ""))
    urls, bad_urls = urls_of(cells.get("url", ""))
    more_ports, bad_ports = ports_of(cells.get("port", ""))
    findings = [remark("address_form", where, text) for text in (*bad, *bad_urls)]
    findings += [remark("port_form", where, text) for text in bad_ports]
    name = _plain(cells.get("name", ""))
    if not hosts and not urls and name and not bad:
        hosts, ports, bad = addresses_of(name)  # a list of addresses alone
    place, model = cells.get("place", ""), cells.get("model", "")
    device = ImportedDevice(
        where=where,
        name=name,
        id=unicodedata.normalize("NFKC", cells.get("id", "")),
        addresses=hosts,
        ports=tuple(dict.fromkeys((*ports, *more_ports))),
        urls=urls,
        protocol=unicodedata.normalize("NFKC", cells.get("protocol", "")).strip(),
        kind=cells.get("kind", ""),
        region=unicodedata.normalize("NFKC", cells.get("region", "")),
        owner=_plain(cells.get("owner", "")),
        lat=unicodedata.normalize("NFKC", cells.get("lat", "")),
        lon=unicodedata.normalize("NFKC", cells.get("lon", "")),
        parents=several(cells.get("parents", "").translate(_BETWEEN)),
        importance=_importance(cells.get("importance", "")),
        labels=_labels((("place", place), ("model", model))),
        hints=tuple(filter(None, (place, model))),
    )
    return device, findings


_BETWEEN = str.maketrans({"；": ";", "，": ";", "、": ";", ",": ";", "\n": ";"})
_IN_LABELS = str.maketrans({";": "，", "=": "－", "\n": " "})


def _plain(text: str) -> str:
    return " ".join(text.split())


def _labels(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: _plain(text.translate(_IN_LABELS)) for name, text in pairs if text}


def _importance(text: str) -> str:
    """A number of 0 to 100, or that of a word; "" for others."""
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    if text.isascii() and text.isdigit() and int(text) <= 100:
        return text
    return _RANKS.get(text, "")
