"""`/api/v1/video/devices`: a recorder as the collector knows it, and accepting what its catalog proposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from api.dependencies import InventoryChanged, Reloaded
from feeds.inventory.row_changes import RowChange
from feeds.model import Asset, Change, Command, Kind, Outcome, Result
from tests.api.conftest import NOW, A, B, World, problem

GB = "53230100001180000001"
NEW = {"kind": "new", "id": "C", "asset": "", "name": "走廊", "before": "", "after": "C", "row": {"id": "C"}}
GONE = {"kind": "gone", "id": "B", "asset": "cam-b", "name": "旧", "before": "旧", "after": "", "row": {}}
NAMED = {"kind": "renamed", "id": "A", "asset": "cam-a", "name": "门", "before": "门", "after": "大门"}
DESCRIPTION: dict[str, Any] = {
    "device": GB,
    "registration": {
        "online": True,
        "left": False,
        "transport": "UDP",
        "address": "10.0.0.5:5060",
        "registered_at": NOW - 60.0,
        "expires_at": NOW + 3540.0,
        "heard_at": NOW - 2.0,
        "keepalive_at": None,
        "interval_s": 60.0,
        "offline_at": NOW + 183.0,
        "version": "3.0",
        "charset": "GB18030",
        "faulty": [],
    },
    "catalog": {
        "state": "asking",
        "received": 2,
        "total": 3,
        "listed": 3,
        "complete_at": NOW - 600.0,
        "unanswered": False,
    },
    "subscriptions": [{"topic": "catalog", "state": "active", "expires_at": NOW + 3000.0}],
    "deviations": {"duplicate-id": 2},
    "refused": {"10.9.9.9": 3},
    "changes": [NEW, GONE, NAMED | {"row": {"name": "大门"}}],
    "changes_total": 3,
}


class Files:
    """The inventory's files: takes changes, all but those of `fixed` rows."""

    def __init__(self, reloaded: Reloaded) -> None:
        self.reloaded = reloaded
        self.changes: list[RowChange] = []
        self.accepted = ""

    async def change(
        self, changes: Sequence[RowChange], actor: str, language: str, accept: str = ""
    ) -> InventoryChanged:
        self.changes, self.accepted = list(changes), accept
        is_done = not self.reloaded.faults and self.reloaded.held is None
        return InventoryChanged(
            changed_ids=[change.id for change in changes] if is_done else (), reloaded=self.reloaded
        )


@pytest.fixture
def recorder(world: World) -> World:
    nvr = Asset(id="nvr", name="录像机", kind="nvr", region=A, probes=(f"gb28181://{GB}",))
    world.pump.mirror.apply([Change(kind=Kind.ASSET, id="nvr", after=nvr, at=NOW)])
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.DONE, after=DESCRIPTION)
    world.files = Files(Reloaded(processes=[{"state": "applied"}]))
    return world


async def test_a_recorder_is_shown_as_the_collector_knows_it_and_looking_is_no_audit_entry(recorder: World) -> None:
    async with recorder.signed_in("viewer", A) as client:
        body = (await client.get("/api/v1/video/devices/nvr")).json()
    assert (body["device"], body["registration"]["heard_at"][:4], body["catalog"]["received"]) == (GB, "2026", 2)
    assert [change["kind"] for change in body["changes"]] == ["new", "gone", "renamed"]
    assert "row" not in body["changes"][0]
    assert body["may_accept"] is False
    assert [command.action for command in recorder.desk.seen] == ["describe"]
    assert not [entry for entry in await recorder.journal.entries() if entry.name == "command"]


async def test_what_is_outside_the_region_or_known_to_nobody_is_not_found(recorder: World) -> None:
    async with recorder.signed_in("viewer", B) as client:
        problem(await client.get("/api/v1/video/devices/nvr"), 404, "not-found")
    recorder.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.NOT_FOUND)
    async with recorder.signed_in("viewer", A) as client:
        problem(await client.get("/api/v1/video/devices/nvr"), 404, "not-found")
        recorder.desk.silent = True
        problem(await client.get("/api/v1/video/devices/nvr"), 503, "unanswered")


async def test_an_administrator_accepts_changes_and_the_audit_has_each(recorder: World) -> None:
    chosen = [{"kind": "new", "id": "C"}, {"kind": "gone", "id": "B"}, {"kind": "renamed", "id": "Z"}]
    async with recorder.signed_in("admin") as client:
        assert (await client.get("/api/v1/video/devices/nvr")).json()["may_accept"] is True
        answer = await client.post("/api/v1/video/devices/nvr/accept", json={"changes": chosen})
        assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "accepted": [{"kind": "new", "id": "C"}, {"kind": "gone", "id": "B"}],
        "left": [{"kind": "renamed", "id": "Z", "why": "changed"}],
        "applied": True,
        "held": None,
    }
    assert recorder.files is not None
    assert recorder.files.changes == [
        RowChange(id="C", row={"id": "C"}, new=True),
        RowChange(id="cam-b", row={}, gone=True),
    ]
    (entry,) = [entry for entry in await recorder.journal.entries() if entry.name == "catalog-accept"]
    assert (entry.subject, entry.body["accepted"]) == ("nvr", [["new", "C"], ["gone", "B"]])


async def test_a_removal_that_is_held_changes_nothing_and_waits_for_its_digest(recorder: World) -> None:
    held: dict[str, Any] = {"accept": "d1", "applied_at": None, "lists": []}
    recorder.files = Files(Reloaded(held=held))
    body = {"changes": [{"kind": "gone", "id": "B"}]}
    async with recorder.signed_in("admin") as client:
        answer = (await client.post("/api/v1/video/devices/nvr/accept", json=body)).json()
        assert (answer["accepted"], answer["held"]["accept"], answer["applied"]) == ([], "d1", False)
        await client.post("/api/v1/video/devices/nvr/accept", json=body | {"accept": "d1"})
        assert recorder.files.accepted == "d1"
        recorder.files.reloaded = Reloaded(faults=["row 3"])
        problem(await client.post("/api/v1/video/devices/nvr/accept", json=body), 422, "refused-settings")


@pytest.mark.parametrize("role", ["viewer", "duty", "leader"])
async def test_nobody_else_accepts_changes(recorder: World, role: str) -> None:
    body = {"changes": [{"kind": "new", "id": "C"}]}
    async with recorder.signed_in(role) as client:
        problem(await client.post("/api/v1/video/devices/nvr/accept", json=body), 403, "forbidden")
    assert recorder.files is not None
    assert recorder.files.changes == []


async def test_a_duty_officer_has_a_device_asked_again(recorder: World) -> None:
    async with recorder.signed_in("duty", A) as client:
        assert (await client.post("/api/v1/video/devices/nvr/refresh")).status_code == 204
        recorder.desk.answer = _cannot
        problem(await client.post("/api/v1/video/devices/nvr/refresh"), 404, "not-found")
    assert [command.action for command in recorder.desk.seen] == ["refresh", "refresh"]


def _cannot(command: Command) -> Result:
    return Result(command=command.id, outcome=Outcome.NOT_FOUND)


async def test_an_upper_platform_is_shown_apart_and_is_no_recorder(recorder: World) -> None:
    cascade = {"registered": False, "why": "无应答 | silent", "misses": 2, "own": "5323", "address": "10.1.1.1:5060"}
    counts = {"cameras": 7, "online": 6, "nameless": 1, "regions": ["532301"], "subscriptions": 1, "notified": 3}
    described = {"device": GB, "cascade": cascade | counts}
    async with recorder.signed_in("viewer", A) as client:
        problem(await client.get("/api/v1/video/cascades/nvr"), 404, "not-found")
        recorder.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.DONE, after=described)
        body = (await client.get("/api/v1/video/cascades/nvr")).json()
        problem(await client.get("/api/v1/video/devices/nvr"), 404, "not-found")
    assert body == {"asset": "nvr", "device": GB, **cascade, **counts}
