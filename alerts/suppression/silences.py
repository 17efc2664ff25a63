"""Silences and maintenance windows. Each has an owner and an end.

A silence matches present and future alerts by asset, region, kind, rule, severity and labels. A
maintenance window marks entities by asset, region or kind, once or repeatedly. While it is open
their alerts are out of service (ISA-18.2). Its openings and closings are written to the journal, so
that availability can count them separately.
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
    """The entry that this suppression adds to `Alert.suppressed_by`."""
    return PREFIXES[suppression.kind] + suppression.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One named transition of a suppression, for the journal."""

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
    """The suppressions that have not ended, by id. Time is an input."""

    def __init__(self, suppressions: Iterable[Suppression] = ()) -> None:
        self._suppressions = {suppression.id: suppression for suppression in suppressions}
        self._edges = {id: self._edge(suppression) for id, suppression in self._suppressions.items()}
        self._notes: list[Note] = []

    def __len__(self) -> int:
        return len(self._suppressions)

    def take_notes(self) -> list[Note]:
        """The transitions since the last call, in order."""
        notes, self._notes = self._notes, []
        return notes

    def get(self, id: str) -> Suppression | None:
        return self._suppressions.get(id)

    def all(self) -> dict[str, Suppression]:
        """Every suppression that has not ended, by id."""
        return dict(self._suppressions)

    def any_running(self) -> bool:
        """True when a silence or window suppresses alerts now."""
        return any(suppression.running for suppression in self._suppressions.values())

    def reasons(self, alert: Alert, asset: Asset | None) -> set[str]:
        """The reasons for which open silences and windows suppress the alert now."""
        running = [suppression for suppression in self._suppressions.values() if suppression.running]
        if asset is None and alert.subject_kind == "asset":  # it may be on its way: what hides it goes on hiding it
            return {
                reason_of(suppression)
                for suppression in running
                if reason_of(suppression) in alert.suppressed_by or suppression.match.takes(alert, None)
            }
        return {reason_of(suppression) for suppression in running if suppression.match.takes(alert, asset)}

    def create(self, suppression: Suppression, command: str, now: float) -> Suppression:
        """Take a new one in; when it is open already it hides from now on."""
        created = replace(suppression, seen=now)
        self._note(created, "created", now, suppression.by, suppression.comment, command)
        self._turn(created, now)
        return self._suppressions[suppression.id]

    def end(self, suppression: Suppression, actor: str, comment: str, command: str, now: float) -> Suppression:
        """End the suppression before its time."""
        after = replace(suppression, running=False, seen=now, ended_at=now, ended_by=actor)
        self._note(after, "ended", now, actor, comment, command)
        return after

    def next_due(self) -> float | None:
        """The next moment (epoch seconds) at which a suppression opens, closes or ends."""
        return min(self._edges.values(), default=None)

    def pop_due(self, now: float) -> None:
        """Open, close or end the suppression that is due first."""
        id = min(self._edges, key=lambda key: self._edges[key])
        self._turn(replace(self._suppressions[id], seen=now), now)

    def clock_stepped(self, now: float) -> None:
        """The clock was set: check again each suppression whose last check now lies in the future."""
        for suppression in list(self._suppressions.values()):
            if suppression.seen > now:
                self._turn(replace(suppression, seen=now), now)

    def _turn(self, suppression: Suppression, now: float) -> None:
        if now >= suppression.until:
            self._note(replace(suppression, running=False, ended_at=now), "ended", now)
            return
        running = open_at(suppression.recurrence, now, suppression.starts, suppression.until)
        if running != suppression.running:
            self._note(replace(suppression, running=running), "began" if running else "paused", now)
        else:
            self._keep(suppression)

    def _note(
        self, after: Suppression, name: str, at: float, actor: str = "", comment: str = "", command: str = ""
    ) -> None:
        self._notes.append(Note(after=after, name=name, at=at, actor=actor, comment=comment, command=command))
        self._keep(after)

    def _keep(self, suppression: Suppression) -> None:
        if suppression.ended_at is not None:
            self._suppressions.pop(suppression.id, None)
            self._edges.pop(suppression.id, None)
            return
        self._suppressions[suppression.id] = suppression
        self._edges[suppression.id] = self._edge(suppression)

    @staticmethod
    def _edge(suppression: Suppression) -> float:
        return next_edge(suppression.recurrence, suppression.seen, suppression.starts, suppression.until)
