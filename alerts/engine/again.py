"""The result of a command that is sent again after it was carried out: it changes nothing a second time."""

from __future__ import annotations

from typing import Any

from alerts.core.core import AlertCore
from alerts.lifecycle import orders
from alerts.notify import receiver_test
from alerts.oncall.directory import ACTIONS as PEOPLE_ACTIONS
from alerts.oncall.directory import People
from alerts.rulebook import book
from alerts.suppression import silences
from feeds.engine.requests import Asking, CountCommandEntries
from feeds.journal import JournalEntry
from feeds.live.mirror import alert_record
from feeds.model import Alert, Command


def answer_again(
    core: AlertCore, people: People, rules_rev: int, command: Command, entry: JournalEntry, closed: Alert | None
) -> Asking[dict[str, Any] | None]:
    """The present form of the alert, rule, roster or silence that a command of the alert engine made or changed.

    `entry` is the command's first entry in the log. `closed` is the alert that it names, where that has been closed.
    None for a command that has no record to show.
    """
    if command.action == receiver_test.ACTION:
        return {"key": receiver_test.key_of(command)}
    if command.action in PEOPLE_ACTIONS:
        return people.version(entry.kind).dump()
    if command.action == book.ACTION:
        return {"rev": rules_rev, "changed": [], "preview": []}
    if command.action == orders.ACTION:
        return {"order": command.id, "done": (yield CountCommandEntries(command.id)), "skipped": {}}
    if (alert := core.find(command.subject) or closed) is not None:
        return alert_record(alert)
    suppression = core.suppressions.get(command.subject)
    return silences.public(suppression) if suppression is not None else None
