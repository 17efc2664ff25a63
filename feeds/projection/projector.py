"""The projector role: folds the network feed and heartbeats into live state."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from feeds import wire
from feeds.bus import Beat, Bus, StreamEntry, entry_order
from feeds.clock import Clock, load_mark, mark_of, now, spoken
from feeds.engine import run_engine
from feeds.inventory.membership import InventoryLog
from feeds.journal import Journal
from feeds.model import Asset, AssetState, Change, Health, Heartbeat, Kind, Observation, Reading
from feeds.projection import heartbeat_calls
from feeds.projection.clock_condition import ClockCondition
from feeds.projection.device_facts import FACTS, FactsBook
from feeds.projection.evidence_log import EVIDENCE, EvidenceLog, hashes_of
from feeds.projection.fold import ROLE, Projection
from feeds.projection.health import KIND as HEALTH
from feeds.projection.readings import only_adds
from feeds.role_status import RoleStatus
from feeds.roles import ALERT, PROJECT
from feeds.texts.catalogue import DEFAULT

log = logging.getLogger(__name__)

FEED = "network"
COUNT_EVERY = 1.0
"""Seconds between two checks of dead letters and of the roles' heartbeats."""
TRIM_EVERY = 10.0
TICK = 0.25
"""Maximum delay in detecting staleness and silence, seconds."""
ROLE_EVERY, ROLE_SILENT = 2.0, 10.0
CHANGE_READERS = (ALERT,)
MARK_EVERY = 60.0
"""Seconds between two clock marks for a later start."""
_CLOCK = "clock"


class Projector:
    """The engine that owns assets, their states, and sources."""

    name = PROJECT

    def __init__(
        self,
        journal: Journal,
        site: str,
        assets: Mapping[str, Asset],
        clock: Clock = now,
        *,
        sources: Collection[str] | None = None,
    ) -> None:
        self._journal = journal
        self._site = site
        self._assets = dict(assets)
        self._named = sources
        self._clock = clock
        self._bus: Bus | None = None
        self._counted = self._trimmed = 0.0
        self._taken: Mapping[str, Asset] | None = None
        self._mark = "0-0"
        self._evidence = EvidenceLog()
        self._facts = FactsBook()
        self._register = InventoryLog()
        self._steps: list[Change] = []
        self.opened_step, self.stale = 0.0, False
        self._marked = float("-inf")
        self.clock_condition = ClockCondition()
        self.projection = Projection(site)

    def set_assets(self, assets: Mapping[str, Asset], sources: Collection[str] | None = None) -> None:
        """Apply a new inventory at the next step. `sources` names all configured ones; None keeps every source."""
        self._assets = dict(assets)
        self._named = sources

    async def open(self, bus: Bus) -> dict[str, str]:
        """Load the state from Redis and the last journaled health of each asset; resume at the saved cursor."""
        self._bus = bus
        saved = await bus.saved(self.name)
        state = await bus.state((Kind.ASSET, Kind.STATE, Kind.FACTS, Kind.SOURCE))
        remembered = {
            doc.id: (Health(doc.body["health"]), float(doc.body["since"])) for doc in await self._journal.docs(HEALTH)
        }
        self.projection = Projection(
            self._site, state.records[Kind.ASSET], state.records[Kind.STATE], state.records[Kind.SOURCE], remembered
        )
        self.projection.resume()
        self._evidence = EvidenceLog(self.projection.states.values())
        self._facts = FactsBook(state.records[Kind.FACTS], await self._journal.docs(FACTS))
        raw = saved.private.get(_CLOCK)
        self._steps, mark = [], mark_of(self._clock)
        before = load_mark(wire.decode(raw, dict[str, Any]) if raw else None)
        self.opened_step = mark.step_since(before) if mark is not None else 0.0
        if self.opened_step:
            log.warning("the clock was set by %s while the role was down", spoken(self.opened_step))
        self.clock_stepped(self.opened_step, self._clock())
        self._mark = ((await self._journal.cursor(self.name)) or {}).get("mark", "0-0")
        self._taken = None
        await self._register.open(self._journal)
        stream = bus.keys.feed(FEED)
        return {stream: saved.cursors.get(stream, "0-0")}

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        """Fold, journal changes of health and of facts, commit."""
        assert self._bus is not None
        called: list[Observation] = []
        if self._taken is not self._assets:
            await self._register.note(self._journal, self._assets, now)
            called = await heartbeat_calls.forgotten(self._journal, self._assets, self.projection.states)
        stepped, self._steps = self._steps, []
        changes = [*stepped, *self._joined(self._moved(entries, now, called))]
        if removed := [change.id for change in changes if change.kind == Kind.SOURCE and change.after is None]:
            await self._bus.drop_dead_counts(removed)  # a count that stays would bring the source back
        if not 0 <= now - self._counted < COUNT_EVERY:
            changes += self.projection.count_dead(await self._bus.dead_counts(), now)
            changes += self._roles(await self._bus.beats(), now)
            if len(self._journal.set_aside):
                await self._journal.mended()
            self._counted = now
        if changes or entries:
            await self._record(changes, now)
            await self._bus.commit(
                self.name, cursors={e.stream: e.id for e in entries}, changes=changes, private=self._clock_mark(now)
            )
        if not 0 <= now - self._trimmed < TRIM_EVERY:
            await self._bus.trim_changes(CHANGE_READERS, now)
            self._trimmed = now

    def clock_stepped(self, by: float, now: float) -> None:
        """Handle a step of the wall clock: preserve every age and report the step for a while."""
        self._steps += self.projection.clock_stepped(by, now)
        self._marked = float("-inf")
        if by:
            self.clock_condition.note(by)

    def _clock_mark(self, now: float) -> dict[str, bytes | None]:
        """A clock mark for the commit, at intervals. A later start detects a step of the clock with it."""
        mark = mark_of(self._clock)
        if mark is None or 0 <= now - self._marked < MARK_EVERY:
            return {}
        self._marked = now
        return {_CLOCK: wire.encode(mark.dump())}

    def rest(self, now: float) -> float:
        """Longest delay of staleness, silence and a new inventory, seconds."""
        return TICK

    def _moved(
        self, entries: Sequence[StreamEntry], now: float, called: Sequence[Observation] = ()
    ) -> Iterator[Change]:
        """All changes by the inventory, the entries and time, in order."""
        if self._taken is not self._assets:
            yield from self.projection.set_assets(self._assets, now)
            yield from self._facts.set_assets(self._assets, now)
            self._taken = self._assets
        yield from self.projection.observe(called, now, "journal")
        for entry in entries:
            yield from self._folded(entry, now)
        if self._named is not None:
            yield from self.projection.forget_sources(self._named, now)
        yield from self.projection.tick(now)

    def _joined(self, changes: Iterable[Change]) -> Iterator[Change]:
        """The changes without those that a later one of the step repeats, as from two envelopes of one poll."""
        latest: dict[int, Change] = {}
        newest: dict[str, tuple[int, AssetState | None]] = {}
        for number, change in enumerate(changes):
            latest[number] = change
            if isinstance(change.after, AssetState):
                base = self.projection.previous
                before = newest.get(change.id)
                if before is not None and _repeats(latest[before[0]], before[1], change.after):
                    del latest[before[0]]
                    base = before[1]
                newest[change.id] = number, base
        yield from latest.values()

    def _folded(self, entry: StreamEntry, now: float) -> Iterator[Change]:
        if entry.kind == "observation":
            observations, facts = self._facts.take(entry.items, self._assets, now, entry.id)
            yield from facts
            yield from self.projection.observe(observations, now, entry.id)
        elif entry.kind == "heartbeat":
            for beat in entry.items:
                yield from self.projection.beat(beat, now, entry.id)

    def _roles(self, beats: Mapping[str, Beat], now: float) -> Iterator[Change]:
        """Heartbeats of the roles as sources, at an interval that people accept and the network does not notice."""
        for role, beat in beats.items():
            name = f"role.{role}"
            current = self.projection.sources.get(name)
            news = current is None or current.silent_since is not None or current.error != beat.words
            if news or current is None or not 0 <= beat.at - current.at < ROLE_EVERY:
                heartbeat = Heartbeat(
                    source=name,
                    kind=ROLE,
                    at=beat.at,
                    ok=not beat.words,
                    error=beat.words,
                    every=ROLE_SILENT,
                    stats=beat.stats,
                )
                yield from self.projection.beat(heartbeat, now, "beat")

    async def _record(self, changes: Iterable[Change], now: float) -> None:
        """Journal the changes of health, each once even when entries are folded again after a crash.

        The last journaled entry's id is written with the rows. Stream ids are times, so the mark also holds for a
        server that restarted and lost the last commit. A mark ahead of the clock is void.
        """
        mark = self._mark if int(self._mark.partition("-")[0]) / 1000 <= now + 2.0 else "0-0"
        moved, remembered, cause, over = [], self.projection.remembered, "", False
        proofs: list[tuple[str, Reading]] = []
        for change in changes:
            state = change.after
            if not isinstance(state, AssetState) or state.seen_at is None:
                continue
            if change.cause != cause:  # changes of one entry share one
                cause, over = change.cause, _within(change.cause, mark)
            proof = self._evidence.take(state)
            if over:
                continue
            before = remembered.get(state.id, (None, 0.0))[0]
            if before is not state.health:
                moved.append((state, before))
                remembered[state.id] = (state.health, state.since)
            if proof is not None:
                proofs.append((state.id, proof))
            if change.cause[:1].isdigit():
                self._mark = change.cause
        if not moved and not proofs and not self._facts.unwritten:
            return
        async with self._journal.begin() as tx:
            for state, before in moved:
                body = {"health": state.health.value, "since": state.since, "before": before.value if before else ""}
                seq = await tx.append(kind=HEALTH, name=state.health.value, subject=state.id, at=state.since, body=body)
                await tx.put(HEALTH, state.id, body, seq=seq)
            for asset, proof in proofs:
                await tx.append(kind=EVIDENCE, name="kept", subject=asset, at=proof.observed_at, body=hashes_of(proof))
            await self._facts.write(tx)
            await tx.set_cursor(self.name, {"mark": self._mark})


def _repeats(first: Change, base: AssetState | None, second: AssetState) -> bool:
    return isinstance(first.after, AssetState) and only_adds(base, first.after, second)


def _within(cause: str, mark: str) -> bool:
    """True when an entry id is not after the mark; other causes (time, the inventory) never are."""
    return cause[:1].isdigit() and entry_order(cause) <= entry_order(mark)


class Projecting:
    """Runs the projector role. Steps of the clock are reported in `language`, for the whole site."""

    def __init__(
        self,
        bus: Bus,
        journal: Journal,
        site: str,
        assets: Mapping[str, Asset],
        clock: Clock = now,
        *,
        sources: Collection[str] | None = None,
        language: str = DEFAULT,
        status: RoleStatus | None = None,
    ) -> None:
        self._bus, self._clock, self._status = bus, clock, status or RoleStatus()
        self._projector = Projector(journal, site, assets, clock, sources=sources)
        self._status.add_condition(lambda: self._projector.clock_condition.words(language))

    async def run(self) -> None:
        """Until cancelled."""
        await run_engine(self._projector, self._bus, self._clock, self._status)

    async def reload(self, assets: Mapping[str, Asset], sources: Collection[str] | None = None) -> None:
        """Apply a new inventory and the names of the configured sources at the next step."""
        self._projector.set_assets(assets, sources)
