"""Peers that run in Node: installed from tests/peers/node-opcua by `make peers`, started and told what to do."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE

HERE = Path(__file__).parent / "node-opcua"


class NodePeer:
    """One server; `say` hands it a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def freeze(self, frozen: bool) -> None:
        """Stops the process where it stands, or lets it go on."""
        self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)


@contextmanager
def node_peer(script: str, *message: str, log: Path) -> Iterator[NodePeer]:
    """Runs a script until the block ends. Skips the test, with the reason, without Node or its packages."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (HERE / "node_modules").is_dir():
        pytest.skip("the Node peers are not installed: make peers does it")
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [node, str(HERE / script), *message],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        _until_ready(process, log)
        yield NodePeer(process)
    finally:
        process.kill()
        process.communicate()


def _until_ready(process: subprocess.Popen[str], log: Path) -> None:
    assert process.stdout is not None
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        line = process.stdout.readline()
        if line.strip() == "ready":
            return
        if not line and process.poll() is not None:
            break
    raise RuntimeError(f"the peer did not begin: {log.read_text(errors='replace')[-600:]}")
