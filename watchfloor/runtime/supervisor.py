"""Supervisor of a site's processes: embedded Valkey and the roles, restarted with backoff, stopped together."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from feeds import state_file
from feeds.roles import NAMES, WEB
from watchfloor.runtime import valkey
from watchfloor.runtime.data_lock import DataLock
from watchfloor.runtime.disk_watch import DiskWatch
from watchfloor.runtime.members import ManagedProcess, Process, StatusFile, end, reason_of
from watchfloor.runtime.prefork import ForkedRole, ForkServer
from watchfloor.runtime.process import REFUSED
from watchfloor.runtime.watchdog import LATE_AFTER, PAUSED_AFTER, Watch

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds until a member is started again. A role that is killed repeatedly is back within 5 s."""
WORKED_AFTER = 2.0
"""Seconds of life above which an end was no failure of the start, and the pause is not doubled."""
HEALTHY_AFTER = 10.0
BROKEN_AFTER = 3
"""Unforced ends of Valkey, each within HEALTHY_AFTER seconds, after which its file is set aside."""
CHECK = 1.0
NOT_STARTED = -1000
"""The exit code of a member that could not even be started."""


class Launcher(Protocol):
    """Starter of roles: ForkServer, except in tests."""

    async def open(self) -> None: ...
    async def start(self, role: str, config: Path, guests: Sequence[str] = ()) -> Process: ...
    async def close(self) -> None: ...
    def excuse(self) -> None: ...
    def kill_if_hung(self, at: float) -> float: ...


Spawn = Callable[[], Awaitable[Process]]


class StartRefused(RuntimeError):
    """A member has exited with REFUSED: no restart will help. Its own log line gives the reason."""


@dataclass(slots=True)
class Supervisor:
    """Runs the members of one data folder until `stop` is called.

    A member that ends is started again; one that stops reporting is killed first (see watchfloor.runtime.watchdog).
    `guests` are roles that run in the process of another role, by that role.
    """

    data: Path
    config: Path
    embedded: bool
    port: int
    roles: tuple[str, ...] = NAMES
    guests: Mapping[str, Sequence[str]] = field(default_factory=dict)
    launcher: Launcher = field(default_factory=ForkServer)
    members: dict[str, ManagedProcess] = field(default_factory=dict)
    _processes: dict[str, Process] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _watches: dict[str, Watch] = field(default_factory=dict)
    _kill_reasons: dict[str, str] = field(default_factory=dict)
    _address: valkey.Address | None = None
    _lock: DataLock = field(init=False)
    _status: StatusFile = field(init=False)
    _disk: DiskWatch = field(init=False)

    def __post_init__(self) -> None:
        self._status, self._disk = StatusFile(self.data, self.guests), DiskWatch(self.data)
        self._lock = DataLock(self.data)

    async def run(self) -> None:
        """Start everything, keep it alive, and return when everything has been stopped."""
        state_file.free_folder(self.data / "run")
        self._lock.take()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        state_file.remove_parts(self.data / "run")
        for name, last_end in self._status.last_ends().items():
            if name in self.roles or name == "valkey":
                self.members[name] = self._member(name)
                self.members[name].last_end = last_end
        await self.launcher.open()
        spawns: dict[str, Spawn] = {"valkey": self._valkey} if self.embedded else {}
        if self.embedded:
            await self._first_valkey()
        for role in self.roles:
            spawns[role] = self._role_spawn(role)
        tasks = [asyncio.create_task(self._keep(name, spawn)) for name, spawn in spawns.items()]
        tasks += [asyncio.create_task(self._watch_members()), asyncio.create_task(self._disk.run(self._write_status))]
        if self.embedded:
            tasks.append(asyncio.create_task(self._watch_valkey()))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            await asyncio.gather(*tasks, stopping, return_exceptions=True)
            await self._stop_all()
            self._lock.release()
        for task in tasks:
            if not task.cancelled() and (error := task.exception()):
                raise error

    def stop(self) -> None:
        """Request a clean end."""
        self._stopping.set()

    def _reload(self) -> None:
        log.info("settings: every role is asked to reload them")
        for name, process in self._processes.items():
            if name != "valkey" and process.returncode is None:
                process.send_signal(signal.SIGHUP)

    # -- one member --------------------------------------------------------------

    async def _first_valkey(self) -> None:
        """Start the store before the roles. Only a missing program ends the site; all else is tried again."""
        try:
            await self._start("valkey", self._valkey)
        except (valkey.StartFailed, OSError) as error:
            log.error("valkey: %s", error)
        except BaseException:
            await self.launcher.close()
            raise

    async def _valkey(self) -> Process:
        return await valkey.start_from_anything(self.data)

    def _role_spawn(self, role: str) -> Spawn:
        async def spawn() -> Process:
            if self.embedded:
                self._heal_address()
            return await self.launcher.start(role, self.config, self.guests.get(role, ()))

        return spawn

    def _heal_address(self) -> None:
        """Rewrite the address of the running server when its file was damaged."""
        if self._address is not None and valkey.read_address(self.data) != self._address:
            try:
                valkey.write_address(self.data, self._address)
            except OSError as error:
                log.warning("%s cannot be written: %s", valkey.ADDRESS, error)

    def _member(self, name: str) -> ManagedProcess:
        return self.members.setdefault(name, ManagedProcess(name=name, port=self.port if name == WEB else 0))

    async def _start(self, name: str, spawn: Spawn) -> Process:
        member = self._member(name)
        process = await spawn()
        if name == "valkey":
            self._address = valkey.address(self.data)
        self._processes[name] = process
        self._kill_reasons.pop(name, None)
        self._watches.pop(name, None)
        if isinstance(process, ForkedRole):
            self._watches[name] = process.watch
        elif name == "valkey":
            self._watches[name] = Watch.of(process.pid)
        member.pid, member.state, member.started_at = process.pid, "running", time.time()
        self._write_status()
        return process

    async def _keep(self, name: str, spawn: Spawn) -> None:
        """Start a member again each time it ends; the pause doubles while it ends at its start."""
        pause, quick_ends = FIRST_PAUSE / 2, 0
        while True:
            began = time.monotonic()
            try:
                process = self._processes.get(name) or await self._start(name, spawn)
                code = await process.wait()
                reason = self._reason(name, process, code)
            except (valkey.NoServer, valkey.StartFailed, OSError) as error:
                code, reason = NOT_STARTED, f"it could not be started: {error}"
            lived = time.monotonic() - began
            self._processes.pop(name, None)
            if code == REFUSED:
                raise StartRefused(
                    f"{name} cannot run on this site's stores; everything is stopped, the reason is above"
                )
            pause = pause_after(pause, lived)
            self._member(name).ended(code, reason)
            self._write_status()
            log.warning("%s ended: %s; starting it again in %.1f s", name, reason, pause)
            by_itself = code not in valkey.FROM_OUTSIDE and code != NOT_STARTED
            quick_ends = quick_ends + 1 if by_itself and lived < HEALTHY_AFTER else 0
            if name == "valkey" and quick_ends >= BROKEN_AFTER:
                state_file.set_aside(self.data / "valkey", f"Valkey ends by itself: {reason}", mark=valkey.BROKEN)
                quick_ends = 0
            await asyncio.sleep(pause)

    def _reason(self, name: str, process: Process, code: int) -> str:
        crash = process.crash if isinstance(process, ForkedRole) else ""
        return self._kill_reasons.pop(name, "") or crash or reason_of(code)

    # -- liveness ----------------------------------------------------------------

    async def _watch_members(self) -> None:
        """Kill every process that has stopped reporting; `_keep` starts it again.

        A supervisor that was itself late excuses everybody: the whole machine was suspended.
        """
        last = time.monotonic()
        while True:
            await asyncio.sleep(CHECK)
            at = time.monotonic()
            if at - last > CHECK + PAUSED_AFTER:
                log.warning("this process stood still for %.1f s, and perhaps the whole machine", at - last)
                self.launcher.excuse()
                for watch in self._watches.values():
                    watch.excuse()
            else:
                self._check_reports(at)
                self._lock.hold()
            last = time.monotonic()

    def _check_reports(self, at: float) -> None:
        if silence := self.launcher.kill_if_hung(at):
            log.error("the fork server did not report for %.0f s: it is killed, with every role", silence)
            for role in self.roles:
                self._kill_reasons[role] = "the process that forks the roles hung and was killed"
            return
        changed = False
        for name, watch in self._watches.items():
            process, member = self._processes.get(name), self.members[name]
            if process is None or process.returncode is not None or process.pid != watch.pid:
                continue
            state = "hanging" if watch.silence(at) > LATE_AFTER else "running"
            changed, member.state = changed or state != member.state, state
            if watch.hung(at):
                silence = at - watch.heard_at
                self._kill_reasons[name] = f"it did not report for {silence:.0f} s and was killed"
                log.error("%s did not report for %.0f s: it is killed and started again", name, silence)
                process.kill()
        if changed or self._status.harmed:
            self._write_status()

    async def _watch_valkey(self) -> None:
        """Check that the store answers, as a role would, and keep its address file readable."""
        while True:
            await asyncio.sleep(CHECK)
            watch, address = self._watches.get("valkey"), self._address
            if watch is not None and address is not None:
                self._heal_address()
                if await valkey.pong(address):
                    watch.beat()
                elif not Path(address.socket).is_socket():
                    self._replace_valkey()

    def _replace_valkey(self) -> None:
        """Restart a server whose socket somebody has removed: nobody new can reach it."""
        process = self._processes.get("valkey")
        if process is not None and process.returncode is None:
            self._kill_reasons["valkey"] = "its socket was removed"
            process.kill()

    # -- the end -----------------------------------------------------------------

    async def _stop_all(self) -> None:
        """Roles first, the store last, so that each can write what it still holds."""
        roles = [process for name, process in self._processes.items() if name != "valkey"]
        await end(roles)
        await self.launcher.close()
        await end([process for name, process in self._processes.items() if name == "valkey"])
        for member in self.members.values():
            member.state, member.pid = "stopped", 0
        self._write_status()

    def _write_status(self) -> None:
        self._status.write(self.members.values(), {"disk": self._disk.shown()})


def pause_after(before: float, lived: float) -> float:
    """Seconds to wait before the next start of a process that lived `lived` s, when the last pause was `before` s."""
    return FIRST_PAUSE if lived > WORKED_AFTER else min(before * 2, LONGEST_PAUSE)
