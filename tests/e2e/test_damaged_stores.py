"""Store files emptied, removed and damaged in head, middle and tail: told in words, not ready, and readable."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.damage import FAULTS, copied, harm, merge_log, put_back
from tests.e2e.site import Person, Site, hook, running
from tests.e2e.test_stores_lost import POSTED, is_told, token, write
from tests.patience import PATIENCE, until
from watchfloor.runtime.store_files import is_whole

NAMES = {"history": "指标历史库", "cases": "审批案件库", "intake": "接收库", "journal": "台账"}


async def readyz_names(site: Site, word: str) -> bool:
    """True when /readyz answers 503 and names the store, or says that the journal takes nothing."""
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as http, http.get(f"{site.url}/readyz") as answer:
            checks: dict[str, Any] = (await answer.json(content_type=None)).get("checks", {})
            named = word in str(checks.get("missing", ""))
            return answer.status == 503 and (named or (word == NAMES["journal"] and checks.get("journal") is False))
    return False


def lives(data: Path) -> str:
    """The lives of the stores that the journal has recorded."""
    with contextlib.closing(sqlite3.connect(data / "journal.sqlite3")) as connection:
        row = connection.execute("SELECT value FROM cursor WHERE name = 'store-lives'").fetchone()
    return str(row[0]) if row else ""


async def readable(person: Person) -> bool:
    """True when the web role shows a page and its last picture to a person who was signed in."""
    with contextlib.suppress(aiohttp.ClientError):
        async with person.http.get("/alerts") as page:
            if page.status != 200:
                return False
        async with person.http.get("/api/v1/snapshot") as answer:
            return answer.status == 200 and "gw1" in (await answer.json())["asset"]
    return False


async def remembered(site: Site, person: Person) -> None:
    """Wait until a restarted web role will know who is signed in, whatever becomes of the journal."""
    await person.get("snapshot")
    identities = site.folder / "data" / "run" / "identities.json"
    await until(lambda: identities.exists() and b'"session"' in identities.read_bytes())


ROWS = "gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:9\n"


async def test_an_emptied_history_is_told_until_a_person_accepts_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running(tmp_path, ROWS) as site:
        person = await site.person("duty1")
        await remembered(site, person)
        await until(lambda: "history" in lives(data))
        for file in data.glob("history.sqlite3*"):
            file.unlink()
        await until(lambda: readyz_names(site, NAMES["history"]))
        await until(lambda: (data / "history.sqlite3").exists())
        await until(lambda: readyz_names(site, NAMES["history"]))
        await until(lambda: readable(person))
        await until(lambda: is_told(person, {"journal-incomplete"}))
        assert "JournalReplaced" in site.cli("status").stdout
        accepted = site.cli("journal", "accept", "--by", "admin1")
        assert (accepted.returncode, "history" in accepted.stdout) == (0, True)
        await site.ready()


@pytest.mark.parametrize("store", NAMES)
@pytest.mark.timeout(20 * PATIENCE)
async def test_a_store_harmed_before_the_start_is_told_and_nothing_accepted_is_lost(tmp_path: Path, store: str) -> None:
    async with hook() as receiver, running(tmp_path, ROWS, hook_port=receiver.port) as site:
        person, accepted = await at_work(site)
        file = tmp_path / "data" / f"{store}.sqlite3"
        for fault in FAULTS:
            await stop(site)
            whole = file.read_bytes()
            harm(file, fault)
            site.start()
            await until(lambda: tells(site, person, store))
            await until(lambda: readable(person))
            await stop(site)
            put_back(file, whole)
            site.start()
            await site.ready()
            await shows(person, accepted)
        assert site.cli("journal", "verify").returncode == 0
    assert "cleared" not in [body["reason"] for _, body in receiver.calls]


@pytest.mark.parametrize("store", NAMES)
@pytest.mark.timeout(20 * PATIENCE)
async def test_a_store_harmed_under_the_running_site_is_told_and_a_copy_brings_it_back(
    tmp_path: Path, store: str
) -> None:
    async with hook() as receiver, running(tmp_path, ROWS, hook_port=receiver.port) as site:
        person, accepted = await at_work(site)
        file = tmp_path / "data" / f"{store}.sqlite3"
        for fault in FAULTS:
            copy = copied(file)
            await until(partial(merge_log, file))
            harm(file, fault)
            await until(lambda: tells_or_heals(site, person, store, file), within=3 * PATIENCE)
            await until(lambda: readable(person))
            await stop(site)
            put_back(file, copy)
            site.start()
            await until(lambda: listens(site))
            if store == "journal":  # entries that are younger than the copy are missing, and told
                site.cli("journal", "accept", "--by", "admin1")
            await site.ready()
            await shows(person, accepted)
        assert site.cli("journal", "verify").returncode == 0
    assert "cleared" not in [body["reason"] for _, body in receiver.calls]


async def at_work(site: Site) -> tuple[Person, set[str]]:
    """A person who stays signed in whatever becomes of the journal, and the ids of alerts: of a rule, and accepted."""
    person, secret = await site.person("duty1"), token(site)
    async with aiohttp.ClientSession(site.url) as tool:
        assert (await write(tool, "/api/v2/alerts", POSTED, Authorization=f"Bearer {secret}"))[0] == 200
    async with person.live() as live:
        await live.until(lambda view: len(view["alert"]) == 2)
        accepted = set(live.view["alert"])
    await remembered(site, person)
    await until(lambda: {"history", "cases"} <= json.loads(lives(site.folder / "data") or "{}").keys())
    return person, accepted


async def tells(site: Site, person: Person, store: str) -> bool:
    """True when the site says by name what became of the store: on /readyz, and an emptied intake as a source."""
    if await readyz_names(site, NAMES[store]):
        return True
    return store == "intake" and "接收库被清空" in str(await source_errors(person))


async def source_errors(person: Person) -> list[str]:
    with contextlib.suppress(aiohttp.ClientError):
        async with person.http.get("/api/v1/sources") as answer:
            if answer.status == 200:
                return [source["error"] for source in (await answer.json())["items"] if source["error"]]
    return []


async def tells_or_heals(site: Site, person: Person, store: str, file: Path) -> bool:
    """True when the site says what is wrong, or SQLite has written the damaged pages anew, so that nothing is wrong."""
    if await tells(site, person, store):
        return True
    if not file.exists() or not file.stat().st_size or not is_whole(file):
        return False
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as http, http.get(f"{site.url}/readyz") as answer:
            return answer.status == 200
    return False


async def shows(person: Person, accepted: set[str]) -> None:
    """Wait until the picture has every accepted alert, active."""
    async with person.live() as live:
        await live.until(lambda view: all(view["alert"].get(id, {}).get("active") for id in accepted))


async def listens(site: Site) -> bool:
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as http, http.get(f"{site.url}/healthz") as answer:
            return answer.status == 200
    return False


async def stop(site: Site) -> None:
    """Stop the site, and keep its people signed in."""
    people, site.people = site.people, []
    await site.stop()
    site.people = people
