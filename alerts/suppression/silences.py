"""Silences and maintenance windows: what hides alerts by a rule that somebody made, with an owner and an end.

A silence matches alerts, present and future, by asset, region, kind, rule, severity and labels. A
maintenance window marks entities by asset, region or kind, once or again and again; while it is open
their alerts are out of service (ISA-18.2), and its openings and closings stand in the journal, so
that availability can count them apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alerts.lifecycle.suppression_reasons import MAINTENANCE, SILENCED
from alerts.suppression.recurrence import next_edge, open_at
from feeds.documents.suppression import SILENCE, WINDOW, Match, Suppression, dump, load, public
from feeds.model import Alert, Asset

__all__ = ["SILENCE", "WINDOW", "Match", "Note", "Suppression", "Suppressions", "dump", "load", "public", "reason_of"]

PREFIXES = {SILENCE: SILENCED, WINDOW: MAINTENANCE}


def reason_of(suppression: Suppression) -> str:
    """The reason that an alert hidden by it gives."""
    return PREFIXES[suppression.kind] + suppression.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One named step of a suppression's life, for the journal."""

    after: Suppression
    name: str
    at: float
    actor: str = ""
    comment: str = ""
    command: str = ""

    @property
    def open(self) -> bool:
        return self.after.ended_at is None


class Suppressions:
    """All that have not ended, by id. Time is an input."""

    def __init__(self, known: Iterable[Suppression] = ()) -> None:
        self._known = {one.id: one for one in known}
        self._edges = {id: self._edge(one) for id, one in self._known.items()}
        self._notes: list[Note] = []

    def __len__(self) -> int:
        return len(self._known)

    def take_notes(self) -> list[Note]:
        """What has happened since the last call, in order."""
        notes, self._notes = self._notes, []
        return notes

    def get(self, id: str) -> Suppression | None:
        return self._known.get(id)

    def all(self) -> dict[str, Suppression]:
        """Everything that has not ended."""
        return dict(self._known)

    def reasons(self, alert: Alert, asset: Asset | None) -> set[str]:
        """The reasons for which an alert is hidden now."""
        running = [one for one in self._known.values() if one.running]
        if asset is None and alert.subject_kind == "asset":  # it may be on its way: what hides it goes on hiding it
            return {
                reason_of(one)
                for one in running
                if reason_of(one) in alert.suppressed_by or one.match.takes(alert, None)
            }
        return {reason_of(one) for one in running if one.match.takes(alert, asset)}

    def create(self, one: Suppression, command: str, now: float) -> Suppression:
        """Take a new one in; when it is open already it hides from now on."""
        made = replace(one, seen=now)
        self._note(made, "created", now, one.by, one.comment, command)
        self._turn(made, now)
        return self._known[one.id]

    def end(self, one: Suppression, actor: str, comment: str, command: str, now: float) -> Suppression:
        """Somebody ends it before its time."""
        after = replace(one, running=False, seen=now, ended_at=now, ended_by=actor)
        self._note(after, "ended", now, actor, comment, command)
        return after

    def next_due(self) -> float | None:
        """When the next one opens, closes or ends."""
        return min(self._edges.values(), default=None)

    def pop_due(self, now: float) -> None:
        """Let the earliest one open, close or end."""
        id = min(self._edges, key=lambda one: self._edges[one])
        self._turn(replace(self._known[id], seen=now), now)

    def clock_stepped(self, now: float) -> None:
        """The clock was set: they open and close by the wall clock, so look at each that was seen in the future."""
        for suppression in list(self._known.values()):
            if suppression.seen > now:
                self._turn(replace(suppression, seen=now), now)

    def _turn(self, one: Suppression, now: float) -> None:
        if now >= one.until:
            self._note(replace(one, running=False, ended_at=now), "ended", now)
            return
        running = open_at(one.recurrence, now, one.starts, one.until)
        if running != one.running:
            self._note(replace(one, running=running), "began" if running else "paused", now)
        else:
            self._keep(one)

    def _note(
        self, after: Suppression, name: str, at: float, actor: str = "", comment: str = "", command: str = ""
    ) -> None:
        self._notes.append(Note(after=after, name=name, at=at, actor=actor, comment=comment, command=command))
        self._keep(after)

    def _keep(self, one: Suppression) -> None:
        if one.ended_at is not None:
            self._known.pop(one.id, None)
            self._edges.pop(one.id, None)
            return
        self._known[one.id] = one
        self._edges[one.id] = self._edge(one)

    @staticmethod
    def _edge(one: Suppression) -> float:
        return next_edge(one.recurrence, one.seen, one.starts, one.until)
