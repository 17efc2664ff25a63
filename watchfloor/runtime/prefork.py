"""Forks the roles from one process that has already imported what they need.

Importing costs each role one to three seconds of CPU; a fork costs milliseconds. So a killed role is back
at once, a cold start imports once instead of five times, and the roles share their code's memory.
At the start each role is forked as soon as its own modules are there: it opens its stores while the next one's load.

The process is single-threaded and runs no event loop, so that forking it is safe. It talks JSON lines:
in `{"role", "config"}`; out `{"ready"}`, `{"role", "pid"}`, `{"pid", "code"}`. It ends when its input does,
and the kernel ends its children with it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from watchfloor.runtime.process import die_with_parent

PR_SET_NAME = 15
PRELOAD = {
    "": ("watchfloor.runtime.roles",),
    "project": ("feeds.projection.projector", "feeds.history.recorder"),
    "alert": ("alerts.service",),
    "command": ("incidents.warnings.engine",),
    "collect": ("collectors.service",),
    "web": ("watchfloor.runtime.web",),
}
"""What each role imports, in the order in which they are asked for at a start; "" is everybody's."""


class Forked:
    """One forked role, with the part of asyncio's Process that a supervisor needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    def end(self, code: int) -> None:
        self.returncode = code
        self._ended.set()

    async def wait(self) -> int:
        await self._ended.wait()
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Zygote:
    """The supervisor's end: starts the forking process when it is needed and asks it for roles."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._children: dict[int, Forked] = {}
        self._asked: dict[str, asyncio.Future[int]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def start(self, role: str, config: Path) -> Forked:
        """A new process of that role; ConnectionError when the forking process died meanwhile (ask again)."""
        await self.open()
        assert self._process is not None
        assert self._process.stdin is not None
        self._asked[role] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"role": role, "config": str(config)}).encode() + b"\n")
        child = Forked(await self._asked[role])
        self._children[child.pid] = child
        return child

    async def open(self) -> None:
        """Start the forking process, unless it runs: it imports from then on, whatever else is done meanwhile."""
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                await self._spawn()

    async def _spawn(self) -> None:
        # -P: not from the folder that we were started in, which may hold another version, or anybody's files.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "watchfloor.runtime.prefork",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=die_with_parent,
            start_new_session=True,
        )
        self._reader = asyncio.create_task(self._read(self._process), name="zygote")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said = json.loads(line)
            if "role" in said:
                self._asked.pop(said["role"]).set_result(said["pid"])
            elif child := self._children.pop(said["pid"], None):
                child.end(said["code"])
        await process.wait()
        for child in self._children.values():
            child.end(-signal.SIGKILL)
        for asked in self._asked.values():
            asked.set_exception(ConnectionError("the forking process ended"))
        self._children.clear()
        self._asked.clear()

    async def close(self) -> None:
        """End the forking process; its children must have ended before."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
        if self._reader is not None:
            await self._reader


def _say(**what: Any) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201  # standard output is the protocol


def _child(role: str, config: str) -> None:
    """Never returns."""
    from watchfloor.runtime.roles import run_role

    # SIGKILL: a role that lingered beside its successor would be a second writer of the same state.
    die_with_parent(signal.SIGKILL)
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_NAME, f"wf-{role}".encode())
    code = 1
    try:
        code = run_role(role, Path(config))
    finally:
        sys.stderr.flush()
        os._exit(code)


def _ended() -> Iterator[tuple[int, int]]:
    """Every child that has ended since, with its exit code (negative: by that signal)."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


class _Imports:
    """The modules that are still to be imported, role by role."""

    def __init__(self) -> None:
        self._left = dict(PRELOAD)
        self.bring("")

    def bring(self, role: str) -> None:
        """Import what a role needs, unless it is there; everything, for one that is not known."""
        for name in (role,) if role in PRELOAD else tuple(self._left):
            for module in self._left.pop(name, ()):
                importlib.import_module(module)

    def one_more(self) -> bool:
        """Import for the next role; False when nothing is left to be imported."""
        if self._left:
            self.bring(next(iter(self._left)))
            if not self._left:
                gc.collect()
        return bool(self._left)


def main() -> None:
    """The forking process: import, and fork on request, until standard input ends."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    gc.disable()  # imports make next to no garbage, and each look at all that is there costs more than the last
    imports = _Imports()
    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    rest, more = b"", True
    while True:
        ready = {key.fd for key, _ in selector.select(0 if more else None)}
        if woken.fileno() in ready:
            woken.recv(4096)
            for pid, code in _ended():
                _say(pid=pid, code=code)
        if 0 in ready:
            got = os.read(0, 65536)
            if not got:
                return
            *lines, rest = (rest + got).split(b"\n")
            for line in lines:
                asked = json.loads(line)
                imports.bring(asked["role"])
                _say(role=asked["role"], pid=_forked(asked["role"], asked["config"]))
        elif more:
            more = imports.one_more()


def _forked(role: str, config: str) -> int:
    """The new role's process id. What both have by now stays out of the collector's sight, or no page stays shared."""
    gc.freeze()
    pid = os.fork()
    if pid == 0:
        gc.enable()
        _child(role, config)
    return pid


if __name__ == "__main__":
    main()
