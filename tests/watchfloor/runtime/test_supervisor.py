"""The supervisor over real processes: what dies comes back, what is stopped leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.patience import PATIENCE, until
from watchfloor.runtime import valkey
from watchfloor.runtime.data_lock import AlreadyRunning
from watchfloor.runtime.prefork import ForkServer
from watchfloor.runtime.role_specs import ROLES
from watchfloor.runtime.supervisor import FIRST_PAUSE, LONGEST_PAUSE, Supervisor, pause_after

SLEEPER = "import signal,time\nsignal.signal(signal.SIGHUP, lambda *_: open({mark!r}, 'w').close())\ntime.sleep(600)"


class Sleepers:
    """Starts processes that only sleep in place of roles; each leaves a mark when it is told to reload."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self) -> None:
        """Nothing is needed before."""

    async def start(self, role: str, config: Path, guests: Sequence[str] = ()) -> asyncio.subprocess.Process:
        program = SLEEPER.format(mark=str(self._folder / f"hup-{role}"))
        return await asyncio.create_subprocess_exec(sys.executable, "-c", program)

    async def close(self) -> None:
        pass

    def excuse(self) -> None:
        pass

    def kill_if_hung(self, at: float) -> float:
        return 0.0


def alive(pid: int) -> bool:
    """Running, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def make(data: Path, *, embedded: bool = False) -> Supervisor:
    return Supervisor(
        data=data,
        config=data / "watchfloor.toml",
        embedded=embedded,
        port=0,
        roles=("project", "web"),
        launcher=Sleepers(data),
    )


@contextlib.asynccontextmanager
async def running(supervisor: Supervisor) -> AsyncIterator[Supervisor]:
    task = asyncio.create_task(supervisor.run())
    try:
        await until(
            lambda: set(supervisor.members) >= set(supervisor.roles) and all(m.pid for m in supervisor.members.values())
        )
        yield supervisor
    finally:
        supervisor.stop()
        await task


async def test_a_killed_role_comes_back_and_is_counted(tmp_path: Path) -> None:
    async with running(make(tmp_path)) as supervisor:
        first = supervisor.members["web"].pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.members["web"].pid != first and supervisor.members["web"].state == "running")
        assert supervisor.members["web"].restarts == 1
        status = json.loads((tmp_path / "run" / "status.json").read_text())
        assert {m["name"]: m["restarts"] for m in status["members"]} == {"project": 0, "web": 1}


def test_what_is_killed_while_it_works_is_started_again_at_once_and_what_fails_at_its_start_waits_longer() -> None:
    pauses = [pause_after(before, lived=0.3) for before in (0.05, 0.1, 0.4, LONGEST_PAUSE)]
    assert pauses == [0.1, 0.2, 0.8, LONGEST_PAUSE]
    assert pause_after(LONGEST_PAUSE, lived=3.0) == FIRST_PAUSE


async def test_stopping_leaves_no_process(tmp_path: Path) -> None:
    async with running(make(tmp_path, embedded=True)) as supervisor:
        pids = [member.pid for member in supervisor.members.values()]
        assert len(pids) == 3
    assert not [pid for pid in pids if alive(pid)]


async def test_a_reload_reaches_every_role(tmp_path: Path) -> None:
    async with running(make(tmp_path)) as supervisor:
        await asyncio.sleep(0)
        await until(lambda: all(_has_handler(m.pid) for m in supervisor.members.values()))
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: all((tmp_path / f"hup-{role}").exists() for role in supervisor.roles))


def _has_handler(pid: int) -> bool:
    """Whether a process catches SIGHUP by now."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(line.split()[1], 16) & 1 << (signal.SIGHUP - 1))


async def test_a_second_supervisor_on_the_same_data_is_refused(tmp_path: Path) -> None:
    async with running(make(tmp_path)):
        with pytest.raises(AlreadyRunning, match="already runs"):
            await make(tmp_path).run()


async def test_valkey_killed_with_its_folder_comes_back_empty(tmp_path: Path) -> None:
    async with running(make(tmp_path, embedded=True)) as supervisor:
        first = supervisor.members["valkey"].pid
        os.kill(first, signal.SIGKILL)
        shutil.rmtree(tmp_path / "valkey")
        await until(
            lambda: supervisor.members["valkey"].pid != first and supervisor.members["valkey"].state == "running"
        )


async def test_a_valkey_file_that_cannot_be_loaded_is_set_aside(tmp_path: Path) -> None:
    valkey.address(tmp_path)
    folder = tmp_path / "valkey" / "appendonlydir"
    async with running(make(tmp_path, embedded=True)) as supervisor:
        first = supervisor.members["valkey"].pid
        for file in folder.iterdir():
            file.write_bytes(b"rubbish")
        os.kill(first, signal.SIGKILL)
        await until(
            lambda: supervisor.members["valkey"].pid != first and supervisor.members["valkey"].state == "running"
        )
        assert list(tmp_path.glob("valkey.broken-*"))


async def test_a_forked_role_is_a_process_of_its_own_and_its_end_is_told(tmp_path: Path) -> None:
    fork_server = ForkServer()
    try:
        first = await fork_server.start("web", tmp_path / "missing.toml")  # a role without settings ends with 1
        assert first.pid != os.getpid()
        assert await asyncio.wait_for(first.wait(), PATIENCE) == 1
        assert "missing.toml" in first.crash
        assert not alive(first.pid)
    finally:
        await fork_server.close()


async def test_a_role_that_nobody_waits_for_any_more_is_ended_when_it_was_forked() -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", SLEEPER.format(mark=os.devnull))
    ForkServer()._forked({"role": "web", "pid": child.pid})
    assert await child.wait() == -signal.SIGKILL


RUN = """
import sys
from watchfloor import cli
from watchfloor.runtime import supervising
supervising.run = lambda config: print(config, *sys.modules)
cli.main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("options", "settings"), [([], "watchfloor.toml"), (["-c", "a.toml"], "a.toml"), (["--config", "a.toml"], "a.toml")]
)
def test_the_supervisor_imports_nothing_that_only_roles_need(options: list[str], settings: str) -> None:
    """What it is made of, imported anew: the settings alone would be half of its memory."""
    command = [sys.executable, "-c", RUN, "run", *options]
    config, *imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert config == settings
    assert {"watchfloor.runtime.supervisor", "watchfloor.runtime.prefork"} <= set(imported)
    assert not {"sqlalchemy", "redis", "numpy", "dash", "fastapi", "msgspec", "aiohttp", "feeds.model"} & set(imported)
    assert not {name for name in imported if name.startswith("watchfloor.settings")}


def test_settings_that_cannot_be_used_are_told_and_start_nothing(tmp_path: Path) -> None:
    config = tmp_path / "watchfloor.toml"
    config.write_text('[site]\nname = 3\nregion = "532300"\n')
    command = [sys.executable, "-m", "watchfloor", "run", "-c", str(config)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "site.name = 3: 应为加引号的文字" in ended.stderr
    assert "this must be text in quotes" in ended.stderr
    assert not (tmp_path / "data").exists()


async def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    config = tmp_path / "watchfloor.toml"
    config.write_text('[site]\nname = "x"\nregion = "532300"\ndata = "."\n[web]\nport = 0\n')
    process = subprocess.Popen([sys.executable, "-m", "watchfloor", "run", "-c", str(config)])
    status = tmp_path / "run" / "status.json"
    try:
        await until(lambda: status.exists() and len(json.loads(status.read_text())["members"]) == 1 + len(ROLES))
        pids = [member["pid"] for member in json.loads(status.read_text())["members"]]
    finally:
        process.kill()
        process.wait()
    await until(lambda: not any(alive(pid) for pid in pids))
