"""A site whose store files are harmed: who works on it, and what it says and shows."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.site import Person, Site
from tests.e2e.test_stores_lost import POSTED, token, write
from tests.patience import until
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
