"""The registry in the journal: one document per warning, notice and missing reference; one entry per step.

| kind of document | id | open while | body |
|---|---|---|---|
| `warning` | its id | shown on the screens | every field of EmergencyWarning, `enders`, `digests` |
| `warning_notice` (Cancel, Ack, Error) | its id's key | never | `digests` |
| `warning_waiting` | the missing message's key | waited for | `enders` |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from feeds.engine.requests import AppendEntry, Asking, DeleteDocument, FindDocument, ListDocuments, PutDocument, Writing
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.model import EmergencyWarning
from incidents.warnings.lifecycle import Ender, HeldWarning, key_of
from incidents.warnings.registry import WarningRegistry, WarningStep

WARNING, NOTICE, WAITING = "warning", "warning_notice", "warning_waiting"


def held_of(doc: Doc) -> HeldWarning:
    """A warning from its document."""
    enders, digests = (doc.body.get(name, []) for name in ("enders", "digests"))
    return HeldWarning(
        warning=msgspec.convert(doc.body, EmergencyWarning),
        enders=msgspec.convert(enders, tuple[Ender, ...]),
        digests=tuple(digests),
        shown=doc.open,
    )


def body_of(held: HeldWarning) -> dict[str, Any]:
    """A warning's document; times in epoch seconds."""
    body: dict[str, Any] = msgspec.to_builtins(held.warning)
    return body | {"enders": msgspec.to_builtins(held.enders), "digests": list(held.digests)}


class RegistryStore:
    """Loads a registry from the journal and writes its changes; one instance per registry."""

    def __init__(self, registry: WarningRegistry) -> None:
        self._registry = registry
        self._shown: set[str] = set()
        self._stored_waiting: set[str] = set()

    def load(self) -> Asking[None]:
        """Everything that is shown or waited for."""
        for doc in (yield ListDocuments(WARNING, open=True)):
            self._registry.restore(held_of(doc))
        for doc in (yield ListDocuments(WAITING)):
            self._registry.restore_waiting(doc.id, msgspec.convert(doc.body["enders"], tuple[Ender, ...]))
        self._shown = set(self._registry.held)
        self._stored_waiting = set(self._registry.waiting)

    def recall(self, references: Sequence[str]) -> Asking[None]:
        """Bring messages that have left memory back before one that names them is taken in."""
        for reference in references:
            if self._registry.knows(reference):
                continue
            key = key_of(reference)
            if (doc := (yield FindDocument(WARNING, reference))) is not None:
                self._registry.restore(held_of(doc))
            elif (doc := (yield FindDocument(NOTICE, key))) is not None:
                self._registry.notices[key] = tuple(doc.body["digests"])

    def write(self, steps: Sequence[WarningStep], extra: Mapping[str, Mapping[str, Any]]) -> Writing[None]:
        """Write one entry per step, then the changed documents. `extra` adds to the body of a message's first entry."""
        seqs: dict[str, int] = {}
        for step in steps:
            more = extra.get(step.subject, {}) if step.name in ("received", "content_changed") else {}
            seqs[step.subject] = yield AppendEntry(
                kind=WARNING,
                name=step.name,
                subject=step.subject,
                at=step.at,
                body={**step.body, **more, "cause": step.cause},
            )
        for held in self._changed():
            id = held.warning.id
            yield PutDocument(kind=WARNING, id=id, body=body_of(held), open=held.shown, seq=seqs.get(id, 0))
        for key in self._registry.changed_notices:
            digests = list(self._registry.notices[key])
            yield PutDocument(kind=NOTICE, id=key, body={"digests": digests}, open=False)
        yield from self._write_waiting()

    def _changed(self) -> list[HeldWarning]:
        return [self._registry.held[key] for key in self._registry.changed]

    def _write_waiting(self) -> Writing[None]:
        for key in self._registry.changed_waiting:
            if (enders := self._registry.waiting.get(key)) is not None:
                yield PutDocument(kind=WAITING, id=key, body={"enders": msgspec.to_builtins(enders)})
            elif key in self._stored_waiting:
                yield DeleteDocument(WAITING, key)

    def written(self) -> dict[str, EmergencyWarning | None]:
        """After the transaction: the public changes by id (None: no longer shown). Frees memory."""
        news: dict[str, EmergencyWarning | None] = {}
        for key, held in zip(self._registry.changed, self._changed(), strict=True):
            if held.shown:
                news[held.warning.id] = held.warning
                self._shown.add(key)
            elif key in self._shown:
                news[held.warning.id] = None
                self._shown.discard(key)
        for key in self._registry.changed_waiting:
            (self._stored_waiting.add if key in self._registry.waiting else self._stored_waiting.discard)(key)
        self._registry.forget()
        return news


def _enders(doc: Doc) -> object:
    return msgspec.convert(doc.body["enders"], tuple[Ender, ...])


register(WARNING, held_of)
register(WAITING, _enders)
register(NOTICE, lambda doc: tuple(doc.body["digests"]))
