"""Conversion of a received CAP document to a warning."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.cap.message import CapDocument, CapMessage, CapRefused
from feeds.cap.warning import in_envelope, to_warning
from feeds.isolation.cap import Parse
from feeds.isolation.process import Outlasted
from feeds.model import EmergencyWarning

if TYPE_CHECKING:
    from feeds.journal import Journal

Outcome = CapMessage | CapRefused | Outlasted
"""The message of a document, or the reason why it has none."""


class DocumentRefused(ValueError):
    """The document is rejected; the text has the reasons (finding codes and XPaths)."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """Read a document's bytes: a request that the engine carries out (see feeds.engine.requests)."""

    document: CapDocument
    parse: Parse

    async def ask(self, _journal: Journal) -> Outcome:
        document = self.document
        if document.message is not None:
            return document.message
        try:
            return await self.parse(document.raw, document.mode, document.profile, document.keys)
        except (CapRefused, Outlasted) as error:
            return error


def warning_of(document: CapDocument, source: str, outcome: Outcome) -> EmergencyWarning:
    """The warning of a document, without its location. Raises DocumentRefused.

    A faulty message of a lenient source is accepted with its findings; one of a strict source is not.
    """
    if isinstance(outcome, Outlasted):
        raise DocumentRefused(f"{outcome}; SHA-256 {hashlib.sha256(document.raw).hexdigest()}")
    if isinstance(outcome, CapRefused):
        raise DocumentRefused(str(outcome))
    warning = to_warning(
        outcome, source=document.source or source, received_at=document.received_at, profile=document.profile
    )
    return in_envelope(warning, document.envelope)
