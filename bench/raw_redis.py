"""The server's own limit: XADD of 200 bytes, 64 in a pipeline, 4 connections, as redis-benchmark measures it.

Once with redis-benchmark itself where it is installed, and always with a loop that sends ready-made bytes and lets
hiredis read the answers.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from urllib.parse import parse_qs, urlsplit

import hiredis

BYTES, PIPELINE, CONNECTIONS = 200, 64, 4
STREAM = "bench-raw"


def measure(url: str, entries: int) -> dict[str, float]:
    """XADDs a second by way of measuring; the stream is deleted afterwards."""
    limits = {"xadd_hiredis": hiredis_loop(url, entries)}
    if (theirs := redis_benchmark(url, entries)) is not None:
        limits["xadd_redis_benchmark"] = theirs
    return limits


async def measured(url: str, entries: int) -> dict[str, float]:
    return await asyncio.to_thread(measure, url, entries)


def hiredis_loop(url: str, entries: int) -> float:
    """XADDs a second: one batch is on the way on each connection, and all answers are read."""
    connections = [_Connection(url) for _ in range(CONNECTIONS)]
    batch = _command(b"XADD", STREAM.encode(), b"*", b"e", b"x" * BYTES) * PIPELINE
    rounds = max(1, entries // (PIPELINE * CONNECTIONS))
    for connection in connections:
        connection.send(batch)
    began = time.perf_counter()
    for _ in range(rounds):
        for connection in connections:
            connection.answers(PIPELINE)
            connection.send(batch)
    took = time.perf_counter() - began
    for connection in connections:
        connection.answers(PIPELINE)
    connections[0].send(_command(b"DEL", STREAM.encode()))
    connections[0].answers(1)
    for connection in connections:
        connection.close()
    return rounds * PIPELINE * CONNECTIONS / took


def redis_benchmark(url: str, entries: int) -> float | None:
    """The raw limit as redis-benchmark or valkey-benchmark measures it; None when neither is on PATH."""
    program = shutil.which("redis-benchmark") or shutil.which("valkey-benchmark")
    if program is None:
        return None
    path, password = _place(url)
    done = subprocess.run(
        [
            program,
            "-s",
            path,
            "-a",
            password,
            "-n",
            str(entries),
            "-c",
            str(CONNECTIONS),
            "-P",
            str(PIPELINE),
            "--csv",
            "XADD",
            STREAM,
            "*",
            "e",
            "x" * BYTES,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    with_del = _Connection(url)
    with_del.send(_command(b"DEL", STREAM.encode()))
    with_del.answers(1)
    with_del.close()
    return float(done.stdout.strip().splitlines()[-1].split(",")[1].strip('"'))


def _place(url: str) -> tuple[str, str]:
    """A unix socket's path and the server's password."""
    parts = urlsplit(url)
    return parts.path, parse_qs(parts.query)["password"][0]


def _command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


class _Connection:
    """A blocking connection that sends bytes as they are and counts answers."""

    def __init__(self, url: str) -> None:
        path, password = _place(url)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._reader = hiredis.Reader()
        self.send(_command(b"AUTH", password.encode()))
        self.answers(1)

    def send(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def answers(self, count: int) -> None:
        """Read so many answers; an error among them is raised."""
        while count:
            answer = self._reader.gets()
            if answer is False:
                self._reader.feed(self._socket.recv(65536))
            elif isinstance(answer, Exception):
                raise answer
            else:
                count -= 1

    def close(self) -> None:
        self._socket.close()
