"""The duty log through the engine: entries, corrections that point to the old entry, and a changed row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from feeds.journal import proofs
from feeds.model.duty_log import LogEntry
from tests.incidents.commands import CommandDesk, moment


def _entry(desk: CommandDesk, id: str) -> LogEntry:
    return desk.engine.log.entries[id]


async def test_a_correction_points_to_the_old_entry_and_both_stay(desk: CommandDesk) -> None:
    await desk.at("14:35")
    old = await desk.done("log.create", kind="phone", text="省厅来电，问伤员 2 人")
    await desk.at("14:50")
    new = await desk.done("log.correct", old, text="省厅来电，问伤员 3 人", actor="wang")
    assert (old, new) == ("532300:L20261127-0001", "532300:L20261127-0002")
    assert _entry(desk, new).corrects == old
    assert _entry(desk, new).claimed_at == moment("14:35")
    assert _entry(desk, new).retroactive
    assert (_entry(desk, old).text, _entry(desk, old).corrected_by) == ("省厅来电，问伤员 2 人", new)
    assert set(await desk.shown("log")) == {old, new}
    assert await desk.names("log") == ["written", "struck", "corrected"]
    assert await desk.refused("log.correct", old, text="x") == ("conflict", "corrected")


async def test_one_changed_byte_of_an_old_entry_is_named_with_chain_and_number(desk: CommandDesk) -> None:
    await desk.at("14:35")
    id = await desk.done("log.create", text="伤员 2 人")
    (entry,) = await proofs.about(desk.journal, "log", id)
    assert entry.intact
    place = {"chain": entry.entry.chain, "number": entry.entry.chain_seq}
    async with desk.journal.store.writing(fenced=False) as connection:
        statement = (
            "UPDATE entry SET body = replace(body, '伤员 2', '伤员 3') WHERE chain = :chain AND chain_seq = :number"
        )
        await connection.execute(text(statement), place)
    faults = await desk.journal.verify()
    assert [(fault.chain, fault.chain_seq) for fault in faults] == [(entry.entry.chain, entry.entry.chain_seq)]
    (changed,) = await proofs.about(desk.journal, "log", id)
    assert not changed.intact


@pytest.mark.parametrize(("claimed", "marked"), [("14:50", False), ("14:49:59", True)])
async def test_an_entry_made_more_than_ten_minutes_later_is_marked(
    desk: CommandDesk, claimed: str, marked: bool
) -> None:
    await desk.at("15:00")
    id = await desk.done("log.create", text="来访", kind="visit", claimed_at=moment(claimed))
    assert (_entry(desk, id).at, _entry(desk, id).retroactive) == (moment("15:00"), marked)


async def test_an_entry_belongs_to_its_incident_and_its_mode_and_names_records(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12", mode="exercise")
    refs = [{"kind": "incident", "id": incident}]
    id = await desk.done("log.create", text="导调", incident=incident, refs=refs)
    entry = _entry(desk, id)
    assert (entry.mode, entry.incident) == ("exercise", incident)
    (reference,) = entry.refs
    doc = await desk.journal.doc("incident", incident)
    assert doc is not None
    assert (reference.kind, reference.id, reference.seq) == ("incident", incident, doc.seq)


@pytest.mark.parametrize(
    ("args", "refusal"),
    [
        ({"text": ""}, ("invalid", "missing:text")),
        ({"text": "x", "incident": "532300:20261127-9999"}, ("invalid", "no_incident")),
        ({"text": "x", "refs": [{"kind": "alert", "id": "none"}]}, ("invalid", "no_record")),
        ({"text": "x", "claimed_at": moment("16:00")}, ("invalid", "future")),
        ({"text": "x", "kind": "gossip"}, ("invalid", "unknown_kind")),
        ({"text": "x", "role": "admin"}, ("forbidden", "role")),
    ],
)
async def test_what_cannot_be_written_is_refused(
    desk: CommandDesk, args: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert await desk.refused("log.create", **args) == refusal
    assert await desk.names("log") == []


async def test_a_county_writes_neither_about_another_county_nor_over_its_entries(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12", region="532323")
    assert await desk.refused("log.create", text="x", incident=incident, actor_region="532331") == (
        "forbidden",
        "region",
    )
    id = await desk.done("log.create", text="x", incident=incident, actor_region="532323")
    assert await desk.refused("log.correct", id, text="y", actor_region="532331") == ("forbidden", "region")


async def test_numbers_and_entries_outlive_the_process_and_leave_the_screens_after_two_days(desk: CommandDesk) -> None:
    first = await desk.done("log.create", text="一")
    await desk.start()
    assert set(desk.engine.log.entries) == {first}
    second = await desk.done("log.create", text="二")
    assert second.endswith("-0002")
    await desk.at("11-29 14:00")
    assert await desk.shown("log") == {}
    newer = await desk.done("log.correct", first, text="壹")
    doc = await desk.journal.doc("log", first)
    assert doc is not None
    assert doc.body["corrected_by"] == newer
    assert json.loads(json.dumps(doc.body))["text"] == "一"
