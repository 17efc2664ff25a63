"""A shift handover's document, and the summary of it that the log holds with each signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

KIND, HANDED_OVER, ACCEPTED = "handover", "given", "accepted"


class HandoverSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Summary of a handover: its region ("" for the whole site), the receiving person, and counts by sort of record.

    `digest` is the SHA-256 of the picture (`digest_of`), so that the log proves what was handed over; "" in handovers
    of earlier versions.
    """

    region: str
    to: str = ""
    counts: dict[str, int] = {}
    digest: str = ""


class HandoverDocument(HandoverSummary, frozen=True, kw_only=True):
    """A handover with its signatures. Times in epoch seconds; `accepted_at` None: the second signature is missing.

    `shift` and `picture` are frozen: the answers that the first signer saw (`PlannedShift` and `HandoverPicture` of
    the interface), in the form of the version that wrote them.
    """

    at: float
    by: str
    remarks: str = ""
    accepted_at: float | None = None
    accepted_by: str = ""
    accept_remarks: str = ""
    shift: dict[str, Any] | None = None
    picture: dict[str, Any]

    @property
    def summary(self) -> HandoverSummary:
        """The part of the handover that the log holds with each signature."""
        return HandoverSummary(region=self.region, to=self.to, counts=self.counts, digest=self.digest)


def digest_of(picture: Mapping[str, Any]) -> str:
    """SHA-256 of a picture's JSON with sorted keys, in hex."""
    text = json.dumps(picture, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def load(body: Mapping[str, Any]) -> HandoverDocument:
    """From a document's body; unknown fields are passed over. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(body), HandoverDocument)


def load_summary(body: Mapping[str, Any]) -> HandoverSummary:
    """From the body of an entry of the log. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(body), HandoverSummary)


def dump(document: HandoverSummary) -> dict[str, Any]:
    """The body of a document or of an entry."""
    body: dict[str, Any] = msgspec.to_builtins(document)
    return body
