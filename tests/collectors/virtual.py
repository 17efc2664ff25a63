"""Time that is moved: an event loop that jumps to the next timer, and fakes at the edge of the runner."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from collectors.contract import Measurement, Target
from collectors.service import Collect
from collectors.settings import SchemeSettings, SourceSettings
from feeds.bus import BusFull, BusLost
from feeds.bus.entries import State, StreamEntry
from feeds.bus.keys import Keys
from feeds.model import Alert, Asset, Change, Command, Heartbeat, Kind, Observation

T = TypeVar("T")
Answer = Callable[[Target], Coroutine[Any, Any, list[Measurement]]]
BEGAN = 1_790_000_000.0


class _Jumping(selectors.SelectSelector):
    """Does not wait: it tells how long it would have."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            raise RuntimeError("everything waits and nothing will ever happen")
        self._jump(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Waiting costs no time: what would be slept is added to `time()`."""

    def __init__(self) -> None:
        self._moved = 0.0
        super().__init__(_Jumping(self._jump))

    def _jump(self, seconds: float) -> None:
        # Timers fire when they are due; a sum of floats may fall short of it by its last digit.
        self._moved += seconds + 1e-9

    def time(self) -> float:
        return self._moved


def moved(story: Coroutine[Any, Any, T]) -> T:
    """Runs a story in moved time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story)


def clock() -> float:
    """Wall time of the running virtual loop."""
    return BEGAN + asyncio.get_running_loop().time()


class FakeBus:
    """Takes envelopes in memory; `trouble` makes it refuse them, `epoch` may be changed."""

    keys = Keys("532300")

    def __init__(self) -> None:
        self.epoch = "a"
        self.trouble: BusLost | BusFull | None = None
        self.envelopes: list[tuple[float, str, str, str, list[Any]]] = []
        self.commands: list[tuple[float, str, Command]] = []
        self.alerts: dict[str, Alert] = {}
        self.dead: list[tuple[str, int, list[str]]] = []

    async def publish(self, feed: str, kind: str, items: Sequence[object], *, source: str) -> None:
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        at = asyncio.get_running_loop().time()
        self.envelopes.append((at, feed, kind, source, list(items)))

    async def publish_all(self, feed: str, envelopes: Iterable[tuple[str, Sequence[object]]], *, source: str) -> None:
        for kind, items in envelopes:
            await self.publish(feed, kind, items, source=source)

    async def send(self, engine: str, command: Command) -> None:
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        self.commands.append((asyncio.get_running_loop().time(), engine, command))

    async def state(self, kinds: Iterable[str]) -> State:
        """The live alerts."""
        if self.trouble is not None:
            raise self.trouble
        return State("0-0", {kind: dict(self.alerts) if kind == Kind.ALERT else {} for kind in kinds})

    async def changes(self, after: str) -> list[Change]:
        """No alert ends between two looks at the live ones."""
        if self.trouble is not None:
            raise self.trouble
        return []

    async def read(self, cursors: Mapping[str, str], *, block: float, count: int = 200) -> list[StreamEntry]:
        """Nothing changes."""
        return []

    async def set_aside(self, source: str, count: int, messages: Sequence[str]) -> None:
        self.dead.append((source, count, list(messages)))

    def reports(self) -> list[dict[str, Any]]:
        """What the alert engine was told, in order."""
        return [row for _, _, command in self.commands for row in command.args["alerts"]]

    def observations(self, metric: str = "", since: float = 0.0) -> list[Observation]:
        """What came, in order."""
        return [
            observation
            for at, _, kind, _, items in self.envelopes
            if kind == "observation" and at >= since
            for observation in items
            if not metric or observation.metric == metric
        ]

    def heartbeats(self, source: str) -> list[Heartbeat]:
        """The heartbeats of one source, in order."""
        beats = [beat for _, _, kind, _, items in self.envelopes if kind == "heartbeat" for beat in items]
        return [beat for beat in beats if beat.source == source]


class FakePoller:
    """Answers as `answer` says; remembers when it was asked."""

    schemes: ClassVar[tuple[str, ...]] = ("tcp",)
    family: ClassVar[str] = "tcp"
    passive: ClassVar[bool] = False
    polls: ClassVar[list[tuple[float, str]]] = []
    answer: ClassVar[Answer]
    running: ClassVar[int] = 0
    most: ClassVar[int] = 0

    @classmethod
    def validate(cls, target: Target) -> None:
        """Everything is good."""

    async def poll(self, target: Target) -> list[Measurement]:
        kind = type(self)
        kind.polls.append((asyncio.get_running_loop().time(), target.asset))
        kind.running += 1
        kind.most = max(kind.most, kind.running)
        try:
            answer: Answer = kind.__dict__["answer"].__func__
            return await answer(target)
        finally:
            kind.running -= 1

    async def close(self) -> None:
        """Nothing to give back."""


def assets(count: int, probe: str = "tcp://10.0.0.1:{}") -> dict[str, Asset]:
    """`count` assets a0, a1, … with one probe each."""
    return {
        f"a{n}": Asset(id=f"a{n}", name=f"A{n}", kind="server", region="532300", probes=(probe.format(n + 1),))
        for n in range(count)
    }


def collect(
    bus: FakeBus,
    inventory: dict[str, Asset],
    settings: SchemeSettings | None = None,
    sources: tuple[SourceSettings, ...] = (),
) -> Collect:
    """A runner over the fake bus, at the virtual loop's time."""
    schemes = {"tcp": settings or SchemeSettings()}
    return Collect(bus, "532300", schemes, sources, inventory, {}, clock)


async def for_seconds(entry: Collect, *steps: tuple[float, Callable[[], object]], until: float) -> None:
    """Runs the role until `until`; each step happens at its time."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(entry.run())
    try:
        for at, act in steps:
            await asyncio.sleep(at - loop.time())
            done = act()
            if asyncio.iscoroutine(done):
                await done
        await asyncio.sleep(until - loop.time())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if not task.cancelled():
        task.result()
