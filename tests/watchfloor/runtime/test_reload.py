"""One asks, every process of the site reads its settings, and who asked hears what each did."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from feeds.bus import Bus
from feeds.clock import now
from tests.patience import until
from watchfloor.runtime import reload as reloads
from watchfloor.runtime.reload import APPLIED, INTERNAL, READING, REFUSED, ReloadListener

QUICK: dict[str, Any] = {"heard_within": 0.3, "copies_within": 0.1, "done_within": 0.3}
PATIENT: dict[str, Any] = {"heard_within": 30.0, "copies_within": 0.1, "done_within": 30.0}
BROKEN = {"zh-CN": "文件有误", "en": "the file is broken"}


@contextlib.asynccontextmanager
async def listening(url: str, site: str, **roles: Callable[[str], Awaitable[dict[str, str]]]) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        tasks = []
        for role, reload in roles.items():
            bus = Bus(url, site, name=role)
            stack.push_async_callback(bus.close)
            tasks.append(asyncio.create_task(ReloadListener(bus, role.partition("_")[0], reload).run()))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class FakeRole:
    """Counts how often it was asked, and answers as told."""

    def __init__(self, trouble: dict[str, str] | None = None) -> None:
        self.trouble, self.requests = trouble or {}, 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, accept: str = "") -> dict[str, str]:
        self.requests += 1
        self.accepted = accept
        await self.go.wait()
        return self.trouble


async def fails(accept: str) -> dict[str, str]:
    raise RuntimeError("no such thing")


async def test_every_process_reads_again_and_says_what_became_of_it(bus: Bus, valkey_url: str) -> None:
    alert, web, broken = FakeRole(), FakeRole(), FakeRole(BROKEN)
    async with listening(valkey_url, bus.site, alert=alert, web=web, project=broken, collect=fails):
        words = await reloads.request(bus, "wang", {"alert", "web", "project", "collect"}, accept="ab12", **PATIENT)
    assert (alert.accepted, web.accepted) == ("ab12", "ab12")
    assert [(word.role, word.state, word.trouble) for word in words] == [
        ("alert", APPLIED, {}),
        ("collect", REFUSED, INTERNAL),
        ("project", REFUSED, BROKEN),
        ("web", APPLIED, {}),
    ]
    assert (alert.requests, web.requests, broken.requests) == (1, 1, 1)
    assert reloads.public(words[2], "zh-CN")["trouble"] == "文件有误"


async def test_a_role_that_does_not_answer_is_not_among_the_reports(bus: Bus, valkey_url: str) -> None:
    async with listening(valkey_url, bus.site, web=FakeRole()):
        words = await reloads.request(
            bus, "wang", {"web", "collect"}, heard_within=4.0, copies_within=0, done_within=30
        )
    assert [word.role for word in words] == ["web"]
    assert await reloads.request(bus, "wang", {"web"}, **QUICK) == []


async def test_one_that_is_still_at_it_says_so(bus: Bus, valkey_url: str) -> None:
    slow = FakeRole()
    slow.go.clear()
    async with listening(valkey_url, bus.site, alert=slow):
        words = await reloads.request(bus, "wang", {"alert"}, heard_within=30, copies_within=0, done_within=0.2)
        assert [word.state for word in words] == [READING]
        slow.go.set()


async def test_what_was_asked_while_a_process_started_is_heeded_and_what_is_old_is_not(
    bus: Bus, valkey_url: str
) -> None:
    assert await reloads.request(bus, "wang", set(), **QUICK) == []
    late = FakeRole()
    async with listening(valkey_url, bus.site, web=late):
        await until(lambda: late.requests)
    old = FakeRole()
    other = Bus(valkey_url, bus.site)
    looks: list[float] = []

    def clock() -> float:
        """Far ahead at its second look, when the listener judges the old request, and right at all others."""
        looks.append(now() + 1000 * (len(looks) == 1))
        return looks[-1]

    task = asyncio.create_task(ReloadListener(other, "web", old, clock=clock).run())
    await until(lambda: len(looks) > 1)
    assert [report.state for report in await reloads.request(bus, "wang", {"web"}, **PATIENT)] == [APPLIED]
    assert old.requests == 1, "the new request only"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await other.close()


async def test_a_bus_that_is_away_is_asked_again(bus: Bus, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloads, "AGAIN", 0.01)
    lost_bus = Bus("redis://127.0.0.1:1/0", bus.site)
    reads, read = 0, lost_bus.read

    async def counted(*args: Any, **options: Any) -> Any:
        nonlocal reads
        reads += 1
        return await read(*args, **options)

    monkeypatch.setattr(lost_bus, "read", counted)
    task = asyncio.create_task(ReloadListener(lost_bus, "web", FakeRole()).run())
    await until(lambda: reads > 2)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await lost_bus.close()
