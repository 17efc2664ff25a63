"""Orders: one operator action on many alerts, carried out as one command, and its undo. Checks without I/O.

An alert to which the action does not apply is passed over and counted by a code: closed, region, acked, shelved,
not_acked, not_shelved, newer (raised after what the actor saw), changed (no longer as the order left it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from alerts.lifecycle import operator_actions
from alerts.lifecycle.open_alerts import OpenAlerts
from alerts.lifecycle.operator_actions import ActionRefused
from feeds.model import Alert, Command, Outcome, Result

ACTION = "order"
ACTIONS = frozenset(("ack", "shelve", "unack", "unshelve"))
MOST = 20_000
"""Alerts of one order at most."""


def carry_out(open_alerts: OpenAlerts, command: Command, at: float, now: float) -> Result:
    """Carry an order out on all its alerts that it applies to; raises ActionRefused when it applies to none.

    `command.args`: `action`, `ids`, the arguments of the action, `before` (epoch seconds: alerts raised later are
    passed over), and `undo_at` of an undo: when the order was carried out. `at` is the time of the step.
    """
    action, ids = command.args.get("action"), command.args.get("ids")
    if action not in ACTIONS or not isinstance(ids, list) or len(ids) > MOST:
        raise ActionRefused(Outcome.INVALID, "unknown_action")
    single = replace(command, action=action)
    operator_actions.precheck(single)
    before = operator_actions.moment_of(command.args, "before")
    undo_at = operator_actions.moment_of(command.args, "undo_at")
    skipped: Counter[str] = Counter()
    done = 0
    for id in dict.fromkeys(ids):
        alert = open_alerts.find(str(id))
        code = _code(alert, action, before, undo_at)
        if alert is not None and not code:
            try:
                after, transition = operator_actions.carry_out(alert, replace(single, subject=alert.id), at, now)
            except ActionRefused as error:
                if error.outcome is Outcome.INVALID:
                    raise  # an argument is wrong: it would be for every alert
                code = str(error)
            else:
                open_alerts.record(after, transition, command.id)
                done += 1
                continue
        skipped[code] += 1
    return Result(command=command.id, outcome=Outcome.DONE, after=record(command.id, done, skipped))


def record(order: str, done: int, skipped: Iterable[tuple[str, int]] | Counter[str]) -> dict[str, Any]:
    """The result of an order: how many alerts it changed, and how many it passed over, by the code."""
    return {"order": order, "done": done, "skipped": dict(skipped)}


def _code(alert: Alert | None, action: str, before: float | None, undo_at: float | None) -> str:
    """Why an alert is passed over; "" when it is not."""
    if alert is None or not alert.open:
        return "closed"
    if before is not None and alert.raised_at > before:
        return "newer"
    if action == "ack" and alert.acked:
        return "acked"
    if action == "shelve" and alert.shelf is not None:
        return "shelved"
    if undo_at is None:
        return ""
    mark = alert.ack if action == "unack" else alert.shelf
    return "" if mark is not None and mark.at == undo_at else "changed"
