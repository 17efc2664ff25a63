"""The web role with its stores damaged or locked: it listens, shows the last picture and names what is broken."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.site import Person, Service, Site, running
from tests.patience import until

STORES = ("journal", "intake")


@contextlib.contextmanager
def damaged(data: Path) -> Iterator[None]:
    """Overwrite both stores in head, middle and tail, and restore them afterwards."""
    files = [file for store in STORES for file in data.glob(f"{store}.sqlite3*")]
    contents = {file: file.read_bytes() for file in files}
    for file in files:
        file.write_bytes(b"no database " * 1000)
    yield
    for file, content in contents.items():
        file.write_bytes(content)


@contextlib.contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the write lock of all stores, those of history and cases as well."""
    with contextlib.ExitStack() as stack:
        for store in (*STORES, "history", "cases"):
            holder = stack.enter_context(
                contextlib.closing(sqlite3.connect(data / f"{store}.sqlite3", isolation_level=None))
            )
            holder.execute("BEGIN EXCLUSIVE")
        yield


def kill_roles(site: Site, *names: str) -> dict[str, int]:
    """Kill roles with SIGKILL, and return their previous pids.

    A role may have ended by itself: SQLite maps the file of shared memory, and a process that reads behind the end of a
    file that was cut ends by SIGBUS.
    """
    before = {name: site.members()[name]["pid"] for name in names}
    for pid in before.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)
    return before


async def listens(site: Site, before: int) -> bool:
    """Return true if a restarted web role answers."""
    if site.members()["web"]["pid"] in (0, before):
        return False
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as http, http.get(f"{site.url}/healthz") as answer:
            return answer.status == 200
    return False


async def write(http: aiohttp.ClientSession, path: str, body: Any, **headers: str) -> tuple[int, str, bool]:
    """Post, and return (status, problem type, whether there was a Retry-After header)."""
    async with http.post(path, json=body, headers=headers) as answer:
        document = await answer.json(content_type=None)
        kind = str(document.get("type", "")).rpartition(":")[2] if isinstance(document, dict) else ""
        return answer.status, kind, "Retry-After" in answer.headers


async def conditions(person: Person) -> list[str]:
    """Return the conditions of the live feed's next heartbeat."""
    async with person.live() as live:
        while (frame := await live.next())["type"] != "heartbeat":
            pass
        return list(frame["conditions"])


def token(site: Site) -> str:
    """Create a token with the scope `ingest`."""
    added = site.cli("token", "add", "tool", "--scope", "ingest")
    assert added.returncode == 0, added.stderr
    return added.stdout.strip().splitlines()[-1]


POSTED = [{"labels": {"alertname": "disk", "instance": "gw1"}, "annotations": {}}]


async def test_with_both_stores_damaged_the_web_role_starts_shows_the_picture_and_refuses_writes_by_name(
    tmp_path: Path,
) -> None:
    device = Service()
    rows = f"gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:{device.port}\n"
    async with running(tmp_path, rows) as site:
        person, secret = await site.person("duty1"), token(site)
        async with person.live() as live:
            alert = await live.until(lambda view: next(iter(view["alert"].values()), None))
        bearer = {"Authorization": f"Bearer {secret}"}
        async with aiohttp.ClientSession(site.url) as tool:
            assert (await write(tool, "/api/v2/alerts", POSTED, **bearer))[0] == 200
            remembered = tmp_path / "data" / "run" / "identities.json"
            await until(lambda: remembered.exists() and remembered.read_bytes().count(b'"session"') >= 1)
            await until(lambda: b'"ingest"' in remembered.read_bytes())

            with damaged(tmp_path / "data"):
                before = kill_roles(site, "web", "alert", "command", "project")
                await until(lambda: listens(site, before["web"]))
                async with person.http.get("/alerts") as page:
                    assert page.status == 200
                picture = await person.get("snapshot")
                assert alert["id"] in picture["alert"]
                await until(lambda: is_told(person, {"journal-lost", "intake-lost"}))

                csrf = {"X-CSRF-Token": person.csrf}
                refused = (503, "journal-lost", True)
                assert (
                    await write(person.http, f"/api/v1/alerts/{alert['id']}/ack", {"comment": "x"}, **csrf) == refused
                )
                assert await write(person.http, "/api/v1/session", {"name": "x", "password": "y"}) == refused
                assert await write(tool, "/api/v2/alerts", POSTED, **bearer) == (503, "intake-lost", True)

                log = tmp_path / "site.log"
                size = log.stat().st_size
                stranger = {"Cookie": "; ".join(f"{c.key}=x" for c in person.http.cookie_jar), "Accept": "text/html"}
                for _ in range(300):
                    async with tool.get("/alerts", headers=stranger) as page:
                        assert page.status == 503
                    async with tool.get("/readyz") as ready:
                        assert ready.status == 503
                written = log.read_bytes()[size:]
                assert b"Traceback" not in written
                assert len(written) < 20_000
            await site.ready()
            await until(lambda: taken(person, alert["id"]))
            await until(lambda: b"the journal is back" in log.read_bytes())
            await until(lambda: b"the intake is back" in log.read_bytes())


async def is_told(person: Person, codes: set[str]) -> bool:
    return codes <= set(await conditions(person))


async def taken(person: Person, alert: str) -> bool:
    headers = {"X-CSRF-Token": person.csrf}
    return (await write(person.http, f"/api/v1/alerts/{alert}/ack", {"comment": "x"}, **headers))[0] == 200


async def test_with_both_stores_locked_the_web_role_starts_and_names_what_is_lost(tmp_path: Path) -> None:
    device = Service()
    rows = f"gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:{device.port}\n"
    async with running(tmp_path, rows) as site:
        person = await site.person("duty1")
        async with person.live() as live:
            alert = await live.until(lambda view: next(iter(view["alert"].values()), None))
        with locked(tmp_path / "data"):
            before = kill_roles(site, "web", "project", "approvals")
            await until(lambda: listens(site, before["web"]), within=10.0)
            assert alert["id"] in (await person.get("snapshot"))["alert"]
            async with aiohttp.ClientSession(site.url) as http, http.get("/readyz") as ready:
                assert (ready.status, (await ready.json(content_type=None))["checks"]["journal"]) == (503, False)
            await until(lambda: is_told(person, {"journal-lost"}))
            headers = {"X-CSRF-Token": person.csrf}
            answer = await write(person.http, f"/api/v1/alerts/{alert['id']}/ack", {"comment": "x"}, **headers)
            assert answer == (503, "journal-lost", True)
        await until(lambda: taken(person, alert["id"]))
        await site.ready()
