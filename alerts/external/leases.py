"""Alerts of other tools: how long each word of theirs holds, and which of several words counts.

A word with a lease that is not said again in time makes its alert stale, never cleared: only an explicit end does.
A tool may grade one alert by two words at once ("severity: warning" and "critical" both firing): the worse one
counts, and the alert ends with the last of them. A word that comes alone takes the place of the one before it, until
that is said again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from alerts.deadlines import Agenda
from feeds.clock import restamped
from feeds.documents.alert import AlertDocument, ToolGrade, ToolState
from feeds.external import Report
from feeds.model import Severity


@dataclass(slots=True)
class Face:
    """One word for how bad it is. `heard` numbers the message that last said it; `doubtful`: another came since."""

    severity: Severity
    heard: int
    doubtful: bool = False


@dataclass(slots=True)
class Standing:
    """What is known of one active alert beside itself. `lease` is its length in seconds, 0 for none."""

    lease: float = 0.0
    at: float = 0.0
    faces: dict[str, Face] = field(default_factory=dict)


class Foreign:
    """By alert id; only active alerts are known here."""

    def __init__(self) -> None:
        self.leases: Agenda[str] = Agenda()
        self._known: dict[str, Standing] = {}

    def load(self, documents: Iterable[AlertDocument], now: float) -> None:
        """From the documents of open alerts. A lease starts anew: while nobody listened nobody could be heard."""
        leases: dict[str, float] = {}
        for document in documents:
            alert, said = document.alert, document.beside.foreign
            if said is None or not alert.active:
                continue
            faces = {word.face: Face(word.severity, 0, word.doubtful) for word in said.faces}
            self._known[alert.id] = Standing(said.lease, said.at, faces)
            if said.lease and alert.stale_since is None:
                leases[alert.id] = now + said.lease
        self.leases.fill(leases)

    def state_of(self, id: str) -> ToolState | None:
        """What the alert's document keeps of it."""
        one = self._known.get(id)
        if one is None:
            return None
        faces = [ToolGrade(name, face.severity, face.doubtful) for name, face in one.faces.items()]
        return ToolState(one.lease, one.at, faces)

    def outdated(self, id: str, report: Report) -> bool:
        """Whether the tool speaks of a moment before what is known."""
        known = self._known.get(id)
        return known is not None and report.at is not None and report.at < known.at

    def firing(self, id: str, report: Report, message: int, now: float) -> Severity:
        """The tool says that it fires: how bad it is now."""
        one = self._known.setdefault(id, Standing())
        self._heard(id, one, report, now)
        known = one.faces.get(report.face)
        if known is None:
            for face in one.faces.values():
                face.doubtful = face.doubtful or face.heard != message
        one.faces[report.face] = Face(report.severity, message)
        return self._worst(one)

    def ended(self, id: str, report: Report) -> Severity | None:
        """The tool says that it has ended: how bad what still fires is, None when nothing does."""
        one = self._known.get(id)
        if one is None:
            return None
        one.faces.pop(report.face, None)
        standing = [face for face in one.faces.values() if not face.doubtful]
        return self._worst(one) if standing else None

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set: a lease has as long to go as it had, and nothing was said in the future."""
        self.leases.shift(by)
        for standing in self._known.values():
            standing.at = restamped(standing.at, by, now)

    def drop(self, id: str) -> None:
        """The alert is not active any more."""
        if self._known.pop(id, None) is not None:
            self.leases.drop(id)

    def _heard(self, id: str, one: Standing, report: Report, now: float) -> None:
        one.at = max(one.at, report.at or 0.0)
        if report.until is None:
            one.lease = 0.0
            self.leases.drop(id)
        else:
            one.lease = max(1.0, report.until - now)
            self.leases.set(id, report.until)

    @staticmethod
    def _worst(one: Standing) -> Severity:
        return min((face.severity for face in one.faces.values() if not face.doubtful), key=lambda word: word.rank)
