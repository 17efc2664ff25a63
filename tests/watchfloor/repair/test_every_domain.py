"""One unreadable document of each domain: every role starts without it, and no id or number is given again."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from api.kinds.lists import from_archive
from feeds.bus import Bus
from feeds.cases.store import CaseStore
from feeds.journal import Intake, Journal
from feeds.kinds import KINDS, Audience
from feeds.model import Kind
from tests.api.conftest import World, world
from tests.approvals.rig import CasesRig
from tests.approvals.test_cards import cards, do
from tests.feeds.cases.conftest import store
from tests.feeds.cases.rig import case_fact
from tests.feeds.projection.test_projector import feed, project
from tests.incidents.briefs.test_briefs import brief, signed, written
from tests.incidents.commands import SITE, CommandDesk
from tests.watchfloor.repair.test_documents import DAMAGES, damage
from watchfloor.repair.documents import unreadable_documents

__all__ = ["store", "world"]

OF_COMMAND = sorted(
    kind.archive or kind.name for kind in KINDS if kind.writer == "command" and (kind.archive or kind.name == "warning")
)
CUT = DAMAGES["cut"]
WHOLE: dict[str, dict[str, Any]] = {
    "silence": {
        "id": "x",
        "kind": "silence",
        "by": "li",
        "at": 1.0,
        "comment": "",
        "match": {},
        "starts": 1,
        "until": 2,
    },
    "account": {"name": "x", "role": "duty", "region": "", "hash": "", "stamp": ""},
}


async def damaged(journal: Journal, kinds: list[str], text: bytes, id: str = "x") -> None:
    """Write one document of each kind and damage it."""
    async with journal.begin() as tx:
        for kind in kinds:
            await tx.put(kind, id, {})
    for kind in kinds:
        assert damage(journal, kind, text, id) == 1


async def started(bus: Bus, journal: Journal) -> CommandDesk:
    desk = CommandDesk(bus, journal)
    await desk.start()
    return desk


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
async def test_the_command_role_starts_and_works_with_one_unreadable_document_of_each_domain(
    bus: Bus, journal: Journal, text: bytes
) -> None:
    incident = await (await started(bus, journal)).opened()
    kinds = [*OF_COMMAND, "resource", "warning_waiting", "warning_notice", "brief_number"]
    await damaged(journal, kinds, text)
    desk = await started(bus, journal)
    assert incident in desk.engine.incidents.incidents
    await desk.done("incident.create", place="乙")
    listed = {(document.kind, document.id) for document in await unreadable_documents(journal)}
    assert listed == {(kind, "x") for kind in kinds}
    assert {*OF_COMMAND, "resource", "warning_waiting"} <= journal.set_aside.counts().keys()


async def test_the_number_of_an_unreadable_incident_is_not_given_again(bus: Bus, journal: Journal) -> None:
    first = await (await started(bus, journal)).opened()
    damage(journal, "incident", CUT, first)
    desk = await started(bus, journal)
    assert await desk.done("incident.create", place="乙") == f"{SITE}:20261127-0002"
    assert await journal.raw_document("incident", first) == CUT


async def test_the_numbers_of_briefs_go_on_when_their_counter_cannot_be_read(bus: Bus, journal: Journal) -> None:
    desk = await started(bus, journal)
    incident = await desk.opened()
    first = brief(desk, await signed(desk, await written(desk, incident))).number
    damage(journal, "brief_number", CUT)
    desk = await started(bus, journal)
    second = brief(desk, await signed(desk, await written(desk, incident))).number
    assert (first[-2:], second[-2:]) == ("1号", "2号")


async def test_the_log_keeps_the_text_of_an_unreadable_document_that_is_written_anew(journal: Journal) -> None:
    await damaged(journal, ["silence", "account"], CUT)
    for kind in ("silence", "account"):
        assert await journal.doc(kind, "x") is None
        async with journal.begin() as tx:
            await tx.put(kind, "x", WHOLE[kind])
            await tx.put(kind, "x", WHOLE[kind])
        assert await journal.doc(kind, "x") is not None
    texts = [entry.body for entry in await journal.entries(kind="audit") if entry.name == "document-replaced"]
    assert texts == [{"kind": "silence", "text": CUT.decode()}, {"kind": "account"}], "secrets stay out of the log"
    assert await journal.verify() == []


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
async def test_the_approvals_role_starts_with_unreadable_cards_orders_and_former_cases(
    bus: Bus, journal: Journal, store: CaseStore, intake: Intake, text: bytes
) -> None:
    rig = CasesRig(bus, journal, store, intake)
    await damaged(journal, ["card", "order", "case"], text)
    await rig.start()
    await rig.send(case_fact("1", statutory=30, ended="2026-05-08T10:00", result="不予许可"))
    await rig.step()
    assert await cards(rig) == {"no_reason/hall:1": "raised"}
    assert journal.set_aside.counts().keys() >= {"card", "order"}
    assert {(document.kind, document.id) for document in await unreadable_documents(journal)} >= {
        ("card", "x"),
        ("order", "x"),
    }


async def test_unreadable_cards_are_not_proposed_again_and_numbers_of_orders_go_on(
    bus: Bus, journal: Journal, store: CaseStore, intake: Intake
) -> None:
    rig = CasesRig(bus, journal, store, intake)
    await rig.start()
    refused = case_fact("1", statutory=30, ended="2026-05-08T10:00", result="不予许可")
    await rig.send(refused)
    await rig.step()
    await do(rig, "order:create", title="限期办结", region="532301")
    for kind in ("card", "order"):
        assert damage(journal, kind, CUT) == 1
    await rig.start()
    await rig.send(case_fact("1", statutory=30, stamp=2.0, ended="2026-05-08T10:00", result="不予许可"))
    await rig.step()
    assert await cards(rig) == {}
    result = await do(rig, "order:create", title="限期办结", region="532301")
    assert result.after is not None
    assert result.after["number"] == "督办〔2026〕0002号"


async def test_a_closed_card_and_a_void_order_are_listed_from_the_journal(
    bus: Bus, journal: Journal, store: CaseStore, intake: Intake
) -> None:
    rig = CasesRig(bus, journal, store, intake)
    await rig.start()
    await rig.send(case_fact("1", statutory=30, ended="2026-05-08T10:00", result="不予许可"))
    await rig.step()
    await do(rig, "card:withdraw", "no_reason/hall:1")
    order = (await do(rig, "order:create", title="限期办结", region="532301")).after
    assert order is not None
    await do(rig, "order:void", order["id"])
    states = {}
    for kind in (Kind.CARD, Kind.ORDER):
        (doc,) = await journal.docs_page(kind, open=False)
        record = from_archive(KINDS[kind], doc, Audience())
        assert record is not None
        states[kind] = (record["state"], record["history"][-1]["action"])
    assert states == {Kind.CARD: ("withdrawn", "withdraw"), Kind.ORDER: ("void", "void")}


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
async def test_the_projection_starts_with_an_unreadable_health_and_writes_it_anew(
    bus: Bus, journal: Journal, text: bytes
) -> None:
    await feed(bus, [("a", True), ("b", True)])
    await project(bus, journal)
    assert damage(journal, "health", text, "a") == 1
    await project(bus, journal, steps=1)
    assert journal.set_aside.counts() == {"health": 1}
    await feed(bus, [("a", True), ("b", True), ("a", False), ("b", False)])
    await project(bus, journal)
    assert {doc.id for doc in await journal.docs("health")} == {"a", "b"}
    assert journal.set_aside.counts() == {}


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
async def test_lists_and_details_of_the_api_leave_unreadable_documents_out(world: World, text: bytes) -> None:
    archived = [kind for kind in KINDS if kind.archive]
    kinds = [kind.archive for kind in archived] + ["silence", "maintenance", "handover", "rule", "roster"]
    async with world.signed_in("duty") as client:
        await damaged(world.journal, kinds, text)
        for kind in archived:
            assert (await client.get(f"/api/v1/{kind.plural}", params={"open": "false"})).json()["items"] == []
            assert (await client.get(f"/api/v1/{kind.plural}/x")).status_code == 404
        for path in ("silences", "maintenance", "rules", "roster", "handover/list"):
            assert (await client.get(f"/api/v1/{path}")).status_code == 200, path


@pytest.mark.parametrize("text", [b"{", b"\xff", b"", b"[]", b"{}"])
async def test_a_damaged_entry_of_the_log_is_left_out_of_every_answer(world: World, text: bytes) -> None:
    journal = world.journal
    async with journal.begin() as tx:
        after = {"id": "a", "severity": "major", "region": "532323", "active": True}
        for number in range(3):
            body = {"seq": number, "before": {}, "after": after | {"raised_at": world.at}, "text": ""}
            await tx.append(kind="alert", name="raise", subject=f"a{number}", at=world.at - 10, body=body)
    with sqlite3.connect(journal.store.file) as file:
        file.execute("UPDATE entry SET body = CAST(? AS TEXT) WHERE subject = 'a1'", (text,))
    file.close()
    readable = {"a0", "a2", *(["a1"] if text in (b"[]", b"{}") else [])}
    assert {entry.subject for entry in await journal.entries(kind="alert")} == readable
    assert set(await journal.entries_of("alert", ["a0", "a1", "a2"])) == readable
    assert [fault.chain for fault in await journal.verify()] == ["web"]
    async with world.signed_in("duty") as client:
        for path in ("kpi", "log", "alerts/a1", "leader"):
            assert (await client.get(f"/api/v1/{path}")).status_code in (200, 404), path
