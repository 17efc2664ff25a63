"""A case folded from its facts, without its clock. Times are epoch seconds. No personal values."""

from __future__ import annotations

from typing import Any

import msgspec

from feeds.cases.words import CaseKind

Moment = float | str
"""An instant in epoch seconds, or a whole day as YYYY-MM-DD."""


class CaseStep(msgspec.Struct, frozen=True, kw_only=True):
    """One visit of a step. `five` is the one of the five steps it belongs to ("" for none), `limit` in working days.

    A step of length zero has an unknown end: the national form says to fill in the start where there is no end.
    """

    seq: int
    name: str
    five: str = ""
    role: str = ""
    owner: str = ""
    action: str = ""
    state: str = ""
    started: float | None = None
    ended: float | None = None
    end_unknown: bool = False
    limit: int | None = None

    @property
    def open(self) -> bool:
        """True for a step that has begun and not ended."""
        return self.started is not None and self.ended is None


class CaseSuspension(msgspec.Struct, frozen=True, kw_only=True):
    """Time that is not counted (行政许可法 art. 45). `excluded` is False for one that does not stop the clock."""

    kind: str
    notice: str = ""
    started: Moment
    ended: Moment | None = None
    stated_days: int | None = None
    stated_unit: str = ""
    told_at: float = 0.0
    excluded: bool = True
    flaw: str = ""


class CaseExtension(msgspec.Struct, frozen=True, kw_only=True):
    """More days by consent of the office's head (art. 42)."""

    days: int
    by: str = ""
    approver: str = ""
    notice: str = ""
    decided: float | None = None


class CaseSupplement(msgspec.Struct, frozen=True, kw_only=True):
    """A notice of missing papers (补正) and their receipt."""

    notified: float | None = None
    received: float | None = None


class CaseFee(msgspec.Struct, frozen=True, kw_only=True):
    """A fee in fen."""

    name: str = ""
    amount: int = 0
    paid: float | None = None


class CaseReview(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant's opinion: 1 very content to 5 very discontent (GB/T 39046 A.8)."""

    satisfaction: int
    at: float | None = None
    settled: float | None = None


class FoldedCase(msgspec.Struct, frozen=True, kw_only=True):
    """One case. `systems` brought facts about it; `received_at` is when the first one came, `changed_at` the last.

    `has_base_row` is False while only rows about the case have arrived and not the row of the case itself.
    `notes` are findings of the fold. `values` are the values of each system where they disagree.
    """

    system: str
    number: str
    systems: tuple[str, ...] = ()
    has_base_row: bool = True
    deleted: bool = False
    kind: CaseKind = "other"
    item: str = ""
    item_name: str = ""
    item_version: str = ""
    department: str = ""
    region: str = ""
    channel: str = ""
    applicant_kind: str = ""
    parent: str = ""
    applied: float | None = None
    accepted: float | None = None
    handed_over: float | None = None
    decided: float | None = None
    submitted_up: float | None = None
    delivered: float | None = None
    ended: float | None = None
    result: str = ""
    has_reason: bool = False
    promised: int | None = None
    statutory: int | None = None
    unit: str = ""
    due_source: str = ""
    aliases: dict[str, str] = {}
    steps: tuple[CaseStep, ...] = ()
    suspensions: tuple[CaseSuspension, ...] = ()
    extensions: tuple[CaseExtension, ...] = ()
    supplements: tuple[CaseSupplement, ...] = ()
    fees: tuple[CaseFee, ...] = ()
    reviews: tuple[CaseReview, ...] = ()
    received_at: float = 0.0
    changed_at: float = 0.0
    stamp: float = 0.0
    reopened: int = 0
    notes: tuple[str, ...] = ()
    values: dict[str, dict[str, Any]] = {}

    @property
    def step(self) -> CaseStep | None:
        """The open step that began last."""
        return next((step for step in reversed(self.steps) if step.open), None)
