"""What the supervisor knows of its processes, and the status file that says it to `watchfloor status`."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from feeds import state_file

log = logging.getLogger(__name__)

STATUS = "status.json"
STOP_WITHIN = 5.0


class Process(Protocol):
    """What is supervised: asyncio's Process, or a forked role."""

    pid: int

    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(slots=True)
class Member:
    """One supervised process.

    `state` is starting, running, hanging (it does not report), waiting (to be started again) or stopped.
    `last_end` is how it ended the last time, {at (epoch seconds), code, reason}, or empty.
    `crashes` counts the ends that nobody asked for.
    """

    name: str
    pid: int = 0
    state: str = "starting"
    started_at: float = 0.0
    restarts: int = 0
    exit_code: int | None = None
    port: int = 0
    crashes: int = 0
    last_end: dict[str, Any] = field(default_factory=dict)

    def ended(self, code: int, reason: str) -> None:
        """Note the end of the process that ran."""
        self.state, self.exit_code = "waiting", code
        self.restarts, self.crashes = self.restarts + 1, self.crashes + (code != 0)
        self.last_end = {"at": time.time(), "code": code, "reason": reason}


def reason_of(code: int) -> str:
    """What an exit code says by itself."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


class StatusFile:
    """`run/status.json`, replaced as a whole. It is for people: an error while writing it is logged once."""

    def __init__(self, data: Path) -> None:
        self._path = data / "run" / STATUS
        self.failing = False

    def write(self, members: Iterable[Member], more: Mapping[str, Any]) -> None:
        """Say how the members are."""
        body = {"supervisor": os.getpid(), "at": time.time(), "members": [asdict(m) for m in members], **more}
        try:
            state_file.write_json(self._path, body)
        except OSError as error:
            if not self.failing:
                log.warning("%s cannot be written, everything else goes on: %s", STATUS, error)
            self.failing = True
            return
        if self.failing:
            log.info("%s can be written again", STATUS)
        self.failing = False

    def last_ends(self) -> dict[str, dict[str, Any]]:
        """How each member ended under the supervisor before this one."""
        status = state_file.read_json(self._path, parse_status) or {"members": []}
        return {member["name"]: member["last_end"] for member in status["members"] if member["last_end"]}


def parse_status(document: Any) -> dict[str, Any]:
    """A status file's document with every field of its members; raises KeyError, TypeError or ValueError."""
    members = [asdict(Member(**member)) for member in document["members"]]
    return dict(document) | {"supervisor": int(document["supervisor"]), "members": members}


def running_members(data: Path) -> list[dict[str, Any]]:
    """The members of the supervisor that is this process's ancestor; [] when another one wrote the file, or none."""
    status = state_file.read_json(data / "run" / STATUS, parse_status, keep_damaged=False)
    if status is None or not _is_ancestor(status["supervisor"]):
        return []
    members: list[dict[str, Any]] = status["members"]
    return members


def _is_ancestor(pid: int) -> bool:
    """Roles are grandchildren of their supervisor: the forking process is between them."""
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
        # A role's end is told by the process that forks the roles. When that one hangs nobody tells it.
        _, untold = await asyncio.wait(waits, timeout=STOP_WITHIN)
        for task in untold:
            task.cancel()
