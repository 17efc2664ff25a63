"""Separated powers: system, security and audit administrator exclude one another."""

from __future__ import annotations

import pytest

from api.auth import accounts
from api.principal import ADMINISTRATORS, Right, Role, rights_of
from api.settings import WebSettings
from tests.api.conftest import PASSWORD, World, problem

POWERS = {Right.ADMINISTER, Right.ACCOUNTS, Right.AUDIT}
ACCOUNT = {"name": "li", "role": "duty", "password": PASSWORD}


def test_each_administrator_has_one_power_and_nobody_else_has_any() -> None:
    powers = {role: rights_of(role, separated=True) & POWERS for role in Role}
    assert {role: len(own) for role, own in powers.items() if own} == dict.fromkeys(ADMINISTRATORS, 1)
    assert frozenset().union(*powers.values()) == POWERS


def test_a_small_site_has_one_administrator_for_all() -> None:
    assert rights_of(Role.ADMIN, separated=False) >= POWERS


async def test_only_the_security_administrator_changes_accounts_and_only_the_auditor_audits(world: World) -> None:
    world.settings = WebSettings(separated_powers=True)
    async with world.signed_in("admin") as admin:
        problem(await admin.post("/api/v1/accounts", json=ACCOUNT), 403, "forbidden")
        problem(await admin.post("/api/v1/tokens", json={"name": "x", "scope": "read"}), 403, "forbidden")
        problem(await admin.get("/api/v1/audit"), 403, "forbidden")
        assert (await admin.post("/api/v1/reload")).status_code == 200
    async with world.signed_in("security") as security:
        assert (await security.post("/api/v1/accounts", json=ACCOUNT)).status_code == 201
        assert (await security.post("/api/v1/tokens", json={"name": "x", "scope": "read"})).status_code == 201
        problem(await security.get("/api/v1/audit"), 403, "forbidden")
        problem(await security.post("/api/v1/reload"), 403, "forbidden")
        problem(await security.post("/api/v1/alerts/a-alert/ack", json={"comment": "x"}), 403, "forbidden")
    async with world.signed_in("auditor") as auditor:
        assert (await auditor.get("/api/v1/audit")).status_code == 200
        problem(await auditor.post("/api/v1/accounts", json=ACCOUNT), 403, "forbidden")
        problem(await auditor.post("/api/v1/reload"), 403, "forbidden")


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
async def test_no_administrator_raises_or_silences_another(world: World, role: str) -> None:
    world.settings = WebSettings(separated_powers=True)
    await accounts.add_account(world.journal, "other", role, "", PASSWORD, "cli")
    await accounts.add_account(world.journal, "plain", "duty", "", PASSWORD, "cli")
    async with world.signed_in("security") as security:
        problem(await security.post("/api/v1/accounts", json=ACCOUNT | {"role": role}), 403, "forbidden")
        problem(await security.patch("/api/v1/accounts/plain", json={"role": role}), 403, "forbidden")
        for body in ({"disabled": True}, {"role": "duty"}, {"password": "six green umbrellas"}):
            problem(await security.patch("/api/v1/accounts/other", json=body), 403, "forbidden")
        problem(await security.delete("/api/v1/accounts/other"), 403, "forbidden")
        assert (await security.patch("/api/v1/accounts/plain", json={"disabled": True})).status_code == 200
    refused = [entry for entry in await world.journal.entries(kind="audit", limit=1000) if entry.name == "refused"]
    assert {entry.actor for entry in refused} == {"security-all"}
