"""`watchfloor import devices FILE`: preview a list of devices as a difference of the inventory, and write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from feeds.findings import Finding, InFile
from watchfloor.imports import difference, preview
from watchfloor.imports.device import ImportedDevice
from watchfloor.imports.difference import NotWritable
from watchfloor.imports.reading import ENDINGS, read_devices
from watchfloor.imports.rows import ImportedRows, ImportSite, rows_of
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLists:
    """The devices of several files in their order, and what was not understood of each."""

    devices: tuple[ImportedDevice, ...]
    findings: tuple[Finding[InFile], ...]


def read_lists(paths: Sequence[Path]) -> ReadLists:
    """The devices of files; a folder stands for the files in it that may be lists, by name."""
    files = [file for path in paths for file in (_files(path) if path.is_dir() else [path])]
    lists = [read_devices(file) for file in files]
    devices = tuple(device for read in lists for device in read.devices)
    return ReadLists(devices=devices, findings=tuple(finding for read in lists for finding in read.findings))


def _files(folder: Path) -> list[Path]:
    hidden = ("~$", ".")  # spreadsheets lock their files by such names
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() in ENDINGS and not path.name.startswith(hidden)
    )


def run(settings: Settings, paths: Sequence[Path], *, snmp: str, writing: bool, as_json: bool) -> tuple[str, int]:
    """The text to print and the exit code: 1 when a device was left out. Raises NotWritable."""
    if snmp and snmp not in settings.credentials:
        raise NotWritable(f"[credentials.{snmp}] 不在设置中", f"[credentials.{snmp}] is not in the settings")
    target = next((path for path in settings.inventory if path.suffix.lower() == ".csv"), None)
    if target is None:
        raise NotWritable("清单中没有 CSV 文件可写", "the inventory has no CSV file to write to")
    lists = read_lists(paths)
    rows = rows_of(lists.devices, import_site(settings, snmp))
    findings = (*lists.findings, *rows.findings)
    old = difference.text_of_inventory(target)
    new = difference.with_rows(old, rows.rows) if rows.rows else old
    if writing and rows.rows:
        difference.write(target, new)
    text = _text(settings, target, rows, findings, difference.difference(target, old, new), writing, as_json)
    return text, 1 if any(finding.error for finding in findings) else 0


def import_site(settings: Settings, snmp: str = "") -> ImportSite:
    """What an import must know of a site. Of several SNMP credentials one must be named; the only one is taken."""
    named = [name for name, credential in settings.credentials.items() if credential.kind.startswith("snmp")]
    units = settings.incidents.units.values()
    return ImportSite(
        region=settings.site.region,
        assets=load_inventory(settings).assets,
        credentials=settings.credentials,
        units=[unit.title("zh-CN") for unit in units],
        snmp=snmp or (named[0] if len(named) == 1 else ""),
    )


def _text(
    settings: Settings,
    target: Path,
    rows: ImportedRows,
    findings: Sequence[Finding[InFile]],
    changed: str,
    writing: bool,
    as_json: bool,
) -> str:
    if as_json:
        return preview.as_json(rows, findings, difference=changed, written=writing and bool(rows.rows))
    return preview.render(
        rows, findings, difference=changed, file=target.name, written=writing, language=settings.site.language
    )
