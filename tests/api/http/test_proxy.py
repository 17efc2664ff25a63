"""Behind a proxy that does TLS: whose word is believed, and what follows from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from api.auth import accounts
from api.auth.signin import PEER_LIMIT
from api.server import configure
from tests.api.conftest import PASSWORD, World, problem

PROXY = "10.0.0.5"


@pytest.fixture
def behind(world: World) -> World:
    world.settings = replace(world.settings, trusted_proxies=("10.0.0.0/30", PROXY))
    return world


@asynccontextmanager
async def through(world: World, peer: str, person: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client whose requests come from `peer` with what a proxy adds, through uvicorn's own middleware."""
    config = configure(world.app, world.settings)
    config.load()
    app: Any = config.loaded_app
    transport = httpx2.ASGITransport(app=app, client=(peer, 1), raise_app_exceptions=False)
    headers = {"X-Forwarded-For": person, "X-Forwarded-Proto": "https"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="https://zhishou.example.cn", headers=headers
    ) as client:
        yield client


async def sign_in(client: httpx2.AsyncClient, name: str, password: str = PASSWORD) -> httpx2.Response:
    return await client.post("/api/v1/session", json={"name": name, "password": password})


async def test_cookies_are_for_https_only_and_pinned_to_the_host(behind: World) -> None:
    await accounts.add_account(behind.journal, "wang", "duty", "", PASSWORD, "root")
    async with through(behind, PROXY, "10.20.0.1") as client:
        answer = await sign_in(client, "wang")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-watchfloor=")
        assert "Secure" in cookie
        assert "max-age" in answer.headers["strict-transport-security"]
        assert (await client.get("/api/v1/me")).json()["name"] == "wang"


async def test_a_lock_sees_the_person_and_not_the_proxy(behind: World) -> None:
    await accounts.add_account(behind.journal, "wang", "duty", "", PASSWORD, "root")
    async with through(behind, PROXY, "10.20.0.1") as guesser, through(behind, PROXY, "10.20.0.2") as honest:
        for n in range(PEER_LIMIT):
            await sign_in(guesser, f"nobody{n}", "wrong password")
        problem(await sign_in(guesser, "wang"), 429, "locked")
        assert (await sign_in(honest, "wang")).status_code == 200


@pytest.mark.parametrize("forged", ["10.20.0.2", "10.20.0.2, 10.20.0.3"])
async def test_what_a_client_says_of_itself_is_not_believed(behind: World, forged: str) -> None:
    """It reaches us past the proxy, or the proxy appended whom it saw: the rightmost that is no proxy counts."""
    await accounts.add_account(behind.journal, "wang", "duty", "", PASSWORD, "root")
    for n in range(PEER_LIMIT):
        async with through(behind, "10.66.0.9", f"10.30.0.{n}") as guesser:
            await sign_in(guesser, f"nobody{n}", "wrong password")
    async with through(behind, "10.66.0.9", forged) as guesser:
        problem(await sign_in(guesser, "wang"), 429, "locked")
    async with through(behind, PROXY, f"{forged}, 10.66.0.9") as guesser:
        problem(await sign_in(guesser, "wang"), 429, "locked")


async def test_without_the_setting_nobodys_word_counts(world: World) -> None:
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    for n in range(PEER_LIMIT):
        async with through(world, "127.0.0.1", f"10.30.0.{n}") as guesser:
            await sign_in(guesser, f"nobody{n}", "wrong password")
    async with through(world, "127.0.0.1", "10.20.0.2") as client:
        problem(await sign_in(client, "wang"), 429, "locked")
