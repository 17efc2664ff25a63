"""The lease: one process per role, standby and takeover, and fencing of suspended processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from feeds.bus import Bus, BusLost
from feeds.bus import lease as lease_module
from feeds.bus.lease import Lease
from feeds.bus.writes import FIELDS_AT_ONCE
from feeds.fencing import Fence, Fenced
from feeds.history import HistoryStore
from feeds.history.hot import OpenHours
from feeds.journal import Journal
from feeds.model import AssetState, Change, Health, Kind
from feeds.role_status import RoleStatus
from tests.patience import PATIENCE, until

ROLE = "alert"
change = Change(kind=Kind.STATE, id="x1", after=AssetState(id="x1", region="532301", health=Health.OK), at=1.0)


class Copy:
    """One process of a role: a bus, a journal, a lease."""

    def __init__(self, url: str, site: str, journal_url: str) -> None:
        self.bus = Bus(url, site, name=ROLE, fence=Fence(ROLE))
        self.status = RoleStatus()
        self.journal = Journal(journal_url, ROLE)
        self.lease = Lease(self.bus, ROLE, self.journal, self.status)

    async def commit(self, value: str) -> None:
        await self.bus.commit(ROLE, cursors={"s": value}, changes=[change])

    async def append(self, name: str) -> None:
        async with self.journal.begin() as tx:
            await tx.append(kind="alert", name=name, subject="x1", at=1.0)


@pytest.fixture
async def copies(valkey_url: str, bus: Bus, journal_url: str) -> AsyncIterator[list[Copy]]:
    """Two processes that share a bus and a journal."""
    both = [Copy(valkey_url, bus.site, journal_url) for _ in range(2)]
    for copy in both:
        await copy.journal.open()
    yield both
    for copy in both:
        await copy.bus.close()
        await copy.journal.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short intervals and no expiry by time, because the machine may stall."""
    monkeypatch.setattr(lease_module, "ASK_EVERY", 0.02)
    monkeypatch.setattr(lease_module, "RENEW_EVERY", 0.05)
    monkeypatch.setattr(lease_module, "TTL", 10 * PATIENCE)
    monkeypatch.setattr(lease_module, "HEARD_WITHIN", 10 * PATIENCE)


async def run_out(copy: Copy) -> None:
    """Let the lease expire."""
    await copy.bus.script("redis.call('DEL', KEYS[1])", [copy.bus.keys.lease(ROLE)])


async def stood_by(holder: Copy) -> None:
    """Wait until another process has asked for the role and was told its holder."""

    async def seen() -> bool:
        await holder.lease._renew()
        return holder.status.figures["standbys"] == 1.0

    await until(seen)


async def test_a_standby_takes_over_at_once_when_the_role_is_released(copies: list[Copy]) -> None:
    first, second = copies
    await first.lease.take()
    waiting = asyncio.create_task(second.lease.take())
    await first.commit("1-0")
    await first.append("raise")
    await stood_by(first)
    assert not waiting.done()
    assert await first.lease._renew() == first.lease.fence.holder
    assert first.status.figures == {"standbys": 1.0}
    await first.lease.give_back()
    await asyncio.wait_for(waiting, PATIENCE)
    assert (second.lease.fence.number, first.lease.fence.number) == (2, 1)
    await second.lease._renew()
    assert second.status.figures == {"standbys": 0.0}
    await second.commit("2-0")
    await second.append("clear")
    assert await second.journal.verify() == []


async def test_a_role_that_is_given_back_is_kept_for_who_stands_by(
    copies: list[Copy], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = copies
    monkeypatch.setattr(lease_module, "ASK_EVERY", 0.3)  # the giver's next process is quicker
    await first.lease.take()
    waiting = asyncio.create_task(second.lease.take())
    await stood_by(first)
    await first.lease.give_back()
    assert await first.lease._try("the next process of the first copy") != ""
    await asyncio.wait_for(waiting, PATIENCE)
    assert second.lease.fence.number == 2


async def test_a_suspended_process_can_write_nowhere_after_a_takeover(copies: list[Copy], journal_url: str) -> None:
    first, second = copies
    await first.lease.take()
    history = HistoryStore(journal_url, "history", first.lease.fence)
    await history.open()
    await first.append("raise")
    await first.commit("1-0")
    await run_out(first)  # it stands still for longer than the lease lasts
    await second.lease.take()
    following = HistoryStore(journal_url, "history", second.lease.fence)
    await following.open()
    await second.commit("2-0")
    attempts: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: first.commit("1-1"),
        lambda: first.append("stale"),
        lambda: first.journal.outbox_mark("k"),
        lambda: OpenHours(first.bus).drop(1, [1]),
        lambda: OpenHours(first.bus).flush({}, {(1, 1): b"x"}, [1]),
        lambda: history.note_watched(1.0, 2.0),
        first.lease.keep,
    )
    for attempt in attempts:
        with pytest.raises(Fenced):
            await asyncio.wait_for(attempt(), PATIENCE)
    assert (await second.bus.saved(ROLE)).cursors == {"s": "2-0"}
    assert [entry.name for entry in await second.journal.entries()] == ["raise"]
    await following.note_watched(1.0, 2.0)
    await history.close()
    await following.close()


async def test_a_process_that_never_held_the_role_writes_nothing(copies: list[Copy]) -> None:
    first, second = copies
    with pytest.raises(BusLost, match="ran out"):
        await second.commit("1-0")
    await first.lease.take()
    with pytest.raises(Fenced):
        await second.commit("1-0")
    assert (await first.bus.saved(ROLE)).cursors == {}


async def test_a_lapsed_lease_that_nobody_took_is_acquired_again(copies: list[Copy]) -> None:
    first, _ = copies
    await first.lease.take()
    keeping = asyncio.create_task(first.lease.keep())
    await run_out(first)  # or Redis came back empty
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(BusLost):
                await first.commit("1-0")
                break
            await asyncio.sleep(0.01)
    await first.append("raise")
    assert first.lease.fence.number == 1
    keeping.cancel()


async def test_a_write_takes_a_lease_again_that_lapsed_while_its_process_computed(copies: list[Copy]) -> None:
    """Loading tens of thousands of alerts on a busy machine outlasts the lease; nothing has to be read again."""
    first, _ = copies
    await first.lease.take()
    await run_out(first)
    await first.commit("1-0")
    assert (await first.bus.saved(ROLE)).cursors == {"s": "1-0"}
    await first.append("raise")
    assert first.lease.fence.number == 1


async def test_a_write_does_not_take_a_lease_again_that_another_held_meanwhile(copies: list[Copy]) -> None:
    first, second = copies
    await first.lease.take()
    await run_out(first)
    await second.lease.take()
    await run_out(second)
    with pytest.raises(Fenced, match="meanwhile"):
        await first.commit("1-0")
    assert (await second.bus.saved(ROLE)).cursors == {}


async def test_a_write_does_not_take_a_lease_again_in_a_redis_that_was_emptied(copies: list[Copy]) -> None:
    """The process must read everything again, because its copy came from the former content."""
    first, _ = copies
    await first.lease.take()
    keys = [first.bus.keys.lease(ROLE), first.bus.keys.taken(ROLE)]
    await first.bus.script("redis.call('DEL', KEYS[1], KEYS[2])", keys)
    with pytest.raises(BusLost):
        await first.commit("1-0")
    assert (await first.bus.saved(ROLE)).cursors == {}


async def test_a_lease_that_lapsed_is_not_taken_again_when_another_worked_meanwhile(copies: list[Copy]) -> None:
    """The other process took over, made a decision and died: our state is older than the journal's."""
    first, second = copies
    await first.lease.take()
    await run_out(first)
    await second.lease.take()
    await run_out(second)
    with pytest.raises(Fenced, match="meanwhile"):
        await asyncio.wait_for(first.lease.keep(), PATIENCE)
    third = asyncio.create_task(second.lease.take())  # it did not keep what it may not have
    await asyncio.wait_for(third, PATIENCE)


async def test_a_holder_that_died_on_this_machine_is_followed_at_once(
    copies: list[Copy], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = copies
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    own = os.getpid
    monkeypatch.setattr(os, "getpid", lambda: child.pid)
    await first.lease.take()
    monkeypatch.setattr(os, "getpid", own)
    waiting = asyncio.create_task(second.lease.take())
    await stood_by(first)
    assert not waiting.done()
    child.kill()  # not yet collected: a zombie is dead, too
    await asyncio.wait_for(waiting, PATIENCE)  # long before the lease ends
    child.wait()


def test_a_holder_on_another_machine_never_counts_as_dead() -> None:
    fields = json.loads(lease_module._holder())
    gone = fields | {"start": "1"}  # this process id, started at another time
    assert lease_module._gone(json.dumps(gone))
    for difference in ({"host": "other"}, {"boot": "x"}, {"space": "y"}, {"start": ""}):
        assert not lease_module._gone(json.dumps(gone | difference))
    assert not lease_module._gone(json.dumps(fields))
    for nonsense in ("", "[]", "{}", json.dumps(fields | {"pid": "x"})):
        assert not lease_module._gone(nonsense)


async def test_a_lease_ends_by_itself_when_its_holder_says_nothing(
    copies: list[Copy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "TTL", 0.3)
    first, second = copies
    began = time.monotonic()
    await first.lease.take()
    await asyncio.wait_for(second.lease.take(), PATIENCE)
    assert time.monotonic() - began > 0.29
    remaining_ms = await second.bus.script("return redis.call('PTTL', KEYS[1])", [second.bus.keys.lease(ROLE)])
    assert remaining_ms != -1  # and so does the next one's
    assert remaining_ms <= 300


async def test_collected_facts_need_the_lease_but_no_fence(valkey_url: str, bus: Bus) -> None:
    lease = Lease(bus, "collect", None)
    await lease.take()
    assert bus.fence is None
    await bus.publish("network", "observation", [], source="network.tcp")
    keeping = asyncio.create_task(lease.keep())
    await bus.script("redis.call('SET', KEYS[1], 'another')", [bus.keys.lease("collect")])
    with pytest.raises(Fenced):
        await asyncio.wait_for(keeping, PATIENCE)


async def test_a_large_commit_is_atomic(bus: Bus) -> None:
    """More fields than one command of a script may have arguments."""
    count = 5 * FIELDS_AT_ONCE + 3
    private = {f"k{n}": b"v" for n in range(count)}
    await bus.commit(ROLE, cursors={}, private=private)
    assert len((await bus.saved(ROLE)).private) == count
    await bus.commit(ROLE, cursors={}, private=dict.fromkeys(private))
    assert (await bus.saved(ROLE)).private == {}


async def test_a_fence_in_the_journal_alone_holds(new_journal_url: Callable[[], str], tmp_path: Path) -> None:
    """Redis lost everything, including the holder; the journal still has the generation."""
    url = new_journal_url()
    old, new = Journal(url, ROLE), Journal(url, ROLE)
    for copy in (old, new):
        await copy.open()
    before, after = Fence(ROLE, "a"), Fence(ROLE, "b")
    await old.take_over(before)
    await new.take_over(after)
    assert (await old.stands(before), await new.stands(after)) == (False, True)
    with pytest.raises(Fenced, match="generation 2, this process has generation 1"):
        async with old.begin():
            pytest.fail("no statement may run")
    for lease in (old, new):
        await lease.close()


async def test_a_lease_that_outlives_its_term_because_the_servers_clock_was_set_back_is_shortened(
    copies: list[Copy],
) -> None:
    first, second = copies
    await first.lease.take()
    key = first.bus.keys.lease(ROLE)
    async with first.bus.pipeline() as pipe:
        pipe.pexpire(key, 86_400_000)
        await pipe.execute()
    assert await second.lease._try("another") != ""
    async with first.bus.pipeline() as pipe:
        pipe.pttl(key)
        [left] = await pipe.execute()
    assert 0 < left <= lease_module.TTL * 1000
