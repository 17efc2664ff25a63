"""A store that fails is told once when lost and once when back; one that is only slow is not told."""

from __future__ import annotations

import asyncio
import logging

import pytest

from api import stores
from api.stores import StoreWatch
from feeds.journal import JournalLost
from feeds.journal.connections import Store
from tests.patience import until


class Desk:
    """A store's answers to being touched."""

    def __init__(self) -> None:
        self.error, self.slow, self.touched = "", asyncio.Event(), 0
        self.slow.set()

    async def touch(self) -> None:
        self.touched += 1
        await self.slow.wait()
        if self.error:
            raise JournalLost(self.error)


async def test_a_loss_is_logged_once_and_its_end_once_however_often_somebody_asks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stores, "LOOK", 0.001)
    caplog.set_level(logging.INFO)
    desk, at = Desk(), [0.0]
    watch = StoreWatch("journal", Store("sqlite://", "test"), desk.touch, lambda: at[0])
    desk.error = "disk full"
    for _ in range(50):
        at[0] += 2.0
        assert await asyncio.gather(*(watch.usable() for _ in range(10))) == [False] * 10
    assert desk.touched == 50
    running = asyncio.create_task(watch.run())  # goes on trying without being asked
    desk.error = ""
    at[0] += 2.0
    await until(lambda: not watch.lost)
    running.cancel()
    await asyncio.wait([running])
    assert [record.getMessage() for record in caplog.records] == [
        "the journal is lost: disk full",
        "the journal is back",
    ]


async def test_a_slow_store_is_no_loss_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "PATIENCE", 0.01)
    desk = Desk()
    watch = StoreWatch("journal", Store("sqlite://", "test"), desk.touch, lambda: 0.0)
    desk.slow.clear()
    assert not await watch.usable()
    assert (watch.lost, desk.touched) == ("", 1)
    desk.slow.set()
    await until(watch.usable)
    assert desk.touched == 1


async def test_a_store_that_nobody_asks_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "LOOK", 0.001)
    desk, at = Desk(), [0.0]
    watch = StoreWatch("journal", Store("sqlite://", "test"), desk.touch, lambda: at[0])
    running = asyncio.create_task(watch.run())
    await until(lambda: desk.touched == 1)
    at[0] += stores.PROBE - 0.1
    await asyncio.sleep(0.05)
    assert desk.touched == 1
    desk.error = "database is locked"
    at[0] += 0.2
    await until(lambda: bool(watch.lost))
    running.cancel()
    await asyncio.wait([running])
