"""Failover of a site's Redis (Sentinel or Cluster) whose master is killed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import Service, hook, running
from tests.e2e.test_spine import alert_of, health
from tests.feeds import redis_servers

pytestmark = pytest.mark.skipif(not redis_servers.EVERYTHING, reason="make test-redis")


@pytest.mark.parametrize("form", redis_servers.FORMS)
async def test_a_site_whose_master_is_killed_is_right_again_by_itself(form: str, tmp_path: Path) -> None:
    service = Service()
    await service.start()
    rows = f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
    with redis_servers.running(form, tmp_path / form) as servers:
        async with (
            hook() as receiver,
            running(tmp_path, rows, more=f'[redis]\nurl = "{servers.url}"\n', hook_port=receiver.port) as site,
        ):
            status = site.cli("status").stdout
            assert redis_servers.PASSWORD not in status
            assert "%" not in status.partition("redis")[2].partition("\n")[0]
            person = await site.person("网管乙", "operator")
            async with person.live() as live:
                await live.until(lambda view: health(view) == "ok")
                await service.stop()
                alert = await live.until(alert_of)
                await person.post(f"alerts/{alert['id']}/ack", {"comment": "在处理"}, expect=200)
                await live.until(lambda view: (alert_of(view) or {}).get("acked"))

                victim = servers.master("532300")
                victim.kill()
                await service.start()  # what happens while nobody can write is not missed
                restarted = asyncio.create_task(asyncio.to_thread(_restart, servers, victim))
                await live.until(lambda view: view["asset"].get("x1") and health(view) == "ok")
                await live.until(lambda view: alert_of(view) is None)
                await restarted
                await _a_fault_is_seen(live, service)
            record = await person.get(f"alerts/{alert['id']}")
            steps = [step["name"] for step in record["transitions"]]  # what was not known meanwhile is said, too
            assert [name for name in steps if name not in ("stale", "fresh")] == ["raise", "ack", "clear"]
            assert len(receiver.keys) == len(set(receiver.keys))
            assert site.cli("journal", "verify").returncode == 0
    await service.stop()


def _restart(servers: redis_servers.Servers, victim: redis_servers.Node) -> None:
    servers.settled("532300", [victim])
    victim.start()


async def _a_fault_is_seen(live: Any, service: Service) -> None:
    await service.stop()
    await live.until(lambda view: health(view) == "down" and alert_of(view))
