"""The phases of an incident: which order leads from which phase to which, and which role may give it.

duty does everything but what a leader has to approve: ending, archiving, restoring what was no incident, responses, and
calling an incident false or transferring it once it is being handled. An administrator gives no operational order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from feeds.model.incidents import OPEN_PHASES, Incident

DUTY, LEADER = "duty", "leader"
BY_DUTY, BY_LEADER = (DUTY, LEADER), (LEADER,)
CLOSED = ("merged", "archived")
"""Phases in which nothing of an incident is changed but the phase."""
DRAWN_ON = (*OPEN_PHASES, "ended", "merged")
"""Phases in which marks may be drawn on the map of an incident."""
COURSE = ("received", "verifying", "active", "ended", "reviewing", "archived")
"""The phases of an incident that is handled to its end, in their order. An incident may skip verifying."""
NO_INCIDENT = ("false", "transferred")
"""Phases of what turned out to be no incident, or not one of this site."""


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """An order that changes the phase.

    `to` is the next phase, "" for the one before. `approved_from` are the phases in which only a leader may give it.
    `reason`: one must be given.
    """

    origins: tuple[str, ...]
    to: str
    by: tuple[str, ...] = BY_DUTY
    approved_from: tuple[str, ...] = ()
    reason: bool = False

    def roles(self, phase: str) -> tuple[str, ...]:
        """The roles that may give the order in a phase."""
        return BY_LEADER if phase in self.approved_from else self.by


PHASE_CHANGES: Mapping[str, PhaseChange] = {
    "verify": PhaseChange(("received",), "verifying"),
    "open": PhaseChange(("received", "verifying"), "active"),
    "false": PhaseChange(OPEN_PHASES, "false", approved_from=("active",), reason=True),
    "transfer": PhaseChange(OPEN_PHASES, "transferred", approved_from=("active",), reason=True),
    "merge": PhaseChange(OPEN_PHASES, "merged"),
    "unmerge": PhaseChange(("merged",), ""),
    "end": PhaseChange(("active",), "ended", BY_LEADER),
    "reopen": PhaseChange(("ended",), "active", reason=True),
    "restore": PhaseChange(("false", "transferred"), "", BY_LEADER, reason=True),
    "review": PhaseChange(("ended",), "reviewing"),
    "archive": PhaseChange(("reviewing",), "archived", BY_LEADER),
}
"""By order. Whatever is not here is no change of phase."""
OTHER_ORDERS: Mapping[str, tuple[str, ...]] = {
    "edit": BY_DUTY,
    "grade": BY_DUTY,
    "respond": BY_LEADER,
    "end-response": BY_LEADER,
    "casualties": BY_DUTY,
    "post": BY_DUTY,
    "link": BY_DUTY,
    "unlink": BY_DUTY,
}
"""Orders that leave the phase as it is, with the roles that may give them."""


def orders_of(incident: Incident) -> dict[str, list[str]]:
    """The orders that are possible now, each with the roles that may give it."""
    phase = incident.phase
    changes = {order: list(change.roles(phase)) for order, change in PHASE_CHANGES.items() if phase in change.origins}
    others = {order: list(roles) for order, roles in OTHER_ORDERS.items() if _fits(order, incident)}
    return changes | others


def _fits(order: str, incident: Incident) -> bool:
    if order == "respond":
        return incident.open
    if order == "end-response":
        return bool(incident.response)
    return incident.phase not in (*CLOSED, *(NO_INCIDENT if order == "grade" else ()))


def reasoned_orders() -> list[str]:
    """The orders for which a reason must be given."""
    return [order for order, change in PHASE_CHANGES.items() if change.reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasePoint:
    """A phase of an incident's course. `at` is when it was last entered (RFC 3339), None if it was never entered."""

    phase: str
    at: str | None
    state: Literal["past", "present", "ahead"]


def course_of(phase: str, before: str, entered: Mapping[str, str]) -> list[PhasePoint]:
    """The course of an incident in `phase`; `entered` says when each order that changes phases was last given.

    An incident that left its course (false, transferred, merged) ends there: the phase `before` comes last but one.
    """
    line = COURSE if phase in COURSE else (*COURSE[: COURSE.index(before) + 1 if before in COURSE else 1], phase)
    here = line.index(phase)
    at = {change.to: entered[order] for order, change in PHASE_CHANGES.items() if order in entered}
    return [
        PhasePoint(
            phase=name,
            at=at.get(name) if index <= here else None,
            state="past" if index < here else "present" if index == here else "ahead",
        )
        for index, name in enumerate(line)
    ]
