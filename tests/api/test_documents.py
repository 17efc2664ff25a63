"""Documents that cannot be read, over HTTP: listed, downloaded, mended, dropped, each with its audit entry."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from tests.api.conftest import A, World, problem
from watchfloor.repair.documents import JournalRepair

CUT = b'{"id":"'


@asynccontextmanager
async def damaged(world: World, role: str = "admin", region: str = "") -> AsyncIterator[httpx2.AsyncClient]:
    """A client beside a journal with a rule and a token that are cut."""
    repair = JournalRepair(world.journal)
    world.documents = lambda: repair
    rule = {"id": "hot", "when": "health == 'down'", "over": "asset", "for": 0.0, "recover_for": 0.0}
    rule |= {"severity": "minor", "title": {}, "text": ""}
    async with world.journal.begin() as tx:
        body = {"rev": 1, "source": "api", "before": None, "after": rule, "undoes": None}
        await tx.append(kind="rule", name="created", subject="hot", at=1.0, actor="wang", reason="x", body=body)
        await tx.put("rule", "api:hot", rule)
    await world.token("read")
    async with world.signed_in(role, region) as client:
        with sqlite3.connect(world.journal.store.file) as file:
            file.execute("UPDATE doc SET body = CAST(? AS TEXT) WHERE kind IN ('rule', 'token')", (CUT,))
        file.close()
        yield client


async def test_they_are_listed_with_what_can_be_done(world: World) -> None:
    async with damaged(world, "auditor") as client:
        items = (await client.get("/api/v1/documents/unreadable")).json()["items"]
        shown = {item["kind"]: (item["mendable"], item["secret"]) for item in items}
        assert shown == {"rule": (True, False), "token": (False, True)}
        assert all("JSONDecodeError" in item["reason"] for item in items)
        problem(await client.post("/api/v1/documents:mend", json={"kind": "rule", "id": "api:hot"}), 403, "forbidden")
        problem(await client.get("/api/v1/documents/content?kind=rule&id=api:hot"), 403, "forbidden")


async def test_the_original_bytes_are_a_download_but_never_those_of_secrets(world: World) -> None:
    async with damaged(world) as client:
        answer = await client.get("/api/v1/documents/content?kind=rule&id=api:hot")
        assert (answer.status_code, answer.content) == (200, CUT)
        assert "attachment" in answer.headers["content-disposition"]
        problem(await client.get("/api/v1/documents/content?kind=token&id=x"), 403, "forbidden")
        problem(await client.get("/api/v1/documents/content?kind=rule&id=api:cold"), 404, "not-found")
    assert "document-read" in await world.names()


async def test_one_is_mended_and_one_dropped_by_name(world: World) -> None:
    async with damaged(world) as client:
        mended = await client.post("/api/v1/documents:mend", json={"kind": "rule", "id": "api:hot"})
        assert mended.json() == {"kind": "rule", "id": "api:hot", "done": "mended"}
        (token,) = (await client.get("/api/v1/documents/unreadable")).json()["items"]
        where = {"kind": "token", "id": token["id"]}
        no = problem(await client.post("/api/v1/documents:mend", json=where), 422, "not-mendable")
        assert "cannot be rebuilt" in no["reason"]
        assert (await client.post("/api/v1/documents:drop", json=where)).json()["done"] == "dropped"
        assert (await client.get("/api/v1/documents/unreadable")).json()["items"] == []
    doc = await world.journal.doc("rule", "api:hot")
    assert doc is not None
    assert doc.body["when"] == "health == 'down'"
    entries = {entry.name: entry for entry in await world.journal.entries(kind="audit", limit=100)}
    assert (entries["document-mended"].actor, entries["document-mended"].body["text"]) == ("admin-all", CUT.decode())
    assert "text" not in entries["document-dropped"].body, "a secret's text stays out of the log"


async def test_what_can_be_read_is_never_dropped(world: World) -> None:
    async with damaged(world) as client:
        where = {"kind": "account", "id": "admin-all"}
        no = problem(await client.post("/api/v1/documents:drop", json=where), 422, "not-mendable")
        assert "can be read" in no["reason"]


@pytest.mark.parametrize(("role", "region", "slug"), [("admin", A, "outside-region"), ("duty", "", "forbidden")])
async def test_they_are_for_administrators_of_the_whole_site(world: World, role: str, region: str, slug: str) -> None:
    async with damaged(world, role, region) as client:
        problem(await client.get("/api/v1/documents/unreadable"), 403, slug)
