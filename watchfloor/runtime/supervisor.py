"""Keeps a site's processes alive: embedded Valkey and the roles, restarted with backoff, stopped together."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from watchfloor.runtime import valkey
from watchfloor.runtime.prefork import Zygote
from watchfloor.runtime.process import REFUSED

log = logging.getLogger(__name__)

ROLES = ("project", "alert", "command", "collect", "web")
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds until a member is started again: a role that is killed again and again is back within 5 s all the same."""
WORKED_AFTER = 2.0
"""Seconds: what lived longer did not fail at its start. To wait longer for it only adds to its absence."""
HEALTHY_AFTER = 10.0
STOP_WITHIN = 5.0
BROKEN_AFTER = 3


class Process(Protocol):
    """What is supervised: asyncio's Process, or a forked role."""

    pid: int

    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Launcher(Protocol):
    """How roles are started: Zygote, except in tests."""

    async def open(self) -> None: ...
    async def start(self, role: str, config: Path) -> Process: ...
    async def close(self) -> None: ...


Spawn = Callable[[], Awaitable[Process]]


class AlreadyRunning(RuntimeError):
    """Another supervisor holds this data folder."""


class Refused(RuntimeError):
    """A member has said that no restart will help; its own log line says why."""


@dataclass(slots=True)
class Member:
    """One supervised process. `state` is starting, running, waiting (to be started again) or stopped."""

    name: str
    pid: int = 0
    state: str = "starting"
    started_at: float = 0.0
    restarts: int = 0
    exit_code: int | None = None
    port: int = 0


@dataclass(slots=True)
class Supervisor:
    """Runs the members of one data folder until `stop` is called.

    When Valkey ends at once BROKEN_AFTER times its file is set aside, because the journal can rebuild
    everything and an empty server is better than none.
    """

    data: Path
    config: Path
    embedded: bool
    port: int
    roles: tuple[str, ...] = ROLES
    launcher: Launcher = field(default_factory=Zygote)
    members: dict[str, Member] = field(default_factory=dict)
    _processes: dict[str, Process] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _lock: int = -1

    async def run(self) -> None:
        """Start everything, keep it alive, and return when everything has been stopped."""
        (self.data / "run").mkdir(parents=True, exist_ok=True)
        self._take_lock()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        spawns: dict[str, Spawn] = {}
        await self.launcher.open()
        if self.embedded:
            try:
                await self._start("valkey", self._valkey)
            except BaseException:
                await self.launcher.close()
                raise
            spawns["valkey"] = self._valkey
        for role in self.roles:
            spawns[role] = self._role_spawn(role)
        tasks = [asyncio.create_task(self._keep(name, spawn)) for name, spawn in spawns.items()]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            await asyncio.gather(*tasks, stopping, return_exceptions=True)
            await self._stop_all()
            os.close(self._lock)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()):
                raise error

    def stop(self) -> None:
        """Ask for a clean end."""
        self._stopping.set()

    def _take_lock(self) -> None:
        self._lock = os.open(self.data / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise AlreadyRunning(
                f"Another Watchfloor already runs on {self.data}. Stop it first, or set another [site] data folder."
            ) from error

    def _reload(self) -> None:
        log.info("settings: telling every role to read them again")
        for name, process in self._processes.items():
            if name != "valkey" and process.returncode is None:
                process.send_signal(signal.SIGHUP)

    # -- one member --------------------------------------------------------------

    async def _valkey(self) -> Process:
        return await valkey.start(self.data)

    def _role_spawn(self, role: str) -> Spawn:
        async def spawn() -> Process:
            return await self.launcher.start(role, self.config)

        return spawn

    async def _start(self, name: str, spawn: Spawn) -> Process:
        member = self.members.setdefault(name, Member(name=name, port=self.port if name == "web" else 0))
        process = await spawn()
        self._processes[name] = process
        member.pid, member.state, member.started_at = process.pid, "running", time.time()
        self._write_status()
        return process

    async def _keep(self, name: str, spawn: Spawn) -> None:
        """Start a member again each time it ends; the pause doubles while it ends at its start."""
        pause, quick_ends = FIRST_PAUSE / 2, 0
        while True:
            try:
                process = self._processes.get(name) or await self._start(name, spawn)
                code = await process.wait()
                lived = time.time() - self.members[name].started_at
            except (valkey.NoServer, ConnectionError) as error:
                log.error("%s: %s", name, error)
                code, lived = -1, 0.0
            member = self.members.setdefault(name, Member(name=name))
            self._processes.pop(name, None)
            if code == REFUSED:
                raise Refused(f"{name} cannot run on this site's stores; everything is stopped, the reason is above")
            quick_ends = 0 if lived > HEALTHY_AFTER else quick_ends + 1
            pause = pause_after(pause, lived)
            member.state, member.exit_code, member.restarts = "waiting", code, member.restarts + 1
            self._write_status()
            log.warning("%s ended with %s; starting it again in %.1f s", name, code, pause)
            if name == "valkey" and quick_ends >= BROKEN_AFTER:
                self._set_aside()
            await asyncio.sleep(pause)

    def _set_aside(self) -> None:
        """Keep a Valkey file that cannot be loaded for inspection and start empty."""
        folder = self.data / "valkey"
        if folder.exists():
            kept = folder.with_name(f"valkey.broken-{int(time.time())}")
            folder.rename(kept)
            log.error("Valkey does not start on its file; it is kept as %s and the state is rebuilt", kept.name)

    # -- the end -----------------------------------------------------------------

    async def _stop_all(self) -> None:
        """Roles first, the store last, so that each can write what it still holds."""
        roles = [process for name, process in self._processes.items() if name != "valkey"]
        await _end(roles)
        await self.launcher.close()
        await _end([process for name, process in self._processes.items() if name == "valkey"])
        for member in self.members.values():
            member.state, member.pid = "stopped", 0
        self._write_status()

    def _write_status(self) -> None:
        """For `watchfloor status`: replaced as a whole, so that a reader never sees half of it."""
        body = {"supervisor": os.getpid(), "at": time.time(), "members": [asdict(m) for m in self.members.values()]}
        new = self.data / "run" / "status.json.new"
        new.write_text(json.dumps(body))
        new.replace(self.data / "run" / "status.json")


def pause_after(before: float, lived: float) -> float:
    """How long to wait with the next start of what lived so long, when it was `before` that time; seconds."""
    return FIRST_PAUSE if lived > WORKED_AFTER else min(before * 2, LONGEST_PAUSE)


async def _end(processes: list[Process]) -> None:
    """SIGTERM, and SIGKILL for what has not ended in time."""
    for process in processes:
        if process.returncode is None:
            process.terminate()
    waits = [asyncio.create_task(process.wait()) for process in processes]
    if waits:
        await asyncio.wait(waits, timeout=STOP_WITHIN)
    for process in processes:
        if process.returncode is None:
            process.kill()
            await process.wait()
