"""Invalid input is rejected where it enters, and valid input is still processed."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from feeds.bus import Bus
from feeds.roles import NAMES
from tests.e2e.site import Service, running
from watchfloor.runtime import valkey


async def test_invalid_messages_of_a_feed_become_dead_letters_and_valid_ones_are_processed(tmp_path: Path) -> None:
    service = Service()
    await service.start()
    rows = (
        f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
        "x2,,router,532329,95.0,102.40,,,,,,tcp://127.0.0.1:1\n"
    )
    async with running(tmp_path, rows) as site:
        admin = await site.person("管理员", "admin")
        checked = site.cli("check")
        assert checked.returncode == 1
        assert "assets.csv:3" in checked.stdout
        bus = Bus(valkey.address(tmp_path / "data").url, "532300")
        await bus.publish_raw("network", b"\xff\x00rubbish", source="网管旧系统")
        await bus.close()
        async with admin.live() as live:
            await live.until(lambda view: view["source"].get("网管旧系统", {}).get("dead_letters") == 1)
            assert set(live.view["asset"]) == {"x1"}
        sources = await admin.get("sources")
        assert [source["dead_letters"] for source in sources["items"] if source["id"] == "网管旧系统"] == [1]
    await service.stop()


async def test_settings_apply_without_a_restart_and_a_wrong_file_changes_nothing(tmp_path: Path) -> None:
    service = Service()
    await service.start()
    async with running(tmp_path, f"x1,甲,router,532329,,,,,,,,tcp://127.0.0.1:{service.port}\n") as site:
        admin = await site.person("管理员", "admin")
        before = {name: member["pid"] for name, member in site.members().items()}
        good = site.config.read_text()
        async with admin.live() as live:
            await live.until(lambda view: view["asset"].get("x1", {}).get("health") == "ok")
            site.config.write_text(good.replace('severity = "critical"', 'severity = "catastrophic"'))
            refused = await admin.post("reload", {}, expect=422)
            assert "watchfloor.toml:16" in str(refused)
            assert "catastrophic" in str(refused)
            assert site.process is not None
            os.kill(site.process.pid, signal.SIGHUP)
            site.config.write_text(good.replace("assets.csv", "elsewhere.csv"))
            assert "elsewhere.csv" in str(await admin.post("reload", {}, expect=422))
            site.config.write_text(good)
            with (tmp_path / "assets.csv").open("a", encoding="utf-8") as file:
                file.write(f"x2,乙,router,532329,,,,,,,,tcp://127.0.0.1:{service.port}\n")
                file.write("x3,,router,532329,95.0,102.40,,,,,,tcp://127.0.0.1:1\n")
            reloaded = await admin.post("reload", {})
            await live.until(lambda view: view["asset"].get("x2", {}).get("health") == "ok")
        assert (reloaded["applied"], reloaded["missing"], reloaded["restart"]) == (True, [], [])
        assert {process["role"] for process in reloaded["processes"]} == set(NAMES)
        assert {process["pid"] for process in reloaded["processes"]} <= {
            member["pid"] for member in site.members().values()
        }
        assert [(finding["file"], finding["line"], finding["key"]) for finding in reloaded["left_out"]] == [
            ("assets.csv", 4, "name")
        ]
        await asyncio.sleep(0)
        assert {name: member["pid"] for name, member in site.members().items()} == before
    await service.stop()
