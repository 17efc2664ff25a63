"""Polled `[[source]]` feeds: each has one loop that fetches on absolute ticks, delivers, and sends a heartbeat.

Fetched documents are held until the bus has taken them. The heartbeat of a source that fails names the problem.
A heartbeat holds the times of the last valid answer and of the last new document. A failed fetch changes neither.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from collectors import registry
from collectors.contract import Feed, FetchResult
from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason
from collectors.probing import verdicts
from collectors.probing.ticks import next_tick, phase
from collectors.publisher import Outbox, PublishingBus
from collectors.settings import PUSH, Credential, SourceSettings
from collectors.sources.manager import SourceManager
from feeds.bus import BusFull, BusLost
from feeds.clock import Clock
from feeds.model import Heartbeat

FIRST_WITHIN = 1.0
"""Seconds after the start within which every source is fetched for the first time."""
BACKOFF_LAST = 30.0
"""Longest pause in seconds between two fetches of a source that a person must mend, unless its interval is longer.

One that cannot be reached is fetched at its interval: a source of warnings that works again must be noticed at once."""
DELIVER_RETRY = 0.5
"""Seconds between two attempts to deliver documents."""
ENVELOPE_BYTES, ENVELOPE_ITEMS = 1 << 20, 500
"""Approximate bytes of the documents in one stream entry, and their greatest number."""
PACE = 1500.0
"""Documents a second of a source that has more to fetch at once, so that their engine follows."""

log = logging.getLogger(__name__)


class PolledSource:
    """Runs one feed."""

    def __init__(self, settings: SourceSettings, credential: Credential | None, site: str, clock: Clock) -> None:
        self.settings = settings
        self.credential = credential
        self._region = settings.region or site
        self._clock = clock
        self._wake = asyncio.Event()
        self._forget = False
        self._refusals = 0
        self._problem = ""
        self._valid_at: float | None = None
        self._new_at: float | None = None
        self._rounds = 0
        """Valid answers since all documents were last fetched again. The first holds old and new documents."""
        self._replay = True
        self._more: float | None = None
        """Seconds until the next round where the feed has more to fetch at once, else None."""

    @property
    def failing(self) -> bool:
        return bool(self._problem)

    def begin_anew(self) -> None:
        """Fetch and publish all documents again now, because the bus has lost them."""
        self._forget = True
        self._wake.set()

    async def run(self, bus: PublishingBus, outbox: Outbox) -> None:
        """Fetch until cancelled. A misconfigured source is retried at the longest pause, until its settings change."""
        if self.settings.url == PUSH:  # what it sends reaches the web role; its silence counts from here on
            self._finish_round("", outbox)
            await asyncio.Event().wait()
        loop = asyncio.get_running_loop()
        offset = phase(self.settings.id, self.settings.interval)
        await self._pause(loop.time() + phase(self.settings.id, min(FIRST_WITHIN, self.settings.interval)))
        feed: Feed | None = None
        try:
            while True:
                try:
                    feed = feed or registry.feed_class(self.settings.kind)(self.settings, self.credential)
                    self._finish_round(await self._round(feed, bus), outbox)
                except CollectorError as error:
                    self._finish_round(verdicts.sentence(error), outbox)
                    self._refusals = 10 if isinstance(error, Misconfigured) else self._refusals
                    self._refusals += isinstance(error, AuthFailed)
                except Exception as error:  # one faulty collector must not stop the others: it is shown and logged
                    log.exception("the collector itself failed", extra={"source": self.settings.id})
                    self._finish_round(verdicts.sentence(verdicts.broken(error)), outbox)
                if self._more is not None:
                    await self._pause(loop.time() + self._more)
                    continue
                after = loop.time() + self._backoff() - self.settings.interval
                await self._pause(next_tick(after, self.settings.interval, offset))
        finally:
            if feed is not None:
                await feed.close()

    def _backoff(self) -> float:
        """Seconds to the next round: the interval, doubled for each consecutive refusal of the credential."""
        return min(self.settings.interval * 2.0 ** min(self._refusals, 10), max(self.settings.interval, BACKOFF_LAST))

    async def _round(self, feed: Feed, bus: PublishingBus) -> str:
        """Fetch and deliver. Returns the problem of a fetch that failed in part. Raises CollectorError."""
        self._more = None
        if self._forget:
            self._forget = False
            feed.forget()
            self._rounds = 0
        try:
            # A feed may send several requests, each bounded by the timeout. The round must be bounded as well.
            async with asyncio.timeout(self.settings.timeout * 3):
                fetched = await feed.fetch(self._clock())
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"no end within {self.settings.timeout * 3:g} s") from error
        self._note_fetched(fetched)
        for envelope in _envelopes(fetched.items):
            await self._deliver(feed, bus, envelope)
        self._more = len(fetched.items) / PACE if fetched.more else None
        return fetched.problem

    def _note_fetched(self, fetched: FetchResult) -> None:
        self._valid_at = self._clock()
        if fetched.items:
            self._new_at, self._replay = self._valid_at, self._rounds == 0
        self._rounds += 1

    async def _deliver(self, feed: Feed, bus: PublishingBus, items: Sequence[object]) -> None:
        """Wait until the bus has taken the documents: they are never dropped."""
        logged = False
        while True:
            try:
                return await bus.publish(*feed.route(), items, source=self.settings.id)
            except (BusLost, BusFull) as error:
                if not logged:
                    log.warning("documents held", extra={"source": self.settings.id, "error": str(error)})
                    logged = True
                await asyncio.sleep(DELIVER_RETRY)

    def _finish_round(self, problem: str, outbox: Outbox) -> None:
        """Send a heartbeat. Logs once when the source is lost and once when it is back."""
        extra = {"source": self.settings.id, "reason": problem or self._problem}
        if problem and not self._problem:
            log.warning("source lost", extra=extra)
        elif self._problem and not problem:
            log.info("source back", extra=extra)
        self._problem = problem
        self._refusals = self._refusals if problem else 0
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
            parents=self.settings.parents,
            valid_at=self._valid_at,
            new_at=self._new_at,
            replay=self._replay,
        )
        outbox.beat(heartbeat)

    async def _pause(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._wake.wait()
        except TimeoutError:
            pass  # the next round is due
        self._wake.clear()


class PollingManager(SourceManager):
    """Starts and stops polled sources as the settings say."""

    def __init__(self, bus: PublishingBus, outbox: Outbox, site: str, clock: Clock) -> None:
        super().__init__()
        self._bus = bus
        self._outbox = outbox
        self._site = site
        self._clock = clock
        self._running: dict[str, tuple[PolledSource, asyncio.Task[None]]] = {}
        self._settings: dict[str, tuple[SourceSettings, Credential | None]] = {}

    def __len__(self) -> int:
        return len(self._settings)

    @property
    def failing(self) -> int:
        """The number of sources whose last round failed."""
        return sum(source.failing for source, _ in self._running.values())

    def begin_anew(self) -> None:
        """Make every source fetch all documents again."""
        for source, _ in self._running.values():
            source.begin_anew()

    def update(self, sources: Sequence[SourceSettings], credentials: Mapping[str, Credential]) -> None:
        """Apply settings. A source whose settings are unchanged continues undisturbed."""
        self._settings = {source.id: (source, credentials.get(source.cred)) for source in sources}
        self._settings_changed()

    def _apply(self, tasks: asyncio.TaskGroup) -> None:
        for id, (source, task) in list(self._running.items()):
            if self._settings.get(id) != (source.settings, source.credential):
                task.cancel()
                del self._running[id]
        for id, (settings, credential) in self._settings.items():
            if id not in self._running:
                source = PolledSource(settings, credential, self._site, self._clock)
                task = tasks.create_task(source.run(self._bus, self._outbox), name=f"source {id}")
                self._running[id] = (source, task)


def _envelopes(items: Sequence[object]) -> list[list[object]]:
    """Group documents in order, about ENVELOPE_BYTES and at most ENVELOPE_ITEMS a group."""
    groups: list[list[object]] = []
    size = 0
    for item in items:
        weight = len(getattr(item, "raw", b""))
        if not groups or size + weight > ENVELOPE_BYTES or len(groups[-1]) == ENVELOPE_ITEMS:
            groups.append([])
            size = 0
        groups[-1].append(item)
        size += weight
    return groups
