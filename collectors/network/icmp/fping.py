"""ICMP echo through the `fping` program: the way out where this process may not open raw sockets.

One short-lived process a poll, at most PROCESSES at once: tens of times the CPU of the socket,
right for a handful of targets.
"""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE

from collectors.errors import Misconfigured, NotReady, Reason

PROCESSES = 20
_LINE = re.compile(r"^\S+\s*:((?: (?:-|\d+(?:\.\d+)?))+)\s*$", re.MULTILINE)
_OUTPUT = 65536


class Fping:
    """Runs `program`. Raises Misconfigured when it is not there or may not ping either."""

    def __init__(self, program: str = "fping") -> None:
        self._program = program
        self._processes = asyncio.Semaphore(PROCESSES)

    async def echo(self, address: str, count: int, spacing: float, wait: float) -> list[float | None]:
        """`count` round trips in seconds, None for each that nothing answered within `wait` seconds."""
        async with self._processes:
            output = await self._run(address, count, spacing, wait)
        result_line = _LINE.search(output)
        if result_line is None:
            if "permitted" in output or "can't create" in output:
                raise no_way(output.strip()[:120])
            raise NotReady(Reason.WRONG_ANSWER, f"fping: {output.strip()[:120]}")
        return [None if field == "-" else float(field) / 1000 for field in result_line[1].split()]

    async def _run(self, address: str, count: int, spacing: float, wait: float) -> str:
        arguments = ["-C", str(count), "-q", "-r", "0", "-B", "1", "-p", str(max(1, round(spacing * 1000)))]
        arguments += ["-t", str(max(1, round(wait * 1000))), address]
        try:
            process = await asyncio.create_subprocess_exec(
                self._program, *arguments, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
            )
        except (FileNotFoundError, PermissionError) as error:
            raise no_way(f"{self._program}: {error.strerror}") from error
        assert process.stderr is not None
        output = b""
        try:
            # A read gives what is there so far, not all.
            while len(output) < _OUTPUT and (more := await process.stderr.read(_OUTPUT)):
                output += more
            await process.wait()
        finally:
            if process.returncode is None:  # cancelled: the runner's time is up
                process.kill()
                await process.wait()
        return output.decode("utf-8", "replace")


def no_way(why: str) -> Misconfigured:
    """Neither a raw socket nor fping: what a person must do."""
    return Misconfigured(
        f"this process may not send ICMP ({why}): give it CAP_NET_RAW (systemd: AmbientCapabilities=CAP_NET_RAW), "
        "or install fping, or probe with tcp://host:port",
        f"本进程无权发送 ICMP（{why}）：请授予 CAP_NET_RAW（systemd：AmbientCapabilities=CAP_NET_RAW），"
        "或安装 fping，或改用 tcp://主机:端口",
    )
