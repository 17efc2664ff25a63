"""Reporting policies (信息报送) of `reporting.csv`: who reports what to whom, through which channel, within what time.

Profiles differ by place: the site chooses one (`[incidents] reporting`) and confirms it with its superior. A row
without minutes says "at once": it is an obligation without a due time, never a number of our own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from feeds.incidents.grading import rank

STEPS = ("first", "follow-up", "supplement", "final")
"""初报, 续报, 补报, 终报."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingPolicy:
    """One row. `minutes` after `start`, or daily `slots` ("08:00"), or neither: at once.

    `start`: received, occurred, ended, slots, casualties. `on_regrade`: from_regrade (the time runs from the regrade),
    from_start (from the original start, perhaps late at birth), "" (a regrade makes no new obligation).
    """

    profile: str
    classes: tuple[str, ...]
    grade: str
    step: str
    sender: str
    recipient: str
    channel: str
    minutes: float | None
    slots: tuple[str, ...]
    start: str
    on_regrade: str
    source: str

    @property
    def key(self) -> str:
        """The identity of the row within its profile: step, recipient, channel and grade."""
        return f"{self.step}/{self.recipient}/{self.channel}/{self.grade.lstrip('<=*') or 'any'}"

    def applies(self, event_class: str, grade: str) -> bool:
        """True when the row applies to incidents of this class and grade. A grade of "" is no grade."""
        return (self.classes == ("*",) or event_class in self.classes) and _grade_applies(self.grade, grade)


def _grade_applies(pattern: str, grade: str) -> bool:
    if pattern == "*":
        return True
    if pattern.startswith("<="):
        return rank(grade) <= rank(pattern[2:])
    return grade == pattern.removeprefix("=")


@cache
def reporting_policies() -> tuple[ReportingPolicy, ...]:
    """Every row of the shipped profiles."""
    return tuple(read_policies((files("feeds.incidents") / "reporting.csv").read_text("utf-8").splitlines()))


def read_policies(lines: Iterable[str]) -> list[ReportingPolicy]:
    """The rows of a file of policies."""
    return [_policy_of(row) for row in csv.DictReader(lines)]


def _policy_of(row: dict[str, str]) -> ReportingPolicy:
    timed = row["start"] == "slots"
    return ReportingPolicy(
        profile=row["profile"],
        classes=tuple(row["class"].split(";")),
        grade=row["grade"],
        step=row["step"],
        sender=row["from"],
        recipient=row["to"],
        channel=row["channel"],
        minutes=float(row["due"]) if row["due"] and not timed else None,
        slots=tuple(row["due"].split(";")) if timed else (),
        start=row["start"],
        on_regrade=row["on_regrade"],
        source=row["source"],
    )


PROOF_FIELDS: Mapping[str, tuple[str, ...]] = {
    "phone": ("recipient", "number"),
    "network": ("number",),
    "fax": ("number",),
    "oa": ("number",),
    "paper": ("recipient",),
}
"""What the proof of a report must name, by the channel that it went through.

`recipient` is who answered or signed, `number` the number called or that of the receiver's receipt.
"""


def proofs_for(channel: str) -> dict[str, list[str]]:
    """The channels through which a report that is due by `channel` may go, each with what its proof must name."""
    return {name: list(fields) for name, fields in PROOF_FIELDS.items() if (name == "phone") == (channel == "phone")}


def profiles() -> tuple[str, ...]:
    """The names of the shipped profiles."""
    return tuple(dict.fromkeys(policy.profile for policy in reporting_policies()))


def policies_of(profile: str) -> tuple[ReportingPolicy, ...]:
    """The rows of one profile. An unknown profile, as "", has no rows."""
    return tuple(policy for policy in reporting_policies() if policy.profile == profile)
