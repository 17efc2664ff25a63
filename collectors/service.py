"""The collect role: every probe and every source of a site, at work until it is cancelled.

Collectors fetch or raise; everything else stands here and beside: ticks (schedule), lanes
and repeats (lanes, attempts), what it means (verdicts), the way out (outbox), sources (sourcing).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Protocol

from collectors import registry
from collectors.alarms.conditions import ConditionBus, Conditions
from collectors.alarms.reporting import ReportBus, Reporter
from collectors.listener import ListenerContext
from collectors.probing.isolation import Isolation
from collectors.probing.scheduler import Probing
from collectors.publisher import Outbox, Publisher
from collectors.settings import Credential, SchemeSettings, SourceSettings
from collectors.sources.listening import ListenerManager
from collectors.sources.polling import PollingManager
from feeds.bus import BusFull, BusLost
from feeds.clock import Clock, now
from feeds.engine.vitals import Vitals
from feeds.model import Asset, Heartbeat, Observation

CANARY_EVERY = 0.5
"""Seconds between two heartbeats of the role: they prove that collect → project → live works."""
CANARY_SILENCE = 3.0
COLLECTOR_EVERY = 2.0
COLLECTOR_SILENCE = 10.0
STATS_EVERY = 60.0
BURY_EVERY = 2.0
STUCK = 2.0
"""Seconds without a turn of the scheduler after which the role no longer says that it lives."""

log = logging.getLogger(__name__)


class CollectBus(Publisher, ConditionBus, ReportBus, Protocol):
    """What the role needs of feeds.bus.Bus."""


class Collect:
    """Entry of the role. `site` is the site's region; `clock` stamps what is seen (epoch seconds).

    `zone` is the site's time zone. `data` is where collectors keep what is their own (keys), None for nowhere.
    `trouble` says what people should know about the role itself, "" for nothing; `figures` go with its own.
    """

    def __init__(
        self,
        bus: CollectBus,
        site: str,
        schemes: Mapping[str, SchemeSettings],
        sources: Sequence[SourceSettings],
        assets: Mapping[str, Asset],
        credentials: Mapping[str, Credential],
        clock: Clock = now,
        data: Path | None = None,
        zone: tzinfo = UTC,
        reference: Sequence[str] = (),
        trouble: Callable[[], str] = lambda: "",
        figures: Mapping[str, float] | None = None,
        disk: Callable[[float, float], Heartbeat | None] = lambda at, every: None,
    ) -> None:
        """`disk` gives the disk's heartbeat at a time, promised again within some seconds; None without a disk."""
        self._disk = disk
        self._reference = tuple(reference)
        self._bus = bus
        self._trouble, self._more = trouble, {} if figures is None else figures
        self._site = site
        self._zone = zone
        self._clock = clock
        self._schemes = schemes
        self._sources = tuple(sources)
        self._assets = assets
        self._credentials = credentials
        self.outbox = Outbox(bus, self._everything, self._begin_anew)
        self.conditions = Conditions(bus, site, clock)
        self.isolation = Isolation(site, clock, self._isolation_turned)
        self.reporter = Reporter(bus, clock)
        self.probing = Probing(self.outbox, self.conditions, self.isolation, site, clock, data, self.reporter.polled)
        self.polling = PollingManager(bus, self.outbox, site, clock)
        self.listeners = ListenerManager(self.outbox, self.reporter, site, clock)
        self._vitals = Vitals()
        self._figures: dict[str, float] = {}

    async def run(self) -> None:
        """Collects until it is cancelled; any of its loops that dies ends the role, so that it is started again."""
        self._apply()
        self._vitals.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.outbox.run(), name="outbox")
            tasks.create_task(self.probing.run(), name="probing")
            tasks.create_task(self.isolation.run(), name="isolation")
            tasks.create_task(self.conditions.run(), name="conditions")
            tasks.create_task(self.polling.run(), name="polling")
            tasks.create_task(self.reporter.run(), name="reporter")
            tasks.create_task(self.listeners.run(), name="listeners")
            tasks.create_task(self._bury(), name="dead letters")
            tasks.create_task(self._beat(), name="beat")

    async def reload(
        self,
        *,
        assets: Mapping[str, Asset] | None = None,
        schemes: Mapping[str, SchemeSettings] | None = None,
        sources: Sequence[SourceSettings] | None = None,
        credentials: Mapping[str, Credential] | None = None,
        reference: Sequence[str] | None = None,
    ) -> None:
        """Take over what is given; only what changed stops or starts."""
        self._assets = self._assets if assets is None else assets
        self._schemes = self._schemes if schemes is None else schemes
        self._sources = self._sources if sources is None else tuple(sources)
        self._credentials = self._credentials if credentials is None else credentials
        self._reference = self._reference if reference is None else tuple(reference)
        self._apply()

    def stats(self) -> dict[str, int | str]:
        """Self-metrics: what it watches, what fails, what it published; `bus` says what is wrong with the bus."""
        return {
            "targets": len(self.probing),
            "failing": self.probing.failing,
            "rounds": self.probing.rounds,
            "sources": len(self.polling) + len(self.listeners),
            "sources_failing": self.polling.failing + self.listeners.failing,
            "reported": self.reporter.reported,
            "published": self.outbox.published,
            "bus_losses": self.outbox.losses,
            "bus": self.outbox.trouble,
        }

    def _apply(self) -> None:
        self.isolation.update(self._reference, self._credentials)
        self.probing.update(self._assets, self._schemes, self._credentials)
        asked = [one for one in self._sources if not registry.listens(one.kind)]
        self.polling.update(asked, self._credentials)
        context = ListenerContext(inventory=self._assets, credentials=self._credentials, zone=self._zone)
        self.listeners.update([one for one in self._sources if registry.listens(one.kind)], context)

    def _isolation_turned(self) -> None:
        """Said at once; when it is over, what could not be reached is asked again."""
        if (beat := self.isolation.heartbeat(self._clock(), COLLECTOR_SILENCE)) is not None:
            self.outbox.beat(beat)
        if not self.isolation.on:
            self.probing.look_again()

    def _everything(self) -> Iterator[Observation]:
        yield from self.probing.everything()
        yield from self.listeners.everything()

    def _begin_anew(self) -> None:
        self.polling.begin_anew()
        self.reporter.begin_anew()

    async def _bury(self) -> None:
        """What listeners refused becomes dead letters: all of it counted, a few of them with words."""
        while True:
            await asyncio.sleep(BURY_EVERY)
            for source, count, words in self.listeners.take_refusals():
                try:
                    await self._bus.set_aside(source, count, words)
                except (BusLost, BusFull) as error:
                    log.debug("dead letters not counted: %s", error, extra={"source": source})

    async def _beat(self) -> None:
        """On absolute ticks: the canary, the collectors' heartbeats, and now and then the self-metrics."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        turn = 0
        while True:
            if loop.time() - self.probing.moved_at < STUCK:
                self._beat_once(turn)
            turn = max(turn + 1, int((loop.time() - began) / CANARY_EVERY) + 1)
            await asyncio.sleep(began + turn * CANARY_EVERY - loop.time())

    def _beat_once(self, turn: int) -> None:
        at = self._clock()
        if turn % round(COLLECTOR_EVERY / CANARY_EVERY) == 0:
            counts = {"entries": float(self.outbox.published), "losses": float(self.outbox.losses)}
            counts |= {"reports": float(self.reporter.reported), "reports_dropped": float(self.reporter.dropped)}
            self._figures = self._vitals.read() | counts | dict(self._more)
        words = self._trouble()
        self.outbox.beat(
            Heartbeat(
                source="role.collect",
                kind="role",
                at=at,
                ok=not words,
                error=words,
                every=CANARY_SILENCE,
                region=self._site,
                targets=len(self.probing),
                failing=self.probing.failing,
                stats=self._figures,
            )
        )
        if turn % round(COLLECTOR_EVERY / CANARY_EVERY) == 0:
            if (disk := self._disk(at, COLLECTOR_SILENCE)) is not None:
                self.outbox.beat(disk)
            for group in (self.probing, self.listeners):
                for heartbeat in group.heartbeats(at, COLLECTOR_SILENCE):
                    self.outbox.beat(heartbeat)
            if (beat := self.isolation.heartbeat(at, COLLECTOR_SILENCE)) is not None:
                self.outbox.beat(beat)
        if turn and turn % round(STATS_EVERY / CANARY_EVERY) == 0:
            log.info("collecting", extra=self.stats())
