"""`GET /api/v1/leader` over a real journal: five bands, within the asker's region, with what has changed."""

from __future__ import annotations

from tests.api.conftest import B_TEXTS, NOW, World


async def test_a_leader_of_one_county_is_told_nothing_of_another_and_how_much_is_hidden(world: World) -> None:
    async with world.signed_in("leader", region="532323") as client:
        answer = await client.get("/api/v1/leader")
    assert answer.status_code == 200
    assert not [text for text in B_TEXTS if text in answer.text]
    body = answer.json()
    assert body["hidden"]["alert"] == 1
    assert body["approvals"] is None
    assert body["failed"] == {"approvals": "no-approvals"}
    assert not body["picture"]["ok"]


async def test_since_the_last_look_tells_what_became_of_visible_records_only(world: World) -> None:
    async with world.signed_in("leader", region="532323") as client:
        seen = (await client.get("/api/v1/leader")).json()["since_seen"]
        assert (seen["since"], seen["items"]) == (None, [])
        async with world.journal.begin() as tx:
            for alert in ("a-alert", "b-alert"):
                await tx.append(kind="alert", name="raise", subject=alert, at=NOW, body={})
            await tx.append(kind="alert", name="severity_up", subject="a-alert", at=NOW + 1, body={})
        answer = await client.get("/api/v1/leader", params={"since": seen["seq"]})
    items = answer.json()["since_seen"]["items"]
    assert [(item["id"], item["change"]) for item in items] == [("a-alert", "worse")]
