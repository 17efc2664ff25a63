"""The domain of the duty log: entries of people. Nobody edits one; a correction is an entry that points to it.

It does no I/O (see feeds.engine.domain). What the site does by itself is not written here: the log that is shown is a
view of the journal (feeds.logbook) with these entries in it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

import msgspec

from feeds.engine.domain import Document, DomainStep, Message, Start, StepDomain
from feeds.engine.requests import Asking, FindDocument, ListDocuments
from feeds.incidents.phases import BY_DUTY
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc, Parcel
from feeds.journal.forms import register
from feeds.kinds import LOG
from feeds.model import Change, Command, Outcome, Result
from feeds.model.duty_log import LogEntry, LogReference
from feeds.model.incidents import Incident
from feeds.regions import covers
from incidents.log.entries import correction, entry_of, number_prefix, references
from incidents.refusals import OrderRefused

KIND = "log"
CREATE, CORRECT = "log.create", "log.correct"
SHOWN_FOR = 2 * 86_400.0
"""Seconds for which an entry is on the live screens; then it is in the archive."""


def log_entry_of(doc: Doc) -> LogEntry:
    """An entry from its document."""
    return msgspec.convert(doc.body, LogEntry)


class LogDomain(StepDomain):
    """The entries of the last two days. `site` is the region code of the site and begins each number."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    actions = frozenset((CREATE, CORRECT))

    def __init__(self, site: str, settings: IncidentSettings) -> None:
        super().__init__()
        self._site, self._zone = site, settings.zone
        self._reset()

    def _reset(self) -> None:
        self._steps.clear()
        self.entries: dict[str, LogEntry] = {}
        self._closed: dict[str, LogEntry] = {}
        self._numbers: dict[str, int] = {}
        self._timers: list[tuple[float, str]] = []

    def load(self, start: Start) -> Asking[None]:
        self._reset()
        for doc in (yield ListDocuments(KIND, open=True)):
            self._put(log_entry_of(doc))

    def records(self) -> Mapping[str, LogEntry]:
        return self.entries

    def clock_stepped(self, by: float, now: float) -> None:
        self._timers = [(entry.at + SHOWN_FOR, entry.id) for entry in self.entries.values()]
        heapq.heapify(self._timers)

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        return None

    # -- orders ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        try:
            if command.role not in BY_DUTY:
                raise OrderRefused("role", Outcome.FORBIDDEN)
            if command.action == CREATE:
                return (yield from self._create(command, now))
            return (yield from self._correct(command, now))
        except OrderRefused as refused:
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code)

    def _create(self, command: Command, now: float) -> Asking[Result]:
        incident = yield from self._incident(str(command.args.get("incident") or ""))
        region = incident.region if incident is not None else command.actor_region or self._site
        if not covers(command.actor_region, region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        refs = yield from self._references(command)
        entry = entry_of(command, (yield from self._next_id(now)), region, incident, refs, now)
        return self._done(command, entry, "written", now)

    def _correct(self, command: Command, now: float) -> Asking[Result]:
        entry = self.entries.get(command.subject)
        if entry is None:
            doc = yield FindDocument(KIND, command.subject)
            if doc is None:
                return Result(command=command.id, outcome=Outcome.NOT_FOUND)
            entry = log_entry_of(doc)
        if not covers(command.actor_region, entry.region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        newer, struck = correction(entry, command, (yield from self._next_id(now)), now)
        self._put(struck)
        self.record_step(
            DomainStep(name="struck", subject=struck.id, at=now, actor=command.actor, body={"by": newer.id})
        )
        return self._done(command, newer, "corrected", now)

    def _incident(self, id: str) -> Asking[Incident | None]:
        if not id:
            return None
        doc = yield FindDocument("incident", id)
        if doc is None:
            raise OrderRefused("no_incident")
        return msgspec.convert(doc.body, Incident)

    def _references(self, command: Command) -> Asking[list[LogReference]]:
        refs = []
        for kind, id in references(command.args):
            doc = yield FindDocument(kind, id)
            if doc is None:
                raise OrderRefused("no_record")
            refs.append(LogReference(kind=kind, id=id, seq=doc.seq))
        return refs

    def _next_id(self, now: float) -> Asking[str]:
        """A number that was never used. The journal is asked from the last number given in this run on."""
        prefix = number_prefix(self._site, now, self._zone)
        number = self._numbers.get(prefix, 0) + 1
        while (yield FindDocument(KIND, f"{prefix}-{number:04d}")) is not None:
            number += 1
        self._numbers[prefix] = number
        return f"{prefix}-{number:04d}"

    def _done(self, command: Command, entry: LogEntry, name: str, now: float) -> Result:
        self._put(entry)
        self.record_step(
            DomainStep(
                name=name,
                subject=entry.id,
                at=now,
                actor=command.actor,
                reason=command.reason,
                command=command.id,
                body=msgspec.to_builtins(entry),
            )
        )
        return Result(command=command.id, outcome=Outcome.DONE, after=LOG.view(entry))

    # -- time --------------------------------------------------------------------

    def advance(self, now: float) -> None:
        if not self._steps:
            self._closed.clear()
        while self._timers and self._timers[0][0] <= now:
            _, id = heapq.heappop(self._timers)
            entry = self.entries.pop(id, None)
            if entry is not None:
                self._closed[id] = entry
                self.record_step(DomainStep(name="filed", subject=id, at=now))

    def next_due(self) -> float | None:
        return self._timers[0][0] if self._timers else None

    # -- keeping -----------------------------------------------------------------

    def document(self, id: str) -> Document:
        shown = self.entries.get(id)
        return Document(body=msgspec.to_builtins(shown or self._closed[id]), shown=shown, open=shown is not None)

    def _put(self, entry: LogEntry) -> None:
        if entry.id not in self.entries:
            heapq.heappush(self._timers, (entry.at + SHOWN_FOR, entry.id))
        self.entries[entry.id] = entry


register(KIND, log_entry_of)
