"""Verification of the journal, row by row, from any source of rows: hash chains, anchors, documents, and the seal.

An anchor is an entry of one chain that states the heads of the other chains at that moment. An audit entry lists the
faults that a person has accepted (`watchfloor journal accept`, or a restore with --force). They are not reported.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from feeds.journal import seals
from feeds.journal.keys import Keyring, key_id
from feeds.journal.records import ANCHOR, GENESIS, ChainFault, row_hash

ACCEPTING = ("journal-accepted", "restore")
"""Names of audit entries that list accepted faults in `body.faults`, each [chain, number, text]."""
MOST = 1000
"""Largest number of faults of documents, and of accepted faults in one entry."""
MOST_ANCHORS = 20
"""Largest number of faults of one chain that anchors report."""


class Checker:
    """Takes every row of the log in the order of `seq`, the documents, and the seal; then `finish`.

    Without a `keyring` no signature is checked.
    """

    def __init__(self, keyring: Keyring | None = None) -> None:
        self._keyring = keyring
        self._faults: list[ChainFault] = []
        self._accepted: set[tuple[str, int, str]] = set()
        self._heads: dict[str, tuple[int, str]] = {}
        self._signed: set[str] = set()
        self._foreign: set[tuple[str, str]] = set()
        self._by_anchors = Counter[str]()
        self._seal: str | None = None
        self._wrong_documents: list[str] = []
        self._documents = self._digest = 0

    @property
    def faults(self) -> list[ChainFault]:
        """The faults that nobody has accepted."""
        return [fault for fault in self._faults if (fault.chain, fault.chain_seq, fault.what) not in self._accepted]

    @property
    def heads(self) -> dict[str, dict[str, Any]]:
        """The last number and hash of each chain."""
        return {chain: {"length": number, "hash": hash} for chain, (number, hash) in sorted(self._heads.items())}

    def take(self, row: dict[str, Any]) -> None:
        """Check one row with all columns of the log."""
        chain = row["chain"]
        number, prev = self._heads.get(chain, (0, GENESIS))
        problem = self._problem(row, number + 1, prev)
        if problem:
            self._add(chain, row["chain_seq"], row["seq"], problem)
        elif row["kind"] == ANCHOR:
            self._compare_with_anchor(row)
        elif row["kind"] == "audit" and row["name"] in ACCEPTING:
            listed = json.loads(row["body"]).get("faults", [])
            self._accepted |= {(str(fault[0]), int(fault[1]), str(fault[2])) for fault in listed}
        self._heads[chain] = (row["chain_seq"], row["hash"])

    def _add(self, chain: str, number: int, seq: int, problem: str, *, foreign: bool = False) -> None:
        self._faults.append(ChainFault(chain=chain, chain_seq=number, seq=seq, what=problem, foreign=foreign))

    def _add_foreign(self, chain: str, number: int, seq: int, signature: str) -> None:
        """Report a key that the keyring lacks: once for each chain, and once for documents and seal (chain "")."""
        key = key_id(signature)
        if (chain, key) not in self._foreign:
            self._foreign.add((chain, key))
            self._add(chain, number, seq, f"and others are signed with the key {key}, which is not here", foreign=True)

    def _problem(self, row: dict[str, Any], expected_seq: int, prev: str) -> str:
        if row["chain_seq"] != expected_seq:
            return f"expected number {expected_seq}: rows are missing"
        if row["prev"] != prev:
            return "does not follow the row before it"
        if row_hash(row) != row["hash"]:
            return "was changed after it was written"
        signature = row.get("mac", "")
        if signature:
            self._signed.add(row["chain"])
        elif row["chain"] in self._signed:
            return "is not signed, although rows before it are"
        if self._keyring is None or not signature:
            return ""
        if not self._keyring.has(signature):
            self._add_foreign(row["chain"], row["chain_seq"], row["seq"], signature)
            return ""
        return "" if self._keyring.verifies(row["hash"], signature) else "is not signed by the journal's key"

    def _compare_with_anchor(self, row: dict[str, Any]) -> None:
        for chain, (number, hash) in json.loads(row["body"])["chains"].items():
            if self._heads.get(chain) == (number, hash) or self._by_anchors[chain] == MOST_ANCHORS:
                continue
            self._by_anchors[chain] += 1
            self._add(chain, number, row["seq"], f"is missing or another one: the chain {row['chain']} has its hash")

    def take_document(self, row: dict[str, Any]) -> None:
        """Count one document, and check its signature. `body` may be bytes."""
        signature = row.get("mac", "")
        self._documents += 1
        self._digest = (self._digest + seals.number(signature)) % seals.MODULUS
        if self._keyring is None or len(self._wrong_documents) == MOST:
            return
        text = seals.document_text(row["kind"], row["id"], row["open"], row["seq"], seals.text_of(row["body"]))
        name = f"document {row['kind']} {row['id']}"
        if not signature:
            self._wrong_documents.append(f"{name} is not signed")
        elif not self._keyring.has(signature):
            self._add_foreign("", 0, 0, signature)
        elif not self._keyring.verifies(text, signature):
            self._wrong_documents.append(f"{name} was changed past the log")

    def take_seal(self, value: str) -> None:
        """Take the value of the seal's row."""
        self._seal = value

    def finish(self) -> list[ChainFault]:
        """Compare with the seal, when there is a keyring. Returns `faults`."""
        if self._keyring is None:
            return self.faults
        if self._seal is None:
            if self._signed:
                self._add("", 0, 0, "the seal is missing")
            return self.faults
        seal, signature = seals.opened(self._seal, self._keyring)
        if signature and not self._keyring.has(signature):
            self._add_foreign("", 0, 0, signature)
        for problem in [*([seal.broken] if seal.broken else []), *self._wrong_documents]:
            self._add("", 0, 0, problem)
        for chain, head in seal.chains.items():
            self._compare_head(chain, head)
        for chain in self._heads.keys() - seal.chains.keys():
            self._add(chain, 1, 0, "begins a chain that is not in the seal")
        if self._documents != seal.documents:
            self._add("", 0, 0, f"{self._documents} documents, {seal.documents} in the seal")
        elif self._digest != seal.digest and not self._wrong_documents:
            self._add("", 0, 0, "documents were exchanged for earlier ones")
        return self.faults

    def _compare_head(self, chain: str, sealed: tuple[int, str]) -> None:
        number, hash = self._heads.get(chain, (0, GENESIS))
        if not number:
            self._add(chain, 1, 0, f"and all {sealed[0]} rows of the chain are missing")
        elif number < sealed[0]:
            self._add(chain, number + 1, 0, f"is missing: the seal has {sealed[0]} rows")
        elif (number, hash) != sealed:
            self._add(chain, sealed[0], 0, "is not the last row as it was sealed")
