"""All `[[source]]` feeds: each has one loop that fetches on absolute ticks, delivers, then beats.

What was fetched is kept until the bus has taken it. A source that fails beats as well, with what is wrong.
A source says when it last had a valid answer and when it last had something new; a round that fails moves neither.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from collectors import registry
from collectors.contract import Feed, FetchResult
from collectors.errors import CollectorError, Misconfigured, NotReady, Reason
from collectors.probing import verdicts
from collectors.probing.ticks import next_tick, phase
from collectors.publisher import Outbox, Publisher
from collectors.settings import Credential, SourceSettings
from feeds.bus import BusFull, BusLost
from feeds.clock import Clock
from feeds.model import Heartbeat

FIRST_WITHIN = 1.0
"""Seconds after the start within which every source is asked for the first time."""
BACKOFF_LAST = 30.0
"""Seconds between two tries of a source that fails, at most (its own interval when that is longer).

A mended source of warnings must be seen at once; asking one that is down costs next to nothing."""
DELIVER_RETRY = 0.5
ENVELOPE_BYTES = 1 << 20
"""Documents of one stream entry together, about."""

log = logging.getLogger(__name__)


class Source:
    """One feed at work."""

    def __init__(self, settings: SourceSettings, credential: Credential | None, site: str, clock: Clock) -> None:
        self.settings = settings
        self.credential = credential
        self._region = settings.region or site
        self._clock = clock
        self._kick = asyncio.Event()
        self._forget = False
        self._failures = 0
        self._problem = ""
        self._valid_at: float | None = None
        self._new_at: float | None = None
        self._rounds = 0
        """Rounds with a valid answer since everything was last fetched anew: the first brings old and new alike."""
        self._replay = True

    @property
    def failing(self) -> bool:
        return bool(self._problem)

    def begin_anew(self) -> None:
        """The bus has lost everything: fetch and publish all of it again, now."""
        self._forget = True
        self._kick.set()

    async def run(self, bus: Publisher, outbox: Outbox) -> None:
        """Fetches for ever; a source that cannot work as it is set says so and rests until it is set anew."""
        loop = asyncio.get_running_loop()
        offset = phase(self.settings.id, self.settings.interval)
        await self._pause(loop.time() + phase(self.settings.id, min(FIRST_WITHIN, self.settings.interval)))
        feed: Feed | None = None
        try:
            while True:
                try:
                    feed = feed or registry.feed_class(self.settings.kind)(self.settings, self.credential)
                    self._told(await self._round(feed, bus), outbox)
                except CollectorError as error:
                    self._told(verdicts.sentence(error), outbox, rest=isinstance(error, Misconfigured))
                except Exception as error:  # one faulty collector must not blind the others: it is shown, and logged
                    log.exception("the collector itself failed", extra={"source": self.settings.id})
                    self._told(verdicts.sentence(verdicts.broken(error)), outbox)
                after = loop.time() + self._backoff() - self.settings.interval
                await self._pause(next_tick(after, self.settings.interval, offset))
        finally:
            if feed is not None:
                await feed.close()

    def _backoff(self) -> float:
        """Seconds to the next round: the interval, doubled with every failure in a row."""
        return min(self.settings.interval * 2.0**self._failures, max(self.settings.interval, BACKOFF_LAST))

    async def _round(self, feed: Feed, bus: Publisher) -> str:
        """One fetch, delivered. Returns what of it failed. Raises CollectorError."""
        if self._forget:
            self._forget = False
            feed.forget()
            self._rounds = 0
        try:
            # A feed may need several requests, each bounded by the timeout; the whole round must still end.
            async with asyncio.timeout(self.settings.timeout * 3):
                fetched = await feed.fetch(self._clock())
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"no end within {self.settings.timeout * 3:g} s") from error
        self._heard(fetched)
        for envelope in _envelopes(fetched.items):
            await self._deliver(feed, bus, envelope)
        return fetched.problem

    def _heard(self, fetched: FetchResult) -> None:
        self._valid_at = self._clock()
        if fetched.items:
            self._new_at, self._replay = self._valid_at, self._rounds == 0
        self._rounds += 1

    async def _deliver(self, feed: Feed, bus: Publisher, items: Sequence[object]) -> None:
        """Waits until the bus has taken it: what was fetched is never dropped."""
        said = False
        while True:
            try:
                return await bus.publish(feed.stream, feed.item, items, source=self.settings.id)
            except (BusLost, BusFull) as error:
                if not said:
                    log.warning("documents held", extra={"source": self.settings.id, "error": str(error)})
                    said = True
                await asyncio.sleep(DELIVER_RETRY)

    def _told(self, problem: str, outbox: Outbox, *, rest: bool = False) -> None:
        """Beats, and logs once when the source is lost and once when it is back."""
        place = {"source": self.settings.id, "reason": problem or self._problem}
        if problem and not self._problem:
            log.warning("source lost", extra=place)
        elif self._problem and not problem:
            log.info("source back", extra=place)
        self._problem = problem
        self._failures = (10 if rest else min(self._failures + 1, 10)) if problem else 0
        heartbeat = Heartbeat(
            source=self.settings.id,
            kind=self.settings.kind,
            at=self._clock(),
            ok=not problem,
            every=self.settings.heartbeat,
            error=problem,
            region=self._region,
            targets=1,
            failing=1 if problem else 0,
            valid_at=self._valid_at,
            new_at=self._new_at,
            replay=self._replay,
        )
        outbox.beat(heartbeat)

    async def _pause(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._kick.wait()
        except TimeoutError:
            pass  # its time has come
        self._kick.clear()


class Sourcing:
    """Starts and stops sources as they are set."""

    def __init__(self, bus: Publisher, outbox: Outbox, site: str, clock: Clock) -> None:
        self._bus = bus
        self._outbox = outbox
        self._site = site
        self._clock = clock
        self._running: dict[str, tuple[Source, asyncio.Task[None]]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._wanted: dict[str, tuple[SourceSettings, Credential | None]] = {}

    def __len__(self) -> int:
        return len(self._wanted)

    @property
    def failing(self) -> int:
        """How many sources failed in their last round."""
        return sum(source.failing for source, _ in self._running.values())

    def begin_anew(self) -> None:
        """Every source brings everything again."""
        for source, _ in self._running.values():
            source.begin_anew()

    def update(self, sources: Sequence[SourceSettings], credentials: Mapping[str, Credential]) -> None:
        """Take settings over; a source whose settings are the same goes on undisturbed."""
        self._wanted = {one.id: (one, credentials.get(one.cred)) for one in sources}
        self._apply()

    async def run(self) -> None:
        """Runs the sources for ever."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                self._apply()
                await asyncio.Event().wait()
            finally:
                self._tasks = None

    def _apply(self) -> None:
        if self._tasks is None:
            return
        for key, (source, task) in list(self._running.items()):
            if self._wanted.get(key) != (source.settings, source.credential):
                task.cancel()
                del self._running[key]
        for key, (settings, credential) in self._wanted.items():
            if key not in self._running:
                source = Source(settings, credential, self._site, self._clock)
                task = self._tasks.create_task(source.run(self._bus, self._outbox), name=f"source {key}")
                self._running[key] = (source, task)


def _envelopes(items: Sequence[object]) -> list[list[object]]:
    """Groups of documents of about ENVELOPE_BYTES, in order."""
    groups: list[list[object]] = []
    size = ENVELOPE_BYTES
    for item in items:
        weight = len(getattr(item, "raw", b""))
        if size + weight > ENVELOPE_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(item)
        size += weight
    return groups
