"""Receipts (接报): reports of events as they arrived. Written by the command role."""

from __future__ import annotations

from typing import Literal

from feeds.kinds.filters import From, Search, Sort, Within, Words
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.modes import is_exercise
from feeds.kinds.places import point
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, texts
from feeds.model import CHANNELS, RECEIPT_STATES, Receipt
from feeds.model.incidents import MODES
from feeds.texts.catalogue import DEFAULT

ReceiptOrder = Literal["open", "attach", "dismiss", "restore"]
SUMMARY = 120
"""Characters of a report that stand in a list."""


def _title(subject: SubjectState, language: str) -> str:
    """What was reported and where; the id of a receipt that says neither."""
    receipt = subject.record
    words = receipt.title or receipt.text[:60]
    place = "" if receipt.place in words else receipt.place
    return ("，" if language == DEFAULT else ", ").join(filter(None, (words, place))) or str(subject.id)


def _summary(receipt: Receipt) -> str:
    """The first words of the report, else its title."""
    return receipt.text[:SUMMARY] or receipt.title


def _orders(receipt: Receipt) -> list[ReceiptOrder]:
    """The decisions that are possible now; `open` and `attach` take it up into an incident."""
    if receipt.state == "new":
        return ["open", "attach", "dismiss"]
    return ["restore"] if receipt.state == "dismissed" else []


def _real(receipt: Receipt) -> bool:
    """True for a receipt that rules are asked about: no exercise."""
    return receipt.mode == "real"


RECEIPT = RecordKind(
    name="receipt",
    plural="receipts",
    record=Receipt,
    writer="command",
    faces={
        "map": ("id", "state", "mode", "channel", "event_class", "region", "unanswered"),
        "row": (
            "id",
            "source",
            "channel",
            "state",
            "mode",
            "region",
            "received_at",
            "summary",
            "place",
            "event_class",
            "unanswered",
            "answered_at",
            "incident",
            "candidates",
            "versions",
            "rev",
        ),
    },
    derived=(Derived("summary", str, _summary), Derived("orders", list[ReceiptOrder], _orders)),
    place=point,
    apart=is_exercise,
    redact=("caller", "phone"),
    archive="receipt",
    entries=("receipt",),
    filters=(
        Words(name="state", words=RECEIPT_STATES),
        Words(name="channel", words=CHANNELS),
        Words(name="source"),
        Words(name="mode", words=MODES, default="real", about="Left out: real; * for all"),
        Within(),
        Search(name="q", fields=("id", "title", "text", "place")),
        From(name="since", field="received_at"),
    ),
    sort=Sort(("received_at", "id"), down=True, page=100),
    slashes=True,
    subject=SubjectKind(
        name="receipt",
        names={
            **texts("id", "source", "region", "event_class", "place", "text"),
            "channel": RuleName("string", frozenset(CHANNELS)),
            "state": RuleName("string", frozenset(RECEIPT_STATES)),
            "unanswered": RuleName("bool"),
        },
        title=_title,
        feed=lambda subject: "emergency",
        evaluated=_real,
    ),
)
