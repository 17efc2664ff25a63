"""Rebuild a document of the journal from its entries: as its last good version was."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from alerts.lifecycle import transitions
from alerts.rulebook import forms as rule_forms
from alerts.suppression.silences import SILENCE, WINDOW
from alerts.suppression.silences import load as load_suppression
from feeds.cap.message import parse as parse_cap
from feeds.cap.warning import to_warning
from feeds.documents import alert as alert_document
from feeds.documents import rule as rule_document
from feeds.documents.alert import Bookkeeping
from feeds.documents.version import KINDS as VERSIONED
from feeds.journal import Doc, Journal, JournalEntry
from feeds.journal.forms import UNREADABLE, NotMendable, UnreadableDocument, parse
from feeds.model import EmergencyWarning
from incidents.warnings.areas import AreaResolver
from incidents.warnings.journal import WARNING, body_of
from incidents.warnings.lifecycle import key_of
from incidents.warnings.registry import WarningRegistry
from maps.regions import table

ALERT, RULE = alert_document.KIND, rule_document.KIND
MESSAGES = ("received", "content_changed")
"""Names of entries that hold a CAP message as it came."""


async def rebuilt(journal: Journal, kind: str, id: str) -> Doc:
    """The document as its entries leave it. Raises NotMendable with the reason when that is impossible."""
    if kind not in _REBUILD:
        raise NotMendable(f"documents of kind {kind} cannot be rebuilt from the log: make it anew, or drop it")
    entries = (await journal.entries_of(kind, [_subject(kind, id)])).get(_subject(kind, id), [])
    if not entries:
        raise NotMendable(f"the log has no readable entry about {kind} {id}")
    try:
        doc = await _REBUILD[kind](journal, id, entries)
        checked = parse(kind, id, doc.open, doc.seq, json.dumps(doc.body))
    except UNREADABLE as error:
        raise NotMendable(f"{type(error).__name__}: {error}"[:300]) from error
    if isinstance(checked, UnreadableDocument):
        raise NotMendable(checked.reason)
    return doc


def _subject(kind: str, id: str) -> str:
    """The subject of a document's entries. A rule's document has its source before the id."""
    return id.partition(":")[2] if kind == RULE else id


async def _alert(journal: Journal, id: str, entries: Sequence[JournalEntry]) -> Doc:
    """The alert as its entries leave it, with the receivers and persons that its queued messages were addressed to."""
    alert = transitions.replay(entry.body for entry in entries)
    ever: set[str] = set()
    firing: set[str] = set()
    people: dict[str, Any] = {}
    for message in await journal.outbox_for(id):
        to = message.body.get("to") or {}
        target = f"{message.receiver}/{to['person']}" if to.get("person") else message.receiver
        ended = message.body.get("reason") in ("cleared", "removed")
        ever.add(target)
        (firing.discard if ended else firing.add)(target)
        if to.get("person"):
            people[target] = to
    body = alert_document.dump(
        alert, Bookkeeping(notified=tuple(sorted(ever)), firing=tuple(sorted(firing)), people=people)
    )
    return Doc(kind=ALERT, id=id, open=alert.open, seq=entries[-1].seq, body=body)


async def _suppression(_: Journal, id: str, entries: Sequence[JournalEntry]) -> Doc:
    last = entries[-1]
    return Doc(kind=last.kind, id=id, open=load_suppression(last.body).ended_at is None, seq=last.seq, body=last.body)


async def _version(_: Journal, id: str, entries: Sequence[JournalEntry]) -> Doc:
    last = [entry for entry in entries if "after" in entry.body and "rev" in entry.body][-1]
    body = {"rev": last.body["rev"], "at": last.at, "by": last.actor, "comment": last.reason, "doc": last.body["after"]}
    return Doc(kind=last.kind, id=id, open=True, seq=last.seq, body=body)


async def _rule(_: Journal, id: str, entries: Sequence[JournalEntry]) -> Doc:
    """The rule after its last change; after its removal, the rule that was removed, closed."""
    source = id.partition(":")[0]
    last = [entry for entry in entries if entry.body.get("source") == source][-1]
    settings = last.body["after"] or last.body["before"]
    attribution = {"source": source, "rev": last.body["rev"], "by": last.actor, "at": last.at, "comment": last.reason}
    stored = rule_forms.load(rule_document.load(settings | attribution))
    body = rule_document.dump(rule_forms.document_of(stored))
    return Doc(kind=RULE, id=id, open=last.body["after"] is not None, seq=last.seq, body=body)


async def _warning(journal: Journal, id: str, entries: Sequence[JournalEntry]) -> Doc:
    """The warning after its message and all messages that acted on it are taken in again, in their order.

    Affected assets are counted by the role when it reads the document.
    """
    causes = {id, *(cause for entry in entries if (cause := entry.body.get("cause", "")))}
    by_cause = await journal.entries_of(WARNING, sorted(causes))
    messages = [entry for group in by_cause.values() for entry in group if entry.name in MESSAGES]
    registry, resolver = WarningRegistry(), AreaResolver(table(), ())
    for entry in sorted(messages, key=lambda entry: entry.seq):
        if (raw := _original(entry)) is not None:
            registry.take(resolver.placed(await asyncio.to_thread(_message, raw, entry)), entry.at)
    registry.advance(entries[-1].at)
    held = registry.held[key_of(id)]
    return Doc(kind=WARNING, id=id, open=held.shown, seq=entries[-1].seq, body=body_of(held))


def _original(entry: JournalEntry) -> bytes | None:
    """The message as it came, None in an entry without it. Raises NotMendable for one that is no CAP message."""
    if form := entry.body.get("form", ""):
        raise NotMendable(f"it was made of a report of the form {form}: its source sends it again, or drop it")
    if "raw_base64" in entry.body:
        return base64.b64decode(entry.body["raw_base64"])
    return entry.body["raw"].encode() if "raw" in entry.body else None


def _message(raw: bytes, entry: JournalEntry) -> EmergencyWarning:
    return to_warning(parse_cap(raw, "lenient"), source=entry.body.get("source", ""), received_at=entry.at)


Rebuild = Callable[[Journal, str, Sequence[JournalEntry]], Awaitable[Doc]]
_REBUILD: dict[str, Rebuild] = {
    ALERT: _alert,
    SILENCE: _suppression,
    WINDOW: _suppression,
    RULE: _rule,
    WARNING: _warning,
    **dict.fromkeys(VERSIONED, _version),
}
MENDABLE = frozenset(_REBUILD)
"""Kinds of documents that can be rebuilt."""
