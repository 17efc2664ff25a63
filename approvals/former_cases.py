"""Migration of case documents in the journal to facts of the store of cases, with applicants' names sealed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from feeds.cases.facts import CaseFact
from feeds.cases.making import FactRefused, make_fact
from feeds.cases.sealing import Sealer
from feeds.cases.words import KIND_WORDS
from feeds.journal import Doc
from feeds.journal.forms import UNREADABLE

DOCUMENT = "case"
TIMES = ("accepted", "ended")


def former_facts(docs: Sequence[Doc], sealer: Sealer) -> dict[str, CaseFact]:
    """The facts of former documents by their ids. Documents that cannot be read are left out."""
    facts = {}
    for doc in docs:
        with suppress(FactRefused, *UNREADABLE):
            facts[doc.id] = _fact(doc, sealer)
    return facts


def _fact(doc: Doc, sealer: Sealer) -> CaseFact:
    """The facts of one document. Raises FactRefused or one of UNREADABLE."""
    case: dict[str, Any] = doc.body.get("case") or {}
    values: dict[str, Any] = {name: case.get(name) for name in ("item", "department", "region", "result")}
    values |= {"kind": KIND_WORDS.get(str(case.get("kind")), ""), "person.name": case.get("applicant")}
    values |= {"promised": case.get("promised_days"), "statutory": case.get("statutory_days")}
    values |= {name: _at(case.get(name)) for name in TIMES}
    rows = {
        "step": [_timed(step) for step in case.get("steps", ())],
        "suspension": [_timed(span) for span in case.get("suspensions", ())],
    }
    filled = {name: value for name, value in values.items() if value not in (None, "")}
    return make_fact(
        sealer,
        filled | {"rows": rows},
        system=str(doc.body.get("from") or "push"),
        number=str(case.get("number") or doc.id),
        stamp=_at(case.get("updated")) or 0.0,
        source="journal",
        at=float(doc.body.get("received_at") or 0.0),
    )


def _at(text: Any) -> float | None:
    return datetime.fromisoformat(str(text)).timestamp() if text else None


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: _at(row.get(name)) for name in ("started", "ended") if row.get(name)}
    return {name: value for name, value in row.items() if value and name not in ("started", "ended", "due")} | times
