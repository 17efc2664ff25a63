"""Fixtures over the real embedded Valkey and a real SQLite journal."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from feeds.bus import Bus
from feeds.journal import Journal, sqlite_url
from watchfloor import valkey

_sites = itertools.count(100000)


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One real Valkey for the whole run; every test takes a site (hash tag) of its own."""
    data = tmp_path_factory.mktemp("vk")

    async def begin() -> asyncio.subprocess.Process:
        return await valkey.start(data)

    with asyncio.Runner() as runner:
        process = runner.run(begin())
        yield valkey.address(data).url
        process.terminate()
        runner.run(process.wait())


@pytest_asyncio.fixture
async def bus(valkey_url: str) -> AsyncIterator[Bus]:
    """A bus on a site that no other test uses."""
    one = Bus(valkey_url, str(next(_sites)))
    await one.open()
    yield one
    await one.close()


@pytest_asyncio.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """An empty journal in a folder of the test's own."""
    one = Journal(sqlite_url(tmp_path), "test")
    await one.open()
    yield one
    await one.close()


@pytest.fixture
async def no_leaked_tasks() -> AsyncIterator[None]:
    """Fails the test that leaves a task running."""
    before = asyncio.all_tasks()
    yield
    left = [task for task in asyncio.all_tasks() - before - {asyncio.current_task()} if not task.done()]
    assert not left, f"tasks left running: {left}"
