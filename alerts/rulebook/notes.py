"""Changes of rules on their way to the journal: one entry and one document for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from alerts.rulebook.forms import StoredRule, document_of, load
from alerts.rulebook.refusals import STORM
from feeds.documents import rule as rule_document
from feeds.documents.rule import RuleLimits
from feeds.engine.requests import AppendEntry, PutDocument, Writing
from feeds.journal.forms import register

KIND, STATE = rule_document.KIND, rule_document.LIMITS
MOST = 500
"""At most so many rules can be made through the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNote:
    """One change of one rule. `before` and `after` are JSON-able, None when the rule did or does not exist."""

    name: str
    stored_rule: StoredRule
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    at: float
    actor: str = ""
    comment: str = ""
    command: str = ""
    undoes: int | None = None


def record(notes: Iterable[RuleNote], *, rev: int, sample: float) -> Writing[None]:
    """Write changes to the journal: an entry and a document for each rule, and the limits that hold for all.

    `rev` is the rule book's revision, `sample` the seconds between two samples for rates.
    """
    for note in notes:
        stored = note.stored_rule
        body = {"rev": stored.rev, "source": stored.source, "before": note.before, "after": note.after}
        seq = yield AppendEntry(
            kind=KIND,
            name=note.name,
            subject=stored.id,
            at=note.at,
            actor=note.actor,
            reason=note.comment,
            command=note.command,
            body=body | {"undoes": note.undoes},
        )
        yield PutDocument(
            kind=KIND, id=stored.key, body=rule_document.dump(document_of(stored)), open=note.after is not None, seq=seq
        )
    limits = RuleLimits(rev=rev, sample=sample, storm=STORM, most=MOST)
    yield PutDocument(kind=STATE, id=STATE, body=rule_document.dump(limits))


register(KIND, lambda doc: load(rule_document.load(doc.body)))
