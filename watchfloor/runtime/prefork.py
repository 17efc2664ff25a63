"""The supervisor's connection to the fork server, the process that forks the roles (watchfloor.runtime.forking)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from watchfloor.runtime.process import die_with_parent
from watchfloor.runtime.watchdog import Watch

CLOSE_WITHIN = 5.0
"""Seconds that the fork server has to end once its input is closed."""


class ForkedRole:
    """One forked role, with the part of asyncio's Process that a supervisor needs.

    `crash` is the error that ended the role, as it reported it; "" for none.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.watch = Watch.of(pid)
        self.crash = ""
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


class ForkServer:
    """Starts the fork server when it is needed, and roles through it.

    `program` are the arguments of the fork server after `python -P`. `environment` are variables that each role gets.
    """

    def __init__(self, program: Sequence[str] = ("-m", "watchfloor.runtime.forking")) -> None:
        self._program = tuple(program)
        self.environment: dict[str, str] = {}
        self._watch: Watch | None = None
        self._reports, self._partial = -1, b""
        self._process: asyncio.subprocess.Process | None = None
        self._children: dict[int, ForkedRole] = {}
        self._requested: dict[str, asyncio.Future[ForkedRole]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def start(self, role: str, config: Path, guests: Sequence[str] = ()) -> ForkedRole:
        """Start a process of a role and its guests.

        Raises OSError when the fork fails or the fork server ends; try again then.
        """
        await self.open()
        assert self._process is not None
        assert self._process.stdin is not None
        answer: asyncio.Future[ForkedRole] = asyncio.get_running_loop().create_future()
        self._requested[role] = answer
        request = {"role": role, "guests": list(guests), "config": str(config), "environment": self.environment}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        return await answer

    async def open(self) -> None:
        """Start the fork server unless it runs. It begins to import modules at once."""
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                await self._spawn()

    async def _spawn(self) -> None:
        self._close_reports()
        reports, pipe = os.pipe()
        os.set_blocking(reports, False)
        os.set_blocking(pipe, False)  # a supervisor that hangs must not block its roles
        try:
            # -P: do not import from the working folder, which may hold another version or foreign files.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                *self._program,
                str(pipe),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                preexec_fn=die_with_parent,
                start_new_session=True,
                pass_fds=(pipe,),
            )
        except OSError:
            os.close(reports)
            raise
        finally:
            os.close(pipe)
        self._watch = Watch.of(self._process.pid)
        self._reports, self._partial = reports, b""
        asyncio.get_running_loop().add_reader(reports, self._take_reports)
        self._reader = asyncio.create_task(self._read(self._process), name="fork server")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            message = json.loads(line)
            if "role" in message:
                self._forked(message)
            elif child := self._children.pop(message["pid"], None):
                self._take_reports(child)  # the role reports its error before it ends
                child.end(message["code"])
        await process.wait()
        for child in self._children.values():
            child.end(-signal.SIGKILL)
        for answer in self._requested.values():
            if not answer.done():  # the requester was cancelled
                answer.set_exception(ConnectionError("the fork server ended"))
        self._children.clear()
        self._requested.clear()

    def _forked(self, message: dict[str, Any]) -> None:
        answer = self._requested.pop(message["role"], None)
        child = None
        if "pid" in message:
            child = self._children[message["pid"]] = ForkedRole(message["pid"])
        if answer is None or answer.done():  # the requester was cancelled, or waits no more
            if child is not None:
                child.kill()
        elif child is None:
            answer.set_exception(OSError(f"the fork failed: {message['failed']}"))
        else:
            answer.set_result(child)

    # -- liveness --------------------------------------------------------------------

    def _take_reports(self, ending: ForkedRole | None = None) -> None:
        """Read the reports of the processes. `ending` is a child that was already removed from the children."""
        for line in self._report_lines():
            report = json.loads(line)
            pid = report["pid"]
            child = ending if ending is not None and ending.pid == pid else self._children.get(pid)
            if child is not None:
                child.watch.beat()
                child.crash = report.get("crash", child.crash)
            elif self._watch is not None and self._watch.pid == pid:
                self._watch.beat(starting=report.get("starting", False))

    def _report_lines(self) -> list[bytes]:
        """The complete lines in the pipe."""
        received, end = self._partial, False
        while self._reports >= 0 and not end:
            try:
                part = os.read(self._reports, 65536)
            except BlockingIOError:
                break
            received, end = received + part, not part
        if end:
            self._close_reports()
        *lines, self._partial = received.split(b"\n")
        return lines

    def _close_reports(self) -> None:
        if self._reports >= 0:
            asyncio.get_running_loop().remove_reader(self._reports)
            os.close(self._reports)
            self._reports = -1

    def excuse(self) -> None:
        """Start counting every silence anew: the whole machine was suspended."""
        for child in self._children.values():
            child.watch.excuse()
        if self._watch is not None:
            self._watch.excuse()

    def kill_if_hung(self, at: float) -> float:
        """Kill a silent fork server; the kernel ends its children too. Returns the seconds of silence, else 0."""
        if self._process is None or self._process.returncode is not None or self._watch is None:
            return 0.0
        silence = at - self._watch.heard_at
        if not self._watch.hung(at):
            return 0.0
        self._process.kill()
        return silence

    async def close(self, within: float = CLOSE_WITHIN) -> None:
        """End the fork server, by SIGKILL after `within` seconds. Its children must have ended before."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), within)
            except TimeoutError:
                self._process.kill()
        if self._reader is not None:
            await self._reader
        self._close_reports()
