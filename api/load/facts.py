"""Facts for the load figures, folded from journal entries: when alerts were shown, acknowledged and cleared.

An alert is **shown** when it is raised in sight, or comes into sight for the first time since it was raised; what
stays hidden from beginning to end is no load. It is **taken** when a person first acknowledges it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from feeds.journal import JournalEntry
from feeds.kinds import KINDS
from feeds.model import Severity

KEEP = 2 * 86400.0
"""Seconds that are remembered: a day of figures, and who was raised in the day before."""
MOST = 200_000
RAISES = frozenset(("raise", "reraise"))
ENDS = frozenset(("clear", "removed"))
CHANGES = RAISES | ENDS
NO_REPAIR = frozenset(("rule_removed", *(subject.gone for subject in KINDS.subjects.values())))
"""Evidence of an end that nobody brought about by a repair."""
_LIKE = Mapping[str, Any]


@dataclass(slots=True)
class AlertLife:
    """One alert for the load figures. Times are epoch seconds, None while they have not come.

    `taken_at`: the first person; `over_at`: its last clearing while it is not active, None for one that ended
    because its rule or its subject went. `seen`: it has been in sight since it was last raised.
    """

    id: str
    rule: str
    asset: str
    region: str
    severity: str
    fingerprint: str
    title: dict[str, str]
    raised_at: float
    active: bool = True
    hidden: bool = False
    seen: bool = False
    shown_at: float | None = None
    taken_at: float | None = None
    over_at: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """An event of an alert at a moment."""

    at: float
    life: AlertLife


@dataclass(slots=True)
class Facts:
    """Marks of the last KEEP seconds, by what happened; `lives` by the alert's id.

    `since` is how far back they go (it moves when there are too many), `seq` the last entry that was folded.
    """

    since: float = 0.0
    seq: int = 0
    lives: dict[str, AlertLife] = field(default_factory=dict)
    shown: deque[Mark] = field(default_factory=deque)
    raised: deque[Mark] = field(default_factory=deque)
    changed: deque[Mark] = field(default_factory=deque)
    taken: deque[Mark] = field(default_factory=deque)
    over: deque[Mark] = field(default_factory=deque)

    def unknown(self, entry: JournalEntry) -> bool:
        """True when folding an entry needs the alert's document: the alert was raised before the facts begin."""
        return entry.name != "raise" and entry.subject not in self.lives and _matters(entry)

    def fold(self, entry: JournalEntry, document: Callable[[str], _LIKE | None]) -> None:
        """Fold one entry. `document` gives the present form of an alert that was raised before the facts begin."""
        self.seq = max(self.seq, entry.seq)
        if not _matters(entry):
            return
        life = self.lives.get(entry.subject)
        if entry.name == "raise":
            life = self.lives[entry.subject] = _life(entry.subject, entry.body["after"], entry.at)
        elif life is None:
            life = self._earlier(entry, document)
            if life is None:
                return
        self._step(life, entry, entry.body.get("after", {}))

    def _earlier(self, entry: JournalEntry, document: Callable[[str], _LIKE | None]) -> AlertLife | None:
        """An alert that was raised before the facts begin, in its form before this entry."""
        body, before = document(entry.subject), entry.body.get("before", {})
        if body is None:
            return None
        life = self.lives[entry.subject] = _life(entry.subject, body, entry.at)
        life.active = bool(before.get("active", entry.name != "reraise"))
        life.hidden = bool(before.get("suppressed_by", ()))
        life.seen = not before.get("unseen", False)
        life.shown_at = life.raised_at if life.seen else None
        ack = before.get("ack")
        life.taken_at = ack["at"] if ack and ack["by"] else None
        return life

    def _step(self, life: AlertLife, entry: JournalEntry, after: _LIKE) -> None:
        if "suppressed_by" in after:
            life.hidden = bool(after["suppressed_by"])
        life.severity = after.get("severity", life.severity)
        at = entry.at
        if entry.name in CHANGES:
            self.changed.append(Mark(at, life))
        if entry.name in RAISES:
            life.active, life.seen, life.over_at = True, False, None
            self.raised.append(Mark(at, life))
        elif entry.name in ENDS:
            life.active = False
            if entry.body.get("text") not in NO_REPAIR:
                life.over_at = at
                self.over.append(Mark(at, life))
        elif entry.name == "ack" and entry.actor and life.taken_at is None:
            life.taken_at = at
            self.taken.append(Mark(at, life))
        if life.active and not life.hidden and not life.seen:
            life.seen, life.shown_at = True, life.shown_at or at
            self.shown.append(Mark(at, life))

    def prune(self, now: float) -> None:
        """Forget what is older than KEEP, and the oldest when there is too much."""
        self.since = max(self.since, now - KEEP)
        while len(self.raised) > MOST:
            self.since = max(self.since, self.raised.popleft().at)
        for marks in (self.shown, self.raised, self.changed, self.taken, self.over):
            while marks and marks[0].at < self.since:
                marks.popleft()
        if len(self.lives) > 2 * len(self.raised) + 1000:
            marked_ids = {mark.life.id for marks in (self.raised, self.shown, self.taken, self.over) for mark in marks}
            self.lives = {id: life for id, life in self.lives.items() if life.active or id in marked_ids}


def _matters(entry: JournalEntry) -> bool:
    after = entry.body.get("after", {})
    return entry.name in CHANGES or entry.name == "ack" or "suppressed_by" in after or "severity" in after


def _life(id: str, record: _LIKE, at: float) -> AlertLife:
    """From what the journal says of it; whatever an older version did not write down has a plain form."""
    return AlertLife(
        id=id,
        rule=record.get("rule", ""),
        asset=record.get("asset", ""),
        region=record.get("region", ""),
        severity=record.get("severity", Severity.MAJOR.value),
        fingerprint=record.get("fingerprint", id),
        title=dict(record.get("title", {})),
        raised_at=record.get("raised_at", at),
        hidden=bool(record.get("suppressed_by")),
    )
