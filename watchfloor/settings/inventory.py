"""The inventory of a site, from files of any supported format, with each probe checked by its collector."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from collectors import registry
from collectors import uri as uris
from collectors.errors import Misconfigured
from collectors.settings import Credential
from feeds.findings import Finding, InFile
from feeds.inventory.csv_file import read_csv
from feeds.inventory.findings import InventoryRow, finding
from feeds.inventory.rows import Inventory, build
from watchfloor.settings.findings import shown
from watchfloor.settings.site_settings import Settings


def load_inventory(settings: Settings, unread: Collection[str] = ()) -> Inventory:
    """The valid rows of all files, and `findings` for the others. Never raises for a bad file.

    `unread` are names of credentials that are reported already: the probes that name them are checked without them.
    """
    rows: list[InventoryRow] = []
    findings: list[Finding[InFile]] = []
    for path in settings.inventory:
        file_rows, file_findings = _read(path, _name(path, settings.path.parent))
        rows += file_rows
        findings += file_findings

    def check_probe(uri: str) -> dict[str, str] | None:
        fault = probe_fault(uri, settings.credentials)
        return probe_fault(uri, None) if fault and unread and _credential_of(uri) in unread else fault

    inventory = build(rows, schemes=registry.known_schemes(), check_probe=check_probe)
    return Inventory(assets=inventory.assets, findings=(*findings, *inventory.findings))


def _credential_of(uri: str) -> str:
    try:
        return uris.parse(uri).params.get("cred", "")
    except Misconfigured:
        return ""


def probe_fault(uri: str, credentials: Mapping[str, Credential] | None) -> dict[str, str] | None:
    """The fault that the collector of a probe finds in its URI, by language, or None.

    `credentials` None leaves the credential out.
    """
    try:
        registry.target_of(uri, credentials=credentials)
    except Misconfigured as no:
        return {"zh-CN": no.zh, "en": no.en}
    return None


def _name(path: Path, folder: Path) -> str:
    """The path relative to the settings file when it is below it, else the whole path."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _read(path: Path, name: str) -> tuple[list[InventoryRow], list[Finding[InFile]]]:
    if path.suffix.lower() == ".csv":
        return read_csv(path, name)
    if not path.is_file():
        return [], [finding("file_missing", name, value=str(path))]
    # geopandas takes a second to import, and most sites have a CSV.
    from maps.inventory_geo import UNPLACED, read_geo

    try:
        rows = [InventoryRow(file=name, line=number, values=values) for number, values in read_geo(path)]
    except (OSError, ValueError) as error:
        return [], [finding("file_unreadable", name, value=str(path), arguments={"detail": str(error)})]
    unplaced = next((row.line for row in rows if row.values.get(UNPLACED)), None)
    return rows, [finding("crs_unknown", name, line=unplaced, value=name)] if unplaced is not None else []


def with_shown_value(finding: Finding[InFile]) -> Finding[InFile]:
    """An inventory's finding with its value written as the settings' findings write theirs."""
    return replace(finding, value=shown(finding.value)) if finding.value else finding
