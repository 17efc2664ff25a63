"""The command engine: public warnings from the emergency feed into the registry, the journal and the live state.

One journal transaction a batch holds the steps, the documents and the place in the feed; only then is it
published. A message is recognised by its digest, so reading the feed again from an older place changes nothing.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from feeds import wire
from feeds.bus import Bus, StreamEntry, entry_order
from feeds.cap.message import CapDocument
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.engine import run_engine
from feeds.engine.inbox import Inbox
from feeds.journal import Intake, Journal, Parcel
from feeds.model import Asset, Change, EmergencyWarning, Kind, Outcome, Result
from feeds.model import Command as Wish
from incidents.warnings.areas import Places
from incidents.warnings.intake import read
from incidents.warnings.journal import Keeper
from incidents.warnings.registry import DEFAULT_LIFE, Registry, Step
from maps.regions import table

log = logging.getLogger(__name__)

NAME = "command"
TICK = 0.25
"""Seconds that the end of a warning, or what another tool sent in, may be seen late."""
FEED = "emergency"
SEEN = 20_000  # digests of messages taken lately: a feed that repeats its list costs no look into the journal


class WarningsEngine:
    """Owns the warnings (see feeds.engine.Engine)."""

    name = NAME

    def __init__(
        self,
        journal: Journal,
        assets: Mapping[str, Asset],
        *,
        default_life: float = DEFAULT_LIFE,
        clock: Clock = wall_clock,
        intake: Intake | None = None,
    ) -> None:
        self._journal = journal
        self._inbox = Inbox(intake, journal, NAME, clock=clock) if intake is not None else None
        self._default_life = default_life
        self._clock = clock
        self._bus: Bus | None = None
        self._places = Places(table(), assets.values())
        self._moved = True
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._cursors: dict[str, str] = {}
        self._start()

    def _start(self) -> None:
        self.registry = Registry(default_life=self._default_life)
        self._keeper = Keeper(self._journal, self.registry)

    def replace(self, places: Places) -> None:
        """Count against another inventory from the next step on."""
        self._places, self._moved = places, True

    async def open(self, bus: Bus) -> dict[str, str]:
        """Rebuild from the journal, publish what Redis has not heard of, and say where to read on."""
        self._bus = bus
        self._start()
        self._seen.clear()
        await self._keeper.load()
        if self._inbox is not None:
            await self._inbox.open()
        self._moved = True
        saved = await bus.saved(NAME)
        self._cursors = {
            stream: await self._place(bus, stream, saved.cursors.get(stream, "0-0"))
            for stream in (bus.keys.feed(FEED), bus.keys.commands(NAME))
        }
        truth, live = self.registry.shown, (await bus.state((Kind.WARNING,))).records[Kind.WARNING]
        missing = {id: truth.get(id) for id in truth.keys() | live.keys() if truth.get(id) != live.get(id)}
        await self._commit(missing, {}, [], self._clock())
        return dict(self._cursors)

    async def _place(self, bus: Bus, stream: str, saved: str) -> str:
        """Where to read on: what Redis committed, or the beginning when the stream is a new one that ends before it.

        Not the journal's place: what was refused is set aside with Redis's commit, and would be lost between them.
        """
        return saved if entry_order(await bus.tail(stream)) >= entry_order(saved) else "0-0"

    def clock_stepped(self, by: float, now: float) -> None:
        """The wall clock was set by `by` seconds; the next step publishes what that changed."""
        self.registry.clock_stepped(now)

    def rest(self, now: float) -> float:
        """The end of a warning, and what another tool sent in, wait so long."""
        return 0.0 if self._inbox is not None and self._inbox.more else TICK

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        """Take messages in, let time pass; journal, then publish."""
        steps: list[Step] = []
        raws: dict[str, Mapping[str, Any]] = {}
        results: list[Result] = []
        refused = False
        for parcel in await self._inbox.take() if self._inbox is not None else ():
            steps += await self._pushed(parcel, raws, now)
        for entry in entries:
            for item in entry.items:
                if isinstance(item, Wish):
                    results.append(Result(command=item.id, outcome=Outcome.INVALID, detail="unknown_action"))
                elif isinstance(item, CapDocument):
                    some = await self._take(entry, item, raws, now)
                    refused = refused or some is None
                    steps += some or []
            self._cursors[entry.stream] = entry.id
        if self._moved:
            self._moved = False
            steps += self.registry.recount(self._places.counted, now)
        steps += self.registry.advance(now)
        causes = {step.subject: step.cause for step in steps}
        if steps or (self._inbox is not None and self._inbox.lagging):
            await self._commit(await self._record(steps, raws), causes, results, now)
        elif results or refused:
            await self._commit({}, {}, results, now)
        if self._inbox is not None:
            await self._inbox.tidy()

    async def _pushed(self, parcel: Parcel, raws: dict[str, Mapping[str, Any]], now: float) -> list[Step]:
        """A message that was sent in over HTTP: it waited in the journal's intake, not on the bus."""
        try:
            document = wire.decode(parcel.body, CapDocument)
        except wire.Undecodable as error:
            log.error("parcel %d from %s cannot be read and is passed over: %s", parcel.id, parcel.actor, error)
            return []
        place = StreamEntry("intake", str(parcel.id), "cap", document.source, [document])
        return await self._take(place, document, raws, now) or []

    async def _take(
        self, entry: StreamEntry, document: CapDocument, raws: dict[str, Mapping[str, Any]], now: float
    ) -> list[Step] | None:
        """One document into the registry; None when it was set aside."""
        assert self._bus is not None, "open() comes first"
        try:
            message = read(document, entry.source)
            token = f"{message.id} {message.digest}"
            if token in self._seen:
                return []
            message = self._places.placed(message)
        except ValueError as no:  # Refused, or an area that is no geometry: one bad message stops nobody
            await self._bus.dead_letter(entry.stream, entry.id, document.raw, str(no), entry.source)
            return None
        await self._keeper.recall([message.id, *message.references])
        steps = self.registry.take(message, now)
        if steps:
            raws[message.id] = {"source": entry.source, "digest": message.digest, **_kept(document.raw)}
        self._seen[token] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)
        return steps

    async def _record(
        self, steps: Sequence[Step], raws: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, EmergencyWarning | None]:
        epoch = self._bus.epoch if self._bus is not None else ""
        async with self._journal.begin() as tx:
            await self._keeper.write(tx, steps, raws)
            await tx.set_cursor(NAME, {"epoch": epoch, "cursors": self._cursors})
            if self._inbox is not None:
                await self._inbox.write(tx)
        if self._inbox is not None:
            self._inbox.settled()
        return self._keeper.written()

    async def _commit(
        self,
        news: Mapping[str, EmergencyWarning | None],
        causes: Mapping[str, str],
        results: Sequence[Result],
        now: float,
    ) -> None:
        assert self._bus is not None, "open() comes first"
        changes = [
            Change(kind=Kind.WARNING, id=id, after=after, at=now, cause=causes.get(id, "journal"))
            for id, after in news.items()
        ]
        await self._bus.commit(NAME, cursors=self._cursors, changes=changes, results=results)


def _kept(raw: bytes) -> dict[str, str]:
    """The message as it came: readable where it is UTF-8, byte for byte in any case."""
    try:
        return {"raw": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode("ascii")}


class Command:
    """Runs the command role. `default_life` is the life, in seconds, of a warning that names no end."""

    def __init__(
        self,
        bus: Bus,
        journal: Journal,
        assets: Mapping[str, Asset],
        *,
        default_life: float = DEFAULT_LIFE,
        clock: Clock = wall_clock,
        intake: Intake | None = None,
    ) -> None:
        self._bus, self._clock, self._intake = bus, clock, intake
        self.engine = WarningsEngine(journal, assets, default_life=default_life, clock=clock, intake=intake)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await run_engine(self.engine, self._bus, self._clock)
        finally:
            if self._intake is not None:
                await self._intake.close()

    async def reload(self, assets: Mapping[str, Asset]) -> None:
        """Count what warnings affect against another inventory."""
        self.engine.replace(await asyncio.to_thread(Places, table(), assets.values()))
