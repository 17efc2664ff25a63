"""Listeners of a site (`[[source]]` of kind `network.syslog` or `network.traps`): start, stop, delivery, heartbeats.

A listener's heartbeat reports a port that is in use, messages that were dropped, and senders not in the inventory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from collectors import registry
from collectors.alarms.reporting import Reporter
from collectors.contract import Measurement
from collectors.errors import CollectorError
from collectors.listener import Listener, ListenerContext, ListenerMessage
from collectors.probing import verdicts
from collectors.publisher import Outbox
from collectors.settings import SourceSettings
from collectors.sources.manager import SourceManager
from feeds.clock import Clock
from feeds.model import Heartbeat, Observation

RETRY_FIRST, RETRY_LAST = 1.0, 10.0
"""Seconds between two attempts to open a socket, doubling."""
GATHER = 0.1
"""Seconds of gathering before readings are published. Only the newest of each name counts, which bounds a flood."""
FRESH_FOR = 3600.0
"""Seconds for which a reading from a message may be shown as fresh."""
MAX_READINGS = 20_000
"""Readings of one listener that are stored at once."""
LOSS_SHOWN_FOR = 60.0
"""Seconds for which dropped messages are reported after the last of them."""
SENDERS_NAMED = 3
"""Unknown senders that are named. Others are only counted."""

log = logging.getLogger(__name__)


class ListenerRunner:
    """Runs one listener."""

    def __init__(
        self, settings: SourceSettings, context: ListenerContext, site: str, clock: Clock, reporter: Reporter
    ) -> None:
        self.settings = settings
        self.context = context
        self._reporter = reporter
        self._region = settings.region or site
        self._clock = clock
        self._listener: Listener | None = None
        self._latest: dict[tuple[str, str], Observation] = {}
        self._gathered: dict[tuple[str, str], Observation] = {}
        self._wake = asyncio.Event()
        self._dropped = 0.0
        self._dropped_at = float("-inf")
        self._refused = 0.0
        self.problem = ""

    def update(self, settings: SourceSettings, context: ListenerContext) -> bool:
        """Apply new settings to the open socket. False when the socket must be opened again."""
        if _socket_settings(settings) != _socket_settings(self.settings) or self._listener is None:
            return False
        try:
            self._listener.update(settings, context)
        except CollectorError as error:
            self._set_problem(verdicts.sentence(error))
            return False
        self.settings, self.context = settings, context
        self._reporter.set_rules(settings.id, self._listener.rules)
        return True

    @property
    def started(self) -> bool:
        """True once it is known whether the listener can listen."""
        return bool(self.problem) or self._listener is not None

    @property
    def listener(self) -> Listener | None:
        """The listener, while its socket is open."""
        return self._listener

    def everything(self) -> Iterator[Observation]:
        """The newest observation of every reading."""
        yield from self._latest.values()

    async def run(self, outbox: Outbox) -> None:
        """Listen until cancelled. A socket that cannot be opened is reported and tried again."""
        pause = RETRY_FIRST
        while True:
            try:
                listener = registry.listener_class(self.settings.kind)(self.settings, self.context)
                try:
                    await listener.open()
                    self._listener, pause = listener, RETRY_FIRST
                    self._set_problem("")
                    self._reporter.set_rules(self.settings.id, listener.rules)
                    await self._listen(listener, outbox)
                finally:
                    self._listener = None
                    await listener.close()
            except CollectorError as error:
                self._set_problem(verdicts.sentence(error))
            except Exception as error:  # one faulty listener must not stop the others: it is shown and logged
                log.exception("the listener itself failed", extra={"source": self.settings.id})
                self._set_problem(verdicts.sentence(verdicts.broken(error)))
            await asyncio.sleep(pause)
            pause = min(pause * 2, RETRY_LAST)

    async def _listen(self, listener: Listener, outbox: Outbox) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._deliver(outbox), name=f"readings of {self.settings.id}")
            async for message in listener.listen():
                self._take(message)
                if message.signals:
                    self._reporter.put(self.settings, message)

    async def _deliver(self, outbox: Outbox) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER)
            self._wake.clear()
            gathered, self._gathered = self._gathered, {}
            outbox.put(list(gathered.values()))

    def _take(self, message: ListenerMessage) -> None:
        now = self._clock()
        for measurement in message.measurements:
            observation = self._observation(message, measurement, now)
            key = observation.asset, observation.key
            if key in self._latest or len(self._latest) < MAX_READINGS:
                self._latest[key] = self._gathered[key] = observation
                self._wake.set()

    def _observation(self, message: ListenerMessage, measurement: Measurement, now: float) -> Observation:
        return Observation(
            asset=message.asset,
            metric=measurement.metric,
            value=measurement.value,
            unit=measurement.unit,
            quality=measurement.quality,
            observed_at=now if measurement.observed_at is None else measurement.observed_at,
            received_at=now,
            source=self.settings.id,
            probe=message.probe,
            instance=measurement.instance,
            fresh_for=FRESH_FOR if measurement.fresh_for is None else measurement.fresh_for,
            text=measurement.text,
            confirmed_at=measurement.confirmed_at,
        )

    def _set_problem(self, problem: str) -> None:
        """Store the problem. Logs once when the socket is lost and once when it is back."""
        extra = {"source": self.settings.id, "reason": problem or self.problem}
        if problem and not self.problem:
            log.warning("listener lost", extra=extra)
        elif self.problem and not problem:
            log.info("listener back", extra=extra)
        self.problem = problem

    def take_refusals(self) -> tuple[int, list[str]]:
        """The number of messages refused since the last call, and the reasons of some of them."""
        if self._listener is None:
            return 0, []
        refused, previous = self._listener.counts().get("refused", 0.0), self._refused
        self._refused = refused
        return int(refused - previous if refused >= previous else refused), self._listener.take_refusals()

    def heartbeat(self, at: float, every: float) -> Heartbeat:
        """The source's heartbeat. Unknown senders are a remark, not a failure."""
        counts = self._listener.counts() if self._listener is not None else {}
        unknown_senders = self._listener.unknown_senders if self._listener is not None else {}
        dropped = counts.get("dropped", 0.0)
        if dropped > self._dropped:
            self._dropped_at = at
        self._dropped = dropped
        problem = self.problem or (_flooded(dropped) if at - self._dropped_at < LOSS_SHOWN_FOR else "")
        return Heartbeat(
            source=self.settings.id,
            kind=self.settings.kind,
            at=at,
            ok=not problem,
            every=every,
            error=problem or _unknown(dict(unknown_senders)),
            region=self._region,
            targets=1,
            failing=1 if problem else 0,
            parents=self.settings.parents,
            stats=counts,
        )


class ListenerManager(SourceManager):
    """Starts and stops listeners as the settings say."""

    def __init__(self, outbox: Outbox, reporter: Reporter, site: str, clock: Clock) -> None:
        super().__init__()
        self._outbox = outbox
        self._reporter = reporter
        self._site = site
        self._clock = clock
        self._runners: dict[str, tuple[ListenerRunner, asyncio.Task[None]]] = {}
        self._settings: dict[str, SourceSettings] = {}
        self._context = ListenerContext()

    def __len__(self) -> int:
        return len(self._settings)

    @property
    def failing(self) -> int:
        """The number of listeners that cannot listen."""
        return sum(bool(runner.problem) for runner, _ in self._runners.values())

    def everything(self) -> Iterator[Observation]:
        """The newest observations of all listeners."""
        for runner, _ in self._runners.values():
            yield from runner.everything()

    def describe(self, asset: str) -> dict[str, Any] | None:
        """What a listener knows of an asset beyond its readings; the first one that knows it tells."""
        descriptions = (listener.describe(asset) for listener in self._open())
        return next((description for description in descriptions if description is not None), None)

    def refresh(self, asset: str) -> bool:
        """Have an asset's device asked now. False when no listener can."""
        return any(listener.refresh(asset) for listener in self._open())

    def _open(self) -> list[Listener]:
        return [runner.listener for runner, _ in self._runners.values() if runner.listener is not None]

    def take_refusals(self) -> Iterator[tuple[str, int, list[str]]]:
        """By source: the number of messages refused since the last call, and the reasons of some of them."""
        for id, (runner, _) in self._runners.items():
            count, reasons = runner.take_refusals()
            if count:
                yield id, count, reasons

    def heartbeats(self, at: float, every: float) -> Iterator[Heartbeat]:
        """One heartbeat for each listener that has started."""
        for runner, _ in self._runners.values():
            if runner.started:
                yield runner.heartbeat(at, every)

    def update(self, sources: Sequence[SourceSettings], context: ListenerContext) -> None:
        """Apply settings. An open socket stays open unless its address or protocol changes."""
        self._settings = {source.id: source for source in sources}
        self._context = context
        self._reporter.set_sources(self._settings)
        self._settings_changed()

    def _apply(self, tasks: asyncio.TaskGroup) -> None:
        for source, (runner, task) in list(self._runners.items()):
            settings = self._settings.get(source)
            unchanged = settings == runner.settings and self._context == runner.context
            if settings is None or not (unchanged or runner.update(settings, self._context)):
                task.cancel()
                del self._runners[source]
        for source, settings in self._settings.items():
            if source not in self._runners:
                runner = ListenerRunner(settings, self._context, self._site, self._clock, self._reporter)
                task = tasks.create_task(runner.run(self._outbox), name=f"listener {source}")
                self._runners[source] = (runner, task)


def _socket_settings(settings: SourceSettings) -> SourceSettings:
    """The settings that an open socket cannot change."""
    return replace(
        settings,
        cred="",
        level="",
        rule=(),
        tls_cert="",
        tls_key="",
        tls_ca="",
        heartbeat=0.0,
        interval=0.0,
        timeout=0.0,
    )


def _flooded(dropped: float) -> str:
    return (
        f"消息来得太快，已丢弃 {dropped:.0f} 条：请在设备上限制日志或陷阱的速率"
        f" | messages come too fast, {dropped:.0f} were dropped: limit their rate at the devices"
    )


def _unknown(unknown_senders: dict[str, int]) -> str:
    if not unknown_senders:
        return ""
    by_count = sorted(unknown_senders.items(), key=lambda sender_and_count: -sender_and_count[1])
    named = ", ".join(f"{sender[:64]} ({count})" for sender, count in by_count[:SENDERS_NAMED])
    more = len(unknown_senders) - SENDERS_NAMED
    return (
        f"未登记的发送方：{named}{f' 等 {len(unknown_senders)} 个' if more > 0 else ''}；请在资产清单中加标签 ip=地址"
        f" | unknown senders: {named}{f' and {more} more' if more > 0 else ''}; give an asset the label ip=ADDRESS"
    )
