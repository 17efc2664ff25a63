"""When what was seen leaves for the bus, in moved time: at once, soon, or with what comes in the next half second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import pytest

from collectors.publisher import ACTIVE_FOR, FLUSH_AT, IDLE_DELAY, MAX_WAITING, SHORT_DELAY, Outbox
from feeds.model import Heartbeat, Observation
from tests.collectors.virtual import moved


class Bus:
    """Notes when each publication came, and what was in it."""

    epoch = "e"

    def __init__(self) -> None:
        self.came: list[tuple[float, list[str]]] = []

    async def publish(self, feed: str, kind: str, items: Sequence[object], *, source: str) -> None:
        await self.publish_all(feed, [(kind, items)], source=source)

    async def publish_all(self, feed: str, envelopes: Iterable[tuple[str, Sequence[object]]], *, source: str) -> None:
        now = asyncio.get_running_loop().time()
        names = [each.asset if isinstance(each, Observation) else kind for kind, items in envelopes for each in items]
        self.came.append((round(now, 3), names))


def seen(asset: str) -> Observation:
    return Observation(asset=asset, metric="tcp.up", value=True, observed_at=1.0, received_at=1.0, source="s")


def played(story: Callable[[Outbox], Coroutine[None, None, None]]) -> list[tuple[Any, list[str]]]:
    """What left when, in seconds since the outbox became calm; the story has two seconds to take effect."""

    async def play() -> list[tuple[Any, list[str]]]:
        bus = Bus()
        outbox = Outbox(bus, lambda: (), lambda: None)
        running = asyncio.create_task(outbox.run())
        await asyncio.sleep(ACTIVE_FOR)
        began = asyncio.get_running_loop().time()
        await story(outbox)
        await asyncio.sleep(2.0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return [(pytest.approx(at - began, abs=0.01), names) for at, names in bus.came]

    return moved(play())


def test_what_changes_no_face_waits_for_company() -> None:
    async def story(outbox: Outbox) -> None:
        for asset in "abc":
            outbox.put([seen(asset)], within=IDLE_DELAY)
            await asyncio.sleep(0.2)
        outbox.put([seen("d")], within=IDLE_DELAY)

    assert played(story) == [(IDLE_DELAY, ["a", "b", "c"]), (0.6 + IDLE_DELAY, ["d"])]


def test_a_change_of_face_goes_at_once_with_what_waits_and_what_follows_goes_soon() -> None:
    async def story(outbox: Outbox) -> None:
        outbox.put([seen("calm")], within=IDLE_DELAY)
        await asyncio.sleep(0.1)
        outbox.put([seen("down")], within=0.0)
        await asyncio.sleep(ACTIVE_FOR / 2)
        outbox.put([seen("parent")], within=IDLE_DELAY)
        await asyncio.sleep(ACTIVE_FOR / 2)
        outbox.put([seen("calm")], within=IDLE_DELAY)

    soon = 0.1 + ACTIVE_FOR / 2 + SHORT_DELAY
    assert played(story) == [(0.1, ["calm", "down"]), (soon, ["parent"]), (0.1 + ACTIVE_FOR + IDLE_DELAY, ["calm"])]


def test_a_heartbeat_takes_along_what_waits() -> None:
    async def story(outbox: Outbox) -> None:
        outbox.put([seen("a")], within=IDLE_DELAY)
        outbox.beat(Heartbeat(source="role.collect", kind="role", at=1.0, ok=True, every=3.0))

    assert played(story) == [(SHORT_DELAY, ["a", "heartbeat"])]


def test_many_do_not_wait_and_each_entry_is_bounded() -> None:
    async def story(outbox: Outbox) -> None:
        outbox.put([seen("a")] * MAX_WAITING, within=IDLE_DELAY)

    assert played(story) == [(0.0, ["a"] * MAX_WAITING)]
    assert MAX_WAITING % FLUSH_AT == 0
