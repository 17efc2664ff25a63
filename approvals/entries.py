"""Entries of the journal about batches of facts: counts, ranges and a digest, and never a name."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from feeds.cases.facts import CaseFact
from feeds.cases.ledger import AppliedCase, ApplySummary
from feeds.engine.requests import AppendEntry
from feeds.model import Kind


def facts_entry(
    applied: Sequence[AppliedCase], facts: Sequence[CaseFact], summary: ApplySummary, now: float
) -> AppendEntry:
    """The entry of one batch of facts that changed these cases."""
    body = {
        "facts": summary.facts,
        "cases": len(applied),
        "repeated": summary.repeated,
        "stale": summary.stale,
        "same_stamp": summary.same_stamp,
        "seq": [applied[0].after.seq, applied[-1].after.seq],
        "digest": hashlib.sha256("".join(fact.digest for fact in facts).encode()).hexdigest(),
        "sources": dict(Counter(fact.source for fact in facts)),
    }
    return AppendEntry(kind=Kind.CASE, name="facts", subject="", at=now, body=body)
