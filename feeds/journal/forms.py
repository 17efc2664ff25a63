"""Validation of journal documents by kind, and the handling of documents that are invalid.

The owner of a kind registers a check of its documents. Documents that more than one package reads (records of kinds,
the forms of `feeds.documents`) are checked in every process. Readers of the journal receive the valid documents. An
invalid document stays in the journal unchanged. It is logged once, counted, and listed by `watchfloor journal
documents` until a person mends or drops it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from feeds.documents import handover, rule, suppression, version
from feeds.journal.records import Doc
from feeds.kinds import KINDS
from feeds.model import Kind

log = logging.getLogger(__name__)

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, msgspec.MsgspecError)
"""The errors that a check raises for an invalid document."""
SECRET_KINDS = frozenset(("account", "secret", "session", "token"))
"""Kinds whose texts hold secrets: they are neither shown nor put into the log."""
_WORDS = {
    "zh-CN": "{n} 份文档无法读取，已搁置，见 watchfloor journal documents。",
    "en": "{n} documents cannot be read and are set aside, see watchfloor journal documents.",
}
LONGEST = 20_000
"""The number of characters of an unreadable text that an entry of the log holds."""
Check = Callable[[Doc], object]
_checks: dict[str, Check] = {}


def register(kind: str, check: Check) -> None:
    """Register the check of a kind. A document is valid when the check raises none of UNREADABLE."""
    _checks[kind] = check


def register_fields(kind: str, form: Any) -> None:
    """Register a TypedDict or struct as the form of a kind. Additional fields are ignored."""
    register(kind, lambda doc: msgspec.convert(doc.body, form))


def check_of(kind: str) -> Check | None:
    """The check that the owner of a kind registered, else that of every process; None for a kind without one."""
    return _checks.get(kind) or _common_checks().get(kind)


@cache
def _common_checks() -> dict[str, Check]:
    records = {kind.archive: kind.record for kind in KINDS if kind.archive}
    records |= {kind: KINDS[kind].record for kind in (Kind.WARNING, Kind.RESOURCE)}
    checks: dict[str, Check] = {kind: _is_record(record) for kind, record in records.items()}
    checks |= {kind: _is_archived(records[kind]) for kind in (Kind.CARD, Kind.ORDER)}
    checks |= dict.fromkeys((suppression.SILENCE, suppression.WINDOW), lambda doc: suppression.load(doc.body))
    checks |= {rule.KIND: lambda doc: rule.load(doc.body), rule.LIMITS: lambda doc: rule.load_limits(doc.body)}
    checks |= {handover.KIND: lambda doc: handover.load(doc.body), **dict.fromkeys(version.KINDS, _version)}
    return checks


def _is_record(record: type[Any]) -> Check:
    return lambda doc: msgspec.convert(doc.body, record)


def _is_archived(record: type[Any]) -> Check:
    """A document whose open form its owner alone reads."""
    return lambda doc: doc.open or msgspec.convert(doc.body, record)


def _version(doc: Doc) -> object:
    content = version.CONTENTS[doc.kind]
    return version.load_content(doc.body, content) if doc.id == version.FILE else version.load(doc.body, content)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableDocument:
    """A document that cannot be read, with the reason. `fingerprint` is that of its stored text (see below)."""

    kind: str
    id: str
    seq: int
    reason: str
    fingerprint: str = ""


class NotMendable(ValueError):
    """The document cannot be rebuilt from the log or dropped. The message is the reason."""


def fingerprint(body: str | bytes | Mapping[str, Any]) -> str:
    """A digest that tells whether a document was written anew. The notation of valid JSON does not count."""
    if not isinstance(body, Mapping):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return hashlib.sha256(body if isinstance(body, bytes) else str(body).encode()).hexdigest()
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def parse(kind: str, id: str, open: bool, seq: int, body: str | bytes) -> Doc | UnreadableDocument:
    """The document with its body parsed and checked, or an UnreadableDocument with the reason."""
    try:
        record = json.loads(body)
        if not isinstance(record, dict):
            raise TypeError(f"expected an object, got {type(record).__name__}")
        doc = Doc(kind=kind, id=id, open=open, seq=seq, body=record)
        if check := check_of(kind):
            check(doc)
    except UNREADABLE as error:
        return unreadable(kind, id, seq, error, body)
    return doc


def unreadable(
    kind: str, id: str, seq: int, error: BaseException, body: str | bytes | Mapping[str, Any]
) -> UnreadableDocument:
    """The UnreadableDocument for an error that a check or a reader raised over that body."""
    reason = f"{type(error).__name__}: {error}"[:300]
    return UnreadableDocument(kind=kind, id=id, seq=seq, reason=reason, fingerprint=fingerprint(body))


class SetAside:
    """The documents that this process could not read. Each is logged once."""

    def __init__(self) -> None:
        self._documents: dict[tuple[str, str], UnreadableDocument] = {}

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, key: object) -> bool:
        """True for the (kind, id) of a document that could not be read."""
        return key in self._documents

    def __iter__(self) -> Iterator[UnreadableDocument]:
        return iter(list(self._documents.values()))

    def note(self, document: UnreadableDocument) -> None:
        """Record a document that cannot be read, and log it the first time."""
        if (document.kind, document.id) not in self._documents:
            log.error("document %s %s cannot be read and is set aside: %s", document.kind, document.id, document.reason)
        self._documents[document.kind, document.id] = document

    def clear(self, kind: str, id: str) -> None:
        """Remove a document that was read, written again or deleted."""
        self._documents.pop((kind, id), None)

    def words(self, language: str) -> str:
        """The number of unreadable documents and the remedy, as a text for people; "" when there are none."""
        return _WORDS[language].format(n=len(self)) if self._documents else ""

    def counts(self) -> dict[str, int]:
        """The number of unreadable documents by kind."""
        counts: dict[str, int] = {}
        for kind, _ in self._documents:
            counts[kind] = counts.get(kind, 0) + 1
        return counts
