"""A process's place at a role: waiting, working, put out, and what settings do meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from alerts.service import AlertService
from feeds.bus import Bus, BusLost
from feeds.bus import lease as lease_module
from feeds.fencing import Fence
from feeds.journal import Journal, StoreRefused
from feeds.role_status import RoleStatus
from tests.patience import PATIENCE, until
from watchfloor.runtime.role_host import Build, RoleHost, RunningRole
from watchfloor.runtime.role_process import _refusal
from watchfloor.runtime.role_specs import BY_NAME
from watchfloor.runtime.roles import ProgramGroup, build_alert
from watchfloor.settings import applied
from watchfloor.settings.applied import StartSettings
from watchfloor.settings.findings import make
from watchfloor.settings.site_settings import Settings, SettingsError, load

FILE = """\
[site]
name = "{name}"
region = "532300"
inventory = ["assets.csv"]
"""


def alerting_of(role: RunningRole) -> AlertService:
    """The alert engine among the programs of a role."""
    assert isinstance(role.program, ProgramGroup)
    (alerting,) = (program for program in role.program.programs if isinstance(program, AlertService))
    return alerting


class Worker:
    """A role's entry that commits all the time, as an engine does."""

    def __init__(self, settings: Settings, bus: Bus, journal: Journal) -> None:
        self.names = [settings.site.name]
        self._bus, self._journal = bus, journal
        self.working = False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._engine())
            tasks.create_task(asyncio.sleep(1000))

    async def _engine(self) -> None:
        self.working = True
        try:
            while True:
                async with self._journal.begin() as tx:
                    await tx.set_cursor("x", {})
                with contextlib.suppress(BusLost):  # a lease that ran out; an engine tries again too
                    await self._bus.commit("alert", cursors={"s": "1-0"})
                await asyncio.sleep(0.005)
        finally:
            self.working = False


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "watchfloor.toml").write_text(FILE.format(name="一"))
    (tmp_path / "assets.csv").write_text("id,name,kind,region\nx1,甲,router,532301\n")
    return load(tmp_path / "watchfloor.toml")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[Worker]:
    """Every entry that was built."""
    monkeypatch.setattr(lease_module, "ASK_EVERY", 0.02)
    monkeypatch.setattr(lease_module, "RENEW_EVERY", 0.05)
    monkeypatch.setattr(lease_module, "TTL", 10 * PATIENCE)  # nothing ends by itself: a machine may stand still
    return []


def builder(workers: list[Worker]) -> Build:
    async def build(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> RunningRole:
        worker = Worker(settings, bus, journal)
        workers.append(worker)

        async def reload(fresh: Settings) -> None:
            worker.names.append(fresh.site.name)

        return RunningRole(worker, reload)

    return build


@contextlib.asynccontextmanager
async def seated(
    settings: Settings, workers: list[Worker], bus: Bus, url: str, journal_url: str
) -> AsyncIterator[tuple[RoleHost, Any]]:
    async with contextlib.AsyncExitStack() as stack:
        own, journal = Bus(url, bus.site, fence=Fence("alert")), Journal(journal_url, "alert")
        stack.push_async_callback(own.close)
        await journal.open()
        stack.push_async_callback(journal.close)
        host = RoleHost(BY_NAME["alert"], builder(workers), StartSettings(settings, {}), own, journal, RoleStatus())
        task = asyncio.create_task(host.run())
        yield host, task
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def test_a_seat_that_is_put_out_stands_by_and_works_again_from_the_record(
    settings: Settings, workers: list[Worker], bus: Bus, valkey_url: str, journal_url: str
) -> None:
    async with seated(settings, workers, bus, valkey_url, journal_url) as (_, task):
        await until(lambda: workers and workers[0].working)
        other = Journal(journal_url, "alert")
        await other.open()
        bus.fence = Fence("alert")
        lease = lease_module.Lease(bus, "alert", other)
        await bus.script("redis.call('DEL', KEYS[1])", [bus.keys.lease("alert")])
        await lease.take()
        await until(lambda: len(workers) == 2)
        assert (workers[0].working, workers[1].working, task.done()) == (False, False, False)
        await asyncio.sleep(0.1)
        assert not workers[1].working
        await lease.give_back()
        await until(lambda: workers[1].working)
        await other.close()


async def test_settings_that_come_while_it_stands_by_are_those_it_works_on(
    settings: Settings, workers: list[Worker], bus: Bus, valkey_url: str, journal_url: str
) -> None:
    journal = Journal(journal_url, "alert")
    await journal.open()
    bus.fence = Fence("alert")
    lease = lease_module.Lease(bus, "alert", journal)
    await lease.take()
    async with seated(settings, workers, bus, valkey_url, journal_url) as (host, _):
        await until(lambda: workers)
        settings.path.write_text(FILE.format(name="二"))
        await host.reload()
        settings.path.write_text("broken")
        await host.reload()
        await lease.give_back()
        await until(lambda: workers[-1].working)
        assert workers[-1].names == ["二"]
        settings.path.write_text(FILE.format(name="三"))
        await host.reload()
        assert workers[-1].names == ["二", "三"]
    await journal.close()


async def test_a_seat_that_ends_gives_its_role_back(
    settings: Settings, workers: list[Worker], bus: Bus, valkey_url: str, journal_url: str
) -> None:
    async with seated(settings, workers, bus, valkey_url, journal_url):
        await until(lambda: workers and workers[0].working)
        assert await bus.script("return redis.call('GET', KEYS[1])", [bus.keys.lease("alert")])
    assert await bus.script("return redis.call('GET', KEYS[1])", [bus.keys.lease("alert")]) is None


def test_a_store_that_refuses_ends_the_role_for_good_also_from_one_of_its_tasks() -> None:
    refused = StoreRefused("甲", "a")
    assert _refusal(refused) is refused
    assert _refusal(BaseExceptionGroup("x", [ValueError(), BaseExceptionGroup("y", [refused])])) is refused
    assert _refusal(BaseExceptionGroup("x", [ValueError()])) is None


RULES = """\
[[rule]]
id = "down"
when = "health == 'down'"
[[rule]]
id = "odd"
when = "health = 'down'"
[[receiver]]
id = "desk"
url = "json://127.0.0.1:1/"
[[receiver]]
id = "lost"
url = "nosuch://x/"
"""


async def test_a_first_start_leaves_out_the_rule_that_does_not_compile_and_says_which_and_why(
    settings: Settings, bus: Bus, valkey_url: str, journal_url: str
) -> None:
    """Also when what was applied last was the same: after an upgrade it is as useless as the file."""
    settings.path.write_text(settings.path.read_text() + RULES)
    for has_applied in (False, True):
        broken = load(settings.path)
        if has_applied:
            applied.store(applied.capture(broken))
        own, journal = Bus(valkey_url, bus.site, fence=Fence("alert")), Journal(journal_url, "alert")
        await journal.open()
        status = RoleStatus()
        host = RoleHost(BY_NAME["alert"], build_alert, StartSettings(broken, {}), own, journal, status)
        role = await host._build_or_fall_back()
        alerting = alerting_of(role)
        assert set(alerting.engine.book.running()) == {"down"}
        assert [receiver.id for receiver in alerting.engine.people.receivers] == ["desk"]
        assert "odd" in status.trouble
        assert "lost" in status.trouble
        assert "desk" not in status.trouble
        await own.beat("alert", 1.0, trouble=status.trouble)
        (fields,) = (await bus._redis.xrevrange(bus.keys.beats, count=1))[0][1:]
        assert b"odd" in fields[b"w"]
        await host.reload()
        assert "odd" in status.trouble, "a reload of the same says the same"
        whole = settings.path.read_text()
        settings.path.write_text(whole.replace("health = ", "health == ").replace("nosuch", "json"))
        await host.reload()
        assert status.trouble == ""
        assert host._role is not None
        assert set(alerting_of(host._role).engine.book.running()) == {"down", "odd"}
        settings.path.write_text(whole)
        shutil.rmtree(broken.data / "run", ignore_errors=True)
        await own.close()
        await journal.close()


async def test_settings_in_which_every_rule_is_right_are_not_started_on_when_something_else_is_wrong(
    settings: Settings, bus: Bus, valkey_url: str, journal_url: str
) -> None:
    async def refuse(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> RunningRole:
        raise SettingsError([make("path_missing", file="watchfloor.toml", key="x", value="y")])

    own, journal = Bus(valkey_url, bus.site, fence=Fence("alert")), Journal(journal_url, "alert")
    with pytest.raises(SettingsError):
        await RoleHost(
            BY_NAME["alert"], refuse, StartSettings(settings, {}), own, journal, RoleStatus()
        )._build_or_fall_back()
    await own.close()
