"""Active and standby copies of a role on shared stores: after a takeover the first copy never writes again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.site import Service, Site, hook, running
from tests.e2e.test_spine import alert_of, health
from tests.feeds import redis_servers
from tests.patience import PATIENCE, until


@contextlib.contextmanager
def copy_of(site: Site, role: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `watchfloor role` beside the site, as on another machine."""
    with (site.folder / f"{role}-2.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "watchfloor", "role", role, "-c", str(site.config)], stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def logged(site: Site, role: str, text: str, within: float = PATIENCE) -> None:
    await until(lambda: text in (site.folder / f"{role}-2.log").read_text(), within)


@contextlib.asynccontextmanager
async def redis(form: str, folder: Path) -> AsyncIterator[str]:
    """Start Redis in this form, and return its part of the settings ("" for the embedded Valkey)."""
    if form == "embedded":
        yield ""
        return
    with redis_servers.running(form, folder) as servers:
        yield f'[redis]\nurl = "{servers.url}"\n'


@pytest.mark.parametrize("form", ["embedded", *(redis_servers.FORMS if redis_servers.EVERYTHING else ())])
async def test_a_copy_that_stands_still_is_followed_and_writes_nothing_when_it_goes_on(
    form: str, tmp_path: Path, journal_settings: str
) -> None:
    service = Service()
    await service.start()
    rows = f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
    async with (
        redis(form, tmp_path / form) as more,
        hook() as receiver,
        running(tmp_path, rows, more=more + journal_settings, hook_port=receiver.port) as site,
    ):
        person = await site.person("网管乙", "operator")
        with copy_of(site, "alert") as second:
            await logged(site, "alert", "standing by: alert is held by")
            async with person.live() as live:
                await live.until(lambda view: health(view) == "ok")
                first = site.members()["alert"]["pid"]
                os.kill(first, signal.SIGSTOP)
                await service.stop()
                alert = await live.until(alert_of)  # from the second: the first stands still
                os.kill(first, signal.SIGCONT)  # it finds that its turn is over, and stands by
                await person.post(f"alerts/{alert['id']}/ack", {"comment": "在处理"})
                second.kill()
                await service.start()
                await live.until(lambda view: alert_of(view) is None)
        record = await person.get(f"alerts/{alert['id']}")
        steps = [step["name"] for step in record["transitions"]]
        assert [name for name in steps if name not in ("stale", "fresh")] == ["raise", "ack", "clear"]
        assert site.members()["alert"] | {"pid": first, "restarts": 0} == site.members()["alert"]
        assert "alert stands by: another copy has taken over" in (site.folder / "site.log").read_text()
        assert len(receiver.keys) == len(set(receiver.keys))
        assert site.cli("journal", "verify").returncode == 0
    await service.stop()


async def handed_over(site: Site, role: str) -> None:
    """Stop the active copy until the standby takes over. Retry, because a slow machine may miss the standby's bid."""
    async with asyncio.timeout(PATIENCE):
        while True:
            os.kill(site.members()[role]["pid"], signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                return await logged(site, role, f"{role}: lease acquired", PATIENCE / 4)


async def test_a_clean_stop_hands_the_role_over_without_a_wait(tmp_path: Path, journal_settings: str) -> None:
    async with running(tmp_path, "", more=journal_settings) as site:
        for role in ("collect", "project", "command"):
            with copy_of(site, role):
                await logged(site, role, f"standing by: {role} is held by")
                await handed_over(site, role)
        await site.ready()
