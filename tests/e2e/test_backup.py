"""A backup of a running site, restored into an empty folder: the site that starts there shows the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.e2e.site import PASSWORD, Person, Service, hook, running
from tests.e2e.test_spine import alert_of, health
from tests.ports import free_port


def steps(record: dict[str, Any]) -> list[str]:
    """An alert's transitions, but for what a start says about how old its picture is."""
    return [step["name"] for step in record["transitions"] if step["name"] not in ("stale", "fresh")]


async def test_a_site_started_on_a_restored_backup_shows_the_same_open_alerts(
    tmp_path: Path, journal_settings: str
) -> None:
    service, first, second = Service(), tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    await service.start()
    rows = f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
    async with hook() as receiver:
        async with running(first, rows, hook_port=receiver.port, more=journal_settings) as site:
            person = await site.person("网管乙", "operator")
            async with person.live() as live:
                await live.until(lambda view: health(view) == "ok")
                await service.stop()
                alert = await live.until(alert_of)
                await person.post(f"alerts/{alert['id']}/ack", {"comment": "在处理"})
                acked = await live.until(lambda view: (one := alert_of(view)) and one["acked"] and one)
            done = site.cli("backup", str(tmp_path / "b"), "--json")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["faults"] == []
            assert "checking entry" in done.stderr
            refused = site.cli("restore", str(tmp_path / "b"), "--force")
            assert (refused.returncode, "running" in refused.stderr) == (1, True)
        shutil.copy(first / "assets.csv", second)
        text = site.config.read_text().replace(journal_settings, "") if journal_settings else site.config.read_text()
        site.folder, (old, site.port) = second, (site.port, free_port())
        site.config.write_text(text.replace(f"port = {old}", f"port = {site.port}"))
        done = site.cli("restore", str(tmp_path / "b"))
        assert done.returncode == 0, done.stderr
        told = list(receiver.keys)
        site.people.clear()
        site.start()
        try:
            await site.ready()
            again = Person(site.url)
            site.people.append(again)
            await again.sign_in("网管乙")
            async with again.live() as live:
                shown = await live.until(alert_of)
                same = ("id", "raised_at", "acked", "ack", "severity", "active")
                assert {key: shown[key] for key in same} == {key: acked[key] for key in same}
                await service.start()
                await live.until(lambda view: alert_of(view) is None and health(view) == "ok")
            record = await again.get(f"alerts/{alert['id']}")
            assert steps(record) == ["raise", "ack", "clear"]
            assert len(set(receiver.keys)) == len(receiver.keys) >= len(told)
            assert site.cli("journal", "verify").returncode == 0
        finally:
            await site.stop()
    await service.stop()
    assert PASSWORD not in (tmp_path / "b" / "manifest.json").read_text()
