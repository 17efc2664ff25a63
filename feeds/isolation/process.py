"""Foreign bytes are read in a process of their own, which has a deadline: what kills or outlasts it harms nobody else.

The process starts with the first call and ends when it has been idle, so a site that receives nothing pays nothing.
Frames in both directions are a length of four bytes and as many bytes.
`python -m feeds.isolation.process MODULE` calls `MODULE.prepare()`, if there is one, and serves
`MODULE.serve(bytes) -> bytes`.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import os
import resource
import signal
import struct
import sys
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

DEADLINE = 3.0
"""Seconds that one input may take."""
START = 30.0
"""Seconds that the process may take to start."""
IDLE = 60.0
WAITING = 8
"""Inputs that may wait."""
WAITING_BYTES = 64 << 20
"""Bytes of all inputs that may wait."""
SLOW = 5.0
"""Seconds: while one waits for longer than this, no more are taken in."""
AHEAD = 8
"""Inputs that are written before the answer to the first of them has been read."""
AHEAD_BYTES = 32 << 10
"""Bytes of inputs written ahead; a larger one is written when its turn comes."""
MEMORY = 1 << 30
"""Bytes of data that the process may have."""
PR_SET_PDEATHSIG = 1
_LENGTH = struct.Struct(">I")


class Outlasted(Exception):
    """The input killed its process, or took longer than the deadline; the text says which."""


class TooBusy(Exception):
    """More inputs wait than may wait: nothing was read, come again later."""


@dataclass(eq=False, slots=True)
class WaitingCall:
    """One input that waits to be read. `arrived` is by the loop's clock, `written` is True once the process has it."""

    payload: bytes
    arrived: float
    answer: asyncio.Future[bytes]
    written: bool = False


class Isolated:
    """One process at a time for one module's `serve`. Calls are served in their order.

    Small inputs are written ahead, so that the process need not wait between two of them. At most `waiting`
    calls wait, WAITING_BYTES of input together, and none is taken in behind one that waits for SLOW.
    """

    def __init__(self, module: str, *, deadline: float = DEADLINE, idle: float = IDLE, waiting: int = WAITING) -> None:
        self._module, self._deadline, self._idle, self._most = module, deadline, idle, waiting
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting: deque[WaitingCall] = deque()
        self._serving: asyncio.Task[None] | None = None
        self._rest: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Start the process before its first call, which then need not wait for it."""
        async with self._turn:
            await self._started()

    async def call(self, payload: bytes) -> bytes:
        """What `serve` makes of the payload. Raises Outlasted, TooBusy."""
        loop = asyncio.get_running_loop()
        if self._is_full(loop.time(), len(payload)):
            raise TooBusy(self._module)
        waiting = WaitingCall(payload, loop.time(), loop.create_future())
        self._waiting.append(waiting)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await waiting.answer

    def _is_full(self, now: float, size: int) -> bool:
        if not self._waiting:
            return False
        held = sum(len(waiting.payload) for waiting in self._waiting)
        slow = now - self._waiting[0].arrived > SLOW
        return len(self._waiting) >= self._most or held + size > WAITING_BYTES or slow

    async def _serve(self) -> None:
        """Serve the waiting calls until none waits."""
        if self._rest is not None:
            self._rest.cancel()
        while self._waiting:
            first = self._waiting[0]
            try:
                async with self._turn:
                    answer: bytes | Exception = await self._answered(await self._started())
            except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:  # the process did not start
                answer = error
            self._waiting.popleft()
            if first.answer.done():  # nobody waits for it any more
                continue
            if isinstance(answer, Exception):
                first.answer.set_exception(answer)
            else:
                first.answer.set_result(answer)
        if self._process is not None:
            self._rest = asyncio.get_running_loop().call_later(self._idle, _end, self._process)

    async def _answered(self, process: asyncio.subprocess.Process) -> bytes | Outlasted:
        """The answer to the first of the waiting calls. A failure ends the process; the others are written again."""
        try:
            async with asyncio.timeout(self._deadline):
                self._write_ahead(process)
                return await _read(process)
        except TimeoutError:
            await self._ended()
            return Outlasted(f"not read within {self._deadline:g} s")
        except (asyncio.IncompleteReadError, ConnectionError):
            code = await process.wait()
            await self._ended()
            return Outlasted(f"reading it ended its process ({code})")

    def _write_ahead(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        size = 0
        for place, waiting in enumerate(islice(self._waiting, AHEAD)):
            size += len(waiting.payload)
            if place and size > AHEAD_BYTES:
                break
            if not waiting.written:
                process.stdin.write(_LENGTH.pack(len(waiting.payload)) + waiting.payload)
                waiting.written = True

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None or self._process.stdin is None:
            for waiting in self._waiting:
                waiting.written = False
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "feeds.isolation.process",
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            async with asyncio.timeout(START):
                await _exchange(self._process, b"")
        elif self._process.stdin.is_closing():  # it was told to end when it had been idle
            await self._ended()
            return await self._started()
        return self._process

    async def close(self) -> None:
        """End the process; who waits for an answer is cancelled."""
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        for waiting in self._waiting:
            waiting.answer.cancel()
        self._waiting.clear()
        await self._ended()

    async def _ended(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


async def _exchange(process: asyncio.subprocess.Process, payload: bytes) -> bytes:
    assert process.stdin is not None
    process.stdin.write(_LENGTH.pack(len(payload)) + payload)
    return await _read(process)


async def _read(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    return await process.stdout.readexactly(length)


def main(module: str) -> None:
    """Serve until standard input ends. An empty frame asks whether the module is there."""
    if sys.platform.startswith("linux"):  # one that hangs must not outlive the role that asked
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    served = importlib.import_module(module)
    if prepare := getattr(served, "prepare", None):
        prepare()
    serve = served.serve
    frames, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that prints may write between frames
    while head := frames.read(_LENGTH.size):
        payload = frames.read(_LENGTH.unpack(head)[0])
        _write(answers, serve(payload) if payload else b"")


def _write(answers: BinaryIO, answer: bytes) -> None:
    answers.write(_LENGTH.pack(len(answer)) + answer)
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
