"""Parents that cannot stand: unknown ones and cycles. The asset is kept without them, and a finding reports each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from feeds.findings import Finding, InFile
from feeds.inventory.findings import InventoryRow, finding
from feeds.inventory.texts import nearest
from feeds.model import Asset


def drop_unknown_parents(
    assets: dict[str, Asset], accepted: Mapping[str, InventoryRow], refused: Mapping[str, InventoryRow]
) -> list[Finding[InFile]]:
    findings = []
    for asset in [asset for asset in assets.values() if not assets.keys() >= set(asset.parents)]:
        row = accepted[asset.id]
        for unknown in (parent for parent in asset.parents if parent not in assets):
            code, arguments = "parent_unknown", {"near": nearest(unknown, assets)}
            if unknown in refused:
                code, arguments = "parent_refused", {"first": refused[unknown].place}
            findings.append(
                finding(code, row.file, line=row.line, column="parents", value=unknown, arguments=arguments)
            )
        assets[asset.id] = replace(asset, parents=tuple(parent for parent in asset.parents if parent in assets))
    return findings


def drop_cycles(assets: dict[str, Asset], accepted: Mapping[str, InventoryRow]) -> list[Finding[InFile]]:
    findings = []
    while cycle := _cycle(assets):
        text = " → ".join(reversed(cycle))
        for upper, lower in pairwise(cycle):
            parents = tuple(parent for parent in assets[lower].parents if parent != upper)
            assets[lower] = replace(assets[lower], parents=parents)
            row = accepted[lower]
            arguments = {"cycle": text}
            findings.append(
                finding("parent_cycle", row.file, line=row.line, column="parents", value=upper, arguments=arguments)
            )
    return findings


def _cycle(assets: Mapping[str, Asset]) -> list[str]:
    """One cycle of parents, each the parent of the next, with the first repeated at the end; [] for none."""
    try:
        TopologicalSorter({key: asset.parents for key, asset in assets.items()}).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []
