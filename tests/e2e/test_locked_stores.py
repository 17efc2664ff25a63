"""One store file locked by another process for half a minute: what the site tells, what goes on, and its return."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.harmed_stores import NAMES, ROWS, at_work, readable, shows
from tests.e2e.site import Person, Site, hook, running
from tests.e2e.test_stores_lost import conditions, token, write
from tests.patience import PATIENCE, until

LONG = 30.0
"""Seconds for which a store is locked: longer than every time limit of a statement."""
LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""
CONDITIONS = {"journal": {"journal-lost"}, "intake": {"intake-lost"}, "history": set[str](), "cases": set[str]()}
"""The conditions on every page. History and cases are written an hour later, or when a case comes: nothing is lost."""


@contextlib.asynccontextmanager
async def locked_by_another(file: Path) -> AsyncIterator[None]:
    """Another process holds the write lock of a SQLite file."""
    pipe = asyncio.subprocess.PIPE
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", LOCK, str(file), stdin=pipe, stdout=pipe)
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"locked\n"
    try:
        yield
    finally:
        holder.stdin.close()
        await holder.wait()


async def tells(person: Person, store: str) -> bool:
    """True when the pages say of this store alone that it takes nothing."""
    return set(await conditions(person)) == CONDITIONS[store]


async def acknowledges(person: Person, alert: str) -> tuple[int, str, bool]:
    return await write(person.http, f"/api/v1/alerts/{alert}/ack", {"comment": "x"}, **{"X-CSRF-Token": person.csrf})


@pytest.mark.parametrize("store", NAMES)
@pytest.mark.timeout(20 * PATIENCE)
async def test_a_store_that_another_process_locks_is_told_and_stops_nothing_else(tmp_path: Path, store: str) -> None:
    async with hook() as receiver, running(tmp_path, ROWS, hook_port=receiver.port) as site:
        person, accepted = await at_work(site)
        bearer = {"Authorization": f"Bearer {token(site)}"}
        alert, posted = min(accepted), [{"labels": {"alertname": "later", "instance": "gw1"}}]
        before = {name: member["pid"] for name, member in site.members().items()}
        async with aiohttp.ClientSession(site.url) as tool:
            async with locked_by_another(tmp_path / "data" / f"{store}.sqlite3"):
                began = time.monotonic()
                await until(lambda: tells(person, store), within=LONG)
                assert await readable(person)
                await shows(person, accepted)
                answer = await acknowledges(person, alert)
                assert answer == ((503, "journal-lost", True) if store == "journal" else (200, "", False))
                answer = await write(tool, "/api/v2/alerts", posted, **bearer)
                assert answer == ((503, "intake-lost", True) if store == "intake" else (200, "", False))
                await asyncio.sleep(LONG - (time.monotonic() - began))
                assert await readable(person)
            await until(lambda: everything_works(site, person, alert))
            assert (await write(tool, "/api/v2/alerts", posted, **bearer))[0] == 200
        async with person.live() as live:
            await live.until(lambda view: len(view["alert"]) == len(accepted) + 1)
        assert {name: member["pid"] for name, member in site.members().items()} == before
        assert site.cli("journal", "verify").returncode == 0
    assert "cleared" not in [body["reason"] for _, body in receiver.calls]


async def everything_works(site: Site, person: Person, alert: str) -> bool:
    """True when the site is ready, no page says that a store is lost, and an acknowledgement is taken."""
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as http, http.get(f"{site.url}/readyz") as answer:
            ready = answer.status == 200
        return ready and not await conditions(person) and (await acknowledges(person, alert))[0] == 200
    return False
