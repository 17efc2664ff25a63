"""`watchfloor discover lldp`: what the devices hear of one another, beside what the inventory says. Changes nothing.

A table for people, JSON for scripts, or a patch of the inventory's CSV file for review (`patch -p0`, `git apply -p0`).
"""

from __future__ import annotations

import asyncio
import csv
import difflib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from collectors import registry
from collectors.contract import Target
from collectors.errors import CollectorError, Misconfigured
from collectors.network import lldp
from collectors.network.lldp import NewAsset, Proposal
from collectors.network.snmp.session import Agents
from feeds.inventory.rows import COLUMNS
from feeds.model import Asset
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings

TIMEOUT = 5.0
_FORMULA = "=+-@\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A survey's outcome. `parents` are (asset, parent) that the inventory does not have; `failed` by asset."""

    inventory: Mapping[str, Asset]
    asked: int
    proposal: Proposal
    parents: tuple[tuple[str, str], ...]
    failed: dict[str, CollectorError]

    @property
    def clean(self) -> bool:
        """The inventory says what the devices hear, and all of them answered."""
        return self.proposal.empty and not self.failed


async def survey(settings: Settings, only: Sequence[str] = ()) -> Found:
    """Asks every asset with an snmp:// probe, or those of `only`. Raises Misconfigured for one that cannot be asked."""
    inventory = load_inventory(settings).assets
    targets = _targets(inventory, settings, only)
    heard, failed = await lldp.survey(targets, Agents())
    proposal = lldp.propose(heard, inventory)
    parents = tuple(sorted(_upwards(pair, inventory) for pair in proposal.parents))
    return Found(inventory=inventory, asked=len(targets), proposal=proposal, parents=parents, failed=failed)


def _targets(inventory: Mapping[str, Asset], settings: Settings, only: Sequence[str]) -> list[Target]:
    found = []
    for id in only or inventory:
        probe = next((one for one in inventory[id].probes if one.startswith("snmp://")), "") if id in inventory else ""
        if probe:
            found.append(registry.target_of(probe, asset=id, timeout=TIMEOUT, credentials=settings.credentials))
        elif only:
            raise Misconfigured(
                f"{id!r} is not in the inventory, or has no snmp:// probe",
                f"资产 {id!r} 不在清单中，或没有 snmp:// 探测",
            )
    if not found:
        raise Misconfigured("no asset has an snmp:// probe to ask", "没有任何资产带 snmp:// 探测，无从发现")
    return found


def _upwards(pair: tuple[str, str], inventory: Mapping[str, Asset]) -> tuple[str, str]:
    """(asset, parent) of a cable: the end nearer to the root is the parent, what hangs on nothing is not."""
    uppers = {up for one in inventory.values() for up in one.parents}
    lower, upper = sorted(pair, key=lambda id: (-_depth(id, inventory, id in uppers), id))
    return lower, upper


def _depth(id: str, inventory: Mapping[str, Asset], is_parent: bool) -> int:
    if not inventory[id].parents and not is_parent:
        return len(inventory)
    level, here, seen = 0, {id}, {id}
    while here := {up for one in here if one in inventory for up in inventory[one].parents} - seen:
        seen |= here
        level += 1
    return level


def as_json(found: Found) -> str:
    """assets (rows to add), parents (asset, parent), unheard, links, failed."""
    return json.dumps(
        {
            "asked": found.asked,
            "assets": [asdict(one) for one in found.proposal.assets],
            "parents": [{"asset": asset, "parent": parent} for asset, parent in found.parents],
            "unheard": [{"asset": asset, "parent": parent} for asset, parent in found.proposal.unheard],
            "links": [asdict(one) for one in found.proposal.links],
            "failed": {asset: {"zh-CN": error.zh, "en": error.en} for asset, error in found.failed.items()},
        },
        ensure_ascii=False,
        indent=2,
    )


_TEXTS = {
    "zh-CN": {
        "asset": "新设备",
        "parent": "新上联",
        "unheard": "未听到",
        "failed": "未应答",
        "under": "上联",
        "as": "探测",
        "neither": "两端都有 LLDP，但互相听不到",
        "tail": "问了 {asked} 台：新设备 {new}，新上联 {up}，未听到 {gone}，未应答 {bad}；链路 {links}。清单未被改动",
    },
    "en": {
        "asset": "new device",
        "parent": "new uplink",
        "unheard": "not heard",
        "failed": "no answer",
        "under": "under",
        "as": "probes",
        "neither": "both ends speak LLDP, and neither hears the other",
        "tail": "asked {asked}: new devices {new}, new uplinks {up}, not heard {gone}, no answer {bad}; links {links}. "
        "The inventory was not changed",
    },
}


def render(found: Found, language: str) -> str:
    """One line a difference, and a last line that counts them."""
    words, proposal = _TEXTS["zh-CN" if language.startswith("zh") else "en"], found.proposal
    ports = _ports(proposal)
    lines = [
        f"+ {words['asset']}  {one.id}  {one.kind}  {one.region}  {words['under']} {_heard(one)}"
        f"  {words['as']} {' '.join(one.probes) or '—'}"
        for one in proposal.assets
    ]
    lines += [
        f"+ {words['parent']}  {asset} → {parent}  {', '.join(ports.get(frozenset((asset, parent)), ()))}"
        for asset, parent in found.parents
    ]
    lines += [f"- {words['unheard']}  {asset} → {parent}  {words['neither']}" for asset, parent in proposal.unheard]
    lines += [f"! {words['failed']}  {asset}  {error.say(language)}" for asset, error in found.failed.items()]
    tail = words["tail"].format(
        asked=found.asked,
        new=len(proposal.assets),
        up=len(found.parents),
        gone=len(proposal.unheard),
        bad=len(found.failed),
        links=len(proposal.links),
    )
    return "\n".join([*lines, tail])


def _ports(proposal: Proposal) -> dict[frozenset[str], list[str]]:
    found: dict[frozenset[str], list[str]] = {}
    for link in proposal.links:
        found.setdefault(frozenset((link.a, link.b)), []).append(f"{link.a} {link.a_port} = {link.b} {link.b_port}")
    return found


def _heard(one: NewAsset) -> str:
    return ", ".join(f"{seen.seen_by} {seen.port}" for seen in one.heard)


def patch(found: Found, settings: Settings) -> str:
    """A unified diff of the CSV files of the inventory, "" when there is nothing to change.

    New parents go into the rows of their assets; new devices to the end of the first CSV file. Raises Misconfigured
    when there is none.
    """
    files = [path for path in settings.inventory if path.suffix.lower() == ".csv"]
    if not files:
        raise Misconfigured(
            "the inventory has no CSV file to patch; take --json", "清单中没有 CSV 文件可生成补丁；请用 --json"
        )
    more: dict[str, list[str]] = {}
    for asset, parent in found.parents:
        more.setdefault(asset, []).append(parent)
    parts: list[str] = []
    for path in files:
        old = _lines(path)
        new = _patched(old, more, found.proposal.assets if path == files[0] else ())
        name = str(path.relative_to(settings.path.parent)) if path.is_relative_to(settings.path.parent) else str(path)
        parts += difflib.unified_diff(old, new, name, name, n=1)
    return "".join(one if one.endswith(("\n", "\r")) else f"{one}\n\\ No newline at end of file\n" for one in parts)


def _lines(path: Path) -> list[str]:
    """As they stand in the file, each with its end."""
    try:
        return list(io.StringIO(path.read_bytes().decode("utf-8"), newline=""))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{path.name} cannot be patched: save it as UTF-8", f"{path.name} 无法生成补丁：请另存为 UTF-8"
        ) from error


def _patched(lines: list[str], more: Mapping[str, Sequence[str]], assets: Iterable[NewAsset]) -> list[str]:
    """The file with other parents and new rows; every line that stays stays as it was written."""
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    reader = csv.reader(lines)
    out: list[str] = []
    header: list[str] = []
    began = 0
    for cells in reader:
        whole = lines[began : reader.line_num]
        began = reader.line_num
        if not header:
            header = [cell.strip("\ufeff ") for cell in cells]
        elif len(cells) == len(header):
            row = dict(zip(header, cells, strict=True))
            uppers = more.get(row.get("id", "").strip(), ())
            if uppers:
                row["parents"] = ";".join([*filter(None, row.get("parents", "").split(";")), *uppers])
                whole = [_row(row, header, end)]
        out += whole
    fresh = [_row(_cells(one), header or list(COLUMNS), end) for one in assets]
    if fresh and out and not out[-1].endswith(("\n", "\r")):
        out[-1] += end
    return out + fresh


def _cells(one: NewAsset) -> dict[str, str]:
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "region": one.region,
        "parents": ";".join(one.parents),
        "labels": "discovered=lldp",
        "probes": " ".join(one.probes),
    }


def _row(cells: Mapping[str, Any], header: Sequence[str], end: str) -> str:
    """One line of CSV. A device's name must be no formula to the spreadsheet that opens it."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerow([str(cells.get(name, "")).lstrip(_FORMULA) for name in header])
    return out.getvalue()


def run(settings: Settings, only: Sequence[str], *, form: str, language: str) -> tuple[str, int]:
    """What to print, and the exit code: 0 when the inventory is right, 1 when there is something to look at."""
    found = asyncio.run(survey(settings, only))
    code = 0 if found.clean else 1
    if form == "patch":
        return patch(found, settings), code
    return as_json(found) if form == "json" else render(found, language), code
