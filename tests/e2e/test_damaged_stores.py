"""Store files emptied, removed and damaged in head, middle and tail: told in words, not ready, and readable."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.damage import PLACES, damage
from tests.e2e.site import Person, Service, Site, running
from tests.e2e.test_stores_lost import is_told
from tests.patience import until

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


@pytest.mark.parametrize("store", ["history"])
async def test_a_damaged_store_is_told_by_name_and_the_site_stays_readable(tmp_path: Path, store: str) -> None:
    device = Service()
    rows = f"gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:{device.port}\n"
    async with running(tmp_path, rows) as site:
        person, file = await site.person("duty1"), tmp_path / "data" / f"{store}.sqlite3"
        async with person.live() as live:
            await live.until(lambda view: next(iter(view["alert"].values()), None))
        await remembered(site, person)
        for place in PLACES:
            await stop(site)
            whole = file.read_bytes()
            damage(file, place)
            site.start()
            await until(lambda: readyz_names(site, NAMES[store]))
            await until(lambda: readable(person))
            await stop(site)
            for left in file.parent.glob(f"{store}.sqlite3*"):
                left.unlink()
            file.write_bytes(whole)
            site.start()
            await site.ready()
        assert site.cli("journal", "verify").returncode == 0


async def stop(site: Site) -> None:
    """Stop the site, and keep its people signed in."""
    people, site.people = site.people, []
    await site.stop()
    site.people = people
