"""Find documents of the journal that cannot be read or disagree with the log; mend or drop them.

Documents of the kinds of `watchfloor.repair.rebuild` are rebuilt from the log. Documents of other kinds are created
again by their owner (an account: `watchfloor user add`) or dropped. Mending and dropping append an entry with the name
of the person and the former text. The role that keeps the document takes the change up within seconds.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from alerts.lifecycle import transitions
from alerts.oncall.directory import read_secret, read_version
from alerts.oncall.versions import SECRET
from alerts.rulebook import notes as rule_notes
from alerts.suppression.silences import SILENCE, WINDOW
from alerts.suppression.silences import load as load_suppression
from api.auth import accounts, identities, signin
from api.availability import counting
from approvals.cards.documents import CARD_KIND, ORDER_KIND, card_of, order_of
from approvals.sweeps import SWEEP_KIND, sweep_of
from feeds.documents.alert import alert_of, read_one
from feeds.documents.handover import KIND as HANDOVER
from feeds.documents.handover import load as load_handover
from feeds.documents.version import KINDS as VERSIONED
from feeds.engine.position import REPAIRS
from feeds.journal import Doc, Journal, JournalEntry
from feeds.journal.forms import LONGEST, SECRET_KINDS, UNREADABLE, NotMendable, UnreadableDocument, unreadable
from feeds.projection import health
from incidents.briefs import numbers as briefs
from incidents.warnings import journal as warnings_journal
from watchfloor.repair.rebuild import MENDABLE, rebuilt

OWNERS = (accounts, identities, signin, rule_notes, warnings_journal, briefs, counting, health)
"""Modules that register the form of their documents when they are imported."""
ALERT, AUDIT = "alert", "audit"
PAGE = 200
"""Documents that are parsed between two turns of the event loop."""
FRESH = 60.0
"""Seconds for which the API gives its list of unreadable documents again: making it reads every document."""


class JournalRepair:
    """The repair of documents as the API uses it; one per process."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = asyncio.Lock()
        self._cached: tuple[float, list[UnreadableDocument]] = (float("-inf"), [])

    async def unreadable(self) -> list[UnreadableDocument]:
        """The documents that cannot be read, at most FRESH seconds old. Errors are the journal's."""
        async with self._lock:
            made_at, wrong = self._cached
            if time.monotonic() - made_at >= FRESH:
                wrong = await unreadable_documents(self._journal)
                self._cached = time.monotonic(), wrong
            return wrong

    def mendable(self, kind: str) -> bool:
        """True when documents of that kind can be rebuilt from the log."""
        return kind in MENDABLE

    async def mend(self, kind: str, id: str, by: str) -> None:
        """See `mend`."""
        await mend(self._journal, kind, id, by)
        self._cached = (float("-inf"), [])

    async def drop(self, kind: str, id: str, by: str) -> None:
        """See `drop`."""
        await drop(self._journal, kind, id, by)
        self._cached = (float("-inf"), [])


async def unreadable_documents(journal: Journal) -> list[UnreadableDocument]:
    """The documents that cannot be read."""
    return [wrong async for page in journal.documents(PAGE) for wrong in _unreadable(page)]


def _unreadable(page: Sequence[Doc | UnreadableDocument]) -> Iterator[UnreadableDocument]:
    for document in page:
        if isinstance(document, UnreadableDocument):
            yield document
        elif document.kind in _LOADERS:
            try:
                _LOADERS[document.kind](document)
            except UNREADABLE as error:
                yield unreadable(document.kind, document.id, document.seq, error, document.body)


async def findings(journal: Journal) -> list[UnreadableDocument]:
    """The documents that cannot be read, and the alerts that disagree with their entries."""
    wrong: list[UnreadableDocument] = []
    async for page in journal.documents():
        unreadable_here = list(_unreadable(page))
        wrong += unreadable_here
        ids = {document.id for document in unreadable_here if document.kind == ALERT}
        alerts = [doc for doc in page if isinstance(doc, Doc) and doc.kind == ALERT and doc.id not in ids]
        entries = await journal.entries_of(ALERT, [doc.id for doc in alerts])
        for doc in alerts:
            if reason := _disagreement(doc, entries.get(doc.id, [])):
                wrong.append(UnreadableDocument(kind=ALERT, id=doc.id, seq=doc.seq, reason=reason))
    return wrong


def _disagreement(doc: Doc, entries: Sequence[JournalEntry]) -> str:
    if not entries:
        return "the log has no entries about it"
    try:
        logged = transitions.replay(entry.body for entry in entries)
        present = alert_of(doc.body)
    except UNREADABLE as error:
        return f"its entries cannot be replayed: {type(error).__name__}: {error}"[:300]
    differing = [name for name in msgspec.to_builtins(present) if getattr(logged, name) != getattr(present, name)]
    return f"disagrees with its entries: {', '.join(differing)}" if differing else ""


async def mend(journal: Journal, kind: str, id: str, by: str) -> None:
    """Rebuild a document from its entries. Raises NotMendable with the reason when that is impossible."""
    await _change(journal, "document-mended", kind, id, by, await rebuilt(journal, kind, id))


async def drop(journal: Journal, kind: str, id: str, by: str) -> None:
    """Delete a document. Raises NotMendable when it does not exist."""
    await _change(journal, "document-dropped", kind, id, by, None)


async def _change(journal: Journal, name: str, kind: str, id: str, by: str, doc: Doc | None) -> None:
    raw = await journal.raw_document(kind, id)
    if raw is None:
        raise NotMendable(f"there is no document {kind} {id}")
    body = {"kind": kind, "text": raw.decode("utf-8", "replace")[:LONGEST]}
    if kind in SECRET_KINDS:
        del body["text"]  # secrets must not enter the log
    async with journal.begin() as tx:
        await tx.set_cursor(REPAIRS, {"last": secrets.token_hex(8)})
        await tx.append(kind=AUDIT, name=name, subject=id, at=time.time(), actor=by, body=body)
        tx.recorded.add((kind, id))
        if doc is None:
            await tx.delete(kind, id)
        else:
            await tx.put(kind, id, doc.body, open=doc.open, seq=doc.seq)


_LOADERS: dict[str, Callable[[Doc], object]] = {
    **dict.fromkeys((SILENCE, WINDOW), lambda doc: load_suppression(doc.body)),
    **dict.fromkeys(VERSIONED, read_version),
    SECRET: read_secret,
    CARD_KIND: card_of,
    ORDER_KIND: order_of,
    SWEEP_KIND: sweep_of,
    HANDOVER: lambda doc: load_handover(doc.body),
    ALERT: lambda doc: read_one(json.dumps(doc.body)),
}
