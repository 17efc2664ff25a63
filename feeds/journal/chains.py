"""Verification of hash chains, row by row, from any source of rows."""

from __future__ import annotations

from typing import Any

from feeds.journal.records import GENESIS, ChainFault, row_hash


class Checker:
    """Takes every row of the log, each chain's rows in order. `faults` lists the breaks of the chains."""

    def __init__(self) -> None:
        self.faults: list[ChainFault] = []
        self._heads: dict[str, tuple[int, str]] = {}

    @property
    def heads(self) -> dict[str, dict[str, Any]]:
        """The last number and hash of each chain."""
        return {chain: {"length": number, "hash": hash} for chain, (number, hash) in sorted(self._heads.items())}

    def take(self, row: dict[str, Any]) -> None:
        """Check one row with all columns of the log."""
        number, prev = self._heads.get(row["chain"], (0, GENESIS))
        if problem := _fault(row, number + 1, prev):
            self.faults.append(ChainFault(chain=row["chain"], chain_seq=row["chain_seq"], seq=row["seq"], what=problem))
        self._heads[row["chain"]] = (row["chain_seq"], row["hash"])


def _fault(row: dict[str, Any], expected_seq: int, prev: str) -> str:
    if row["chain_seq"] != expected_seq:
        return f"expected number {expected_seq}: rows are missing"
    if row["prev"] != prev:
        return "does not follow the row before it"
    return "" if row_hash(row) == row["hash"] else "was changed after it was written"
