"""Facts and stores for tests."""

from __future__ import annotations

import hashlib
import json
import random
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
"""Fields of a fact that `fact` takes beside its body."""


def fact(number: str = "1", table: str = "case", key: str = "", *, stamp: float = 1.0, **body: Any) -> CaseFact:
    """A fact; `system`, `deleted`, `at` and `sealed` are its own, the rest is its body. Texts of times are read."""
    own: dict[str, Any] = {name: body.pop(name) for name in OWN if name in body}
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


def many(size: int, *, seed: int) -> list[CaseFact]:
    """Facts about cases of three departments, with ends, suspensions, corrections and deletions."""
    chance = random.Random(seed)
    facts: list[CaseFact] = []
    for n in range(size):
        month, day = chance.randrange(1, 10), chance.randrange(1, 28)
        base: dict[str, Any] = {
            "accepted": f"2026-{month:02}-{day:02}T09:00",
            "department": chance.choice(("a", "b", "c")),
            "item": chance.choice(("plan", "shop")),
        }
        facts.append(case_fact(str(n), **base))
        if chance.random() < 0.7:
            ended = f"2026-{month + 1:02}-{day:02}T10:00"
            facts.append(case_fact(str(n), stamp=2.0, ended=ended, result="准予许可", **base))
        if chance.random() < 0.2:
            span: dict[str, Any] = {"started": f"2026-{month:02}-{day:02}", "ended": f"2026-{month:02}-28"}
            facts.append(fact(str(n), "suspension", "s", kind="检验", notice="1", **span))
        if chance.random() < 0.1:
            facts.append(fact(str(n), stamp=3.0, deleted=True))
    return facts
