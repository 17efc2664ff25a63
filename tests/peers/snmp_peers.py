"""SNMP peers: net-snmp's agent and tools, and snmpsim with recordings of real devices."""

from __future__ import annotations

import bz2
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.ports import free_port
from tests.shared_samples import SAMPLES

RECORDINGS = SAMPLES / "devices" / "snmp"


def need(name: str) -> str:
    """Where the program is. Skips with the reason when it is not installed; in CI it must be."""
    folder = str(Path(sys.executable).parent)
    path = shutil.which(name, path=f"{folder}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed (Debian: snmp snmpd bsdutils; PyPI: snmpsim pysmi)")
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@contextmanager
def process(command: list[str], log: Path, ready: str = "", env: dict[str, str] | None = None) -> Iterator[None]:
    """The program, until its log says `ready`; ended and waited for afterwards."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}
        )
    try:
        end = time.monotonic() + PATIENCE
        while ready.encode() not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[0]} did not begin: {log.read_text(errors='replace')[-600:]}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


CONFIGURATION = """
agentaddress udp:127.0.0.1:{port}
rocommunity public
createUser ops SHA authpass123 AES privpass123
createUser ops256 SHA-256 authpass123 AES256 privpass123
createUser plain
rouser ops priv
rouser ops256 priv
rouser plain noauth
sysName core-1
"""


@contextmanager
def agent(folder: Path, port: int | None = None) -> Iterator[int]:
    """snmpd with users of v3; a second one in the same folder and port is the same agent, booted again."""
    program = need("snmpd")
    port = port or free_port()
    (folder / "snmpd.conf").write_text(CONFIGURATION.format(port=port), encoding="utf-8")
    command = [program, "-f", "-Lo", "-p", str(folder / "snmpd.pid")]
    # The folder of its state stands in the path too, or it would not read how often it has booted.
    env = {"SNMPCONFPATH": f"{folder}:{folder / 'state'}", "SNMP_PERSISTENT_DIR": str(folder / "state"), "MIBS": ""}
    with process(command, folder / "snmpd.log", "NET-SNMP version", env):
        yield port


@contextmanager
def replayed(folder: Path, *names: str) -> Iterator[int]:
    """snmpsim with the recordings; the community is the recording's name."""
    program = need("snmpsim-command-responder")
    data = folder / "data"
    data.mkdir()
    for name in names:
        packed, open_ = RECORDINGS / f"{name}.snmprec.bz2", RECORDINGS / f"{name}.snmprec"
        if not packed.is_file() and not open_.is_file():
            pytest.skip("the recordings of real devices are not present")
        raw = bz2.decompress(packed.read_bytes()) if packed.is_file() else open_.read_bytes()
        (data / f"{name}.snmprec").write_bytes(raw)
    port = free_port()
    command = [
        program,
        f"--data-dir={data}",
        f"--cache-dir={folder / 'cache'}",
        f"--agent-udpv4-endpoint=127.0.0.1:{port}",
    ]
    if os.geteuid() == 0:
        command += ["--process-user=root", "--process-group=root"]
    with process(command, folder / "snmpsim.log", "Listening at"):
        bound(port)
        yield port


def bound(port: int) -> None:
    """Waits until somebody has the UDP port: snmpsim says that it listens a little before it does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", port))
            sock.settimeout(0.3)
            try:
                sock.send(b"?")
                sock.recv(1)
            except ConnectionRefusedError:
                time.sleep(0.05)
            except TimeoutError:
                return
