"""The form that documents of each kind must have, and what to do with one that cannot be read.

The owner of a kind registers how its documents are read. A reader of the journal is given the documents that can be
read; the others are set aside: they stay in the journal as they are, are logged once, counted, and named by
`watchfloor journal documents`, until they are mended or dropped by a person.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from feeds.journal.records import Doc

log = logging.getLogger(__name__)

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, msgspec.MsgspecError)
"""Errors by which a reader tells that a document has not the form that it needs."""
_WORDS = {
    "zh-CN": "{n} 份文档无法读取，已搁置，见 watchfloor journal documents。",
    "en": "{n} documents cannot be read and are set aside, see watchfloor journal documents.",
}
Check = Callable[[Doc], object]
_checks: dict[str, Check] = {}


def register(kind: str, check: Check) -> None:
    """Documents of `kind` can be read when `check` raises none of UNREADABLE."""
    _checks[kind] = check


def register_fields(kind: str, form: Any) -> None:
    """Documents of `kind` are objects of the form of a TypedDict or struct; other fields are passed over."""
    register(kind, lambda doc: msgspec.convert(doc.body, form))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A document that cannot be read, and why."""

    kind: str
    id: str
    seq: int
    reason: str


def parse(kind: str, id: str, open: bool, seq: int, body: str | bytes) -> Doc | Unreadable:
    """The document with its body parsed and checked, or what is wrong with it."""
    try:
        record = json.loads(body)
        if not isinstance(record, dict):
            raise TypeError(f"expected an object, got {type(record).__name__}")
        doc = Doc(kind=kind, id=id, open=open, seq=seq, body=record)
        if check := _checks.get(kind):
            check(doc)
    except UNREADABLE as error:
        return unreadable(kind, id, seq, error)
    return doc


def unreadable(kind: str, id: str, seq: int, error: BaseException) -> Unreadable:
    """What is wrong with a document, by the error that its reader raised."""
    return Unreadable(kind=kind, id=id, seq=seq, reason=f"{type(error).__name__}: {error}"[:300])


class SetAside:
    """Documents that one process could not read. `log` names each once."""

    def __init__(self) -> None:
        self._documents: dict[tuple[str, str], Unreadable] = {}

    def __len__(self) -> int:
        return len(self._documents)

    def note(self, document: Unreadable) -> None:
        """The document cannot be read."""
        if (document.kind, document.id) not in self._documents:
            log.error("document %s %s cannot be read and is set aside: %s", document.kind, document.id, document.reason)
        self._documents[document.kind, document.id] = document

    def clear(self, kind: str, id: str) -> None:
        """The document was read, written anew or deleted."""
        self._documents.pop((kind, id), None)

    def words(self, language: str) -> str:
        """How many documents cannot be read and what to do, for people; "" for none."""
        return _WORDS[language].format(n=len(self)) if self._documents else ""

    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        counts: dict[str, int] = {}
        for kind, _ in self._documents:
            counts[kind] = counts.get(kind, 0) + 1
        return counts
