"""Redundancy groups that protect nothing: a group of one member, and one of which nothing hangs on two members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from feeds.findings import Finding, InFile
from feeds.inventory.findings import InventoryRow, finding
from feeds.model import Asset


def redundancy_remarks(
    assets: Mapping[str, Asset],
    accepted: Mapping[str, InventoryRow],
    refused: Iterable[tuple[str, tuple[str, ...]]] = (),
) -> list[Finding[InFile]]:
    """A remark for each such group, at its first member's row. The assets are taken as they stand.

    `refused` are the group and the parents of each refused row: what those rows belong to is not remarked on.

    The parents carry the group: a child of several parents that carries one itself most likely stands on the wrong
    side, and its remark says so.
    """
    members: dict[str, list[Asset]] = defaultdict(list)
    for asset in assets.values():
        if asset.redundancy_group:
            members[asset.redundancy_group].append(asset)
    protecting = _protecting(assets)
    for group, parents in refused:
        protecting |= {group, *(assets[parent].redundancy_group for parent in parents if parent in assets)}
    remarks = []
    for group, listed in members.items():
        if group in protecting:
            continue
        first = listed[0]
        wrong_side = any(len(asset.parents) > 1 for asset in listed)
        code = "redundancy_side" if wrong_side else "redundancy_alone" if len(listed) == 1 else "redundancy_unused"
        row, arguments = accepted[first.id], {"members": len(listed)}
        remarks.append(
            finding(
                code, row.file, line=row.line, column="redundancy_group", value=group, arguments=arguments, error=False
            )
        )
    return remarks


def _protecting(assets: Mapping[str, Asset]) -> set[str]:
    """The groups of which some asset has two members as parents."""
    groups = set()
    for asset in assets.values():
        carried = [assets[parent].redundancy_group for parent in asset.parents if parent in assets]
        groups |= {group for group in carried if group and carried.count(group) > 1}
    return groups
