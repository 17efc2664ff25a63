"""The phases of an incident: which order leads from which phase to which, and which role may give it.

duty does everything but what a leader has to approve: ending, archiving, restoring what was no incident, responses, and
calling an incident false or transferring it once it is being handled. An administrator gives no operational order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feeds.model.incidents import OPEN_PHASES

DUTY, LEADER = "duty", "leader"
BY_DUTY, BY_LEADER = (DUTY, LEADER), (LEADER,)
CLOSED = ("merged", "archived")
"""Phases in which nothing of an incident is changed but the phase."""


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """An order that changes the phase. `to` "" restores the phase before. `approved_from`: there it needs a leader."""

    origins: tuple[str, ...]
    to: str
    by: tuple[str, ...] = BY_DUTY
    approved_from: tuple[str, ...] = ()

    def roles(self, phase: str) -> tuple[str, ...]:
        """The roles that may give the order in a phase."""
        return BY_LEADER if phase in self.approved_from else self.by


PHASE_CHANGES: Mapping[str, PhaseChange] = {
    "verify": PhaseChange(("received",), "verifying"),
    "open": PhaseChange(("received", "verifying"), "active"),
    "false": PhaseChange(OPEN_PHASES, "false", approved_from=("active",)),
    "transfer": PhaseChange(OPEN_PHASES, "transferred", approved_from=("active",)),
    "merge": PhaseChange(OPEN_PHASES, "merged"),
    "unmerge": PhaseChange(("merged",), ""),
    "end": PhaseChange(("active",), "ended", BY_LEADER),
    "reopen": PhaseChange(("ended",), "active"),
    "restore": PhaseChange(("false", "transferred"), "", BY_LEADER),
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


def orders_in(phase: str) -> dict[str, list[str]]:
    """The orders that are possible in a phase, each with the roles that may give it."""
    changes = {order: list(change.roles(phase)) for order, change in PHASE_CHANGES.items() if phase in change.origins}
    others = {} if phase in CLOSED else {order: list(roles) for order, roles in OTHER_ORDERS.items()}
    return changes | others
