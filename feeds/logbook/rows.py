"""Which journal entries are rows of the duty log (值班日志), of what sort they are, and what they concern.

The log is a view of the hash-chained journal: a row is one entry, and no second store holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.journal import JournalEntry
from feeds.model.duty_log import LOG_KINDS

ANY = "*"
ROWS: Mapping[str, Mapping[str, str]] = {
    "incident": {
        **dict.fromkeys(
            ("created", "verify", "open", "false", "transfer", "merge", "unmerge", "end", "reopen", "restore"), "phase"
        ),
        **dict.fromkeys(("review", "archive"), "phase"),
        "grade": "grade",
        "respond": "response",
        "end-response": "response",
        "casualties": "figures",
        "post": "post",
        "commander-missing": "post",
    },
    "obligation": dict.fromkeys(("late", "met", "skipped"), "report"),
    "receipt": dict.fromkeys(("received", "created", "opened", "attached", "dismissed", "restored"), "receipt")
    | {"unanswered": "receipt"},
    "brief": dict.fromkeys(("created", "signed", "sent", "withdrawn", "corrected"), "brief"),
    "task": {ANY: "task"},
    "proposal": {ANY: "plan"},
    "plan": {ANY: "plan"},
    "campaign": dict.fromkeys(
        ("drafted", "approve", "approval-void", "send", "wave", "unreached", "cancel", "answer"), "message"
    ),
    "exercise": dict.fromkeys(("created", "start", "pause", "resume", "stop", "inject", "injected"), "exercise"),
    "resource": dict.fromkeys(("assign", "status", "move", "requisition", "return"), "resource"),
    "handover": dict.fromkeys(("given", "accepted"), "handover"),
    "audit": dict.fromkeys(("sign-in", "sign-out"), "sign-in") | {"brief-exported": "export"},
    "log": dict.fromkeys(("written", "corrected"), ANY),
}
"""By kind and name of a journal entry: the sort of its row. ANY as a name: every name; as a sort: the entry's own."""
AUTOMATIC = tuple(dict.fromkeys(sort for names in ROWS.values() for sort in names.values() if sort != ANY))
SORTS = (*LOG_KINDS, *AUTOMATIC)
"""Every sort of row, those of people first."""
RECEIPT_WORDS = 60
"""Characters of a report that name it in a row."""
DECISIONS = frozenset({"decision", "phase", "grade", "response"})
"""Sorts of rows that are decisions; of plans only what confirms or declines one is."""
DECIDED = frozenset({"confirmed", "declined"})


def sort_of(entry: JournalEntry) -> str:
    """The sort of an entry's row, "" for one that is no row."""
    names = ROWS.get(entry.kind, {})
    sort = names.get(entry.name, names.get(ANY, ""))
    return str(entry.body.get("kind", "remark")) if sort == ANY else sort


def is_decision(entry: JournalEntry) -> bool:
    """True for a decision about an incident: on its phase, grade, response or plan, or an entry of that sort."""
    sort = sort_of(entry)
    return sort in DECISIONS or (sort == "plan" and entry.name in DECIDED)


def kinds_with(sort: str) -> tuple[str, ...]:
    """The kinds of journal entry that have rows of a sort; of any sort for ""."""
    if not sort:
        return tuple(ROWS)
    if sort in LOG_KINDS:
        return ("log",)
    return tuple(kind for kind, names in ROWS.items() if sort in names.values())


def name_of(kind: str, document: Mapping[str, Any] | None) -> dict[str, str] | str:
    """What people call the subject of a row, by its document: its title or name, "" for none."""
    own = document or {}
    if kind == "receipt":
        return str(own.get("text") or own.get("title") or "")[:RECEIPT_WORDS]
    name = (own.get("effect") or {}).get("title") if kind == "proposal" else own.get("title") or own.get("name")
    if kind == "plan" and isinstance(name, Mapping):
        return {language: f"{words} @{own.get('version')}" for language, words in name.items()}
    return name or ""


def incident_of(entry: JournalEntry, document: Mapping[str, Any] | None) -> str:
    """The incident that a row is about, "" for none. `document` is that of the entry's subject."""
    if entry.kind == "incident":
        return entry.subject
    return str((document or {}).get("incident") or entry.body.get("incident") or "")
