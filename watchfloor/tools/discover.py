"""`watchfloor discover lldp`: compare the LLDP neighbours of the devices with the inventory. Changes nothing.

The output is a table for people, JSON for scripts, or a patch of the inventory's CSV file for review
(`patch -p0`, `git apply -p0`).
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
from feeds.spreadsheets import begins_formula
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings

TIMEOUT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyResult:
    """The result of a survey.

    `asked` is the number of devices that were queried. `parents` holds the pairs (asset, parent) that are missing in
    the inventory. `failed` holds the error of each device that did not answer, by asset id.
    """

    inventory: Mapping[str, Asset]
    queried: int
    proposal: Proposal
    parents: tuple[tuple[str, str], ...]
    failed: dict[str, CollectorError]

    @property
    def clean(self) -> bool:
        """True when every device answered and the inventory agrees with all of them."""
        return self.proposal.empty and not self.failed


async def survey(settings: Settings, only: Sequence[str] = ()) -> SurveyResult:
    """Query every asset that has an snmp:// probe, or only the assets `only`.

    Raises Misconfigured when an asset of `only` has no such probe, and when no asset has one.
    """
    inventory = load_inventory(settings).assets
    targets = _targets(inventory, settings, only)
    heard, failed = await lldp.survey(targets, Agents())
    proposal = lldp.propose(heard, inventory)
    parents = tuple(sorted(_upwards(pair, inventory) for pair in proposal.parents))
    return SurveyResult(inventory=inventory, queried=len(targets), proposal=proposal, parents=parents, failed=failed)


def _targets(inventory: Mapping[str, Asset], settings: Settings, only: Sequence[str]) -> list[Target]:
    targets = []
    for id in only or inventory:
        probe = next((uri for uri in inventory[id].probes if uri.startswith("snmp://")), "") if id in inventory else ""
        if probe:
            targets.append(registry.target_of(probe, asset=id, timeout=TIMEOUT, credentials=settings.credentials))
        elif only:
            raise Misconfigured(
                f"{id!r} is not in the inventory, or has no snmp:// probe",
                f"资产 {id!r} 不在清单中，或没有 snmp:// 探测",
            )
    if not targets:
        raise Misconfigured("no asset has an snmp:// probe to ask", "没有任何资产带 snmp:// 探测，无从发现")
    return targets


def _upwards(pair: tuple[str, str], inventory: Mapping[str, Asset]) -> tuple[str, str]:
    """The pair (asset, parent) of a cable. The end nearer to the root is the parent.

    An asset without any parent or child in the inventory counts as farthest from the root.
    """
    uppers = {up for asset in inventory.values() for up in asset.parents}
    lower, upper = sorted(pair, key=lambda id: (-_depth(id, inventory, id in uppers), id))
    return lower, upper


def _depth(id: str, inventory: Mapping[str, Asset], is_parent: bool) -> int:
    if not inventory[id].parents and not is_parent:
        return len(inventory)
    level, frontier, visited = 0, {id}, {id}
    while frontier := {up for asset in frontier if asset in inventory for up in inventory[asset].parents} - visited:
        visited |= frontier
        level += 1
    return level


def as_json(result: SurveyResult) -> str:
    """The result as a JSON object.

    `assets` are the rows to add, `parents` the uplinks to add, `unheard` the uplinks that neither end reports,
    `links` all links, and `failed` the errors by asset.
    """
    return json.dumps(
        {
            "asked": result.queried,
            "assets": [asdict(asset) for asset in result.proposal.assets],
            "parents": [{"asset": asset, "parent": parent} for asset, parent in result.parents],
            "unheard": [{"asset": asset, "parent": parent} for asset, parent in result.proposal.unheard],
            "links": [asdict(link) for link in result.proposal.links],
            "failed": {asset: {"zh-CN": error.zh, "en": error.en} for asset, error in result.failed.items()},
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


def render(result: SurveyResult, language: str) -> str:
    """One line for each difference, and a last line with the totals."""
    texts, proposal = _TEXTS["zh-CN" if language.startswith("zh") else "en"], result.proposal
    ports = _ports(proposal)
    lines = [
        f"+ {texts['asset']}  {new_asset.id}  {new_asset.kind}  {new_asset.region}"
        f"  {texts['under']} {_heard(new_asset)}  {texts['as']} {' '.join(new_asset.probes) or '—'}"
        for new_asset in proposal.assets
    ]
    lines += [
        f"+ {texts['parent']}  {asset} → {parent}  {', '.join(ports.get(frozenset((asset, parent)), ()))}"
        for asset, parent in result.parents
    ]
    lines += [f"- {texts['unheard']}  {asset} → {parent}  {texts['neither']}" for asset, parent in proposal.unheard]
    lines += [f"! {texts['failed']}  {asset}  {error.say(language)}" for asset, error in result.failed.items()]
    tail = texts["tail"].format(
        asked=result.queried,
        new=len(proposal.assets),
        up=len(result.parents),
        gone=len(proposal.unheard),
        bad=len(result.failed),
        links=len(proposal.links),
    )
    return "\n".join([*lines, tail])


def _ports(proposal: Proposal) -> dict[frozenset[str], list[str]]:
    ports: dict[frozenset[str], list[str]] = {}
    for link in proposal.links:
        ports.setdefault(frozenset((link.a, link.b)), []).append(f"{link.a} {link.a_port} = {link.b} {link.b_port}")
    return ports


def _heard(new_asset: NewAsset) -> str:
    return ", ".join(f"{neighbour.seen_by} {neighbour.port}" for neighbour in new_asset.heard)


def patch(result: SurveyResult, settings: Settings) -> str:
    """A unified diff of the inventory's CSV files; "" when there is no difference.

    New parents are added to the rows of their assets. New devices are appended to the first CSV file. Raises
    Misconfigured when the inventory has no CSV file.
    """
    files = [path for path in settings.inventory if path.suffix.lower() == ".csv"]
    if not files:
        raise Misconfigured(
            "the inventory has no CSV file to patch; take --json", "清单中没有 CSV 文件可生成补丁；请用 --json"
        )
    more: dict[str, list[str]] = {}
    for asset, parent in result.parents:
        more.setdefault(asset, []).append(parent)
    parts: list[str] = []
    for path in files:
        old = _lines(path)
        new = _patched(old, more, result.proposal.assets if path == files[0] else ())
        name = str(path.relative_to(settings.path.parent)) if path.is_relative_to(settings.path.parent) else str(path)
        parts += difflib.unified_diff(old, new, name, name, n=1)
    return "".join(line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n" for line in parts)


def _lines(path: Path) -> list[str]:
    """The lines of a file with their line ends unchanged. Raises Misconfigured when it is not UTF-8."""
    try:
        return list(io.StringIO(path.read_bytes().decode("utf-8"), newline=""))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{path.name} cannot be patched: save it as UTF-8", f"{path.name} 无法生成补丁：请另存为 UTF-8"
        ) from error


def _patched(lines: list[str], more: Mapping[str, Sequence[str]], assets: Iterable[NewAsset]) -> list[str]:
    """The file's lines with the parents `more` (by asset id) and rows for `assets` added.

    All other lines are unchanged.
    """
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
    fresh = [_row(_cells(new_asset), header or list(COLUMNS), end) for new_asset in assets]
    if fresh and out and not out[-1].endswith(("\n", "\r")):
        out[-1] += end
    return out + fresh


def _cells(new_asset: NewAsset) -> dict[str, str]:
    return {
        "id": new_asset.id,
        "name": new_asset.name,
        "kind": new_asset.kind,
        "region": new_asset.region,
        "parents": ";".join(new_asset.parents),
        "labels": "discovered=lldp",
        "probes": " ".join(new_asset.probes),
    }


def _row(cells: Mapping[str, Any], header: Sequence[str], end: str) -> str:
    """One line of CSV. Leading characters that a spreadsheet takes for a formula are removed."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerow([_plain(str(cells.get(name, ""))) for name in header])
    return out.getvalue()


def _plain(text: str) -> str:
    while begins_formula(text):
        text = text[1:]
    return text


def run(settings: Settings, only: Sequence[str], *, form: str, language: str) -> tuple[str, int]:
    """The text to print, and the exit code: 0 when the inventory agrees with the devices, else 1.

    `form` is "patch", "json" or "table".
    """
    result = asyncio.run(survey(settings, only))
    code = 0 if result.clean else 1
    if form == "patch":
        return patch(result, settings), code
    return as_json(result) if form == "json" else render(result, language), code
