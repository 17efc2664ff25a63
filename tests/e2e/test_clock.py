"""Wall clock steps on a running site: each outage is notified once, and no record lies in the future."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from feeds.roles import NAMES
from tests.e2e.site import Hook, Service, Site, hook, running
from tests.e2e.test_spine import alert_of, health
from tests.patience import until

DAY = 86_400
SOURCE = Path(__file__).with_name("clock_offset.c")
STEPS = {"minutes": (300, "00:0"), "a-day": (DAY, "1 d"), "a-year": (365 * DAY, "365 d")}
KILLED = {"running": (), "killed": NAMES}


class MachineClock:
    """The wall clock of the site's processes (see clock_offset.c). The monotonic clock is not changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.write_bytes(struct.pack("<q", 0))
        self._ahead = 0

    def set(self, ahead: int) -> None:
        """Set the clock of every process of the site so many seconds ahead of the machine's clock, at once."""
        with self._file.open("r+b", buffering=0) as file:
            file.write(struct.pack("<q", ahead))
        self._ahead = ahead

    def now(self) -> float:
        return time.time() + self._ahead


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that sets a process's clock. libfaketime does not do: it makes threads spin (docs/development.md)."""
    if (compiler := shutil.which("cc")) is None:
        if os.environ.get("CI"):
            pytest.fail("a C compiler is missing (cc)")
        pytest.skip("there is no C compiler (cc)")
    built = tmp_path_factory.mktemp("clock") / "clock_offset.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", built, SOURCE, "-ldl"], check=True)
    return built


@pytest.fixture
def clock(tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    """A clock for the processes that the test starts after this fixture."""
    moved = MachineClock(tmp_path / "clock")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("CLOCK_OFFSET_FILE", str(tmp_path / "clock"))
    return moved


def words_of_the_clock(site: Site) -> str:
    return "\n".join(
        line for line in (site.folder / "site.log").read_text().splitlines() if "the clock was set" in line
    )


async def set_and_restart(site: Site, clock: MachineClock, ahead: int, *roles: str) -> None:
    """Set the clock while the roles stand still, then kill them: each finds the step in its record, at its start."""
    pids = {role: site.members()[role]["pid"] for role in roles}
    for pid in set(pids.values()):  # a guest is in the process of another role
        os.kill(pid, signal.SIGSTOP)
    clock.set(ahead)
    for pid in set(pids.values()):
        os.kill(pid, signal.SIGKILL)
    await until(lambda: all(site.members()[role]["pid"] not in (0, None, pid) for role, pid in pids.items()))


def stamps(record: dict[str, Any]) -> list[str]:
    return [record[name] for name in ("raised_at", "since", "cleared_at", "stale_since") if record.get(name)]


def iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def mended(record: dict[str, Any] | None, clock: MachineClock) -> dict[str, Any] | None:
    """The record once none of its times lies in the future."""
    return record if record and max(stamps(record)) <= iso(clock.now() + 1) else None


def reasons(receiver: Hook) -> list[str]:
    """The reason of each message. One that a killed role had not recorded as sent comes again under the same key."""
    first = dict(reversed([(key, body["reason"]) for key, body in receiver.calls]))
    return [first[key] for key in dict.fromkeys(receiver.keys)]


def is_active(view: dict[str, Any]) -> bool:
    return bool((alert_of(view) or {}).get("active"))


@pytest.mark.parametrize("restarted", KILLED.values(), ids=KILLED)
@pytest.mark.parametrize(("ahead", "shown_step"), STEPS.values(), ids=STEPS)
async def test_a_clock_that_is_set_forward_and_back_hides_no_outage(
    tmp_path: Path, clock: MachineClock, ahead: int, shown_step: str, restarted: tuple[str, ...]
) -> None:
    service = Service()
    await service.start()
    rows = f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
    async with hook() as receiver, running(tmp_path, rows, hook_port=receiver.port) as site:
        person = await site.person("网管乙", "operator")
        async with person.live() as live:
            await live.until(lambda view: health(view) == "ok")
        await set_and_restart(site, clock, ahead, *restarted)
        await until(lambda: f"+{shown_step}" in words_of_the_clock(site))
        person = await site.person("网管丙", "operator")
        async with person.live() as live:
            await live.until(lambda view: health(view) == "ok" and not alert_of(view))
            await service.stop()
            while_ahead = await live.until(lambda view: alert_of(view) if is_active(view) else None)
        await until(lambda: len(reasons(receiver)) == 1)
        await set_and_restart(site, clock, 0, *restarted)
        await until(lambda: f"-{shown_step}" in words_of_the_clock(site))
        person = await site.person("网管丁", "operator")
        async with person.live() as live:
            # A role that was killed as well takes a moment to come back.
            shown = await live.until(lambda view: mended(alert_of(view), clock))
            assert shown["id"] == while_ahead["id"]
            assert max(stamps(await person.get(f"alerts/{shown['id']}"))) <= iso(clock.now() + 1)
            await service.start()
            await live.until(lambda view: not is_active(view) and health(view) == "ok")
            await until(lambda: len(reasons(receiver)) == 2)
            await service.stop()
            await live.until(is_active)
        await until(lambda: len(reasons(receiver)) == 3)
        assert reasons(receiver) == ["first", "cleared", "again"]
        record = await person.get(f"alerts/{shown['id']}")
        assert max(stamps(record)) <= iso(clock.now() + 1)
        assert "clock_set" in [step["name"] for step in record["transitions"]]
        role = (await person.get("sources"))["items"]
        error = next(source["error"] for source in role if source["id"] == "role.project")
        assert f"-{shown_step}" in error
        assert site.cli("journal", "verify").returncode == 0
    await service.stop()


@pytest.mark.parametrize("restarted", KILLED.values(), ids=KILLED)
async def test_a_message_that_waits_is_delivered_within_its_own_term_after_the_clock_was_set_back(
    tmp_path: Path, clock: MachineClock, restarted: tuple[str, ...]
) -> None:
    async with hook() as receiver:
        receiver.refuses = True
        async with running(tmp_path, "x1,甲,router,532329,,,,,,,,tcp://127.0.0.1:9\n", hook_port=receiver.port) as site:
            await until(lambda: receiver.refused)
            clock.set(365 * DAY)
            refused = receiver.refused
            await until(lambda: "+365 d" in words_of_the_clock(site))
            await until(lambda: receiver.refused > refused)
            await set_and_restart(site, clock, 0, *restarted)
            await until(lambda: "-365 d" in words_of_the_clock(site))
            receiver.refuses = False
            await until(lambda: reasons(receiver))
            assert reasons(receiver) == ["first"]
