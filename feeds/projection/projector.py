"""The projector role: folds the network feed and heartbeats into live state."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from feeds import wire
from feeds.bus import Beat, Bus, StreamEntry, entry_order
from feeds.clock import Clock, load_mark, mark_of, now, spoken
from feeds.engine import run_engine
from feeds.inventory.membership import Register
from feeds.journal import Journal
from feeds.model import Asset, AssetState, Change, Health, Heartbeat, Kind, Observation
from feeds.projection import heartbeat_calls
from feeds.projection.clock_condition import ClockCondition
from feeds.projection.fold import ROLE, Projection
from feeds.projection.readings import only_adds
from feeds.role_status import RoleStatus
from feeds.roles import ALERT, PROJECT
from feeds.texts.catalogue import DEFAULT

log = logging.getLogger(__name__)

FEED = "network"
COUNT_EVERY = 1.0
"""Seconds between two looks at dead letters and at the roles' beats."""
TRIM_EVERY = 10.0
TICK = 0.25
"""Seconds that staleness and silence may be seen late."""
ROLE_EVERY, ROLE_SILENT = 2.0, 10.0
CHANGE_READERS = (ALERT,)
MARK_EVERY = 60.0
"""Seconds between two marks of the clock that are kept for a later start."""
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
        self._wanted = dict(assets)
        self._named = sources
        self._clock = clock
        self._bus: Bus | None = None
        self._counted = self._trimmed = 0.0
        self._taken: Mapping[str, Asset] | None = None
        self._mark = "0-0"
        self._register = Register()
        self._steps: list[Change] = []
        self._marked = float("-inf")
        self.clock_condition = ClockCondition()
        self.projection = Projection(site)

    def set_assets(self, assets: Mapping[str, Asset], sources: Collection[str] | None = None) -> None:
        """Apply a new inventory at the next step. `sources` names all that are configured; None keeps every source."""
        self._wanted = dict(assets)
        self._named = sources

    async def open(self, bus: Bus) -> dict[str, str]:
        """Load the state from Redis and the last journaled health of each asset; go on at the saved cursor."""
        self._bus = bus
        saved = await bus.saved(self.name)
        state = await bus.state((Kind.ASSET, Kind.STATE, Kind.SOURCE))
        remembered = {
            doc.id: (Health(doc.body["health"]), float(doc.body["since"])) for doc in await self._journal.docs("health")
        }
        self.projection = Projection(
            self._site, state.records[Kind.ASSET], state.records[Kind.STATE], state.records[Kind.SOURCE], remembered
        )
        self.projection.resume()
        raw = saved.private.get(_CLOCK)
        self._steps, mark = [], mark_of(self._clock)
        before = load_mark(wire.decode(raw, dict[str, Any]) if raw else None)
        if by := mark.step_since(before) if mark is not None else 0.0:
            log.warning("the clock was set by %s while the role was down", spoken(by))
        self.clock_stepped(by, self._clock())
        self._mark = ((await self._journal.cursor(self.name)) or {}).get("mark", "0-0")
        self._taken = None
        await self._register.open(self._journal)
        stream = bus.keys.feed(FEED)
        return {stream: saved.cursors.get(stream, "0-0")}

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        """Fold, journal what changed in health, commit."""
        assert self._bus is not None
        called: list[Observation] = []
        if self._taken is not self._wanted:
            await self._register.note(self._journal, self._wanted, now)
            called = await heartbeat_calls.forgotten(self._journal, self._wanted, self.projection.states)
        stepped, self._steps = self._steps, []
        changes = [*stepped, *self._joined(self._moved(entries, now, called))]
        if removed := [change.id for change in changes if change.kind == Kind.SOURCE and change.after is None]:
            await self._bus.drop_dead_counts(removed)  # a count that stays would bring the source back
        if not 0 <= now - self._counted < COUNT_EVERY:
            changes += self.projection.count_dead(await self._bus.dead_counts(), now)
            changes += self._roles(await self._bus.beats(), now)
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
        """The wall clock was set: every age stays what it was, and the site says so for a while."""
        self._steps += self.projection.clock_stepped(by, now)
        self._marked = float("-inf")
        if by:
            self.clock_condition.note(by)

    def _clock_mark(self, now: float) -> dict[str, bytes | None]:
        """Now and then with a commit, so that a later start can tell whether the clock was set meanwhile."""
        mark = mark_of(self._clock)
        if mark is None or 0 <= now - self._marked < MARK_EVERY:
            return {}
        self._marked = now
        return {_CLOCK: wire.encode(mark.dump())}

    def rest(self, now: float) -> float:
        """Staleness, silence and a new inventory wait so long."""
        return TICK

    def _moved(
        self, entries: Sequence[StreamEntry], now: float, called: Sequence[Observation] = ()
    ) -> Iterator[Change]:
        """Everything that the inventory, the entries and time have changed, in order."""
        if self._taken is not self._wanted:
            yield from self.projection.set_assets(self._wanted, now)
            self._taken = self._wanted
        yield from self.projection.observe(called, now, "journal")
        for entry in entries:
            yield from self._folded(entry, now)
        if self._named is not None:
            yield from self.projection.forget_sources(self._named, now)
        yield from self.projection.tick(now)

    def _joined(self, changes: Iterable[Change]) -> Iterator[Change]:
        """The same without those that a later one of the step repeats: what one poll brought in two envelopes."""
        kept: dict[int, Change] = {}
        newest: dict[str, tuple[int, AssetState | None]] = {}
        for number, change in enumerate(changes):
            kept[number] = change
            if isinstance(change.after, AssetState):
                base = self.projection.previous
                before = newest.get(change.id)
                if before is not None and _repeats(kept[before[0]], before[1], change.after):
                    del kept[before[0]]
                    base = before[1]
                newest[change.id] = number, base
        yield from kept.values()

    def _folded(self, entry: StreamEntry, now: float) -> Iterator[Change]:
        if entry.kind == "observation":
            yield from self.projection.observe(entry.items, now, entry.id)
        elif entry.kind == "heartbeat":
            for beat in entry.items:
                yield from self.projection.beat(beat, now, entry.id)

    def _roles(self, beats: Mapping[str, Beat], now: float) -> Iterator[Change]:
        """A role is a source, too; often enough for people, seldom enough for the wire."""
        for role, beat in beats.items():
            name = f"role.{role}"
            known = self.projection.sources.get(name)
            news = known is None or known.silent_since is not None or known.error != beat.words
            if news or known is None or not 0 <= beat.at - known.at < ROLE_EVERY:
                said = Heartbeat(
                    source=name,
                    kind=ROLE,
                    at=beat.at,
                    ok=not beat.words,
                    error=beat.words,
                    every=ROLE_SILENT,
                    stats=beat.stats,
                )
                yield from self.projection.beat(said, now, "beat")

    async def _record(self, changes: Iterable[Change], now: float) -> None:
        """Journal the changes of health, each once even when a crash makes us fold them again.

        The last journaled entry's id is written with the rows. Stream ids are times, so the mark also holds
        for a server that restarted and forgot our last commit; a mark ahead of the clock is void.
        """
        mark = self._mark if int(self._mark.partition("-")[0]) / 1000 <= now + 2.0 else "0-0"
        moved, known, cause, over = [], self.projection.remembered, "", False
        for change in changes:
            state = change.after
            if not isinstance(state, AssetState) or state.seen_at is None:
                continue
            if change.cause != cause:  # those of one entry have one
                cause, over = change.cause, _within(change.cause, mark)
            if over:
                continue
            before = known.get(state.id, (None, 0.0))[0]
            if before is not state.health:
                moved.append((state, before))
                known[state.id] = (state.health, state.since)
            if change.cause[:1].isdigit():
                self._mark = change.cause
        if not moved:
            return
        async with self._journal.begin() as tx:
            for state, before in moved:
                body = {"health": state.health.value, "since": state.since, "before": before.value if before else ""}
                seq = await tx.append(
                    kind="health", name=state.health.value, subject=state.id, at=state.since, body=body
                )
                await tx.put("health", state.id, body, seq=seq)
            await tx.set_cursor(self.name, {"mark": self._mark})


def _repeats(first: Change, base: AssetState | None, second: AssetState) -> bool:
    return isinstance(first.after, AssetState) and only_adds(base, first.after, second)


def _within(cause: str, mark: str) -> bool:
    """Whether an entry id is not after the mark; other causes (time, the inventory) never are."""
    return cause[:1].isdigit() and entry_order(cause) <= entry_order(mark)


class Projecting:
    """Runs the projector role. It tells in `language`, for the whole site, that the clock was set."""

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
