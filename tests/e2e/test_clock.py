"""Wall clock steps on a running site: each outage is notified once, and no record lies in the future."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import Hook, Service, Site, hook, running
from tests.e2e.test_spine import alert_of, health
from tests.patience import until

DAY = 86_400
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


class MachineClock:
    """The wall clock of the site's processes, moved by libfaketime. The monotonic clock is not changed."""

    def __init__(self, file: Path) -> None:
        self._file, self._ahead = file, 0
        self.set(0)

    def set(self, ahead: int) -> None:
        """Set the clock of every process of the site so many seconds ahead of the machine's clock."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{ahead:+d}\n", encoding="ascii")
        fresh.replace(self._file)
        self._ahead = ahead

    def now(self) -> float:
        return time.time() + self._ahead


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    """A clock for the processes that the test starts after this fixture."""
    if not LIBRARIES:
        if os.environ.get("CI"):
            pytest.fail("libfaketime is missing (Debian package faketime)")
        pytest.skip("libfaketime is not installed (Debian package faketime)")
    file = tmp_path / "clock"
    moved = MachineClock(file)
    monkeypatch.setenv("LD_PRELOAD", str(LIBRARIES[0]))
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(file))
    monkeypatch.setenv("FAKETIME_CACHE_DURATION", "1")  # seconds; reading the file at every look starves the site
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    monkeypatch.setenv("FAKETIME_DONT_RESET", "1")
    return moved


def words_of_the_clock(site: Site) -> str:
    return "\n".join(
        line for line in (site.folder / "site.log").read_text().splitlines() if "the clock was set" in line
    )


async def restart(site: Site, *roles: str) -> None:
    pids = {role: site.members()[role]["pid"] for role in roles}
    for pid in pids.values():
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


@pytest.mark.parametrize("restarted", [()], ids=["running"])
@pytest.mark.parametrize(("ahead", "shown_step"), [(DAY, "1 d"), (365 * DAY, "365 d")], ids=["a-day", "a-year"])
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
        clock.set(ahead)
        await restart(site, *restarted)
        await until(lambda: f"+{shown_step}" in words_of_the_clock(site))
        person = await site.person("网管丙", "operator")
        async with person.live() as live:
            await live.until(lambda view: health(view) == "ok" and not alert_of(view))
            await service.stop()
            while_ahead = await live.until(lambda view: alert_of(view) if is_active(view) else None)
        await until(lambda: len(reasons(receiver)) == 1)
        clock.set(0)
        await restart(site, *restarted)
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
