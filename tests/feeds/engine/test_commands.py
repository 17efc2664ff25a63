"""Commands and their results, over a real bus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from feeds.bus import Bus
from feeds.engine.commands import CommandClient, Unanswered
from feeds.model import Command, Outcome, Result
from tests.patience import PATIENCE


def command(key: str) -> Command:
    return Command(
        id=key, action="ack", subject="a", actor="网管乙", role="operator", actor_region="", at=1.0, valid_until=9.0
    )


@pytest.fixture
async def client(bus: Bus) -> AsyncIterator[CommandClient]:
    client = CommandClient(bus)
    task = asyncio.create_task(client.run())
    yield client
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_each_caller_gets_its_own_result(bus: Bus, client: CommandClient) -> None:
    async def engine() -> None:
        cursor, received = {bus.keys.commands("alert"): "0"}, 0
        while received < 3:
            for entry in await bus.read(cursor, block=0.1):
                cursor[entry.stream] = entry.id
                results = [
                    Result(command=command_.id, outcome=Outcome.DONE, detail=command_.id) for command_ in entry.items
                ]
                await bus.commit("alert", cursors=cursor, results=results)
                received += len(entry.items)

    asks = [client.submit(command(key), engine="alert", timeout=PATIENCE) for key in "abc"]
    answers, _ = await asyncio.gather(asyncio.gather(*asks), engine())
    assert [answer.detail for answer in answers] == ["a", "b", "c"]


async def test_an_absent_engine_raises_unanswered(client: CommandClient) -> None:
    with pytest.raises(Unanswered):
        await client.submit(command("a"), engine="alert", timeout=0.05)
