"""All listeners of a site (`[[source]]` of kind `network.syslog`, `network.traps`): each keeps its socket, is heard
without end, and beats with what people must know: a port that is taken, what is dropped, who speaks and is unknown.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from collectors import registry
from collectors.alarms.reporting import Reporter
from collectors.contract import Measurement
from collectors.errors import CollectorError
from collectors.listener import Listener, ListenerContext, ListenerMessage
from collectors.probing import verdicts
from collectors.publisher import Outbox
from collectors.settings import SourceSettings
from feeds.clock import Clock
from feeds.model import Heartbeat, Observation

AGAIN_FIRST, AGAIN_LAST = 1.0, 10.0
"""Seconds until a socket that could not be had is asked for again."""
GATHER = 0.1
"""Seconds in which only the newest reading of each name is kept: a flood costs what its readings do."""
FRESH = 3600.0
"""Seconds that what a message said may be shown as fresh."""
MOST = 20_000
"""Readings of one listener that are known at once."""
SAID = 60.0
"""Seconds that a loss is told after it."""
SHOWN = 3
"""Unknown senders that are named; of the others the number is."""

log = logging.getLogger(__name__)


class Ear:
    """One listener at work."""

    def __init__(
        self, settings: SourceSettings, around: ListenerContext, site: str, clock: Clock, reporter: Reporter
    ) -> None:
        self.settings = settings
        self.around = around
        self._reporter = reporter
        self._region = settings.region or site
        self._clock = clock
        self._listener: Listener | None = None
        self._latest: dict[tuple[str, str], Observation] = {}
        self._gathered: dict[tuple[str, str], Observation] = {}
        self._some = asyncio.Event()
        self._lost = 0.0
        self._lost_at = float("-inf")
        self._refused = 0.0
        self.problem = ""

    def update(self, settings: SourceSettings, around: ListenerContext) -> bool:
        """Takes new settings over with the socket that is open; False when it must be opened anew."""
        if _place(settings) != _place(self.settings) or self._listener is None:
            return False
        try:
            self._listener.update(settings, around)
        except CollectorError as error:
            self._said(verdicts.sentence(error))
            return False
        self.settings, self.around = settings, around
        self._reporter.set_rules(settings.id, self._listener.rules)
        return True

    @property
    def known(self) -> bool:
        """Whether it is known yet if it can listen."""
        return bool(self.problem) or self._listener is not None

    def everything(self) -> Iterator[Observation]:
        """The newest of every reading."""
        yield from self._latest.values()

    async def run(self, outbox: Outbox) -> None:
        """Listens for ever; a socket that cannot be had is said, and asked for again."""
        pause = AGAIN_FIRST
        while True:
            try:
                listener = registry.listener_class(self.settings.kind)(self.settings, self.around)
                try:
                    await listener.open()
                    self._listener, pause = listener, AGAIN_FIRST
                    self._said("")
                    self._reporter.set_rules(self.settings.id, listener.rules)
                    await self._listen(listener, outbox)
                finally:
                    self._listener = None
                    await listener.close()
            except CollectorError as error:
                self._said(verdicts.sentence(error))
            except Exception as error:  # one faulty listener must not silence the others: it is shown, and logged
                log.exception("the listener itself failed", extra={"source": self.settings.id})
                self._said(verdicts.sentence(verdicts.broken(error)))
            await asyncio.sleep(pause)
            pause = min(pause * 2, AGAIN_LAST)

    async def _listen(self, listener: Listener, outbox: Outbox) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._deliver(outbox), name=f"readings of {self.settings.id}")
            async for heard in listener.listen():
                self._take(heard)
                if heard.signals:
                    self._reporter.put(self.settings, heard)

    async def _deliver(self, outbox: Outbox) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER)
            self._some.clear()
            gathered, self._gathered = self._gathered, {}
            outbox.put(list(gathered.values()))

    def _take(self, heard: ListenerMessage) -> None:
        moment = self._clock()
        for one in heard.measurements:
            seen = self._observation(heard.asset, one, moment)
            key = seen.asset, seen.key
            if key in self._latest or len(self._latest) < MOST:
                self._latest[key] = self._gathered[key] = seen
                self._some.set()

    def _observation(self, asset: str, one: Measurement, moment: float) -> Observation:
        return Observation(
            asset=asset,
            metric=one.metric,
            value=one.value,
            unit=one.unit,
            quality=one.quality,
            observed_at=moment if one.observed_at is None else one.observed_at,
            received_at=moment,
            source=self.settings.id,
            instance=one.instance,
            fresh_for=FRESH,
            text=one.text,
        )

    def _said(self, problem: str) -> None:
        """Logs once when the socket is lost and once when it is there."""
        place = {"source": self.settings.id, "reason": problem or self.problem}
        if problem and not self.problem:
            log.warning("listener lost", extra=place)
        elif self.problem and not problem:
            log.info("listener back", extra=place)
        self.problem = problem

    def take_rubbish(self) -> tuple[int, list[str]]:
        """How many messages were refused since the last call, and words on some of them."""
        if self._listener is None:
            return 0, []
        refused, before = self._listener.counts().get("refused", 0.0), self._refused
        self._refused = refused
        return int(refused - before if refused >= before else refused), self._listener.take_rubbish()

    def heartbeat(self, at: float, every: float) -> Heartbeat:
        """Whether it listens, and what people must know; unknown senders are a remark, no failure."""
        counts = self._listener.counts() if self._listener is not None else {}
        strangers = self._listener.strangers if self._listener is not None else {}
        dropped = counts.get("dropped", 0.0)
        if dropped > self._lost:
            self._lost_at = at
        self._lost = dropped
        problem = self.problem or (_flooded(dropped) if at - self._lost_at < SAID else "")
        return Heartbeat(
            source=self.settings.id,
            kind=self.settings.kind,
            at=at,
            ok=not problem,
            every=every,
            error=problem or _unknown(dict(strangers)),
            region=self._region,
            targets=1,
            failing=1 if problem else 0,
            stats=counts,
        )


class Listening:
    """Starts and stops listeners as they are set."""

    def __init__(self, outbox: Outbox, reporter: Reporter, site: str, clock: Clock) -> None:
        self._outbox = outbox
        self._reporter = reporter
        self._site = site
        self._clock = clock
        self._ears: dict[str, tuple[Ear, asyncio.Task[None]]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._wanted: dict[str, SourceSettings] = {}
        self._around = ListenerContext()

    def __len__(self) -> int:
        return len(self._wanted)

    @property
    def failing(self) -> int:
        """How many cannot listen."""
        return sum(bool(ear.problem) for ear, _ in self._ears.values())

    def everything(self) -> Iterator[Observation]:
        """The newest readings of all listeners."""
        for ear, _ in self._ears.values():
            yield from ear.everything()

    def take_rubbish(self) -> Iterator[tuple[str, int, list[str]]]:
        """Per source that refused messages: how many since the last call, and words on some of them."""
        for id, (ear, _) in self._ears.items():
            count, words = ear.take_rubbish()
            if count:
                yield id, count, words

    def heartbeats(self, at: float, every: float) -> Iterator[Heartbeat]:
        """One a listener."""
        for ear, _ in self._ears.values():
            if ear.known:
                yield ear.heartbeat(at, every)

    def update(self, sources: Sequence[SourceSettings], around: ListenerContext) -> None:
        """Take settings over; an open socket stays open unless it must listen elsewhere."""
        self._wanted = {one.id: one for one in sources}
        self._around = around
        self._reporter.set_sources(self._wanted)
        self._apply()

    async def run(self) -> None:
        """Runs the listeners for ever."""
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
        for key, (ear, task) in list(self._ears.items()):
            wanted = self._wanted.get(key)
            same = wanted == ear.settings and self._around == ear.around
            if wanted is None or not (same or ear.update(wanted, self._around)):
                task.cancel()
                del self._ears[key]
        for key, settings in self._wanted.items():
            if key not in self._ears:
                ear = Ear(settings, self._around, self._site, self._clock, self._reporter)
                task = self._tasks.create_task(ear.run(self._outbox), name=f"listener {key}")
                self._ears[key] = (ear, task)


def _place(settings: SourceSettings) -> SourceSettings:
    """What a socket hangs on: everything that cannot be taken over by one that is open."""
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


def _unknown(strangers: dict[str, int]) -> str:
    if not strangers:
        return ""
    worst = sorted(strangers.items(), key=lambda one: -one[1])
    named = ", ".join(f"{sender[:64]} ({count})" for sender, count in worst[:SHOWN])
    more = len(strangers) - SHOWN
    return (
        f"未登记的发送方：{named}{f' 等 {len(strangers)} 个' if more > 0 else ''}；请在资产清单中加标签 ip=地址"
        f" | unknown senders: {named}{f' and {more} more' if more > 0 else ''}; give an asset the label ip=ADDRESS"
    )
