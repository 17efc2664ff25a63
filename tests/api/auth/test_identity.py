"""Passwords, second factors, sessions and locks of people."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from api.auth import accounts
from api.auth.identities import Identities
from api.auth.names import skeleton
from api.auth.password_rules import PasswordFault, password_fault
from api.auth.second_factor import matching_step, new_secret
from api.auth.signin import NAME_LIMIT
from api.settings import WebSettings
from tests.api.conftest import PASSWORD, SEALER, A, World, problem

NEXT = "six green umbrellas"


def code_of(secret: str, at: float) -> str:
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(at).decode()


async def sign_in(client: httpx2.AsyncClient, name: str, password: str = PASSWORD, **more: str) -> httpx2.Response:
    answer = await client.post("/api/v1/session", json={"name": name, "password": password} | more)
    if answer.status_code == 200:
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", PasswordFault.LENGTH),
        ("password", PasswordFault.WEAK),
        ("qwertyuiop", PasswordFault.WEAK),
        ("20260101", PasswordFault.WEAK),
        ("abcabcabcabc", PasswordFault.WEAK),
        ("zhang.wei-hills", PasswordFault.NAME),
        ("iew.gnahz-hills", PasswordFault.NAME),
        ("Watchfloor", PasswordFault.WEAK),
        (NEXT, None),
        ("楚雄-Wuding-2026", None),
    ],
)
def test_a_password_is_refused_for_what_makes_it_easy_to_guess(password: str, fault: PasswordFault | None) -> None:
    assert password_fault(password, "zhang.wei") == fault


async def test_the_reason_of_a_refused_password_is_in_chinese(world: World) -> None:
    async with world.signed_in("admin") as client:
        body = {"name": "li", "role": "duty", "password": "qwertyuiop"}
        refused = problem(await client.post("/api/v1/accounts", json=body), 422, "invalid")
    assert (refused["errors"][0]["field"], refused["errors"][0]["code"]) == ("body.password", "password_weak")
    assert "太容易被猜到" in refused["errors"][0]["message"]


@pytest.mark.parametrize("alike", ["Li.Wei", "li-wei", "lіwei", "1iwei", "ｌiwei"])
async def test_a_name_that_looks_like_another_is_refused(world: World, alike: str) -> None:
    await accounts.add_account(world.journal, "liwei", "duty", "", PASSWORD, "root")
    with pytest.raises(accounts.Alike, match="looks like 'liwei'"):
        await accounts.add_account(world.journal, alike, "duty", "", PASSWORD, "root")


def test_names_that_differ_have_different_skeletons() -> None:
    assert len({skeleton(name) for name in ("li", "liu", "王伟", "王玮", "zhang1", "zhang2")}) == 6


async def test_a_new_account_changes_its_password_before_anything_else(world: World) -> None:
    async with world.signed_in("admin") as admin:
        await admin.post("/api/v1/accounts", json={"name": "li", "role": "duty", "password": PASSWORD})
    async with world.client() as li:
        assert (await sign_in(li, "li")).json()["must"] == "password"
        problem(await li.get("/api/v1/alerts"), 403, "must-change")
        page = await li.get("/alerts", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/account")
        wrong = {"password": "not this one", "new": NEXT}
        problem(await li.post("/api/v1/account/password", json=wrong), 401, "wrong-credentials")
        body = {"password": PASSWORD, "new": NEXT}
        assert (await li.post("/api/v1/account/password", json=body)).status_code == 204
        world.at += 2
        assert (await li.get("/api/v1/alerts")).status_code == 200
        assert (await li.get("/api/v1/me")).json()["must"] == ""


async def test_a_changed_password_ends_the_other_sessions_and_is_none_of_the_last(world: World) -> None:
    async with world.signed_in("duty") as client, world.client() as other:
        await sign_in(other, "duty-all")
        await client.post("/api/v1/account/password", json={"password": PASSWORD, "new": NEXT})
        world.at += 2
        problem(await other.get("/api/v1/me"), 401, "not-signed-in")
        assert (await client.get("/api/v1/me")).status_code == 200
        for used in (NEXT, PASSWORD):
            body = {"password": NEXT, "new": used}
            refused = problem(await client.post("/api/v1/account/password", json=body), 422, "invalid")
            assert refused["errors"][0]["code"] == "password_used"
    assert "password-changed" in await world.names()


async def test_an_old_password_must_be_changed(world: World) -> None:
    world.settings = WebSettings(password_days=30, session_hours=720)
    async with world.signed_in("duty") as client:
        doc = await world.journal.doc("account", "duty-all")
        assert doc is not None
        async with world.journal.begin() as tx:
            await tx.put("account", "duty-all", doc.body | {"changed": world.at - 31 * 86400})
        world.at += 11
        problem(await client.get("/api/v1/alerts"), 403, "must-change")


async def enrolled(client: httpx2.AsyncClient, world: World) -> tuple[str, list[str]]:
    """The secret and the recovery codes of a second factor that was set up."""
    answer = await client.post("/api/v1/account/second-factor", json={"password": PASSWORD})
    secret: str = answer.json()["secret"]
    assert answer.json()["address"].startswith("otpauth://totp/")
    assert answer.json()["picture"].startswith("data:image/svg+xml")
    wrong = await client.post("/api/v1/account/second-factor/confirm", json={"code": "000000"})
    problem(wrong, 422, "invalid")
    code = code_of(secret, world.at)
    codes = (await client.post("/api/v1/account/second-factor/confirm", json={"code": code})).json()["recovery_codes"]
    return secret, codes


async def test_a_second_factor_is_asked_for_and_each_code_counts_once(world: World) -> None:
    async with world.signed_in("duty") as client:
        secret, codes = await enrolled(client, world)
    world.at += 60
    async with world.client() as client:
        problem(await sign_in(client, "duty-all"), 401, "second-factor")
        problem(await sign_in(client, "duty-all", code="000000"), 401, "wrong-credentials")
        code = code_of(secret, world.at)
        assert (await sign_in(client, "duty-all", code=code)).status_code == 200
        problem(await sign_in(client, "duty-all", code=code), 401, "wrong-credentials")
        assert (await sign_in(client, "duty-all", code=codes[0].upper())).status_code == 200
        problem(await sign_in(client, "duty-all", code=codes[0]), 401, "wrong-credentials")
        assert (await client.get("/api/v1/account")).json()["second_factor"]["recovery_left"] == 9
        proof = {"password": PASSWORD, "code": codes[1]}
        assert (await client.post("/api/v1/account/second-factor/remove", json=proof)).status_code == 204
        assert (await sign_in(client, "duty-all")).status_code == 200
    stored = repr([await world.journal.docs(kind) for kind in ("account", "factor-pending")])
    assert secret not in stored
    assert not any(code in stored for code in codes)


async def test_one_code_opens_one_session_also_when_two_use_it_at_once(world: World) -> None:
    async with world.signed_in("duty") as client:
        secret, _ = await enrolled(client, world)
    world.at += 60
    async with world.client(peer="10.0.0.1") as first, world.client(peer="10.0.0.2") as second:
        code = code_of(secret, world.at)
        done = await asyncio.gather(*(sign_in(client, "duty-all", code=code) for client in (first, second)))
    assert sorted(answer.status_code for answer in done) == [200, 401]


def test_the_codes_are_those_of_rfc_6238() -> None:
    _, sealed = new_secret(SEALER)
    rfc = base64.b64encode(SEALER.seal({"totp": base64.b32encode(b"12345678901234567890").decode()})).decode()
    assert matching_step(rfc, "287082", 59.0, SEALER) == 1
    assert matching_step(rfc, "287082", 59.0, SEALER, after=1) is None
    assert matching_step(rfc, "081804", 1111111109.0 + 30, SEALER) is not None
    assert matching_step(rfc, "081804", 1111111109.0 + 90, SEALER) is None
    assert matching_step(sealed, "287082", 59.0, SEALER) is None or rfc == sealed


async def test_where_the_second_factor_is_required_it_comes_first(world: World) -> None:
    world.settings = WebSettings(second_factor="required")
    async with world.signed_in("duty") as client:
        problem(await client.get("/api/v1/alerts"), 403, "must-change")
        await enrolled(client, world)
        world.at += 2
        assert (await client.get("/api/v1/alerts")).status_code == 200


async def test_sessions_are_listed_and_ended(world: World) -> None:
    async with world.signed_in("duty") as client, world.client(peer="10.0.0.7") as other:
        await sign_in(other, "duty-all")
        rows: list[dict[str, Any]] = (await client.get("/api/v1/account")).json()["sessions"]
        [foreign] = [row for row in rows if not row["current"]]
        assert (len(rows), foreign["address"]) == (2, "10.0.0.7")
        assert (await client.delete(f"/api/v1/account/sessions/{foreign['id']}")).status_code == 204
        world.at += 2
        problem(await other.get("/api/v1/me"), 401, "not-signed-in")
        problem(await client.delete("/api/v1/account/sessions/0123456789abcdef"), 404, "not-found")


async def test_more_sessions_than_the_limit_end_the_oldest(world: World) -> None:
    world.settings = WebSettings(sessions=2)
    async with world.signed_in("duty") as oldest, world.client() as second, world.client() as third:
        for client in (second, third):
            world.at += 1
            await sign_in(client, "duty-all")
        world.at += 2
        problem(await oldest.get("/api/v1/me"), 401, "not-signed-in")
        assert (await second.get("/api/v1/me")).status_code == 200
    assert (await world.names()).count("session-ended") == 1


async def test_what_an_open_page_asks_by_itself_does_not_keep_a_session(world: World) -> None:
    within = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
    async with world.signed_in("duty") as client:
        for _ in range(2):
            world.at += world.settings.idle_hours * 3600 * 0.6
            last = await client.get("/api/v1/alerts", headers=within)
        problem(last, 401, "not-signed-in")
    async with world.signed_in("duty") as client:
        for _ in range(2):
            world.at += world.settings.idle_hours * 3600 * 0.6
            assert (await client.post("/api/v1/account/activity", headers=within)).status_code == 204


async def test_a_dangerous_order_asks_for_the_password_again(world: World) -> None:
    body = {"name": "report", "scope": "read"}
    async with world.signed_in("admin") as client:
        world.at += world.settings.confirm_minutes * 60 + 1
        problem(await client.post("/api/v1/tokens", json=body), 403, "not-confirmed")
        problem(await client.post("/api/v1/account/confirm", json={"password": "not this"}), 401, "wrong-credentials")
        assert (await client.post("/api/v1/account/confirm", json={"password": PASSWORD})).status_code == 204
        world.at += 2
        assert (await client.post("/api/v1/tokens", json=body)).status_code == 201


async def test_guesses_from_elsewhere_lock_nobody_out_and_an_administrator_unlocks(world: World) -> None:
    await accounts.add_account(world.journal, "wang", "duty", A, PASSWORD, "root")
    async with world.client(peer="10.0.0.9") as guesser, world.client(peer="10.0.0.10") as wang:
        for _ in range(NAME_LIMIT):
            await sign_in(guesser, "wang", "wrong wrong")
        problem(await sign_in(guesser, "wang"), 429, "locked")
        assert (await sign_in(wang, "wang")).status_code == 200
        async with world.signed_in("admin") as admin:
            assert (await admin.post("/api/v1/accounts/wang/unlock")).status_code == 204
        assert (await sign_in(guesser, "wang")).status_code == 200


async def test_remembered_accounts_have_no_password_hash_and_no_secret_of_a_second_factor(world: World) -> None:
    async with world.signed_in("duty") as client:
        await enrolled(client, world)
    doc = await world.journal.doc("account", "duty-all")
    assert doc is not None
    identities = Identities(world.journal, world.settings, lambda: world.at)
    cookie, _ = await identities.open_session(doc.body | {"hashes": ["earlier"]}, "127.0.0.1")
    assert await identities.session(cookie) is not None
    [account] = [body for kind, _, body in identities.remembered() if kind == "account"]
    assert account["factor"] == {}
    assert not account.keys() & {"hash", "hashes"}


async def test_sessions_that_a_new_password_ended_are_not_listed_and_take_no_place(world: World) -> None:
    world.settings = WebSettings(sessions=2)
    async with world.signed_in("duty") as client, world.client() as other:
        assert (await sign_in(other, "duty-all")).status_code == 200
        await client.post("/api/v1/account/password", json={"password": PASSWORD, "new": NEXT})
        world.at += 2
        assert len((await client.get("/api/v1/account")).json()["sessions"]) == 1
        assert (await sign_in(other, "duty-all", NEXT)).status_code == 200
        assert (await client.get("/api/v1/account")).status_code == 200
