"""Reporting policies (信息报送) of `reporting.csv`: who reports what to whom, through which channel, within what time.

Profiles differ by place: the site chooses one (`[incidents] reporting`) and confirms it with its superior. A row
without minutes says "at once": it is an obligation without a due time, never a number of our own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
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
        """What the row is known by within its profile: step, recipient, channel and grade."""
        return f"{self.step}/{self.recipient}/{self.channel}/{self.grade.lstrip('<=*') or 'any'}"

    def applies(self, event_class: str, grade: str) -> bool:
        """Whether an incident of this class and grade ("" for none) has to be reported by this row."""
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


def profiles() -> tuple[str, ...]:
    """The names of the shipped profiles."""
    return tuple(dict.fromkeys(policy.profile for policy in reporting_policies()))


def policies_of(profile: str) -> tuple[ReportingPolicy, ...]:
    """The rows of one profile; none for "" or an unknown one."""
    return tuple(policy for policy in reporting_policies() if policy.profile == profile)
