"""Hold a new version of a document of the directory that would remove much, until a person accepts the removal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from feeds.documents.version import ESCALATIONS, RECEIVERS
from feeds.removal_guard import Removal, digest, removals

HELD = "removal_held"
"""The detail of a result that refuses a held version."""
_LISTS = {RECEIVERS: "receiver", ESCALATIONS: "escalation"}


class VersionHeld(Exception):
    """A version removes too much. `body` is the hold as the API shows it: {accept, lists}."""

    def __init__(self, losses: list[Removal]) -> None:
        super().__init__(", ".join(loss.phrase("en") for loss in losses))
        self.body = {"accept": digest(losses), "lists": [loss.public() for loss in losses]}


def require_accepted(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], percent: float, accept: str, at: float
) -> None:
    """Raise VersionHeld unless `after` may replace `before` at that time, or `accept` is the digest of the removal."""
    losses = removals(_ids(kind, before, at), _ids(kind, after, at), percent)
    if losses and digest(losses) != accept:
        raise VersionHeld(losses)


def _ids(kind: str, doc: Mapping[str, Any], at: float) -> dict[str, set[str]]:
    """The guarded lists of a document. Assignments of past days do not count: they are cleared away by right."""
    if kind in _LISTS:
        return {_LISTS[kind]: {item["id"] for item in doc.get("items", [])}}
    # A day earlier than in UTC: the day has begun everywhere west of Greenwich by then.
    today = (datetime.fromtimestamp(at, UTC) - timedelta(days=1)).date().isoformat()
    return {
        "persons": {person["id"] for person in doc.get("persons", [])},
        "shifts": {shift["id"] for shift in doc.get("shifts", [])},
        "patterns": {f"{pattern['shift']}@{pattern['first']}" for pattern in doc.get("patterns", [])},
        "assignments": {
            f"{assignment['date']}/{assignment['shift']}"
            for assignment in doc.get("assignments", [])
            if assignment["date"] >= today
        },
    }
