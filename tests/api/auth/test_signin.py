"""Signing in and out, lockout, expiry, and accounts that change under an open session."""

from __future__ import annotations

import asyncio
import threading

import httpx2
import pytest

from api.auth import accounts, passwords
from api.auth.signin import LOCK, NAME_LIMIT, PEER_LIMIT, WAITING_OF_PEER, after_failure, peer_key
from tests.api.conftest import PASSWORD, World, problem


async def sign_in(client: httpx2.AsyncClient, name: str, password: str = PASSWORD) -> httpx2.Response:
    return await client.post("/api/v1/session", json={"name": name, "password": password})


async def test_a_person_signs_in_is_somebody_and_signs_out(world: World) -> None:
    await accounts.add_account(world.journal, "wang", "duty", "532323", PASSWORD, "root")
    async with world.client() as client:
        answer = await sign_in(client, "wang")
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Secure" not in cookie
        me = (await client.get("/api/v1/me")).json()
        assert (me["name"], me["role"], me["region"], me["csrf"]) == ("wang", "duty", "532323", answer.json()["csrf"])
        gone = await client.delete("/api/v1/session", headers={"X-CSRF-Token": me["csrf"]})
        assert gone.status_code == 204
    async with world.client(cookie=cookie.partition(";")[0]) as client:
        problem(await client.get("/api/v1/me"), 401, "not-signed-in")
    assert await world.names() == ["account-added", "sign-in", "sign-out"]


async def test_neither_cookies_nor_tokens_nor_passwords_are_kept_in_the_journal(world: World) -> None:
    async with world.signed_in("duty") as client:
        cookie = next(iter(client.cookies.values()))
    raw = await world.token("read")
    stored = repr([await world.journal.docs(kind) for kind in ("account", "session", "token")])
    stored += repr(await world.journal.entries(limit=1000))
    assert cookie not in stored
    assert raw not in stored
    assert PASSWORD not in stored


async def test_with_tls_the_cookie_is_secure_and_bound_to_the_host(world: World) -> None:
    from api.settings import WebSettings

    world.settings = WebSettings(tls_cert="c.pem", tls_key="k.pem")
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    async with world.client() as client:
        answer = await sign_in(client, "wang")
    assert answer.headers["set-cookie"].startswith("__Host-watchfloor=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_unknown_names_and_wrong_passwords_are_answered_alike(world: World) -> None:
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    async with world.client() as client:
        wrong = problem(await sign_in(client, "wang", "not this one"), 401, "wrong-credentials")
        unknown = problem(await sign_in(client, "nobody", "not this one"), 401, "wrong-credentials")
    assert wrong == unknown


@pytest.mark.parametrize("name", ["wang", "nobody"])
async def test_five_failures_lock_a_name_known_or_not_and_time_opens_it(world: World, name: str) -> None:
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    async with world.client() as client:
        for _ in range(NAME_LIMIT):
            problem(await sign_in(client, name, "wrong wrong"), 401, "wrong-credentials")
        locked = await sign_in(client, name)
        problem(locked, 429, "locked")
        assert locked.headers["retry-after"] == "60"
        world.at += LOCK[0]
        expected = 200 if name == "wang" else 401
        assert (await sign_in(client, name)).status_code == expected
    assert (await world.names()).count("sign-in-failed") == NAME_LIMIT + (name == "nobody")
    assert "sign-in-locked" in await world.names()


def test_each_lock_is_twice_as_long_up_to_a_quarter_of_an_hour() -> None:
    record: dict[str, float] = {}
    at, locks = 1e6, []
    for _ in range(NAME_LIMIT * 7):
        record = after_failure(record, NAME_LIMIT, at)
        if record["until"] > at:
            locks.append(record["until"] - at)
            at = record["until"]
    assert locks == [60, 120, 240, 480, 900, 900, 900]


def test_failures_are_forgotten_after_an_hour() -> None:
    record = after_failure({"failed": 4, "until": 0.0, "last": 1e6}, NAME_LIMIT, 1e6 + 3601)
    assert record["failed"] == 1


async def test_a_peer_that_tries_many_names_is_locked_others_are_not(world: World) -> None:
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    async with world.client(peer="10.0.0.9") as guesser, world.client(peer="10.0.0.10") as honest:
        for number in range(PEER_LIMIT):
            problem(await sign_in(guesser, f"guess{number}"), 401, "wrong-credentials")
        problem(await sign_in(guesser, "wang"), 429, "locked")
        assert (await sign_in(honest, "wang")).status_code == 200


async def test_a_flood_from_one_address_leaves_room_for_others(world: World) -> None:
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    async with world.client(peer="10.0.0.9") as flood, world.client(peer="10.0.0.10") as honest:
        guesses = [sign_in(flood, f"guess{number}") for number in range(WAITING_OF_PEER * 3)]
        *answers, own = await asyncio.gather(*guesses, sign_in(honest, "wang"))
    assert own.status_code == 200
    assert {answer.status_code for answer in answers} == {401, 503}
    assert sum(answer.status_code == 401 for answer in answers) <= WAITING_OF_PEER


async def test_passwords_are_hashed_in_one_thread_of_their_own() -> None:
    threads = set()

    class Hasher:
        def hash(self, password: str) -> str:
            threads.add(threading.current_thread().name)
            return password

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", Hasher())
        await asyncio.gather(*(passwords.hash_password("x") for _ in range(8)))
    assert threads == {"password_0"}


def test_a_peer_is_an_ipv4_address_or_an_ipv6_64() -> None:
    assert peer_key("10.0.0.9") == "10.0.0.9"
    assert peer_key("2001:db8:1:2:3::4") == peer_key("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert peer_key("") == "unknown"


async def test_a_session_ends_after_its_hours_even_when_used(world: World) -> None:
    async with world.signed_in("duty") as client:
        for _ in range(11):
            world.at += 3600
            assert (await client.get("/api/v1/me")).status_code == 200
        world.at += 3601
        problem(await client.get("/api/v1/me"), 401, "not-signed-in")


async def test_an_unused_session_ends_by_itself(world: World) -> None:
    async with world.signed_in("duty") as client:
        world.at += world.settings.idle_hours * 3600 + 1
        problem(await client.get("/api/v1/me"), 401, "not-signed-in")


async def test_a_removed_account_or_a_new_password_ends_its_sessions(world: World) -> None:
    async with world.signed_in("duty") as client:
        assert (await client.get("/api/v1/me")).status_code == 200
        await accounts.add_account(world.journal, "duty-all", "duty", "", "another password", "root", replace=True)
        world.at += 2
        problem(await client.get("/api/v1/me"), 401, "not-signed-in")
    async with world.signed_in("operator") as client:
        assert await accounts.remove_account(world.journal, "operator-all", "root")
        world.at += 2
        problem(await client.get("/api/v1/me"), 401, "not-signed-in")


async def test_a_new_token_works_at_once_and_a_removed_one_stops(world: World) -> None:
    async with world.client() as client:
        problem(await client.get("/api/v1/me", headers={"Authorization": "Bearer wf_x"}), 401, "token-refused")
        headers = {"Authorization": f"Bearer {await world.token('read')}"}
        assert (await client.get("/api/v1/assets", headers=headers)).status_code == 200
        assert await accounts.remove_token(world.journal, "read-tool", "root") == 1
        world.at += 2
        problem(await client.get("/api/v1/assets", headers=headers), 401, "token-refused")


@pytest.mark.parametrize(
    ("name", "role", "region", "password"),
    [
        ("", "duty", "", PASSWORD),
        ("a b", "duty", "", PASSWORD),
        ("wang", "boss", "", PASSWORD),
        ("wang", "duty", "5323", PASSWORD),
        ("wang", "duty", "", "short"),
    ],
)
async def test_accounts_that_make_no_sense_are_refused(
    world: World, name: str, role: str, region: str, password: str
) -> None:
    with pytest.raises(accounts.Unacceptable):
        await accounts.add_account(world.journal, name, role, region, password, "root")


async def test_a_name_is_taken_once(world: World) -> None:
    await accounts.add_account(world.journal, "王", "duty", "", PASSWORD, "root")
    with pytest.raises(accounts.Unacceptable, match="exists"):
        await accounts.add_account(world.journal, "王", "admin", "", PASSWORD, "root")


async def test_old_sessions_and_locks_are_swept(world: World) -> None:
    for _ in range(3):
        async with world.signed_in("duty"):
            pass
    world.at += 13 * 3600
    async with world.signed_in("duty"):
        pass
    assert len(await world.journal.docs("session")) == 1


async def test_a_lock_of_while_the_clock_was_ahead_ends_when_it_is_set_back(world: World) -> None:
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    world.at += 86_400.0
    async with world.client() as client:
        for _ in range(NAME_LIMIT):
            await sign_in(client, "wang", "wrong wrong")
        problem(await sign_in(client, "wang"), 429, "locked")
        world.at -= 86_400.0
        assert (await sign_in(client, "wang")).status_code == 200


async def test_a_session_of_while_the_clock_was_ahead_does_not_outlive_its_term(world: World) -> None:
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    world.at += 86_400.0
    async with world.client() as client:
        assert (await sign_in(client, "wang")).status_code == 200
        assert (await client.get("/api/v1/me")).status_code == 200
        world.at -= 86_400.0
        problem(await client.get("/api/v1/me"), 401, "not-signed-in")
