"""The processes of a supervisor, and the status file that `watchfloor status` reads."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from feeds import state_file

log = logging.getLogger(__name__)

STATUS = "status.json"
STOP_WITHIN = 5.0


class Process(Protocol):
    """A supervised process: asyncio's Process or a forked role."""

    pid: int

    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(slots=True)
class ManagedProcess:
    """One supervised process.

    `state` is starting, running, hanging (it does not report), waiting (to be started again) or stopped.
    `last_end` describes its last end, {at (epoch seconds), code, reason}, or is empty.
    `crashes` counts unrequested ends. `host` is the role in whose process a guest runs, "" for a role with its own.
    """

    name: str
    pid: int = 0
    state: str = "starting"
    started_at: float = 0.0
    restarts: int = 0
    port: int = 0
    crashes: int = 0
    last_end: dict[str, Any] = field(default_factory=dict)
    host: str = ""

    def ended(self, code: int, reason: str) -> None:
        """Record the end of the process."""
        self.state = "waiting"
        self.restarts, self.crashes = self.restarts + 1, self.crashes + (code != 0)
        self.last_end = {"at": time.time(), "code": code, "reason": reason}


def reason_of(code: int) -> str:
    """The reason that an exit code alone gives."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


class StatusFile:
    """`run/status.json`, replaced as a whole. People read it, so an error while writing it is only logged, once.

    A guest, which runs in the process of another role, has an entry with that process.
    """

    def __init__(self, data: Path, guests: Mapping[str, Sequence[str]]) -> None:
        """`guests`: the guests of each role."""
        self._path, self._guests = data / "run" / STATUS, guests
        self.failing = False
        self._written = (0, 0)

    @property
    def harmed(self) -> bool:
        """True when somebody has removed, emptied or changed the file, or put something else in its place."""
        return not self.failing and self._identity() != self._written

    def _identity(self) -> tuple[int, int]:
        """Inode and size of the file, zeros without one."""
        try:
            status = self._path.stat()
        except OSError:
            return 0, 0
        return status.st_ino, status.st_size

    def write(self, members: Iterable[ManagedProcess], more: Mapping[str, Any]) -> None:
        """Write the states of the members and their guests."""
        shown = [asdict(entry) for member in members for entry in (member, *self._entries_of_guests(member))]
        body = {"supervisor": os.getpid(), "at": time.time(), "members": shown, **more}
        try:
            state_file.write_json(self._path, body)
        except OSError as error:
            if not self.failing:
                log.warning("%s cannot be written, everything else goes on: %s", STATUS, error)
            self.failing = True
            return
        if self.failing:
            log.info("%s can be written again", STATUS)
        self.failing, self._written = False, self._identity()

    def _entries_of_guests(self, member: ManagedProcess) -> list[ManagedProcess]:
        return [replace(member, name=guest, host=member.name) for guest in self._guests.get(member.name, ())]

    def last_ends(self) -> dict[str, dict[str, Any]]:
        """The last end of each member under the supervisor before this one."""
        status = state_file.read_json(self._path, parse_status) or {"members": []}
        return {
            member["name"]: member["last_end"]
            for member in status["members"]
            if member["last_end"] and not member["host"]
        }


def parse_status(document: Any) -> dict[str, Any]:
    """A status file's document with every field of its members; raises KeyError, TypeError or ValueError."""
    members = [asdict(ManagedProcess(**member)) for member in document["members"]]
    return dict(document) | {"supervisor": int(document["supervisor"]), "members": members}


def running_members(data: Path) -> list[dict[str, Any]]:
    """The members of the supervisor that is this process's ancestor; [] when another one wrote the file, or none."""
    status = state_file.read_json(data / "run" / STATUS, parse_status, keep_damaged=False)
    if status is None or not _is_ancestor(status["supervisor"]):
        return []
    members: list[dict[str, Any]] = status["members"]
    return members


def _is_ancestor(pid: int) -> bool:
    """Roles are grandchildren of their supervisor: the fork server is between them."""
    try:
        with open(f"/proc/{os.getppid()}/stat", encoding="ascii", errors="replace") as file:
            grandparent = int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return False
    return pid in (os.getppid(), grandparent)


async def end(processes: list[Process]) -> None:
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
    waits = [task for task in waits if not task.done()]
    if waits:
        # The fork server reports the end of a role. A fork server that hangs reports none.
        _, unreported = await asyncio.wait(waits, timeout=STOP_WITHIN)
        for task in unreported:
            task.cancel()
