"""Reads a file of devices in whichever form it has: spreadsheet, Zabbix export or Uptime Kuma backup."""

from __future__ import annotations

from pathlib import Path

from feeds.files import read_regular
from feeds.findings import InFile
from feeds.spreadsheets import SheetRefused, read_sheets
from watchfloor.imports import table, uptime_kuma, zabbix
from watchfloor.imports.device import ImportedList
from watchfloor.imports.texts import remark

ENDINGS = (".xlsx", ".xlsm", ".csv", ".txt", ".tsv", ".xml", ".yaml", ".yml", ".json", ".xls")


def read_devices(path: Path) -> ImportedList:
    """The devices of a file. Never raises for its content: what is wrong is among the findings."""
    try:
        raw = read_regular(path)
    except OSError as error:
        finding = remark(
            "file_unreadable", InFile(path.name), str(path), error=True, detail=error.strerror or str(error)
        )
        return ImportedList(form="", findings=(finding,))
    return devices_of(raw, path.name)


def devices_of(raw: bytes, file: str) -> ImportedList:
    """Like `read_devices`, from bytes already read."""
    try:
        if zabbix.is_export(raw):
            return zabbix.read_export(raw, file)
        if uptime_kuma.is_backup(raw):
            return uptime_kuma.read_backup(raw, file)
    except (ValueError, RecursionError) as error:
        return _refused(file, "broken", str(error)[:200])
    if raw.lstrip()[:1] in (b"<", b"{", b"["):
        return _refused(file, "form_unknown")
    try:
        return table.read_table(read_sheets(raw), file)
    except SheetRefused as error:
        return _refused(file, error.code, error.detail)


def _refused(file: str, code: str, detail: str = "") -> ImportedList:
    return ImportedList(form="", findings=(remark(code, InFile(file), error=True, detail=detail),))
