"""The liveness signal of a role: the role reports from its event loop, the supervisor measures the silence.

A role writes one JSON line every BEAT seconds into a pipe of its supervisor: `{"pid"}`, and before it ends by an error
`{"pid", "crash"}`. The pipe never blocks its writers, so a supervisor that hangs blocks no role.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from feeds.masking import masked
from watchfloor.runtime import systemd

BEAT = 2.0
"""Seconds between two reports of a process."""
LATE_AFTER = 4.0
"""Seconds of silence after which `watchfloor status` shows a process as hanging."""
HUNG_AFTER = 10.0
"""Seconds of silence after which a process that sleeps or was stopped is killed and started again."""
BUSY_AFTER = 120.0
"""Seconds of silence that a process may spend computing within one long step, or waiting for a processor or a disk."""
START_AFTER = 300.0
"""Seconds that a process has for its first report, while it imports modules and opens stores."""
BUSY_SHARE = 0.2
"""Share of the silence above which a process counts as computing or waiting for a processor."""
PAUSED_AFTER = 3.0
"""Lateness of the supervisor's own timer, in seconds, that shows that the whole machine was suspended."""
LINE_LIMIT = 4000
"""Bytes of one line. A pipe takes a line of this size as a whole or not at all."""
WORKING = ("R", "D")
"""States of a process that runs, or waits for a processor or a disk."""
_TICKS = os.sysconf("SC_CLK_TCK")
_pipe = -1


def attach(descriptor: int) -> None:
    """Report to this non-blocking pipe from now on."""
    global _pipe
    _pipe = descriptor


def report(**fields: Any) -> None:
    """Write one line to the supervisor. Does nothing without a supervisor, or when the pipe is full or closed."""
    if _pipe >= 0:
        line = json.dumps({"pid": os.getpid()} | fields).encode() + b"\n"
        try:
            os.write(_pipe, line if len(line) <= LINE_LIMIT else json.dumps({"pid": os.getpid()}).encode() + b"\n")
        except OSError:
            return


def report_crash(error: BaseException) -> None:
    """Report to the supervisor the error that is about to end this process."""
    first = root_error(error)
    frames = traceback.extract_tb(first.__traceback__)
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    report(crash=masked(f"{type(first).__name__}: {first}")[:600] + (f" ({where})" if where else ""))


def root_error(error: BaseException) -> BaseException:
    """The first error of a task group that failed, else the error itself."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error


async def beat_forever(moving: Callable[[], bool]) -> None:
    """Report every BEAT seconds from the running loop, as long as `moving` returns True: the role makes progress.

    The reports go to the supervisor, or to systemd where a unit runs the role by itself.
    """
    while True:
        if moving():
            report()
            systemd.report()
        await asyncio.sleep(BEAT)


@dataclass(slots=True)
class Watch:
    """The reports of one process. Times are monotonic seconds.

    `active` is the value of `active_seconds` at the last report.
    """

    pid: int
    heard_at: float
    heard: bool = False
    active: float = 0.0

    @classmethod
    def of(cls, pid: int) -> Watch:
        """A watch over a process that has just been started."""
        return cls(pid, time.monotonic(), active=active_seconds(pid))

    def beat(self, *, starting: bool = False) -> None:
        """Take a report in; `starting` is one of a process that is still importing."""
        self.heard_at, self.active = time.monotonic(), active_seconds(self.pid)
        self.heard = not starting

    def excuse(self) -> None:
        """Start counting anew: the whole machine stood still."""
        self.heard_at, self.active = time.monotonic(), active_seconds(self.pid)

    def silence(self, at: float) -> float:
        """Seconds since the last report, 0 before the first one."""
        return at - self.heard_at if self.heard else 0.0

    def hung(self, at: float) -> bool:
        """True when the process must be killed: its activity does not explain its silence.

        A machine under heavy load starves healthy processes for many seconds. A restart would only add load.
        """
        silent = at - self.heard_at
        if silent > (BUSY_AFTER if self.heard else START_AFTER):
            return True
        if not self.heard or silent <= HUNG_AFTER or process_state(self.pid) in WORKING:
            return False
        return active_seconds(self.pid) - self.active < BUSY_SHARE * silent


def active_seconds(pid: int) -> float:
    """Seconds that the main thread of a process has run or waited for a processor; 0 when the system does not tell."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            ran, waited, *_ = file.read().split()
    except (OSError, ValueError):
        return _processor_seconds(pid)
    return (int(ran) + int(waited)) / 1e9


def _processor_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def process_state(pid: int) -> str:
    """The kernel's letter for the state of a process (R running, D waiting for a disk, S asleep, T stopped), or ""."""
    fields = _stat(pid)
    return fields[0] if fields else ""


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the command's name; [] when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []
