"""`watchfloor discover gb28181`: compare the catalogs of registered devices with the inventory. Changes nothing.

The catalogs are those that the platform (`[[source]] kind = "video.gb28181"`) last received in full; nothing is asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from collectors.errors import Misconfigured
from collectors.video.gb28181 import device_id
from collectors.video.gb28181.catalog import CatalogItem, ChannelStatus
from collectors.video.gb28181.roster import DeviceRoster
from feeds import state_file
from feeds.model import Asset
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogProposal:
    """What one device's catalog says beside the inventory. `new` are channels with the row that would take each in.

    `renamed` holds (asset, name in the inventory, name in the catalog), `gone` assets that the device does not list.
    """

    device: str
    listed: int
    new: tuple[dict[str, str], ...] = ()
    renamed: tuple[tuple[str, str, str], ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """True when the inventory agrees with the catalog."""
        return not (self.new or self.renamed or self.gone)


def propose(device: str, items: Sequence[CatalogItem], inventory: Mapping[str, Asset]) -> CatalogProposal:
    """The difference between one catalog and the inventory. Only cameras are proposed as assets."""
    roster = DeviceRoster(inventory)
    owner = roster.get(device)
    new, renamed = [], []
    for item in items:
        entry = roster.get(item.id)
        if entry is None and device_id.kind_of(item.id) == "camera":
            new.append(_row(item, owner.asset if owner is not None else ""))
        elif entry is not None and item.name and inventory[entry.asset].name != item.name:
            renamed.append((entry.asset, inventory[entry.asset].name, item.name))
    listed = {item.id for item in items}
    missing = (roster.get(id) for id in roster.channels_of(device) if id not in listed)
    gone = tuple(entry.asset for entry in missing if entry is not None)
    return CatalogProposal(device=device, listed=len(items), new=tuple(new), renamed=tuple(renamed), gone=gone)


def _row(item: CatalogItem, parent: str) -> dict[str, str]:
    region = item.civil_code if len(item.civil_code) in (6, 8) and item.civil_code.isdecimal() else ""
    return {
        "id": item.id,
        "name": item.name or item.id,
        "kind": "camera",
        "region": region[:6] or device_id.region_of(item.id),
        "lat": "" if item.lat is None else f"{item.lat:.5f}",
        "lon": "" if item.lon is None else f"{item.lon:.5f}",
        "parents": parent,
        "probes": f"gb28181://{item.id}",
    }


def catalogs(data: Path) -> dict[str, list[CatalogItem]]:
    """The stored catalogs by device."""
    catalogs_by_device: dict[str, list[CatalogItem]] = {}
    for path in sorted((data / "gb28181").glob("*/catalogs/*.json")):
        items = state_file.read_json(path, lambda document: [_item(row) for row in document["items"]])
        if items is not None:
            catalogs_by_device[path.stem] = items
    return catalogs_by_device


def _item(row: Mapping[str, object]) -> CatalogItem:
    return CatalogItem(**{**row, "status": ChannelStatus(str(row["status"]))})  # type: ignore[arg-type]


def run(settings: Settings, only: Sequence[str], *, form: str, language: str) -> tuple[str, int]:
    """The text to print, and the exit code: 0 when the inventory agrees with every catalog, else 1.

    `only` are device ids, all for none. Raises Misconfigured when no catalog is stored.
    """
    stored = {device: items for device, items in catalogs(settings.data).items() if not only or device in only}
    if not stored:
        raise Misconfigured(
            "no device has sent a full catalog yet: has the source video.gb28181 been running?",
            "还没有设备送来完整目录：来源 video.gb28181 是否在运行？",
        )
    inventory = load_inventory(settings).assets
    proposals = [propose(device, items, inventory) for device, items in stored.items()]
    code = 0 if all(proposal.empty for proposal in proposals) else 1
    if form == "json":
        return json.dumps([asdict(proposal) for proposal in proposals], ensure_ascii=False, indent=2), code
    return "\n".join(line for proposal in proposals for line in _lines(proposal, language)), code


def _lines(proposal: CatalogProposal, language: str) -> list[str]:
    zh = language.startswith("zh")
    total = f"目录 {proposal.listed} 项" if zh else f"{proposal.listed} items"
    lines = [f"{proposal.device}  {total}"]
    lines += [f"  + {row['id']}  {row['name']}  {row['region']}  {row['probes']}" for row in proposal.new]
    lines += [f"  ~ {asset}  {before} → {after}" for asset, before, after in proposal.renamed]
    gone = "目录中没有" if zh else "not in the catalog"
    lines += [f"  - {asset}  {gone}" for asset in proposal.gone]
    if proposal.empty:
        lines.append("  与资产清单一致" if zh else "  agrees with the inventory")
    return lines
