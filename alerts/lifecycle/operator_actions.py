"""What people may do to an alert: checks of a command against the alert it names, without I/O.

Refusals name their reason by a stable code in `Result.detail`: late, unknown_action, role, no_alert,
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
FAR = 366 * 86400.0  # an acknowledgement that ends later than this never ends for anybody who took it

SHELF_LONGEST = 7 * 86400.0  # a shelf is for a while (ISA-18.2: time-limited); what lasts is a silence or a window

_OUTCOMES = {"closed": Outcome.CONFLICT, "not_acked": Outcome.CONFLICT, "not_shelved": Outcome.CONFLICT}


class Refused(ValueError):
    """The command changes nothing; `outcome` says what the asker must do, the text is the code."""

    def __init__(self, outcome: Outcome, code: str) -> None:
        super().__init__(code)
        self.outcome = outcome


def refusal(command: Command, error: Refused, alert: Alert | None = None) -> Result:
    """The answer to a refused command; a conflict carries the present state, so that the asker can look again."""
    after = alert_record(alert) if alert is not None and error.outcome is Outcome.CONFLICT else None
    return Result(command=command.id, outcome=error.outcome, detail=str(error), after=after)


def precheck(command: Command, now: float) -> None:
    """What can be judged without the alert: lateness, verb, role."""
    if now > command.valid_until:
        raise Refused(Outcome.LATE, "late")
    if command.action not in ACTIONS:
        raise Refused(Outcome.INVALID, "unknown_action")
    if command.role not in ROLES:
        raise Refused(Outcome.FORBIDDEN, "role")


def carry_out(alert: Alert | None, command: Command, at: float, now: float) -> tuple[Alert, Transition]:
    """The alert after the command and the step between, or Refused. `at` is the step's time, `now` the wall's."""
    if alert is None:
        raise Refused(Outcome.NOT_FOUND, "no_alert")
    if not covers(command.actor_region, alert.region):
        raise Refused(Outcome.FORBIDDEN, "region")
    event = _event(command, now)
    if command.expected_rev is not None and command.expected_rev != alert.rev:
        raise Refused(Outcome.CONFLICT, "rev")
    try:
        return transitions.apply(alert, event, at)
    except transitions.NotAllowed as error:
        raise Refused(_OUTCOMES.get(str(error), Outcome.INVALID), str(error)) from error


def _event(command: Command, now: float) -> transitions.Event:
    comment = comment_of(command)
    if command.action == "unack":
        return transitions.Unacknowledge(actor=command.actor, comment=comment, command=command.id)
    if command.action == "comment":
        if not comment:
            raise Refused(Outcome.INVALID, "bad_comment")
        return transitions.Remark(actor=command.actor, comment=comment, command=command.id)
    if command.action == "unshelve":
        return suppression_reasons.Unshelve(actor=command.actor, comment=comment, command=command.id)
    until = moment_of(command.args, "until")
    if until is not None and until <= now:
        raise Refused(Outcome.INVALID, "until_past")
    if until is not None and until > now + FAR:
        raise Refused(Outcome.INVALID, "bad_until")
    if command.action == "shelve":
        return _shelve(command, comment, until, now)
    promise = moment_of(command.args, "estimated_restoration")
    if promise is not None and not now < promise <= now + FAR:  # else it is broken at once, or never
        raise Refused(Outcome.INVALID, "bad_estimated_restoration")
    return transitions.Acknowledge(
        actor=command.actor, comment=comment, until=until, command=command.id, estimated_restoration=promise
    )


def _shelve(command: Command, comment: str, until: float | None, now: float) -> transitions.Event:
    if until is None or until > now + SHELF_LONGEST:
        raise Refused(Outcome.INVALID, "bad_until")
    if not comment:
        raise Refused(Outcome.INVALID, "bad_comment")
    return suppression_reasons.Shelve(actor=command.actor, comment=comment, until=until, command=command.id)


def comment_of(command: Command) -> str:
    """The command's comment, without white space around it; Refused when it is too long or no text."""
    comment = command.args.get("comment", command.reason)
    if not isinstance(comment, str) or len(comment) > COMMENT_MAX:
        raise Refused(Outcome.INVALID, "bad_comment")
    return comment.strip()


def moment_of(args: dict[str, Any], name: str) -> float | None:
    """Epoch seconds, or None when it is not given; what cannot be shown as a date is refused."""
    value = args.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(Outcome.INVALID, f"bad_{name}")
    if not (math.isfinite(value) and 0 < value < 250_000_000_000):
        raise Refused(Outcome.INVALID, f"bad_{name}")
    return float(value)
