"""Facts and stores for tests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.facts import CaseFact, FactSet
from feeds.cases.fold import fold_facts
from feeds.cases.items import ApprovalItem, ItemCatalogue
from feeds.cases.model import FoldedCase
from tests.feeds.workdays.books import BOOK, at

NOW = at("2026-11-28T10:00")
ITEMS = ItemCatalogue(
    [
        ApprovalItem(code="plan", name="规划许可", promised=20, statutory=20),
        ApprovalItem(code="shop", name="营业执照", promised=5, statutory=20),
    ]
)
ASSESSOR = Assessor(BOOK, ITEMS)
OWN = ("system", "deleted", "sealed", "macs", "version")


def fact(number: str = "1", table: str = "case", key: str = "", *, stamp: float = 1.0, **body: Any) -> CaseFact:
    """A fact; `system`, `deleted`, `at` and `sealed` are its own, the rest is its body. Texts of times are read."""
    own: dict[str, Any] = {
        name: body.pop(name) for name in ("system", "deleted", "sealed", "macs", "version") if name in body
    }
    received = body.pop("at", NOW)
    read = {name: _time(value) for name, value in body.items()}
    text = json.dumps([read, own.get("deleted", False), own.get("macs")], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    own.setdefault("system", "hall")
    return CaseFact(number=number, table=table, key=key, stamp=stamp, body=read, digest=digest, at=received, **own)


def _time(value: Any) -> Any:
    return at(value) if isinstance(value, str) and len(value) > 10 and value[4:5] == "-" and "T" in value else value


def case_fact(number: str = "1", **body: Any) -> CaseFact:
    """A promise case of one department, accepted on 2026-04-20, 20 days."""
    fields = {
        "item": "plan",
        "kind": "承诺件",
        "department": "housing",
        "region": "532301",
        "accepted": "2026-04-20T09:00",
    }
    return fact(number, **(fields | body))


def folded(*facts: CaseFact, precedence: tuple[str, ...] = ()) -> FoldedCase:
    fact_set = FactSet()
    for added in facts:
        fact_set.add(added)
    return fold_facts(facts[0].system, facts[0].number, fact_set, precedence)


def row(*facts: CaseFact, now: float = NOW, assessor: Assessor = ASSESSOR) -> CaseRow:
    return assessor.row(folded(*facts, precedence=assessor.precedence), now)
