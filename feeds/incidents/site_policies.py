"""The reporting policies of the site itself: rows in place of a shipped profile, proposed by one person and confirmed
by another. One document of the journal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from feeds.incidents.classes import event_classes
from feeds.incidents.grading import GRADES
from feeds.incidents.policies import STEPS, ReportingPolicy

KIND, ID = "report-policies", "site"
"""Kind of the document and of its journal entries, and its id."""
PROFILE = "site"
"""The profile of every row of the site itself."""
CHANNELS = ("phone", "written")
LEVELS = ("enterprise", "county", "prefecture", "province")
STARTS = ("received", "occurred", "ended", "casualties", "slots")
ON_REGRADE = ("", "from_regrade", "from_start")
LONGEST_MINUTES = 60.0 * 24 * 30
_SLOT = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyProposal:
    """Rows that somebody has asked for; None: those of the profile that the settings name."""

    rows: tuple[ReportingPolicy, ...] | None
    by: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePolicies:
    """What applies (`rows`; None: the profile of the settings) since when and by whom, and what waits for a second
    person. `rev` counts the changes of both.
    """

    rev: int = 0
    rows: tuple[ReportingPolicy, ...] | None = None
    by: str = ""
    confirmed_by: str = ""
    confirmed_at: float | None = None
    reason: str = ""
    proposed: PolicyProposal | None = None

    def confirmed(self, by: str, at: float) -> SitePolicies:
        """The policies after the proposal was confirmed."""
        assert self.proposed is not None
        return replace(
            self,
            rev=self.rev + 1,
            rows=self.proposed.rows,
            by=self.proposed.by,
            confirmed_by=by,
            confirmed_at=at,
            reason=self.proposed.reason,
            proposed=None,
        )


def site_policies(body: Mapping[str, Any] | None) -> SitePolicies:
    """The policies in the body of their document; those of no document are none. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(body or {}), SitePolicies)


def row_of(values: Mapping[str, Any]) -> ReportingPolicy:
    """A row as it was sent. Raises msgspec.ValidationError."""
    return msgspec.convert(
        {"minutes": None, "slots": [], "on_regrade": "", **values, "profile": PROFILE}, ReportingPolicy
    )


def row_faults(rows: Iterable[ReportingPolicy]) -> Iterator[tuple[str, str]]:
    """(code, field) of everything that is wrong with the rows."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for number, row in enumerate(rows):
        for code, name in _faults(row):
            yield code, f"rows.{number}.{name}"
        identity = (row.key, row.classes)
        if identity in seen:
            yield "same_row", f"rows.{number}"
        seen.add(identity)


def _faults(row: ReportingPolicy) -> Iterator[tuple[str, str]]:
    choices = (("step", STEPS), ("channel", CHANNELS), ("sender", LEVELS), ("recipient", LEVELS), ("start", STARTS))
    for name, allowed in (*choices, ("on_regrade", ON_REGRADE)):
        if getattr(row, name) not in allowed:
            yield "not_offered", name
    if not row.classes or any(slug != "*" and slug not in event_classes() for slug in row.classes):
        yield "unknown_class", "classes"
    if row.grade != "*" and row.grade.removeprefix("<=").removeprefix("=") not in GRADES:
        yield "not_offered", "grade"
    if row.minutes is not None and not 0 < row.minutes <= LONGEST_MINUTES:
        yield "no_term", "minutes"
    if (row.start == "slots") != bool(row.slots) or not all(map(_SLOT.fullmatch, row.slots)):
        yield "slots", "slots"
    if not row.source.strip():
        yield "missing", "source"
