"""An engine over a journal: the results of a batch become durable in one transaction, and only then are published.

The transaction holds the entries, the documents, the outgoing messages and the engine's position. After a kill between
the transaction and the publication, the next start finds the journal ahead of Redis, publishes the differences and
resumes after its last decision. Every command is carried out once; every parcel of the intake is applied once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Generic, TypeVar

from feeds import wire
from feeds.bus import Bus, StreamEntry
from feeds.clock import Clock, mark_of
from feeds.clock import now as wall_clock
from feeds.engine.domain import Domain, Message, Start, UnusableMessage
from feeds.engine.inbox import LOOK, Inbox
from feeds.engine.position import Position, find_position, unpublished
from feeds.engine.requests import Writing, answered, resolved, written
from feeds.journal import Journal, Parcel
from feeds.model import Change, Command, Outcome, Result
from feeds.uninterrupted import finish

log = logging.getLogger(__name__)

BACKLOG = 100
"""Entries in one batch from which on more are waiting; time does not advance until they are read."""
INTAKE = "intake"
"""Stream name for dead letters of the intake."""

MENDED_EVERY = 5.0
"""Seconds between two looks at whether documents that were set aside have been mended."""

D = TypeVar("D", bound=Domain)
_moment = attrgetter("at")


class JournaledEngine(Generic[D]):
    """Runs one domain (see feeds.engine.Engine). `wake` is called when messages were queued.

    `look` is the longest time, in seconds, between two steps.
    """

    def __init__(
        self,
        domain: D,
        journal: Journal,
        *,
        clock: Clock = wall_clock,
        inbox: Inbox | None = None,
        wake: Callable[[], None] = lambda: None,
        look: float = LOOK,
    ) -> None:
        self.domain, self.name = domain, domain.name
        self._journal, self._clock, self._inbox = journal, clock, inbox
        self._wake, self._look = wake, look
        self._bus: Bus | None = None
        self._feeds: frozenset[str] = frozenset()
        self._signal = ""
        self._position = Position()
        self._saved_revision = -1
        self._set_aside = False
        self.opened_step, self.stale = 0.0, False
        self._looked_at = float("-inf")

    # -- starting ----------------------------------------------------------------

    async def open(self, bus: Bus) -> dict[str, str]:
        """Rebuild from the journal and publish what Redis lacks. Returns the cursors to read from."""
        self._bus, domain, self.stale = bus, self.domain, False
        self._feeds = frozenset(map(bus.keys.feed, domain.feeds))
        self._signal = bus.keys.signal(domain.name)
        # At equal times changes come before feeds, and both before commands, which people gave on seeing them.
        changes = [bus.keys.changes] if domain.follows else []
        streams = [*changes, *self._feeds, bus.keys.commands(domain.name)]
        live = await bus.state(domain.follows)
        if self._inbox is not None:
            await self._inbox.open()
        resumption = await find_position(bus, self._journal, domain.name, streams, live.last)
        self._position = resumption.position
        start = Start(records=live.records, pending=self._position.pending, now=self._clock())
        if (loading := domain.load(start)) is not None:
            await answered(self._journal, loading)
        self._saved_revision, self._set_aside = -1, False
        now, published = self._clock(), resumption.published and not self._journal.set_aside
        for kind, records in domain.published().items():
            trusted = published and kind in domain.documented
            await bus.announce(await unpublished(bus, kind, records, now, trusted=trusted))
        domain.begin(now)
        self.opened_step = self._position.clock_step(mark_of(self._clock))
        domain.clock_stepped(self.opened_step, now)
        if resumption.adrift:
            domain.resync(now)
        await finish(self._settle([], [], now))
        signal = {self._signal: "0-0"} if self._inbox is not None else {}
        return {**self._position.cursors, **signal}

    # -- running -----------------------------------------------------------------

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        """Take every item at its own time, then let time pass; journal, then publish."""
        entries = [entry for entry in entries if entry.stream != self._signal]
        results = await self._take(entries, now)
        if len(entries) < BACKLOG and not self.hungry:
            self.domain.advance(now)
        self._position = self._position.past(entries)
        await finish(self._settle([], results, now))
        if self._inbox is not None:
            await self._inbox.tidy()
        await self._look_for_mended(now)

    async def _look_for_mended(self, now: float) -> None:
        """Become stale when a person has mended or dropped a document that could not be read."""
        if len(self._journal.set_aside) and not 0 <= now - self._looked_at < MENDED_EVERY:
            self._looked_at = now
            if await self._journal.mended():
                log.info("%s: documents that could not be read were mended or dropped: reading again", self.name)
                self.stale = True

    def clock_stepped(self, by: float, now: float) -> None:
        """Handle a step of the wall clock by `by` seconds; the next step writes the consequences."""
        self.domain.clock_stepped(by, now)

    def rest(self, now: float) -> float:
        """Seconds until the domain's next timer or the next look into the intake, 0 when more waits there."""
        if self.hungry:
            return 0.0
        look = min(self._look, self._inbox.rest) if self._inbox is not None else self._look
        due = self.domain.next_due()
        return look if due is None else min(look, max(0.0, due - now))

    def intake_trouble(self, language: str) -> str:
        """What is wrong with the intake of this engine, as text for people; "" for nothing."""
        return self._inbox.trouble(language) if self._inbox is not None else ""

    @property
    def hungry(self) -> bool:
        """True when more waits in the intake than was taken; the loop then comes back at once."""
        return self._inbox is not None and self._inbox.more

    async def _take(self, entries: Sequence[StreamEntry], now: float) -> list[Result]:
        """Give the domain all items in the order in which they happened. Returns the results of commands."""
        items: list[Change | Command | Message | Parcel] = []
        for entry in entries:
            if entry.stream in self._feeds:
                items += [Message(entry, item) for item in entry.items]
            else:
                items += [item for item in entry.items if isinstance(item, Change | Command)]
        if self._inbox is not None:
            items += await self._inbox.take()
        results: dict[str, Result] = {}
        for item in sorted(items, key=_moment):
            if not isinstance(item, Command):
                await self._give(item, now)
            elif item.id not in results:
                results[item.id] = await self._obey(item, now)
        return list(results.values())

    async def _give(self, item: Change | Message | Parcel, now: float) -> None:
        try:
            reading = self.domain.take(item, now)
            if reading is not None:
                await answered(self._journal, reading)
        except UnusableMessage as error:
            await self._store_dead_letter(item, error)
        except wire.Undecodable as error:  # a parcel of another version must not block the others
            if not isinstance(item, Parcel):
                raise
            log.error("parcel %d from %s cannot be read and is skipped: %s", item.id, item.actor, error)

    async def _store_dead_letter(self, item: Change | Message | Parcel, error: UnusableMessage) -> None:
        """Make a dead letter of a message; it is written with the next commit, which follows at once."""
        assert self._bus is not None, "open() comes first"
        stream, id = (item.entry.stream, item.entry.id) if isinstance(item, Message) else (INTAKE, _id_of(item))
        await self._bus.dead_letter(stream, id, error.raw, str(error), error.source)
        self._set_aside = True

    async def _obey(self, command: Command, now: float) -> Result:
        """Carry a command out once and in its time. A command that the journal has is only answered again.

        One that comes late was refused already: its sender was told so when there was no answer in time.
        """
        entry = await self._journal.command_entry(command.id)
        if entry is None:
            if now > command.valid_until:
                return Result(command=command.id, outcome=Outcome.LATE, detail="late")
            return await resolved(self._journal, self.domain.obey(command, now))
        after = await resolved(self._journal, self.domain.repeated(command, entry))
        return Result(command=command.id, outcome=Outcome.DONE, detail="again", after=after)

    # -- keeping -----------------------------------------------------------------

    async def _settle(self, changes: Sequence[Change], results: Sequence[Result], now: float) -> None:
        """Journal the steps, then publish them; nothing is written when nothing happened."""
        if (preparing := self.domain.prepare(now)) is not None:
            await answered(self._journal, preparing)
        writing = self.domain.write(now)
        lagging = self._inbox is not None and self._inbox.lagging
        revision = self.domain.revision
        news = writing is not None or lagging
        if not (news or changes or results or self._set_aside or revision != self._saved_revision):
            return
        self._position = self._position.next_turn(self.domain.pending(), mark_of(self._clock), recorded=news)
        following = await self._record(writing) if news else ()
        await self._commit([*changes, *following], results)
        self._saved_revision, self._set_aside = revision, False

    async def _record(self, writing: Writing[Sequence[Change]] | None) -> Sequence[Change]:
        """Make all results of a batch durable together. Returns the changes to publish."""
        changes: Sequence[Change] = ()
        queued = False
        async with self._journal.begin() as tx:
            if writing is not None:
                changes, queued = await written(tx, writing)
            await tx.set_cursor(self.name, self._position.for_journal())
            if self._inbox is not None:
                await self._inbox.write(tx)
        if self._inbox is not None:
            self._inbox.settled()
        if queued:
            self._wake()
        return changes

    async def _commit(self, changes: Iterable[Change], results: Iterable[Result]) -> None:
        assert self._bus is not None, "open() comes first"
        await self._bus.commit(
            self.name,
            cursors=self._position.cursors,
            changes=changes,
            results=results,
            private=self._position.for_redis(),
        )


def _id_of(item: Change | Message | Parcel) -> str:
    return str(item.id) if isinstance(item, Change | Parcel) else item.entry.id
