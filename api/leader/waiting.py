"""Decisions that wait for the leader (什么等我): one function for each kind of item, in the order of `KINDS`. Pure.

A new kind of item is a function here and a line in `KINDS`, and the texts `leader.waiting.{kind}` and
`leader.effect.{kind}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from api.leader.picture import LeaderPicture
from feeds import wire
from feeds.incidents.grading import rank
from feeds.kinds.audience import Record

DAY = 86_400.0


def _item(incident: Record, kind: str, order: str, since: str | None, **values: Any) -> Record:
    return {
        "kind": kind,
        "id": incident["id"],
        "title": incident["title"],
        "region": incident["region"],
        "rev": incident["rev"],
        "order": order,
        "since": since,
        "due": None,
        "values": {},
        "reports": [],
        **values,
    }


def _may(picture: LeaderPicture, incident: Record, order: str) -> bool:
    return picture.role in incident["orders"].get(order, ())


def _responses_to_start(picture: LeaderPicture) -> Iterable[Record]:
    """A response that the grade asks for and nobody has started (Emergency Response Law Art. 72)."""
    for incident in picture.real_incidents():
        level = incident["grade"] or (incident["grade_proposal"] or {}).get("grade", "")
        if incident["response"] or rank(level) > 4 or not _may(picture, incident, "respond"):
            continue
        values = {"level": level, "matters": incident["title"], "expected_end": wire.iso(picture.at + DAY)}
        reports = [report["id"] for report in picture.unmet(incident["id"])]
        yield _item(incident, "respond", "respond", incident["received_at"], values=values, reports=reports)


def _responses_to_end(picture: LeaderPicture) -> Iterable[Record]:
    """A response whose expected end has passed."""
    now = wire.iso(picture.at) or ""
    for incident in picture.real_incidents():
        running = next((each for each in reversed(incident["responses"]) if each["ended_at"] is None), None)
        if running is not None and running["expected_end"] <= now and _may(picture, incident, "end-response"):
            yield _item(incident, "end-response", "end-response", running["expected_end"], due=running["expected_end"])


def _reviews_to_close(picture: LeaderPicture) -> Iterable[Record]:
    """A finished review that only the leader archives."""
    for incident in picture.real_incidents():
        if incident["phase"] == "reviewing" and _may(picture, incident, "archive"):
            yield _item(incident, "archive", "archive", incident["phase_at"])


KINDS: Mapping[str, Callable[[LeaderPicture], Iterable[Record]]] = {
    "respond": _responses_to_start,
    "end-response": _responses_to_end,
    "archive": _reviews_to_close,
}


def waiting(picture: LeaderPicture) -> list[Record]:
    """Everything that waits for the asker, by due time, then by who has waited longest."""
    items = [item for kind in KINDS.values() for item in kind(picture)]
    return sorted(items, key=lambda item: (item["due"] or "9", str(item["since"])))
