"""Both ends of a role's liveness signal: the role reports from its event loop, the supervisor judges the silence.

A role writes one JSON line a second into a pipe of its supervisor: `{"pid"}`, and before it ends by an error
`{"pid", "crash"}`. The pipe never blocks its writers, so a supervisor that hangs stops nobody.
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

BEAT = 1.0
"""Seconds between two reports of a process."""
LATE_AFTER = 4.0
"""Seconds of silence after which `watchfloor status` shows a process as hanging."""
HUNG_AFTER = 10.0
"""Seconds of silence after which a process that uses no processor time is killed and started again."""
BUSY_AFTER = 60.0
"""Seconds of silence that a process may spend computing, at its start or within one long step."""
BUSY_SHARE = 0.2
"""Share of one processor above which a silent process counts as computing."""
PAUSED_AFTER = 3.0
"""Lateness of the supervisor's own timer, in seconds, that says that the whole machine stood still."""
LINE_LIMIT = 4000
"""Bytes of one line: what a pipe takes as a whole or not at all."""
_TICKS = os.sysconf("SC_CLK_TCK")
_pipe = -1


def attach(descriptor: int) -> None:
    """Report to this non-blocking pipe from now on."""
    global _pipe
    _pipe = descriptor


def report(**fields: Any) -> None:
    """Write one line to the supervisor; nothing without one, and nothing when the pipe is full or closed."""
    if _pipe >= 0:
        line = json.dumps({"pid": os.getpid()} | fields).encode() + b"\n"
        try:
            os.write(_pipe, line if len(line) <= LINE_LIMIT else json.dumps({"pid": os.getpid()}).encode() + b"\n")
        except OSError:
            return


def report_crash(error: BaseException) -> None:
    """Tell the supervisor why this process is about to end."""
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
    """Report every BEAT seconds from the running loop, as long as `moving` says that the role's work goes on."""
    while True:
        if moving():
            report()
        await asyncio.sleep(BEAT)


@dataclass(slots=True)
class Watch:
    """Judges one process by its reports. Times are monotonic seconds."""

    pid: int
    heard_at: float
    heard: bool = False
    cpu: float = 0.0

    @classmethod
    def of(cls, pid: int) -> Watch:
        """A watch over a process that has just been started."""
        return cls(pid, time.monotonic(), cpu=cpu_seconds(pid))

    def beat(self) -> None:
        """Take a report in."""
        self.heard_at, self.heard, self.cpu = time.monotonic(), True, cpu_seconds(self.pid)

    def excuse(self) -> None:
        """Start counting anew: the whole machine stood still."""
        self.heard_at, self.cpu = time.monotonic(), cpu_seconds(self.pid)

    def silence(self, at: float) -> float:
        """Seconds since the last report, 0 before the first one."""
        return at - self.heard_at if self.heard else 0.0

    def hung(self, at: float) -> bool:
        """Whether the process must be killed: silent too long for what it computes meanwhile."""
        silent = at - self.heard_at
        if silent > BUSY_AFTER:
            return True
        if not self.heard or silent <= HUNG_AFTER:
            return False
        return cpu_seconds(self.pid) - self.cpu < BUSY_SHARE * silent


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used; 0 when it is gone or the system does not say."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
