"""What answers a command that was carried out before."""

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
    """What the command made or changed, as it is now. `entry` is its first in the log.

    `closed` is its alert where that is no longer open.
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
