"""Facts: rows of other systems about cases. A case is the fold of its facts, independent of their order.

A fact is identified by its system, number, table and row key. It replaces an earlier one of the same identity by the
source's own stamp, not by the order of arrival. Personal values travel sealed (feeds.cases.sealing).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from feeds import wire

CASE, STEP, SUSPENSION, EXTENSION = "case", "step", "suspension", "extension"
SUPPLEMENT, FEE, REVIEW = "supplement", "fee", "review"
TABLES = (CASE, STEP, SUSPENSION, EXTENSION, SUPPLEMENT, FEE, REVIEW)
LISTED = {STEP: 64, SUSPENSION: 32, EXTENSION: 16, SUPPLEMENT: 16, FEE: 64, REVIEW: 8}
"""Rows of a case at most, by table."""
HEARD = "heard"
"""Table of a fact about no case: its source has reported everything up to the fact's stamp."""
SWEEP = "sweep"
"""Table of a fact about no case: a part of the numbers that a source has (collectors/approvals/sweeps.py)."""
ITEM_KIND = "case_fact"
Identity = tuple[str, str]
"""System (or group of systems) and number."""


class CaseFact(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One row. `stamp` is the source's time of change, epoch seconds, 0.0 where it has none; `version` its number.

    `body` holds no personal value. `sealed` are the personal ones, `macs` their keyed digests by name.
    `digest` tells whether two facts say the same; it is keyed where personal values are in it.
    `at` is the time of receipt, `source` the id of the source that brought it.
    """

    system: str
    number: str
    table: str = CASE
    key: str = ""
    stamp: float = 0.0
    version: float = 0.0
    deleted: bool = False
    body: dict[str, Any] = {}
    sealed: bytes = b""
    macs: dict[str, str] = {}
    digest: str = ""
    source: str = ""
    at: float = 0.0

    @property
    def slot(self) -> tuple[str, str, str]:
        """Identity within its case."""
        return self.system, self.table, self.key

    @property
    def order(self) -> tuple[float, float, float, str]:
        """Sort key of two facts of one slot: the greater one holds."""
        return self.stamp, self.version, self.at, self.digest


wire.register_item(ITEM_KIND, CaseFact)

Effect = Literal["new", "replaced", "repeated", "stale", "same_stamp"]


class FactSet:
    """The current facts of one case. The result of adding facts does not depend on their order.

    `endings` are the stamps under which a case row said that the case had ended.
    """

    __slots__ = ("endings", "facts")

    def __init__(self, facts: Iterable[CaseFact] = (), endings: Iterable[float] = ()) -> None:
        self.facts: dict[tuple[str, str, str], CaseFact] = {fact.slot: fact for fact in facts}
        self.endings = set(endings)

    @property
    def reopened(self) -> int:
        """Number of earlier ends of the case, 0 while its present row has an end."""
        present = [fact for fact in self.facts.values() if fact.table == CASE and not fact.deleted]
        if not present or any(fact.body.get("ended") for fact in present):
            return 0
        newest = max(fact.stamp for fact in present)
        return sum(stamp < newest for stamp in self.endings)

    def add(self, fact: CaseFact) -> Effect:
        """Add a fact. Returns its effect; a fact with the content of the current one is "repeated"."""
        if fact.table == CASE and fact.body.get("ended") and fact.stamp:
            self.endings.add(fact.stamp)
        current = self.facts.get(fact.slot)
        if current is None:
            self.facts[fact.slot] = fact
            return "new"
        if fact.digest == current.digest and (fact.stamp, fact.version) <= (current.stamp, current.version):
            return "repeated"
        if fact.order <= current.order:
            return "stale"
        self.facts[fact.slot] = fact
        if fact.digest == current.digest:
            return "repeated"  # the same words under a newer stamp
        same = fact.stamp > 0 and (fact.stamp, fact.version) == (current.stamp, current.version)
        return "same_stamp" if same else "replaced"

    def dump(self) -> bytes:
        """The facts as bytes, for the store."""
        return _encode(([self.facts[slot] for slot in sorted(self.facts)], sorted(self.endings)))

    @classmethod
    def load(cls, raw: bytes) -> FactSet:
        """The facts of `dump`."""
        return cls(*_decode(raw))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[CaseFact], list[float]]).decode
