"""Figures for leaders over REST: definitions, values, evidence with hashes, and nobody else's county."""

from __future__ import annotations

import msgspec

from feeds import wire
from tests.api.conftest import NOW, A, B, World, problem
from tests.api.test_duty_log import an_obligation
from tests.api.test_incidents import an_incident


async def kept_records(world: World) -> None:
    """Two incidents, of A and B, each with a report by phone after ten minutes."""
    async with world.journal.begin() as tx:
        for region in (A, B):
            incident = an_incident(id=f"{region}:1", region=region, received_at=NOW - 3600, verified_at=NOW - 3300)
            seq = await tx.append(kind="incident", name="created", subject=incident.id, at=NOW - 3600, actor="li")
            await tx.put("incident", incident.id, msgspec.to_builtins(incident), seq=seq)
            due = an_obligation(
                f"{incident.id}/first/1",
                incident=incident.id,
                region=region,
                due_at=NOW - 1800,
                met_at=NOW - 3000,
                state="met",
            )
            await tx.put("obligation", due.id, msgspec.to_builtins(due), seq=seq)


async def test_figures_have_a_definition_and_a_value_of_ones_own_region(world: World) -> None:
    await kept_records(world)
    async with world.signed_in("leader", A) as client:
        answer = (await client.get("/api/v1/figures")).json()
    figures = {figure["key"]: figure for figure in answer["items"]}
    assert (figures["first_report"]["value"]["n"], figures["first_report"]["value"]["median"]) == (1, 600.0)
    assert figures["lateness"]["value"] == {"part": 0, "all": 1, "share": 0.0}
    assert all(figure["definition"]["zh-CN"] and figure["version"] for figure in figures.values())


async def test_evidence_names_the_entries_behind_a_figure(world: World) -> None:
    await kept_records(world)
    async with world.signed_in("leader") as client:
        params = {"region": B, "from": wire.iso(NOW - 86_400), "to": wire.iso(NOW)}
        (item,) = (await client.get("/api/v1/figures/verification/evidence", params=params)).json()["items"]
    assert (item["id"], item["seconds"]) == (f"{B}:1", 300.0)
    (entry,) = item["entries"]
    assert (entry["name"], entry["intact"], len(entry["hash"])) == ("created", True, 64)


async def test_the_review_of_an_incident_and_who_may_see_it(world: World) -> None:
    await kept_records(world)
    async with world.signed_in("duty", A) as client:
        answer = (await client.get(f"/api/v1/incidents/{A}:1/review")).json()
        assert {name: step["seconds"] for name, step in answer["steps"].items()} == {"verified": 300.0, "phone": 600.0}
        assert (answer["on_time"], answer["late"]) == ({"first": 1}, {})
        problem(await client.get(f"/api/v1/incidents/{B}:1/review"), 404, "not-found")
    async with world.signed_in("viewer") as client:
        problem(await client.get("/api/v1/figures"), 403, "forbidden")
