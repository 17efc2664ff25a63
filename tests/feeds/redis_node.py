"""One real Valkey process on a loopback port: start, query, stop, kill by process id."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from tests.patience import PATIENCE
from watchfloor.runtime.process import die_with_parent
from watchfloor.runtime.valkey import server_binary

COMMON = """\
bind 127.0.0.1
port {port}
dir {folder}
daemonize no
loglevel notice
"""


def until(condition: Callable[[], Any], description: str, within: float = PATIENCE) -> Any:
    """The condition's result, once it is true; servers that do not answer yet are waited for."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        with contextlib.suppress(redis.RedisError, OSError):
            if result := condition():
                return result
        time.sleep(0.02)
    raise TimeoutError(f"{description} did not come within {within} s")


@dataclass(slots=True, eq=False)
class Node:
    """One server process and the file it runs on."""

    folder: Path
    port: int
    password: str
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    def write(self, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "server.conf").write_text(COMMON.format(port=self.port, folder=self.folder) + text)

    def start(self) -> None:
        """Start (again) on what is in the folder."""
        with (self.folder / "server.log").open("ab") as out:
            self.process = subprocess.Popen(
                [server_binary(), str(self.folder / "server.conf"), *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent,
                start_new_session=True,
            )

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ask(self, *command: str | int) -> Any:
        """One command over a connection of its own; raises RedisError, OSError."""
        with redis.Redis(
            port=self.port, password=self.password, decode_responses=True, socket_timeout=1.0, protocol=2
        ) as client:
            return client.execute_command(*command)

    def role(self) -> str:
        """ "master", "slave", or "" when nobody answers."""
        with contextlib.suppress(redis.RedisError, OSError):
            return str(self.ask("INFO", "replication")["role"])
        return ""
