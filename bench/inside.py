"""Measurements in a network namespace of their own, where any address can be made to answer pings, or to fall silent.

Loopback always answers. Here a TUN device stands for a network of hosts: a thread reads the packets that leave
through it and answers echo requests (RFC 792) as the hosts would, except those of the silent ones. Needs root,
`unshare` and `ip`; nothing leaves the namespace.
"""

from __future__ import annotations

import asyncio
import fcntl
import importlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import uvloop

from bench.figures import Figure, Skipped

DEVICE = "wfbench"
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LIMIT = 1 << 20
ICMP, ECHO_REQUEST = 1, 8


class Hosts:
    """The hosts 198.18.0.2 to 198.19.255.254 (RFC 2544: set aside for benchmarks). `silent` ones answer nothing."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self._device = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self._device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        for command in (
            ("addr", "add", "198.18.0.1/15", "dev", DEVICE),
            ("link", "set", DEVICE, "up"),
            ("link", "set", "lo", "up"),
        ):
            subprocess.run(["ip", *command], check=True)
        threading.Thread(target=self._answer, daemon=True).start()

    @staticmethod
    def address(number: int) -> str:
        """One of 100,000 hosts."""
        return f"198.{18 + number // 60_000}.{number % 60_000 // 250}.{number % 250 + 2}"

    def _answer(self) -> None:
        while True:
            packet = bytearray(os.read(self._device, 2048))
            start = (packet[0] & 15) * 4
            is_request = packet[0] >> 4 == 4 and packet[9] == ICMP and packet[start] == ECHO_REQUEST
            if not is_request or ".".join(map(str, packet[16:20])) in self.silent:
                continue
            packet[12:16], packet[16:20] = packet[16:20], packet[12:16]
            packet[start] = 0
            total = int.from_bytes(packet[start + 2 : start + 4], "big") + (ECHO_REQUEST << 8)
            packet[start + 2 : start + 4] = (total + (total >> 16) & 0xFFFF).to_bytes(2, "big")
            os.write(self._device, packet)


async def inside(module: str, quick: bool) -> AsyncIterator[Figure]:
    """The figures that `measured(quick, hosts)` of a module yields in there. Raises Skipped where that cannot be."""
    missing = [name for name in ("unshare", "ip") if shutil.which(name) is None]
    if missing or os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        raise Skipped(f"needs root, /dev/net/tun, unshare and ip (missing here: {', '.join(missing) or 'root or tun'})")
    command = ["unshare", "--net", sys.executable, "-m", "bench.inside", module, "quick" if quick else "whole"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, limit=LIMIT)
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            figure = json.loads(line)
            if "skipped" in figure:
                raise Skipped(figure["skipped"])
            yield Figure(**figure)
        if await process.wait():
            raise RuntimeError(f"{module} ended with {process.returncode}; its error stands above")
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _run(module: str, quick: bool) -> None:
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        async for figure in importlib.import_module(module).measured(quick, Hosts()):
            print(json.dumps(asdict(figure), ensure_ascii=False), flush=True)
    except Skipped as why:
        print(json.dumps({"skipped": str(why)}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    uvloop.run(_run(sys.argv[1], sys.argv[2] == "quick"))
