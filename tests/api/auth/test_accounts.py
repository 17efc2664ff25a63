"""Accounts and tokens over HTTP: who may make which, what is never shown, and what ends at once."""

from __future__ import annotations

import pytest

from api.auth import accounts
from tests.api.conftest import PASSWORD, A, B, World

OWN, OTHER = "long enough 77", "another one 88"
NEW = {"name": "li", "role": "duty", "region": A, "password": OWN}


async def test_an_account_is_made_used_changed_and_put_out_of_use(world: World) -> None:
    async with world.signed_in("admin") as client:
        created = await client.post("/api/v1/accounts", json=NEW)
        assert (created.status_code, created.json()) == (
            201,
            {"name": "li", "role": "duty", "region": A, "disabled": False},
        )
        assert (await client.post("/api/v1/accounts", json=NEW)).status_code == 409
        async with world.client() as li:
            assert (await li.post("/api/v1/session", json={"name": "li", "password": OWN})).status_code == 200
            [row] = [row for row in (await client.get("/api/v1/accounts")).json()["items"] if row["name"] == "li"]
            assert row["sessions"] == 1
            changed = await client.patch("/api/v1/accounts/li", json={"role": "operator"})
            assert changed.json()["role"] == "operator"
            world.at += 2
            assert (await li.get("/api/v1/me")).status_code == 401
            off = await client.patch("/api/v1/accounts/li", json={"disabled": True})
            assert off.json()["disabled"] is True
            refused = await li.post("/api/v1/session", json={"name": "li", "password": OWN})
            assert refused.status_code == 401
            await client.patch("/api/v1/accounts/li", json={"disabled": False, "password": OTHER})
            assert (await li.post("/api/v1/session", json={"name": "li", "password": OWN})).status_code == 401
            assert (await li.post("/api/v1/session", json={"name": "li", "password": OTHER})).status_code == 200


async def test_neither_hashes_nor_tokens_nor_passwords_are_ever_shown(world: World) -> None:
    async with world.signed_in("admin") as client:
        await client.post("/api/v1/accounts", json=NEW)
        token = (await client.post("/api/v1/tokens", json={"name": "zabbix", "scope": "ingest"})).json()["token"]
        await client.patch("/api/v1/accounts/li", json={"password": "secret of li"})
        shown = "".join([(await client.get(f"/api/v1/{path}")).text for path in ("accounts", "tokens", "audit")])
    for secret in (OWN, "secret of li", token, "argon2", "hash"):
        assert secret not in shown
    assert "account-set" in shown
    assert "token-added" in shown


async def test_a_countys_administrator_reaches_only_the_county(world: World) -> None:
    await accounts.add_account(world.journal, "b-man", "duty", B, PASSWORD, "root")
    async with world.signed_in("admin", A) as client:
        listed = (await client.get("/api/v1/accounts")).json()
        assert {row["region"] for row in listed["items"]} == {A}
        assert listed["hidden"] >= 1
        assert (await client.patch("/api/v1/accounts/b-man", json={"disabled": True})).status_code == 404
        assert (await client.delete("/api/v1/accounts/b-man")).status_code == 404
        for region in ("", B, "532300"):
            answer = await client.post("/api/v1/accounts", json=NEW | {"region": region})
            assert answer.json()["type"].endswith("outside-region")
            answer = await client.post("/api/v1/tokens", json={"name": "x", "scope": "read", "region": region})
            assert answer.status_code == 403
        assert (await client.post("/api/v1/accounts", json=NEW)).status_code == 201
        answer = await client.patch("/api/v1/accounts/li", json={"region": ""})
        assert answer.status_code == 403


async def test_nobody_locks_himself_out(world: World) -> None:
    async with world.signed_in("admin") as client:
        name = (await client.get("/api/v1/me")).json()["name"]
        for body in ({"role": "viewer"}, {"disabled": True}, {"region": A}):
            assert (await client.patch(f"/api/v1/accounts/{name}", json=body)).json()["code"] == "own_account"
        assert (await client.delete(f"/api/v1/accounts/{name}")).status_code == 409


async def test_a_token_works_until_it_is_revoked(world: World) -> None:
    async with world.signed_in("admin") as client:
        created = (await client.post("/api/v1/tokens", json={"name": "report", "scope": "read"})).json()
        async with world.client(Authorization=f"Bearer {created['token']}") as program:
            assert (await program.get("/api/v1/alerts")).status_code == 200
            [row] = [row for row in (await client.get("/api/v1/tokens")).json()["items"] if row["name"] == "report"]
            assert row["id"] == created["id"]
            assert "token" not in row
            assert (await client.delete(f"/api/v1/tokens/{created['id']}")).status_code == 200
            world.at += 2
            assert (await program.get("/api/v1/alerts")).status_code == 401
        assert (await client.delete(f"/api/v1/tokens/{created['id']}")).status_code == 404


async def test_settings_are_for_who_runs_or_checks_the_whole_site(world: World) -> None:
    for role, region, status in (("admin", "", 404), ("auditor", "", 404), ("admin", A, 403), ("duty", "", 403)):
        async with world.signed_in(role, region) as client:
            # 404: this server was given nothing to show, and says so to those who may ask.
            assert (await client.get("/api/v1/settings")).status_code == status


@pytest.mark.parametrize("body", [{"name": "x y"}, {"password": "pw"}, {"role": "king"}, {"region": "12"}, {"more": 1}])
async def test_what_makes_no_sense_is_refused_with_its_field(world: World, body: dict[str, object]) -> None:
    async with world.signed_in("admin") as client:
        answer = await client.post("/api/v1/accounts", json=NEW | body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("body.")


@pytest.mark.parametrize(("role", "read", "write"), [("auditor", 200, 403), ("duty", 403, 403), ("leader", 403, 403)])
async def test_auditors_look_and_others_do_not_even_that(world: World, role: str, read: int, write: int) -> None:
    async with world.signed_in(role) as client:
        for path in ("accounts", "tokens"):
            assert (await client.get(f"/api/v1/{path}")).status_code == read
        assert (await client.post("/api/v1/accounts", json=NEW)).status_code == write
        assert (await client.post("/api/v1/tokens", json={"name": "x", "scope": "read"})).status_code == write
        page = await client.get("/admin", headers={"Accept": "text/html"})
        if role != "auditor":
            assert page.status_code == 403
            assert page.headers["content-type"].startswith("text/html")
