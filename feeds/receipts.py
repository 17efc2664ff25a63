"""Reports of other systems (110, 119, 120, 122 and any other) in one form, on their way to receipts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from feeds import wire

FUTURE = 120.0
"""Seconds by which the clock of a sender may be ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReport:
    """One report under an external id. Times are epoch seconds; positions are EPSG:4326.

    `raw` is the row as received (JSON), with everything that the mapping did not name. `problems` are values that the
    mapping could not use, in words. `at` is when the sender took the report, `updated_at` when it last changed it.
    """

    source: str
    external_id: str
    channel: str
    received_at: float
    at: float
    updated_at: float
    text: str
    title: str = ""
    occurred_at: float | None = None
    place: str = ""
    region: str = ""
    event_class: str = ""
    their_class: str = ""
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float = 0.0
    caller: str = ""
    phone: str = ""
    mode: str = "real"
    problems: tuple[str, ...] = ()
    raw: str = ""

    @property
    def id(self) -> str:
        """The id of its receipt."""
        return f"{self.source}:{self.external_id}"

    @property
    def digest(self) -> str:
        """The SHA-256 of the row, by which a repetition is recognised."""
        return hashlib.sha256((self.raw or repr(self)).encode()).hexdigest()


wire.register_item("receipt", ReceiptReport)
