"""A role that restarts while its settings files are broken uses the last applied settings and reports the error."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from feeds.roles import NAMES, WATCHED
from tests.e2e.site import SETTINGS, Service, Site, running


def troubles(view: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {
        key: source["error"]
        for key, source in view["source"].items()
        if key.startswith("role.") and source.get("error")
    }


async def test_a_role_killed_while_the_files_are_broken_comes_back_on_the_old_ones(
    tmp_path: Path, journal_settings: str
) -> None:
    service = Service()
    await service.start()
    rows = f"x1,甲,router,532329,,,,,,,,tcp://127.0.0.1:{service.port}\n"
    async with running(tmp_path, rows, more=journal_settings) as site:
        admin = await site.person("管理员", "admin")
        good = site.config.read_text()
        async with admin.live() as live:
            await live.until(lambda view: view["asset"].get("x1", {}).get("health") == "ok")
            assert troubles(live.view) == {}
            inventory = (tmp_path / "assets.csv").read_text()
            (tmp_path / "assets.csv").unlink()
            site.config.write_text(good + "[broken\n")
            before = {name: member["pid"] for name, member in site.members().items()}
            site.kill(*WATCHED)
            await live.until(lambda view: set(troubles(view)) == {f"role.{name}" for name in WATCHED})
            assert all("watchfloor.toml:" in error for error in troubles(live.view).values())
            await service.stop()  # it works: a fault is found by the collector, the projector and the rule
            await live.until(lambda view: view["asset"]["x1"]["health"] == "down" and view["alert"])
            await service.start()
            await live.until(lambda view: view["asset"]["x1"]["health"] == "ok")
            assert site.members()["alert"]["pid"] != before["alert"]

            site.config.write_text(good)  # mended, but its inventory is still away
            site.kill("project")
            await live.until(lambda view: "assets.csv" in troubles(view).get("role.project", ""))
            assert set(live.view["asset"]) == {"x1"}

            (tmp_path / "assets.csv").write_text(inventory + rows.replace("x1,甲", "x2,乙"))
            assert site.process is not None
            os.kill(site.process.pid, signal.SIGHUP)
            await live.until(lambda view: view["asset"].get("x2", {}).get("health") == "ok")
            await live.until(lambda view: not troubles(view))

            site.config.write_text(good.replace('severity = "critical"', 'severity = "catastrophic"'))
            os.kill(site.process.pid, signal.SIGHUP)  # nothing died: the running ones stay, and it is said as well
            await live.until(lambda view: len(troubles(view)) == len(NAMES))
            site.config.write_text(good)
            os.kill(site.process.pid, signal.SIGHUP)
            await live.until(lambda view: not troubles(view))
    await service.stop()


@pytest.mark.parametrize("command", [("run",), ("role", "alert")])
def test_a_first_start_on_a_broken_file_is_refused_with_the_finding(tmp_path: Path, command: tuple[str, ...]) -> None:
    site = Site(tmp_path, 1)
    site.config.write_text(SETTINGS.format(port=1, hook=1, more="[broken"))
    refused = site.cli(*command)
    assert refused.returncode == 1
    assert "watchfloor.toml:20" in refused.stderr
