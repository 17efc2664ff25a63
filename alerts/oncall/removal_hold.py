"""Hold a new version of a document of the directory that would remove much, until a person accepts the removal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from feeds.documents.escalations import PolicyList
from feeds.documents.receivers import ReceiverDocuments
from feeds.documents.version import Content
from feeds.removal_guard import Removal, digest, removals

HELD = "removal_held"
"""The detail of a result that refuses a held version."""


class VersionHeld(Exception):
    """A version removes too much. `body` is the hold as the API shows it: {accept, lists}."""

    def __init__(self, losses: list[Removal]) -> None:
        super().__init__(", ".join(loss.phrase("en") for loss in losses))
        self.body = {"accept": digest(losses), "lists": [loss.public() for loss in losses]}


def require_accepted(before: Content, after: Content, percent: float, accept: str, at: float) -> None:
    """Raise VersionHeld unless `after` may replace `before` at that time, or `accept` is the digest of the removal."""
    losses = removals(_ids(before, at), _ids(after, at), percent)
    if losses and digest(losses) != accept:
        raise VersionHeld(losses)


def _ids(content: Content, at: float) -> dict[str, set[str]]:
    """The guarded lists of a document. Assignments of past days do not count: they are cleared away by right."""
    if isinstance(content, ReceiverDocuments):
        return {"receiver": {receiver.id for receiver in content.items}}
    if isinstance(content, PolicyList):
        return {"escalation": {policy.id for policy in content.items}}
    # A day earlier than in UTC: the day has begun everywhere west of Greenwich by then.
    today = (datetime.fromtimestamp(at, UTC) - timedelta(days=1)).date().isoformat()
    return {
        "persons": {person.id for person in content.persons},
        "shifts": {shift.id for shift in content.shifts},
        "patterns": {f"{pattern.shift}@{pattern.first}" for pattern in content.patterns},
        "assignments": {
            f"{assignment.date}/{assignment.shift}" for assignment in content.assignments if assignment.date >= today
        },
    }
