"""`watchfloor discover gb28181`: compare the catalogs of registered devices with the inventory. Changes nothing.

The catalogs are those that the platform (`[[source]] kind = "video.gb28181"`) last received; nothing is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from collectors.errors import Misconfigured
from collectors.video.gb28181.catalogs import StoredCatalog, read_catalog
from collectors.video.gb28181.platform_settings import platform_settings
from collectors.video.gb28181.proposals import CatalogChange, ChangeKind, proposals
from collectors.video.gb28181.roster import DeviceRoster
from feeds import state_file
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings

_SIGNS = {
    ChangeKind.NEW: "+",
    ChangeKind.GONE: "-",
    ChangeKind.RENAMED: "~",
    ChangeKind.MOVED: "~",
    ChangeKind.REPARENTED: "~",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceProposals:
    """The changes that one device's catalog of `listed` items proposes."""

    device: str
    listed: int
    changes: tuple[CatalogChange, ...]


def catalogs(data: Path) -> Iterator[tuple[str, str, StoredCatalog]]:
    """The stored catalogs as (source, device, catalog)."""
    for path in sorted((data / "gb28181").glob("*/catalogs/*.json")):
        stored = state_file.read_json(path, read_catalog)
        if stored is not None:
            yield path.parent.parent.name, path.stem, stored


def run(settings: Settings, only: Sequence[str], *, form: str, language: str) -> tuple[str, int]:
    """The text to print, and the exit code: 0 when the inventory agrees with every catalog, else 1.

    `only` are device ids, all for none. Raises Misconfigured when no catalog is stored.
    """
    inventory = load_inventory(settings).assets
    roster = DeviceRoster(inventory)
    platforms = [source for source in settings.sources if source.kind == "video.gb28181"]
    shifted = {source.id for source in platforms if platform_settings(source).gcj02}
    devices = [
        DeviceProposals(
            device=device,
            listed=len(stored.listed if stored.listed is not None else stored.items),
            changes=tuple(
                proposals(
                    device,
                    tuple(stored.items.values()),
                    frozenset(stored.listed) if stored.listed is not None else None,
                    inventory,
                    roster,
                    gcj02=source in shifted,
                )
            ),
        )
        for source, device, stored in catalogs(settings.data)
        if not only or device in only
    ]
    if not devices:
        raise Misconfigured(
            "no device has sent a full catalog yet: has the source video.gb28181 been running?",
            "还没有设备送来完整目录：来源 video.gb28181 是否在运行？",
        )
    code = 1 if any(device.changes for device in devices) else 0
    if form == "json":
        return json.dumps([asdict(device) for device in devices], ensure_ascii=False, indent=2), code
    return "\n".join(line for device in devices for line in _lines(device, language)), code


def _lines(device: DeviceProposals, language: str) -> Iterator[str]:
    zh = language.startswith("zh")
    yield f"{device.device}  " + (f"目录 {device.listed} 项" if zh else f"{device.listed} items")
    for change in device.changes:
        yield f"  {_SIGNS[change.kind]} {_text(change, zh=zh)}"
    if not device.changes:
        yield "  与资产清单一致" if zh else "  agrees with the inventory"


def _text(change: CatalogChange, *, zh: bool) -> str:
    if change.kind is ChangeKind.NEW:
        return f"{change.id}  {change.name}  {change.row['region']}  {change.row['probes']}"
    if change.kind is ChangeKind.GONE:
        return f"{change.asset}  {'目录中没有' if zh else 'not in the catalog'}"
    return f"{change.asset}  {change.before} → {change.after}"
