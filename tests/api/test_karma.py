"""The calls that Karma makes: what it reads every minute, and the silences that its forms post and delete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.api.conftest import A, B, World, problem
from tests.api.test_suppression import LATER, doc, done, put

# Fields that Karma's client (made from Alertmanager's openapi.yaml) requires.
ALERT = {"annotations", "endsAt", "fingerprint", "receivers", "startsAt", "status", "updatedAt", "labels"}
SILENCE = {"id", "status", "updatedAt", "comment", "createdBy", "startsAt", "endsAt", "matchers"}


def payload(*matchers: tuple[str, str, bool], **more: Any) -> dict[str, Any]:
    """A silence as Karma's form posts it."""
    rows = [{"name": name, "value": value, "isRegex": regex, "isEqual": True} for name, value, regex in matchers]
    times = {"startsAt": "2020-01-01T00:00:00.000Z", "endsAt": LATER}
    return {"matchers": rows, "createdBy": "karma@example.com", "comment": "ACK! via karma", **times} | more


async def test_a_round_of_reading_is_what_its_client_takes(world: World) -> None:
    await put(world, doc("s1", region=A))
    token = await world.token("read")
    async with world.client(Authorization=f"Bearer {token}") as client:
        status = (await client.get("/api/v2/status")).json()
        groups = (await client.get("/api/v2/alerts/groups")).json()
        alerts = (await client.get("/api/v2/alerts")).json()
        silences = (await client.get("/api/v2/silences")).json()
    assert status["cluster"]["status"] in ("ready", "settling", "disabled")
    assert {"cluster", "config", "uptime", "versionInfo"} <= status.keys()
    assert status["config"].keys() == {"original"}
    assert [alert for group in groups for alert in group["alerts"]] == alerts
    assert all(group["receiver"]["name"] and isinstance(group["labels"], dict) for group in groups)
    for alert in alerts:
        assert alert.keys() >= ALERT
        assert alert["status"]["state"] in ("unprocessed", "active", "suppressed")
        assert all(isinstance(value, str) for value in (*alert["labels"].values(), *alert["annotations"].values()))
        assert all(datetime.fromisoformat(alert[name]) for name in ("startsAt", "updatedAt", "endsAt"))
    (silence,) = silences
    assert silence.keys() == SILENCE
    assert silence["status"]["state"] in ("expired", "active", "pending")
    assert silence["matchers"]


async def test_its_form_of_several_values_is_taken(world: World) -> None:
    world.desk.answer = done
    several = ("instance", r"(a\-sw|a\-srv)", True)
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v2/silences", json=payload(several, ("severity", "(critical|major)", True)))
        assert answer.json().keys() == {"silenceID"}
        for anchored in (r"^(?:a\-sw|a\-srv)$", r"a\-sw|a\-srv"):
            await client.post("/api/v2/silences", json=payload(("instance", anchored, True)))
        wild = await client.post("/api/v2/silences", json=payload(("instance", "(a.*|b)", True)))
        problem(wild, 422, "invalid")
    matches = [command.args["match"] for command in world.desk.seen]
    assert [match["assets"] for match in matches] == [["a-sw", "a-srv"]] * 3
    assert matches[0]["severities"] == ["critical", "major"]


async def test_an_edited_silence_takes_the_place_of_the_old_one(world: World) -> None:
    world.desk.answer = done
    await put(world, doc("s1", region=A), doc("s2", region=B))
    edited = payload(("instance", "a-sw", False))
    async with world.signed_in("duty", A) as client:
        assert (await client.post("/api/v2/silences", json=edited | {"id": "s1"})).status_code == 200
        assert [(command.action, command.subject) for command in world.desk.seen[1:]] == [("unsilence", "s1")]
        problem(await client.post("/api/v2/silences", json=edited | {"id": "s2"}), 404, "not-found")
        problem(await client.post("/api/v2/silences", json=edited | {"id": "none"}), 404, "not-found")
        assert len(world.desk.seen) == 2


async def test_a_silence_is_ended_by_its_button(world: World) -> None:
    world.desk.answer = done
    await put(world, doc("s1", region=A))
    async with world.signed_in("duty", A) as client:
        assert (await client.delete("/api/v2/silence/s1")).status_code == 200
    assert [(command.action, command.subject) for command in world.desk.seen] == [("unsilence", "s1")]
