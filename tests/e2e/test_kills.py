"""kill -9 of the fork server, the supervisor, Valkey and all at once, and a run folder full of folders and links."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.site import Site, hook, running
from tests.e2e.test_damaged_stores import stop
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
    async with hook() as phone, running(tmp_path, ROW, hook_port=phone.port) as site:
        person = await site.person("duty1")
        await until(lambda: phone.heard("gw1"))
        run = tmp_path / "data" / "run"
        for number in range(2):
            await stop(site)
            for path in [path for path in run.iterdir() if not path.name.startswith(("applied-", "identities"))]:
                if ".damaged-" in path.name:
                    continue
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
                path.mkdir() if number else path.symlink_to(path.name)
            site.start()
            await site.ready()
            await shows_an_active_alert(person)
        assert {body["reason"] for _, body in phone.calls} == {"first"}
