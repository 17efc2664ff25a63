"""A role that a unit runs by itself tells systemd that it makes progress, and stops telling when it makes none."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE, until
from watchfloor.runtime import systemd, watchdog


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket of a service manager that watches this process."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        yield receiver


def received(receiver: socket.socket) -> bytes:
    with contextlib.suppress(BlockingIOError):
        return receiver.recv(100)
    return b""


async def test_a_role_that_makes_progress_reports_and_one_that_makes_none_does_not(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "BEAT", 0.01)
    polls, moves = 0, True

    def moving() -> bool:
        nonlocal polls
        polls += 1
        return moves

    beating = asyncio.create_task(watchdog.beat_forever(moving))
    assert await until(lambda: received(manager)) == b"WATCHDOG=1"
    moves = False
    while received(manager):
        pass
    before = polls
    await until(lambda: polls > before + 3)
    assert received(manager) == b""
    beating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beating


def test_a_role_below_a_supervisor_reports_nothing(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_PID", str(os.getppid()))
    systemd.report()
    assert received(manager) == b""


def test_an_abstract_socket_is_reached_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(f"\0watchfloor-test-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@watchfloor-test-{os.getpid()}")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        systemd.report()
        assert receiver.recv(100) == b"WATCHDOG=1"


def test_a_real_role_reports_from_its_event_loop(tmp_path: Path, manager: socket.socket) -> None:
    """The stores do not answer, so the role waits for them: that is progress."""
    (tmp_path / "watchfloor.toml").write_text(
        '[site]\nname = "x"\nregion = "532300"\n[redis]\nurl = "redis://127.0.0.1:1/0"\n', encoding="utf-8"
    )
    program = "import os; os.environ['WATCHDOG_PID'] = str(os.getpid()); from watchfloor.cli import main; main()"
    command = [sys.executable, "-c", program, "role", "command", "-c", str(tmp_path / "watchfloor.toml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            manager.settimeout(PATIENCE)
            assert manager.recv(100) == b"WATCHDOG=1"
        finally:
            process.kill()
