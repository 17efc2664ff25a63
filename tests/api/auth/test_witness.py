"""The audit log says who did, was refused or read what: role, region, address, session and result."""

from __future__ import annotations

from typing import Any

from api.auth import accounts
from api.auth.witness import MOST, WINDOW
from feeds.journal import JournalEntry
from feeds.model import Command, Outcome, Result
from tests.api.conftest import PASSWORD, A, World


async def audit(world: World, name: str) -> list[JournalEntry]:
    return [entry for entry in await world.journal.entries(kind="audit", limit=1000) if entry.name == name]


async def test_entries_of_a_request_name_role_region_address_and_session(world: World) -> None:
    async with world.signed_in("admin", A) as client:
        await client.post("/api/v1/tokens", json={"name": "report", "scope": "read", "region": A})
    [sign_in], [added] = await audit(world, "sign-in"), await audit(world, "token-added")
    assert sign_in.body["by"] == {"address": "127.0.0.1"}
    by = added.body["by"]
    assert (by["role"], by["region"], by["address"], by["via"]) == ("admin", A, "127.0.0.1", "session")
    assert by["session"] == (await world.journal.docs("session"))[0].id[:16]


async def test_a_change_of_an_account_has_role_and_region_before_and_after(world: World) -> None:
    await accounts.add_account(world.journal, "li", "duty", A, PASSWORD, "root")
    async with world.signed_in("admin") as client:
        await client.patch("/api/v1/accounts/li", json={"role": "operator", "region": ""})
    entry = (await audit(world, "account-set"))[-1]
    assert entry.body["before"] == {"role": "duty", "region": A, "disabled": False}
    assert entry.body["after"] == {"role": "operator", "region": "", "disabled": False}


async def test_refusals_are_recorded_once_a_minute_with_a_count(world: World) -> None:
    async with world.signed_in("duty") as client:
        for _ in range(3):
            assert (await client.get("/api/v1/audit")).status_code == 403
        world.at += WINDOW
        assert (await client.get("/api/v1/audit")).status_code == 403
    first, second = await audit(world, "refused")
    assert (first.actor, first.subject, first.body["result"]) == ("duty-all", "/api/v1/audit", "refused")
    assert (first.body["status"], first.body["repeated"], second.body["repeated"]) == (403, 0, 2)


async def test_a_forged_write_and_a_wrong_token_are_recorded(world: World) -> None:
    async with world.signed_in("admin") as client:
        await client.post("/api/v1/reload", headers={"X-CSRF-Token": "forged"})
        await client.get("/api/v1/me", headers={"Authorization": "Bearer wf_x"})
    forged, token = await audit(world, "refused")
    assert (forged.subject, forged.actor, forged.body["by"]["role"]) == ("/api/v1/reload", "admin-all", "admin")
    assert (token.subject, token.actor, token.body["by"]) == ("/api/v1/me", "", {"address": "127.0.0.1"})


async def test_a_flood_of_refusals_does_not_fill_the_journal(world: World) -> None:
    async with world.signed_in("duty") as client:
        for number in range(MOST + 5):
            await client.post(f"/api/v1/accounts/{number}", headers={"X-CSRF-Token": "forged"})
    assert len(await audit(world, "refused")) == MOST


async def test_reads_of_personal_data_are_recorded(world: World) -> None:
    async with world.signed_in("admin") as client:
        await client.get("/api/v1/accounts")
        await client.get("/api/v1/me")
    [entry] = await audit(world, "personal-read")
    assert (entry.actor, entry.subject, entry.body["result"]) == ("admin-all", "/api/v1/accounts", "read")


async def test_a_command_is_recorded_with_its_outcome_also_when_it_is_refused(world: World) -> None:
    def refused(command: Command) -> Result:
        return Result(command=command.id, outcome=Outcome.FORBIDDEN, detail="region")

    async with world.signed_in("duty") as client:
        body: dict[str, Any] = {"comment": "on it"}
        await client.post("/api/v1/alerts/a-alert/ack", json=body)
        world.desk.answer = refused
        await client.post("/api/v1/alerts/a-alert/ack", json=body)
    done, forbidden = await audit(world, "command")
    assert (done.body["action"], done.body["result"], forbidden.body["result"]) == ("ack", "done", "forbidden")
    assert (done.actor, done.reason, done.subject) == ("duty-all", "on it", "a-alert")
    assert done.body["command"] == world.desk.seen[0].id
