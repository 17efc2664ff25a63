"""kill -9 of the fork server, the supervisor, Valkey and all at once, and harm to every file of the run folder.

A receiver that accepts and never answers holds up no end of the site.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.harmed_stores import stop
from tests.e2e.site import Site, hook, running
from tests.e2e.test_hanging_roles import ROW, shows_an_active_alert
from tests.patience import PATIENCE, until


def fork_server(site: Site) -> int:
    """The process that forks the roles."""
    return int(Path(f"/proc/{site.members()['alert']['pid']}/stat").read_text().rpartition(")")[2].split()[1])


async def end(site: Site, ended_part: str) -> None:
    """End processes by SIGKILL; a supervisor that was ended is started anew."""
    pids = {name: member["pid"] for name, member in site.members().items()}
    assert site.process is not None
    ended = {
        "fork server": [fork_server(site)],
        "valkey": [pids["valkey"]],
        "supervisor": [site.process.pid],
        "everything": [*pids.values(), fork_server(site), site.process.pid],
    }[ended_part]
    for pid in ended:
        os.kill(pid, 9)
    if site.process.pid in ended:
        site.process.wait()
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids.values()))
        site.start()
    else:
        await until(lambda: any(site.members()[name]["pid"] not in (0, pid) for name, pid in pids.items()))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def remove(path: Path) -> None:
    path.unlink()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def harm_run_folder(run: Path, harm: Callable[[Path], None]) -> None:
    """Harm every file below the run folder: state files, the lock, the reserve, the log and the socket of Valkey."""
    for path in [path for path in run.rglob("*") if not path.is_dir() and ".damaged-" not in path.name]:
        if harm is empty and path.is_socket():
            continue
        harm(path)


def is_whole(site: Site, before: dict[str, int]) -> bool:
    """True when status and address can be read again, and Valkey and the killed roles have come back."""
    try:
        members = site.members()
        json.loads((site.folder / "data" / "run" / "valkey.json").read_bytes())
    except (OSError, ValueError):
        return False
    return all(members[name]["pid"] not in (0, pid) for name, pid in before.items())


@pytest.mark.timeout(10 * PATIENCE)
async def test_a_running_site_outlives_every_file_of_its_run_folder_emptied_removed_and_made_a_folder(
    tmp_path: Path,
) -> None:
    async with hook() as phone, running(tmp_path, ROW, hook_port=phone.port) as site:
        person, run = await site.person("duty1"), tmp_path / "data" / "run"
        await until(lambda: phone.heard("gw1"))
        for harm in (empty, remove, make_folder):
            before = {name: site.members()[name]["pid"] for name in ("web", "alert")}
            harm_run_folder(run, harm)
            for pid in before.values():
                os.kill(pid, 9)
            await until(partial(is_whole, site, before))
            await site.ready()
            await shows_an_active_alert(person)
            assert site.cli("status").returncode == 0
            second = site.cli("run")
            assert (second.returncode, "already runs on" in second.stderr) == (1, True), second.stderr
        assert {body["reason"] for _, body in phone.calls} == {"first"}


@pytest.mark.timeout(10 * PATIENCE)
async def test_a_site_is_back_with_its_alert_after_each_kill_and_notifies_of_no_end(tmp_path: Path) -> None:
    async with hook() as phone, running(tmp_path, ROW, hook_port=phone.port) as site:
        person = await site.person("duty1")
        await until(lambda: phone.heard("gw1"))
        for ended_part in ("fork server", "valkey", "supervisor", "everything"):
            await end(site, ended_part)
            await site.ready()
            await shows_an_active_alert(person)
        assert {body["reason"] for _, body in phone.calls} == {"first"}


@pytest.mark.timeout(10 * PATIENCE)
async def test_a_site_starts_with_folders_and_endless_links_in_place_of_its_state_files(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(hook())
        phone.hangs = True
        site = await stack.enter_async_context(running(tmp_path, ROW, hook_port=phone.port))
        person = await site.person("duty1")
        await until(lambda: phone.held)
        run = tmp_path / "data" / "run"
        for number in range(2):
            began = time.monotonic()
            await stop(site)
            assert time.monotonic() - began < PATIENCE / 4, "a receiver that never answers holds up the end"
            phone.hangs = False
            for path in [path for path in run.iterdir() if not path.name.startswith(("applied-", "identities"))]:
                if ".damaged-" in path.name:
                    continue
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
                path.mkdir() if number else path.symlink_to(path.name)
            site.start()
            await site.ready()
            await shows_an_active_alert(person)
        await until(lambda: phone.heard("gw1"))
        assert {body["reason"] for _, body in phone.calls} == {"first"}
