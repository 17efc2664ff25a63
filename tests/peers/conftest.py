"""Starts the peers: each a real server program on a free port of loopback, ended by its own process id."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE


def program(name: str) -> str:
    """Where the program is. Skips the test, with the reason, when it is not installed; in CI it must be."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        path = next((str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed: see .ci/run for the Debian packages")
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def unprivileged() -> dict[str, Any]:
    """Arguments for subprocess: servers refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def own(folder: Path) -> Path:
    """A folder that the unprivileged peer may reach and write, `folder` and all above it."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, unprivileged()["user"], unprivileged()["group"])
        for above in folder.parents:
            if above.stat().st_uid == 0 and above.name.startswith("pytest-"):
                above.chmod(0o755)
    return folder


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    """The program, until its TCP port accepts; ended and waited for afterwards."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, **unprivileged())
    try:
        end = time.monotonic() + PATIENCE
        while not _accepts(port):
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


def _accepts(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
