"""State files that were damaged before the start or meanwhile: set aside, said, made anew. Valkey is the real one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from feeds import disk, state_file
from feeds.bus import Bus
from tests.patience import until
from tests.watchfloor.runtime.test_supervisor import make, running
from watchfloor.runtime import valkey
from watchfloor.runtime.supervisor import Supervisor

RUBBISH = [b"", b'{"socket": "/tm', b"\x00" * 64, b"[1, 2]", b'{"socket": "", "password": 5}']


async def remembered(data: Path) -> dict[str, float]:
    bus = Bus(valkey.address(data).url, "532300")
    await bus.open()
    beats = {role: beat.at for role, beat in (await bus.beats()).items()}
    await bus.close()
    return beats


async def remember(data: Path) -> None:
    bus = Bus(valkey.address(data).url, "532300")
    await bus.open()
    await bus.beat("collect", 7.0)
    await bus.close()


async def test_a_valkey_file_damaged_before_the_start_is_set_aside(tmp_path: Path) -> None:
    async with running(make(tmp_path, embedded=True)):
        await remember(tmp_path)
    for file in (tmp_path / "valkey" / "appendonlydir").iterdir():
        file.write_bytes(b"rubbish")
    async with running(make(tmp_path, embedded=True)) as site:
        assert site.members["valkey"].state == "running"
        assert await remembered(tmp_path) == {}
    (set_aside,) = tmp_path.glob("valkey.broken-*")
    assert {file.read_bytes() for file in (set_aside / "appendonlydir").iterdir()} == {b"rubbish"}


def runs_again(site: Supervisor, pid: int | None) -> bool:
    valkey_member = site.members["valkey"]
    return valkey_member.pid != pid and valkey_member.state == "running"


async def test_a_healthy_valkey_file_outlives_three_kills_in_a_row(tmp_path: Path) -> None:
    async with running(make(tmp_path, embedded=True)) as site:
        await remember(tmp_path)
        folder = tmp_path / "valkey" / "appendonlydir"
        await until(lambda: any(b"collect" in file.read_bytes() for file in folder.iterdir()))
        for _ in range(4):
            pid = site.members["valkey"].pid
            os.kill(pid, signal.SIGKILL)
            await until(partial(runs_again, site, pid))
        assert await remembered(tmp_path) == {"collect": 7.0}
    assert not list(tmp_path.glob("valkey.broken-*"))


async def test_files_are_put_back_when_the_server_does_not_start_without_them_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "server"
    program.write_text("#!/bin/sh\necho cannot allocate memory\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(valkey, "server_binary", lambda: str(program))
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / "mine").write_text("healthy")
    with pytest.raises(valkey.StartFailed, match="cannot allocate memory"):
        await valkey.start_from_anything(tmp_path)
    assert (tmp_path / "valkey" / "mine").read_text() == "healthy"
    assert not list(tmp_path.glob("valkey.broken-*"))


async def test_a_store_that_does_not_start_ends_neither_the_supervisor_nor_the_roles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, program = valkey.server_binary(), tmp_path / "server"
    program.write_text("#!/bin/sh\necho No space left on device\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(valkey, "server_binary", lambda: str(program))
    site = make(tmp_path, embedded=True)
    async with running_roles(site):
        await until(lambda: site.members["valkey"].restarts >= 2)
        assert "No space left" in site.members["valkey"].last_end["reason"]
        monkeypatch.setattr(valkey, "server_binary", lambda: real)
        await until(lambda: site.members["valkey"].state == "running")


@contextlib.asynccontextmanager
async def running_roles(site: Supervisor) -> AsyncIterator[None]:
    """Like `running`, for a site whose store does not start."""
    task = asyncio.create_task(site.run())
    try:
        await until(lambda: all(role in site.members and site.members[role].pid for role in site.roles))
        yield
    finally:
        site.stop()
        await task


@pytest.mark.parametrize("content", RUBBISH)
async def test_damaged_files_of_the_run_folder_do_not_stop_a_start(tmp_path: Path, content: bytes) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in ("valkey.json", "status.json", "applied.json", ".status.json.99.new"):
        (run / name).write_bytes(content)
    async with running(make(tmp_path, embedded=True)):
        await remember(tmp_path)
    assert len(list(run.glob("valkey.json.damaged-*"))) == 1
    assert len(list(run.glob("status.json.damaged-*"))) == 1
    assert not (run / ".status.json.99.new").exists()


async def test_an_address_damaged_while_the_site_runs_is_written_again(tmp_path: Path) -> None:
    async with running(make(tmp_path, embedded=True)):
        before = valkey.address(tmp_path)
        (tmp_path / "run" / "valkey.json").write_bytes(b"")
        await until(lambda: (tmp_path / "run" / "valkey.json").read_bytes() != b"")
        assert valkey.address(tmp_path) == before


@pytest.mark.parametrize("name", ["run", "valkey", "run/lock", "run/valkey.log", "run/valkey.json", "run/status.json"])
async def test_a_folder_in_place_of_a_file_and_a_file_in_place_of_a_folder_are_set_aside(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if name in ("run", "valkey"):
        path.write_text("no folder")
    else:
        path.mkdir()
        (path / "content").write_text("no file")
    async with running(make(tmp_path, embedded=True)) as site:
        assert site.members["valkey"].state == "running"
        await remember(tmp_path)
    assert len(list(path.parent.glob(f"{path.name}.damaged-*"))) == 1


async def test_a_status_file_that_became_a_folder_is_written_again(tmp_path: Path) -> None:
    status = tmp_path / "run" / "status.json"
    async with running(make(tmp_path, embedded=True)):
        await until(status.is_file)
        status.unlink()
        status.mkdir()
        await until(status.is_file)
    assert len(list(status.parent.glob("status.json.damaged-*"))) == 1


def test_what_is_no_regular_file_is_set_aside_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state.json")
    assert state_file.read_json(tmp_path / "state.json", state_file.mapping) is None
    assert not (tmp_path / "state.json").exists()


def test_a_link_that_leads_to_itself_is_set_aside_each_time(tmp_path: Path) -> None:
    for _ in range(2):
        (tmp_path / "state.json").symlink_to("state.json")
        assert state_file.read_json(tmp_path / "state.json", state_file.mapping) is None
        assert not os.path.lexists(tmp_path / "state.json")
    assert len(list(tmp_path.glob("state.json.damaged-*"))) == 2


def test_a_bounded_number_of_damaged_files_is_kept(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / "state.json").write_bytes(f"{number} is cut".encode())
        state_file.read_json(tmp_path / "state.json", state_file.mapping)
    set_aside = list(tmp_path.glob("state.json.damaged-*"))
    assert {path.read_bytes()[:1] for path in set_aside} == {b"3", b"4", b"5"}


def test_a_write_that_fails_leaves_the_content_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_file.write_json(tmp_path / "state.json", {"number": 1})

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        state_file.write_json(tmp_path / "state.json", {"number": 2})
    assert state_file.read_json(tmp_path / "state.json", state_file.mapping) == {"number": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_two_threads_that_write_one_file_at_once_both_succeed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two roles of one process do so when settings apply."""
    path, sync, others = tmp_path / "state.json", os.fsync, [threading.Thread(target=lambda: write({"number": 2}))]

    def write(body: dict[str, int]) -> None:
        state_file.write_json(path, body)

    def sync_after_the_other(handle: int) -> None:
        while others:
            other = others.pop()
            other.start()
            other.join()
        sync(handle)

    monkeypatch.setattr(os, "fsync", sync_after_the_other)
    write({"number": 1})
    assert state_file.read_json(path, state_file.mapping) == {"number": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


async def test_the_supervisor_tells_what_takes_the_room(tmp_path: Path) -> None:
    async with running(make(tmp_path, embedded=True)):
        await until(lambda: disk.report(tmp_path)["stores"])
        report = disk.report(tmp_path)
    assert report["stores"]["reserve"]["bytes"] > 0
    assert report["stores"]["valkey"]["per_day"] is None
    assert report["total"] > report["free"] > 0
