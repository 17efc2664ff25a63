"""Operator actions on an alert: acknowledge, comment, shelve and their undo. Checks without I/O.

A refusal carries a stable code in `Result.detail`: late, unknown_action, role, no_alert,
region, closed, rev, not_acked, not_shelved, until_past, bad_comment, bad_until, bad_estimated_restoration.
"""

from __future__ import annotations

import math
from typing import Any

from alerts.lifecycle import suppression_reasons, transitions
from feeds.live.mirror import alert_record
from feeds.model import Alert, Command, Outcome, Result, Transition
from feeds.regions import covers

ACTIONS = frozenset(("ack", "unack", "comment", "shelve", "unshelve"))
ROLES = frozenset(("duty", "operator", "admin"))
COMMENT_MAX = 2000
FAR = 366 * 86400.0  # seconds ahead at most that an acknowledgement may end

SHELF_LONGEST = 7 * 86400.0  # shelving is time-limited (ISA-18.2); use a silence or a window for longer

_OUTCOMES = {"closed": Outcome.CONFLICT, "not_acked": Outcome.CONFLICT, "not_shelved": Outcome.CONFLICT}


class ActionRefused(ValueError):
    """The command is refused and changes nothing. `outcome` says what its sender must do; the text is the code."""

    def __init__(self, outcome: Outcome, code: str) -> None:
        super().__init__(code)
        self.outcome = outcome


def refusal(command: Command, error: ActionRefused, alert: Alert | None = None) -> Result:
    """The answer to a refused command. A conflict carries the alert's present state."""
    after = alert_record(alert) if alert is not None and error.outcome is Outcome.CONFLICT else None
    return Result(command=command.id, outcome=error.outcome, detail=str(error), after=after)


def precheck(command: Command) -> None:
    """Check what needs no alert: action, role; raises ActionRefused."""
    if command.action not in ACTIONS:
        raise ActionRefused(Outcome.INVALID, "unknown_action")
    if command.role not in ROLES:
        raise ActionRefused(Outcome.FORBIDDEN, "role")


def carry_out(alert: Alert | None, command: Command, at: float, now: float) -> tuple[Alert, Transition]:
    """The alert after the command and its transition; raises ActionRefused.

    `at` is the time of the step in epoch seconds. `now` is the wall clock's.
    """
    if alert is None:
        raise ActionRefused(Outcome.NOT_FOUND, "no_alert")
    if not covers(command.actor_region, alert.region):
        raise ActionRefused(Outcome.FORBIDDEN, "region")
    event = _event(command, now)
    if command.expected_rev is not None and command.expected_rev != alert.rev:
        raise ActionRefused(Outcome.CONFLICT, "rev")
    try:
        return transitions.apply(alert, event, at)
    except transitions.NotAllowed as error:
        raise ActionRefused(_OUTCOMES.get(str(error), Outcome.INVALID), str(error)) from error


def _event(command: Command, now: float) -> transitions.Event:
    comment = comment_of(command)
    if command.action == "unack":
        return transitions.Unacknowledge(actor=command.actor, comment=comment, command=command.id)
    if command.action == "comment":
        if not comment:
            raise ActionRefused(Outcome.INVALID, "bad_comment")
        return transitions.AddComment(actor=command.actor, comment=comment, command=command.id)
    if command.action == "unshelve":
        return suppression_reasons.UnshelveAlert(actor=command.actor, comment=comment, command=command.id)
    until = moment_of(command.args, "until")
    if until is not None and until <= now:
        raise ActionRefused(Outcome.INVALID, "until_past")
    if until is not None and until > now + FAR:
        raise ActionRefused(Outcome.INVALID, "bad_until")
    if command.action == "shelve":
        return _shelve(command, comment, until, now)
    promise = moment_of(command.args, "estimated_restoration")
    if promise is not None and not now < promise <= now + FAR:
        raise ActionRefused(Outcome.INVALID, "bad_estimated_restoration")
    return transitions.Acknowledge(
        actor=command.actor, comment=comment, until=until, command=command.id, estimated_restoration=promise
    )


def _shelve(command: Command, comment: str, until: float | None, now: float) -> transitions.Event:
    if until is None or until > now + SHELF_LONGEST:
        raise ActionRefused(Outcome.INVALID, "bad_until")
    if not comment:
        raise ActionRefused(Outcome.INVALID, "bad_comment")
    return suppression_reasons.ShelveAlert(actor=command.actor, comment=comment, until=until, command=command.id)


def comment_of(command: Command) -> str:
    """The command's comment, stripped; ActionRefused when it is too long or not a string."""
    comment = command.args.get("comment", command.reason)
    if not isinstance(comment, str) or len(comment) > COMMENT_MAX:
        raise ActionRefused(Outcome.INVALID, "bad_comment")
    return comment.strip()


def moment_of(args: dict[str, Any], name: str) -> float | None:
    """An argument in epoch seconds, None when absent; ActionRefused when it cannot be a date."""
    value = args.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ActionRefused(Outcome.INVALID, f"bad_{name}")
    if not (math.isfinite(value) and 0 < value < 250_000_000_000):
        raise ActionRefused(Outcome.INVALID, f"bad_{name}")
    return float(value)
