"""The domain of the duty log: entries of people. Nobody edits one; a correction is an entry that points to it.

It does no I/O (see feeds.engine.domain). What the site does by itself is not written here: the log that is shown is a
view of the journal (feeds.logbook) with these entries in it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from feeds.engine.domain import DomainStep
from feeds.engine.record_domain import RecordDomain
from feeds.engine.requests import Asking, FindDocument
from feeds.incidents.phases import BY_DUTY
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.kinds import LOG
from feeds.model import Command, Outcome, Result
from feeds.model.duty_log import LogEntry, LogReference
from feeds.regions import covers
from incidents.log.entries import correction, entry_of, number_prefix, references
from incidents.lookups import named_incident
from incidents.refusals import OrderRefused

KIND = "log"
CREATE, CORRECT = "log.create", "log.correct"
SHOWN_FOR = 2 * 86_400.0
"""Seconds for which an entry is on the live screens; then it is in the archive."""


def log_entry_of(doc: Doc) -> LogEntry:
    """An entry from its document."""
    return msgspec.convert(doc.body, LogEntry)


class LogDomain(RecordDomain[LogEntry]):
    """The entries of the last two days. `site` is the region code of the site and begins each number."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = LogEntry
    stamps = ("at",)
    actions = frozenset((CREATE, CORRECT))

    def __init__(self, site: str, settings: IncidentSettings) -> None:
        super().__init__()
        self._site, self._zone = site, settings.zone

    @property
    def entries(self) -> dict[str, LogEntry]:
        """The entries in memory by number."""
        return self._held

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
        incident = yield from named_incident(str(command.args.get("incident") or ""))
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

    def _references(self, command: Command) -> Asking[list[LogReference]]:
        refs = []
        for kind, id in references(command.args):
            doc = yield FindDocument(kind, id)
            if doc is None:
                raise OrderRefused("no_record")
            refs.append(LogReference(kind=kind, id=id, seq=doc.seq))
        return refs

    def _next_id(self, now: float) -> Asking[str]:
        return self._unused_id(f"{number_prefix(self._site, now, self._zone)}-", 4)

    def _done(self, command: Command, entry: LogEntry, name: str, now: float) -> Result:
        self._put(entry)
        self._record(name, entry.id, now, command=command, body=msgspec.to_builtins(entry))
        return Result(command=command.id, outcome=Outcome.DONE, after=LOG.view(entry))

    # -- time --------------------------------------------------------------------

    def moments(self, entry: LogEntry) -> Iterable[float | None]:
        return (entry.at + SHOWN_FOR,)

    def time_passed(self, entry: LogEntry, now: float) -> None:
        if entry.at + SHOWN_FOR <= now:
            self._remove(entry.id)
            self._record("filed", entry.id, now)


register(KIND, log_entry_of)
