"""An inventory file that loses its rows: no asset is removed until a person accepts it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

from tests.e2e.site import HEAD, hook, running
from tests.ports import free_port

ROLES = ("collect", "project", "alert", "command", "web")


def held(view: dict[str, dict[str, Any]]) -> set[str]:
    return {id for id, source in view["source"].items() if "已暂缓" in (source.get("error") or "")}


async def test_an_inventory_that_vanishes_is_held_through_reload_and_restart_and_removed_by_a_person_only(
    tmp_path: Path, journal_settings: str
) -> None:
    dead = f"dead,断,router,532329,,,,,,,,tcp://127.0.0.1:{free_port()}\n"
    rows = dead + "".join(f"x{n:02},甲{n},router,532329,,,,,,,,\n" for n in range(29))
    async with hook() as receiver, running(tmp_path, rows, more=journal_settings, hook_port=receiver.port) as site:
        admin = await site.person("管理员", "admin")
        async with admin.live() as live:
            alert = await live.until(lambda view: next(iter(view["alert"].values()), None))
            assert (alert["asset"], alert["active"]) == ("dead", True)
            (tmp_path / "assets.csv").write_text(HEAD)
            assert site.process is not None
            os.kill(site.process.pid, signal.SIGHUP)
            other_roles = {f"role.{name}" for name in ROLES if name not in ("web", "collect")}
            await live.until(lambda view: held(view) >= other_roles)
            site.kill("collect", "project", "alert", "command")
            pids = {name: member["pid"] for name, member in site.members().items()}
            await live.until(lambda _: all(site.members()[name]["pid"] != pids[name] for name in ("project", "alert")))
            await live.until(lambda view: held(view) >= other_roles and len(view["asset"]) == 30)
            assert live.view["alert"][alert["id"]]["active"]

            cli = partial(asyncio.to_thread, site.cli)  # the live socket must be read meanwhile
            shown = await cli("reload")
            assert shown.returncode == 1
            assert "资产清单 30 → 0 项，将移除 30 项：dead x00" in shown.stdout
            assert "资产清单 30 → 0 项" in (await cli("status")).stdout
            assert (await cli("check")).returncode == 1
            waiting = await admin.post("reload", {})
            assert (waiting["applied"], waiting["held"]["lists"][0]["removed_total"]) == (False, 30)
            assert (await admin.get("settings"))["held"] == waiting["held"]
            assert len(live.view["asset"]) == 30

            accepted = await cli("reload", "--accept", "--json")
            assert accepted.returncode == 0, accepted.stdout + accepted.stderr
            assert {process["state"] for process in json.loads(accepted.stdout)["processes"]} == {"applied"}
            await live.until(lambda view: not view["asset"] and not held(view))
            await live.until(lambda view: not view["alert"].get(alert["id"], {}).get("active"))
        detail = await admin.get(f"alerts/{alert['id']}")
        assert [step["name"] for step in detail["transitions"]] == ["raise", "removed"]
        assert detail["removed"] is True
        assert [notice["reason"] for notice in detail["notices"]] == ["first", "removed"]
