"""`watchfloor journal documents`: find documents that cannot be read or disagree with the log; mend or drop them.

Alerts, silences, maintenance windows, rosters, receivers and policies are rebuilt from the log. Documents of other
kinds are created again by their owner (an account: `watchfloor user add`) or dropped. Mending and dropping append an
entry with the name of the person and the former text.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from alerts.lifecycle import transitions
from alerts.oncall.directory import read_version
from alerts.suppression.silences import SILENCE, WINDOW
from alerts.suppression.silences import load as load_suppression
from api.auth import accounts, identities, signin
from feeds.documents import alert as alert_document
from feeds.documents.alert import Bookkeeping, alert_of, read_one
from feeds.documents.version import KINDS as VERSIONED
from feeds.journal import ChainFault, Doc, Journal, JournalEntry
from feeds.journal.forms import UNREADABLE, UnreadableDocument, parse, unreadable
from incidents.warnings import journal as warnings_journal

OWNERS = (accounts, identities, signin, warnings_journal)
"""Modules that register the form of their documents when they are imported."""
ALERT, AUDIT = "alert", "audit"
LONGEST = 20_000
"""The number of characters of an unreadable text that its journal entry holds."""


class NotMendable(ValueError):
    """The document cannot be rebuilt from the log or dropped. The message is the reason."""


async def act(journal: Journal, args: Any) -> list[UnreadableDocument]:
    """Carry out `--mend` or `--drop`. Returns the documents that are wrong afterwards. Raises NotMendable."""
    if (args.mend or args.drop) and not args.by:
        raise NotMendable("请用 --by 写明是谁。--by NAME is needed: the journal names who changes a document.")
    for target, change in ((args.mend, mend), (args.drop, drop)):
        if target:
            await change(journal, target[0], target[1], args.by)
    return await findings(journal)


def shown(wrong: Sequence[UnreadableDocument], *, as_json: bool) -> str:
    """The faults of the documents as text for people, or as JSON."""
    if as_json:
        return json.dumps({"documents": _records(wrong)}, ensure_ascii=False)
    return "\n".join([*_lines(wrong), f"{len(wrong)} 份文档有问题 documents are wrong"])


def verified(entries: int, faults: Sequence[ChainFault], wrong: Sequence[UnreadableDocument], *, as_json: bool) -> str:
    """The faults of the hash chains and of the documents as text for people, or as JSON."""
    if as_json:
        chains = [
            {"chain": fault.chain, "chain_seq": fault.chain_seq, "seq": fault.seq, "what": fault.what}
            for fault in faults
        ]
        return json.dumps({"entries": entries, "faults": chains, "documents": _records(wrong)}, ensure_ascii=False)
    lines = [f"{fault.chain} #{fault.chain_seq} (row {fault.seq}): {fault.what}" for fault in faults]
    total = f"{entries} 条记录 entries, {len(faults)} 处断裂 faults, {len(wrong)} 份文档有问题 documents are wrong"
    return "\n".join([*lines, *_lines(wrong), total])


def _records(wrong: Sequence[UnreadableDocument]) -> list[dict[str, Any]]:
    return [
        {"kind": document.kind, "id": document.id, "seq": document.seq, "reason": document.reason} for document in wrong
    ]


def _lines(wrong: Sequence[UnreadableDocument]) -> list[str]:
    return [f"{document.kind} {document.id} (row {document.seq}): {document.reason}" for document in wrong]


async def verify(journal: Journal) -> tuple[int, list[ChainFault], list[UnreadableDocument]]:
    """The number of entries, the breaks of the hash chains, and the documents that are wrong."""
    return await journal.count(), await journal.verify(), await findings(journal)


async def findings(journal: Journal) -> list[UnreadableDocument]:
    """The documents that cannot be read, and the alerts that disagree with their entries."""
    wrong: list[UnreadableDocument] = []
    async for page in journal.documents():
        wrong += [document for document in page if isinstance(document, UnreadableDocument)]
        for document in page:
            if isinstance(document, Doc) and document.kind in _LOADERS:
                try:
                    _LOADERS[document.kind](document)
                except UNREADABLE as error:
                    wrong.append(unreadable(document.kind, document.id, document.seq, error))
        alerts = [document for document in page if isinstance(document, Doc) and document.kind == ALERT]
        entries = await journal.entries_of(ALERT, [doc.id for doc in alerts])
        for doc in alerts:
            if reason := _disagreement(doc, entries.get(doc.id, [])):
                wrong.append(UnreadableDocument(kind=ALERT, id=doc.id, seq=doc.seq, reason=reason))
    return wrong


def _disagreement(doc: Doc, entries: Sequence[JournalEntry]) -> str:
    try:
        read_one(json.dumps(doc.body))
    except UNREADABLE as error:
        return f"{type(error).__name__}: {error}"[:300]
    if not entries:
        return "the log has no entries about it"
    try:
        logged = transitions.replay(entry.body for entry in entries)
        present = alert_of(doc.body)
    except UNREADABLE as error:
        return f"its entries cannot be replayed: {type(error).__name__}: {error}"[:300]
    differing = [name for name in msgspec.to_builtins(present) if getattr(logged, name) != getattr(present, name)]
    return f"disagrees with its entries: {', '.join(differing)}" if differing else ""


async def mend(journal: Journal, kind: str, id: str, by: str) -> Doc:
    """Rebuild a document from its entries. Raises NotMendable with the reason when that is impossible."""
    entries = (await journal.entries_of(kind, [id])).get(id, [])
    if kind not in _REBUILD:
        raise NotMendable(f"documents of kind {kind} cannot be rebuilt from the log: make it anew, or drop it")
    if not entries:
        raise NotMendable(f"the log has no readable entry about {kind} {id}")
    try:
        doc = _REBUILD[kind](id, entries, await journal.outbox_for(id))
        checked = parse(kind, id, doc.open, doc.seq, json.dumps(doc.body))
    except UNREADABLE as error:
        raise NotMendable(f"{type(error).__name__}: {error}"[:300]) from error
    if isinstance(checked, UnreadableDocument):
        raise NotMendable(checked.reason)
    await _change(journal, "document-mended", kind, id, by, doc)
    return doc


async def drop(journal: Journal, kind: str, id: str, by: str) -> None:
    """Delete a document. Raises NotMendable when it does not exist."""
    await _change(journal, "document-dropped", kind, id, by, None)


async def _change(journal: Journal, name: str, kind: str, id: str, by: str, doc: Doc | None) -> None:
    raw = await journal.raw_document(kind, id)
    if raw is None:
        raise NotMendable(f"there is no document {kind} {id}")
    body = {"kind": kind, "text": raw.decode("utf-8", "replace")[:LONGEST]}
    if kind in ("account", "secret", "session", "token"):
        del body["text"]  # secrets must not enter the log
    async with journal.begin() as tx:
        await tx.append(kind=AUDIT, name=name, subject=id, at=time.time(), actor=by, body=body)
        if doc is None:
            await tx.delete(kind, id)
        else:
            await tx.put(kind, id, doc.body, open=doc.open, seq=doc.seq)


def _alert(id: str, entries: Sequence[JournalEntry], messages: Sequence[Any]) -> Doc:
    """The alert as its entries leave it, with the receivers and persons that its queued messages were addressed to."""
    alert = transitions.replay(entry.body for entry in entries)
    ever: set[str] = set()
    firing: set[str] = set()
    people: dict[str, Any] = {}
    for message in messages:
        to = message.body.get("to") or {}
        target = f"{message.receiver}/{to['person']}" if to.get("person") else message.receiver
        ended = message.body.get("reason") in ("cleared", "removed")
        ever.add(target)
        (firing.discard if ended else firing.add)(target)
        if to.get("person"):
            people[target] = to
    body = alert_document.dump(alert, Bookkeeping(told=sorted(ever), firing=sorted(firing), people=people))
    return Doc(kind=ALERT, id=id, open=alert.open, seq=entries[-1].seq, body=body)


def _suppression(id: str, entries: Sequence[JournalEntry], _: Sequence[Any]) -> Doc:
    last = entries[-1]
    return Doc(kind=last.kind, id=id, open=load_suppression(last.body).ended_at is None, seq=last.seq, body=last.body)


def _version(id: str, entries: Sequence[JournalEntry], _: Sequence[Any]) -> Doc:
    last = [entry for entry in entries if "after" in entry.body and "rev" in entry.body][-1]
    body = {"rev": last.body["rev"], "at": last.at, "by": last.actor, "comment": last.reason, "doc": last.body["after"]}
    return Doc(kind=last.kind, id=id, open=True, seq=last.seq, body=body)


_LOADERS: dict[str, Callable[[Doc], object]] = {
    **dict.fromkeys((SILENCE, WINDOW), lambda doc: load_suppression(doc.body)),
    **dict.fromkeys(VERSIONED, read_version),
}
_REBUILD: dict[str, Callable[[str, Sequence[JournalEntry], Sequence[Any]], Doc]] = {
    ALERT: _alert,
    SILENCE: _suppression,
    WINDOW: _suppression,
    **dict.fromkeys(VERSIONED, _version),
}
