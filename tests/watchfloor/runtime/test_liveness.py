"""Roles that hang, crash or cannot be forked: the supervisor says why and has them back. All processes are real."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from feeds.engine import unhandled
from feeds.engine.vitals import Vitals
from tests.patience import until
from tests.watchfloor.runtime.test_supervisor import alive
from watchfloor.runtime import supervisor as supervising
from watchfloor.runtime import watchdog
from watchfloor.runtime.prefork import ForkServer
from watchfloor.runtime.supervisor import Supervisor

SETTINGS = '[site]\nname = "x"\nregion = "532300"\ndata = "data"\n[web]\nport = 0\n'
PROGRAM = """
import asyncio, errno, os, time
from watchfloor.runtime import forking, roles
from watchfloor.runtime.role_host import RunningRole

class Idle:
    async def run(self):
        await asyncio.Event().wait()

async def build(settings, bus, journal, status):
    mode = settings.path.with_name("mode")
    word = mode.read_text() if mode.exists() else ""
    mode.unlink(missing_ok=True)
    if word == "crash":
        raise LookupError("no such table")
    if word == "block":
        time.sleep(600)
    return RunningRole(Idle(), None)

real, failures = os.fork, [int(os.environ.get("FAILING_FORKS", 0))]

def fork():
    if failures[0] > 0:
        failures[0] -= 1
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    return real()

os.fork = fork
roles.build_web = build
forking.PRELOAD = {"": ("watchfloor.runtime.roles",), "web": tuple(os.environ.get("BROKEN_IMPORTS", "").split())}
forking.main()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site of one role whose builder obeys the file `mode`; the watchdog's terms are short."""
    (tmp_path / "watchfloor.toml").write_text(SETTINGS)
    monkeypatch.setattr(watchdog, "HUNG_AFTER", 5.0)
    monkeypatch.setattr(supervising, "LATE_AFTER", 1.5 * watchdog.BEAT)
    return tmp_path


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Supervisor]:
    site = Supervisor(
        data=folder / "data",
        config=folder / "watchfloor.toml",
        embedded=False,
        port=0,
        roles=("web",),
        launcher=ForkServer(("-c", PROGRAM)),
    )
    task = asyncio.create_task(site.run())
    try:
        await until(lambda: task.done() or ("web" in site._watches and site._watches["web"].heard))
        yield site
    finally:
        site.stop()
        await task


def status(folder: Path) -> dict[str, Any]:
    member: dict[str, Any] = json.loads((folder / "data" / "run" / "status.json").read_text())["members"][0]
    return member


async def test_a_stopped_role_is_shown_as_hanging_then_killed_and_started_again(folder: Path) -> None:
    async with running(folder) as site:
        first = site.members["web"].pid
        os.kill(first, signal.SIGSTOP)
        await until(lambda: status(folder)["state"] == "hanging")
        await until(lambda: site.members["web"].pid != first and site.members["web"].state == "running")
        assert "did not report for" in status(folder)["last_end"]["reason"]
        assert site.members["web"].restarts == 1


async def test_a_role_whose_event_loop_is_blocked_is_started_again(folder: Path) -> None:
    async with running(folder) as site:
        (folder / "mode").write_text("block")
        first = site.members["web"].pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: site.members["web"].restarts == 1 and site.members["web"].pid not in (0, first))
        blocked = site.members["web"].pid
        await until(lambda: site.members["web"].pid != blocked and site.members["web"].state == "running")
        assert "did not report for" in site.members["web"].last_end["reason"]


async def test_a_role_that_ends_by_an_error_leaves_its_reason_in_status_and_its_traceback_in_the_log(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running(folder) as site:
        (folder / "mode").write_text("crash")
        os.kill(site.members["web"].pid, signal.SIGKILL)
        await until(lambda: site.members["web"].restarts == 2 and site.members["web"].state == "running")
        last_end = status(folder)["last_end"]
        assert last_end["reason"].startswith("LookupError: no such table (")
        assert last_end["at"] > 0
        assert site.members["web"].crashes == 2
    log_text = capfd.readouterr().err
    assert "Traceback" in log_text
    assert "no such table" in log_text


async def test_a_module_that_cannot_be_imported_ends_no_forking_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROKEN_IMPORTS", "no_such_module watchfloor")
    async with running(folder) as site:
        await until(lambda: site.members["web"].state == "running")
        assert site.members["web"].restarts == 0
    assert "no_such_module cannot be imported for web" in capfd.readouterr().err


async def test_the_last_end_of_a_role_is_known_to_the_next_supervisor(folder: Path) -> None:
    async with running(folder) as site:
        os.kill(site.members["web"].pid, signal.SIGKILL)
        await until(lambda: site.members["web"].restarts == 1 and site.members["web"].state == "running")
    async with running(folder) as site:
        assert site.members["web"].last_end["reason"] == "killed by SIGKILL"
        assert site.members["web"].restarts == 0


async def test_a_forking_process_that_hangs_is_started_again_with_its_roles(folder: Path) -> None:
    async with running(folder) as site:
        first, launcher = site.members["web"].pid, site.launcher
        assert isinstance(launcher, ForkServer)
        assert launcher._process is not None
        await until(lambda: launcher._watch is not None and launcher._watch.heard)
        os.kill(launcher._process.pid, signal.SIGSTOP)
        await until(lambda: site.members["web"].pid != first and site.members["web"].state == "running")
        assert "forks the roles hung" in site.members["web"].last_end["reason"]


async def test_a_site_whose_forking_process_hangs_can_be_stopped(folder: Path) -> None:
    async with running(folder) as site:
        launcher, role = site.launcher, site.members["web"].pid
        assert isinstance(launcher, ForkServer)
        assert launcher._process is not None
        os.kill(launcher._process.pid, signal.SIGSTOP)
    assert launcher._process.returncode is not None
    await until(lambda: not alive(role))


async def test_nobody_is_killed_when_the_whole_machine_stood_still(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody stops at once, the supervisor too: its loop is blocked for longer than a role may be silent."""
    import time

    async with running(folder) as site:
        launcher = site.launcher
        assert isinstance(launcher, ForkServer)
        assert launcher._process is not None
        pids = [launcher._process.pid, site.members["web"].pid]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(8.0)  # the fault itself: no clock can be moved for the kernel
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        heard = site._watches["web"].heard_at
        await until(lambda: site._watches["web"].heard_at > heard + 2.0)
        assert site.members["web"].restarts == 0


async def test_a_fork_that_fails_ends_nothing_and_is_tried_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILING_FORKS", "2")
    async with running(folder) as site:
        assert site.members["web"].restarts == 2
        assert "the fork failed" in site.members["web"].last_end["reason"]


async def test_a_role_that_computes_or_is_starved_of_its_processor_is_given_more_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = watchdog.Watch(os.getpid(), heard_at=0.0, heard=True, active=100.0)
    monkeypatch.setattr(watchdog, "process_state", lambda _pid: "S")
    monkeypatch.setattr(watchdog, "active_seconds", lambda _pid: 100.5)
    assert watch.hung(11.0)
    monkeypatch.setattr(watchdog, "active_seconds", lambda _pid: 109.0)
    assert not watch.hung(11.0)
    assert watch.hung(121.0)
    monkeypatch.setattr(watchdog, "active_seconds", lambda _pid: 100.5)
    monkeypatch.setattr(watchdog, "process_state", lambda _pid: "D")
    assert not watch.hung(11.0)


async def test_a_process_that_is_still_importing_is_not_judged_like_one_that_works() -> None:
    watch = watchdog.Watch.of(os.getpid())
    at = watch.heard_at
    assert not watch.hung(at + 200.0)
    watch.beat(starting=True)
    assert not watch.hung(watch.heard_at + 200.0)
    assert watch.hung(watch.heard_at + 301.0)


async def test_the_time_that_a_process_computes_is_seen() -> None:
    program = "while True: pass"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    try:
        await until(lambda: watchdog.active_seconds(process.pid) > 0.3)
        assert watchdog.process_state(process.pid) == "R"
        process.send_signal(signal.SIGSTOP)
        await until(lambda: watchdog.process_state(process.pid) == "T")
    finally:
        process.kill()
        await process.wait()


async def test_what_nothing_caught_is_counted_among_the_figures_of_the_role(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr("sys.unraisablehook", None)
    before = Vitals().read()["unhandled"]
    unhandled.watch_process()
    unhandled.watch_loop(loop)
    try:
        loop.call_soon(lambda: 1 / 0)
        thread = threading.Thread(target=lambda: [][1])
        thread.start()
        await asyncio.to_thread(thread.join)
        await until(lambda: Vitals().read()["unhandled"] == before + 2)
    finally:
        loop.set_exception_handler(None)
    assert "ZeroDivisionError" in caplog.text
    assert "IndexError" in caplog.text


async def test_a_forking_process_that_ends_while_a_role_is_being_asked_for_and_stopped_ends_in_order() -> None:
    fork_server = ForkServer(("-c", "import sys; sys.stdin.readline()"))
    asking = asyncio.create_task(fork_server.start("web", Path("unread")))
    await until(lambda: fork_server._requested, every=0.0)  # the process ends at once
    fork_server._requested["web"].cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await fork_server.close()
    assert not fork_server._requested
