"""The collect role: runs every probe and every source of a site until cancelled.

Collectors fetch or raise. The runner does everything else: scheduling, worker pools, retries and verdicts (probing/),
polled sources and listeners (sources/), alarms (alarms/) and publishing (publisher.py).
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
from collectors.probing.check_requests import CheckRequests, RequestBus
from collectors.probing.isolation import Isolation
from collectors.probing.scheduler import ProbeScheduler
from collectors.published_signalling import PictureBus, PublishedSignalling
from collectors.publisher import Outbox, PublishingBus
from collectors.settings import Credential, SchemeSettings, SourceSettings
from collectors.sources.listening import ListenerManager
from collectors.sources.polling import PollingManager
from feeds.bus import BusFull, BusLost
from feeds.clock import Clock, now
from feeds.engine.vitals import Vitals
from feeds.model import Asset, Heartbeat, Observation

CANARY_EVERY = 0.5
"""Seconds between two heartbeats of the role, which show that the chain collect → project → live works."""
CANARY_SILENCE = 3.0
"""Seconds after which the role's heartbeat is overdue."""
COLLECTOR_EVERY = 2.0
"""Seconds between two heartbeats of each collector."""
COLLECTOR_SILENCE = 10.0
"""Seconds after which a collector's heartbeat is overdue."""
STATS_EVERY = 60.0
"""Seconds between two log lines with self-metrics."""
DEAD_LETTERS_EVERY = 2.0
"""Seconds between two reports of refused messages."""
CASCADE = "video.gb28181-upper"
"""The kind of source that tells an upper platform about our cameras."""
STUCK = 2.0
"""Seconds without a cycle of the scheduler after which the role sends no more heartbeats."""

log = logging.getLogger(__name__)


class CollectBus(PublishingBus, ConditionBus, ReportBus, PictureBus, Protocol):
    """The part of feeds.bus.Bus that the role needs."""


class Collect:
    """The role. `site` is the site's region; `clock` gives the observations' epoch seconds.

    `zone` is the site's time zone. `data` is the folder of collectors' own files such as keys, None for no folder.
    `trouble` gives a sentence on a problem of the role itself, "" without one. `figures` are added to its own.
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
        requests: RequestBus | None = None,
    ) -> None:
        """`disk` gives the disk's heartbeat for a time and a maximum silence in seconds, None without a disk.

        `requests` is a bus of its own on which people ask for checks, None for none.
        """
        self._disk = disk
        self._reference = tuple(reference)
        self._bus = bus
        self._trouble, self._more_figures = trouble, {} if figures is None else figures
        self._site = site
        self._zone = zone
        self._data = data
        self._clock = clock
        self._schemes = schemes
        self._sources = tuple(sources)
        self._assets = assets
        self._credentials = credentials
        self.outbox = Outbox(bus, self._everything, self._begin_anew)
        self.conditions = Conditions(bus, site, clock)
        self.isolation = Isolation(site, clock, self._isolation_changed)
        self.reporter = Reporter(bus, clock)
        self.probes = ProbeScheduler(
            self.outbox, self.conditions, self.isolation, site, clock, data, self.reporter.polled
        )
        self.polling = PollingManager(bus, self.outbox, site, clock)
        self.listeners = ListenerManager(self.outbox, self.reporter, site, clock)
        self.signalling = PublishedSignalling(bus, clock)
        self.checks = CheckRequests(requests, self.probes, self.listeners, clock) if requests is not None else None
        self._vitals = Vitals()
        self._figures: dict[str, float] = {}

    async def run(self) -> None:
        """Collect until cancelled. A loop that fails ends the role, so that it is started again."""
        self._apply()
        self._vitals.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.outbox.run(), name="outbox")
            tasks.create_task(self.probes.run(), name="probes")
            tasks.create_task(self.isolation.run(), name="isolation")
            tasks.create_task(self.conditions.run(), name="conditions")
            tasks.create_task(self.polling.run(), name="polling")
            tasks.create_task(self.reporter.run(), name="reporter")
            tasks.create_task(self.listeners.run(), name="listeners")
            tasks.create_task(self._report_refusals(), name="dead letters")
            tasks.create_task(self.signalling.run(self._tells_others), name="signalling")
            tasks.create_task(self._beat(), name="beat")
            if self.checks is not None:
                tasks.create_task(self.checks.run(), name="checks")

    async def reload(
        self,
        *,
        assets: Mapping[str, Asset] | None = None,
        schemes: Mapping[str, SchemeSettings] | None = None,
        sources: Sequence[SourceSettings] | None = None,
        credentials: Mapping[str, Credential] | None = None,
        reference: Sequence[str] | None = None,
    ) -> None:
        """Apply the settings given. Only what changed stops or starts."""
        self._assets = self._assets if assets is None else assets
        self._schemes = self._schemes if schemes is None else schemes
        self._sources = self._sources if sources is None else tuple(sources)
        self._credentials = self._credentials if credentials is None else credentials
        self._reference = self._reference if reference is None else tuple(reference)
        self._apply()

    def stats(self) -> dict[str, int | str]:
        """Self-metrics: counts of targets, failures and publications. `bus` names a problem of the bus."""
        return {
            "targets": len(self.probes),
            "failing": self.probes.failing,
            "rounds": self.probes.rounds,
            "sources": len(self.polling) + len(self.listeners),
            "sources_failing": self.polling.failing + self.listeners.failing,
            "reported": self.reporter.reported,
            "published": self.outbox.published,
            "bus_losses": self.outbox.losses,
            "bus": self.outbox.trouble,
        }

    def _apply(self) -> None:
        self.isolation.update(self._reference, self._credentials)
        self.probes.update(self._assets, self._schemes, self._credentials)
        polled = [source for source in self._sources if not registry.listens(source.kind)]
        self.polling.update(polled, self._credentials)
        context = ListenerContext(
            inventory=self._assets,
            credentials=self._credentials,
            zone=self._zone,
            data=self._data,
            signalling=self.signalling,
        )
        self.listeners.update([source for source in self._sources if registry.listens(source.kind)], context)

    def _tells_others(self) -> bool:
        """True while a source tells another system about our cameras."""
        return any(source.kind == CASCADE for source in self._sources)

    def _isolation_changed(self) -> None:
        """Publish the state at once. When the isolation ends, poll the targets that could not be reached."""
        if (beat := self.isolation.heartbeat(self._clock(), COLLECTOR_SILENCE)) is not None:
            self.outbox.beat(beat)
        if not self.isolation.on:
            self.probes.poll_cut_off()

    def _everything(self) -> Iterator[Observation]:
        yield from self.probes.everything()
        yield from self.listeners.everything()

    def _begin_anew(self) -> None:
        self.polling.begin_anew()
        self.reporter.begin_anew()

    async def _report_refusals(self) -> None:
        """Report messages that listeners refused as dead letters: all of them counted, some with their reasons."""
        while True:
            await asyncio.sleep(DEAD_LETTERS_EVERY)
            for source, count, reasons in self.listeners.take_refusals():
                try:
                    await self._bus.set_aside(source, count, reasons)
                except (BusLost, BusFull) as error:
                    log.debug("dead letters not counted: %s", error, extra={"source": source})

    async def _beat(self) -> None:
        """On absolute ticks: the role's heartbeat, the collectors' heartbeats, and the log line with self-metrics."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        tick = 0
        while True:
            if loop.time() - self.probes.moved_at < STUCK:
                self._beat_once(tick)
            tick = max(tick + 1, int((loop.time() - began) / CANARY_EVERY) + 1)
            await asyncio.sleep(began + tick * CANARY_EVERY - loop.time())

    def _beat_once(self, tick: int) -> None:
        at = self._clock()
        if tick % round(COLLECTOR_EVERY / CANARY_EVERY) == 0:
            counts = {"entries": float(self.outbox.published), "losses": float(self.outbox.losses)}
            counts |= {"reports": float(self.reporter.reported), "reports_dropped": float(self.reporter.dropped)}
            self._figures = self._vitals.read() | counts | dict(self._more_figures)
        trouble = self._trouble()
        self.outbox.beat(
            Heartbeat(
                source="role.collect",
                kind="role",
                at=at,
                ok=not trouble,
                error=trouble,
                every=CANARY_SILENCE,
                region=self._site,
                targets=len(self.probes),
                failing=self.probes.failing,
                stats=self._figures,
            )
        )
        if tick % round(COLLECTOR_EVERY / CANARY_EVERY) == 0:
            if (disk := self._disk(at, COLLECTOR_SILENCE)) is not None:
                self.outbox.beat(disk)
            for group in (self.probes, self.listeners):
                for heartbeat in group.heartbeats(at, COLLECTOR_SILENCE):
                    self.outbox.beat(heartbeat)
            if (beat := self.isolation.heartbeat(at, COLLECTOR_SILENCE)) is not None:
                self.outbox.beat(beat)
        if tick and tick % round(STATS_EVERY / CANARY_EVERY) == 0:
            log.info("collecting", extra=self.stats())
