"""Cases through the engine: facts in, lights as events of time, boards, restarts, former documents."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from feeds.cases import schema
from feeds.cases.store import CaseStore
from feeds.model import Kind
from feeds.workdays.files import CalendarDay, CalendarFile
from tests.approvals.rig import SEALER, CasesRig
from tests.feeds.cases.rig import ASSESSOR, case_fact, fact
from tests.feeds.workdays.books import BOOK, at


async def events(store: CaseStore) -> list[tuple[str, float, float, dict[str, Any]]]:
    """Name, moment, moment of notice and body of all events."""
    table = schema.event
    async with store.store.reading() as connection:
        rows = await connection.execute(select(table).order_by(table.c.seq))
        return [(row.name, row.at, row.seen, json.loads(row.body)) for row in rows]


YELLOW, RED = at("2026-05-19T00:00"), at("2026-05-21T00:00")
"""Of a case accepted on 2026-04-20 with 20 days."""


async def test_facts_of_a_feed_and_pushed_ones_become_cases(rig: CasesRig) -> None:
    await rig.send(case_fact("1"))
    await rig.push(case_fact("2", item="shop"))
    await rig.step()
    shown = await rig.shown()
    assert {number: (case.due, case.light, case.step) for number, case in shown.items()} == {
        "1": ("2026-05-20", "green", "承办"),
        "2": ("2026-04-27", "red", "承办"),
    }
    assert [entry.name for entry in await rig.entries()] == ["facts"]


async def test_lights_turn_at_their_moments_and_are_recorded_with_them(rig: CasesRig) -> None:
    await rig.send(case_fact("1"))
    await rig.step()
    assert rig.engine.domain.open_cases.next_moment() == YELLOW
    await rig.step("2026-05-18T23:59:59")
    assert (await rig.shown())["1"].light == "green"
    await rig.settle("2026-05-19T00:00:01")
    assert (await rig.shown())["1"].light == "yellow"
    await rig.settle("2026-05-21T00:00:01")
    assert (await rig.shown())["1"].light == "red"
    lights = [(at_, body["to"]) for name, at_, _, body in await events(rig.store) if name == "light"]
    assert lights == [(YELLOW, "yellow"), (RED, "red")]
    assert [change.at for change in await rig.changes() if change.kind == Kind.CASE][1:] == [YELLOW, RED]


async def test_skipped_midnights_are_recorded_in_order_and_once(rig: CasesRig) -> None:
    await rig.send(case_fact("1"))
    await rig.step()
    rig.now = at("2026-05-24T08:00")
    await rig.start()
    await rig.settle()
    await rig.start()
    await rig.settle()
    lights = [
        (at_, seen, body["from"], body["to"]) for name, at_, seen, body in await events(rig.store) if name == "light"
    ]
    assert lights == [(YELLOW, rig.now, "green", "yellow"), (RED, rig.now, "yellow", "red")]
    assert (await rig.shown())["1"].light == "red"


async def test_a_kill_between_the_store_and_the_journal_loses_nothing(
    rig: CasesRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.send(case_fact("1"))

    class Killed(Exception):
        pass

    def killed(*_: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(rig.engine.domain, "write", killed)
        with pytest.raises(Killed):
            await rig.step()
    assert await rig.shown() == {}
    await rig.start()
    await rig.step()
    assert (await rig.shown())["1"].light == "green"
    assert len(await rig.store.select_rows()) == 1


async def test_a_case_leaves_the_screens_when_it_ends_and_comes_back_when_it_is_reopened(rig: CasesRig) -> None:
    await rig.send(case_fact("1"))
    await rig.step()
    await rig.send(case_fact("1", stamp=2.0, ended="2026-05-08T10:00", result="准予许可"))
    await rig.step()
    assert await rig.shown() == {}
    assert await rig.boards() == {}
    await rig.send(case_fact("1", stamp=3.0))
    await rig.step()
    assert "reopened" in (await rig.shown())["1"].flags


async def test_boards_count_by_department_region_and_group(rig: CasesRig) -> None:
    await rig.send(case_fact("1"), case_fact("2"), case_fact("3", kind="依申请公开"), case_fact("4", region="532302"))
    await rig.send(fact("2", "suspension", "s", kind="听证", notice="1", started="2026-05-06"))
    await rig.step()
    boards = await rig.boards()
    assert set(boards) == {"housing/532301/permit", "housing/532301/disclosure", "housing/532302/permit"}
    board = boards["housing/532301/permit"]
    assert (board.open, board.lights, board.paused, board.due_today) == (2, {"green": 2}, 1, 0)
    await rig.settle("2026-05-20T00:00:01")
    board = (await rig.boards())["housing/532301/permit"]
    assert (board.lights, board.due_today) == ({"yellow": 1, "green": 1}, 1)


async def test_the_whole_is_in_no_snapshot(rig: CasesRig) -> None:
    from feeds.live.mirror import Audience, Mirror

    await rig.send(case_fact("1"))
    await rig.step()
    mirror = Mirror()
    mirror.apply(await rig.changes())
    snapshot = mirror.snapshot(Audience())
    assert "case" not in snapshot
    assert set(snapshot["case_board"]) == {"housing/532301/permit"}
    assert set(mirror.records("case", Audience())) == {"hall:1"}


async def test_a_light_that_turns_while_its_source_is_silent_waits_for_the_source(rig: CasesRig) -> None:
    await rig.send(case_fact("1"), case_fact("2"))
    await rig.hear("2026-05-20T17:00")
    await rig.step()
    await rig.settle("2026-05-21T00:00:01")
    assert {number: (case.light, case.unverified) for number, case in (await rig.shown()).items()} == {
        "1": ("red", True),
        "2": ("red", True),
    }
    assert (await rig.boards())["housing/532301/permit"].unverified == 2
    await rig.send(case_fact("1", stamp=2.0, ended="2026-05-20T16:59"))
    await rig.hear("2026-05-21T09:00")
    await rig.step("2026-05-21T09:00:01")
    assert {number: case.unverified for number, case in (await rig.shown()).items()} == {"2": False}


async def test_thousands_turn_in_chunks_and_what_comes_in_is_served_between_them(rig: CasesRig) -> None:
    for start in range(0, 1200, 400):
        await rig.send(*(case_fact(str(n)) for n in range(start, start + 400)))
        await rig.step()
    await rig.settle()
    await rig.step("2026-05-19T00:00:01")
    board = (await rig.boards())["housing/532301/permit"]
    assert board.lights == {"yellow": 500, "green": 700}
    await rig.push(case_fact("new"))
    await rig.step("2026-05-19T00:00:02")
    assert "new" in await rig.shown()
    await rig.settle()
    assert (await rig.boards())["housing/532301/permit"].lights == {"yellow": 1201}
    sizes = [len(entry.body["cases"]) for entry in await rig.entries() if entry.name == "lights"]
    assert max(sizes) == 500


async def test_a_notice_that_did_not_come_accepts_the_case_by_itself(rig: CasesRig) -> None:
    rig.now = at("2026-06-17T16:00")
    await rig.send(case_fact("1", accepted=None, applied="2026-06-17T15:00"))
    await rig.step()
    assert (await rig.shown())["1"].state == "applied"
    await rig.settle("2026-06-26T00:00:01")
    case = (await rig.shown())["1"]
    assert (case.state, case.due, "deemed_accepted" in case.flags) == ("open", "2026-07-16", True)


async def test_an_unpublished_year_is_looked_at_every_midnight_and_a_new_calendar_mends_it(rig: CasesRig) -> None:
    rig.now = at("2026-12-25T09:00")
    await rig.send(case_fact("1", accepted="2026-12-25T09:00", promised=5))
    await rig.step()
    assert ((await rig.shown())["1"].light, (await rig.shown())["1"].due) == ("green", "")
    await rig.settle("2027-01-04T00:00:01")
    case = (await rig.shown())["1"]
    assert (case.light, "unpublished" in case.flags) == ("grey", True)
    days = tuple(CalendarDay(date=date(2027, 1, day), off=True, name="元旦") for day in (1, 2, 3))
    book = BOOK.with_files([CalendarFile(year=2027, papers=("https://example.org",), days=days)])
    rig.engine.domain.replace(replace(ASSESSOR, book=book))
    await rig.settle()
    case = (await rig.shown())["1"]
    assert (case.light, case.due, "unpublished" in case.flags) == ("yellow", "2027-01-04", False)
    assert [entry.name for entry in await rig.entries()][-1] == "recounted"


async def test_a_clock_that_was_set_wrongly_turns_no_lights_for_a_minute(rig: CasesRig) -> None:
    await rig.send(case_fact("1"))
    await rig.step()
    rig.now = at("2026-06-20T09:00:00")
    rig.engine.clock_stepped(30 * 86_400.0, rig.now)
    await rig.step("2026-06-20T09:00:30")
    assert (await rig.shown())["1"].light == "green"
    await rig.settle("2026-06-20T09:01:01")
    assert (await rig.shown())["1"].light == "red"


async def test_documents_of_a_former_version_move_over_and_their_names_are_sealed(rig: CasesRig) -> None:
    case = {
        "number": "楚审-1",
        "item": "plan",
        "kind": "承诺件",
        "department": "housing",
        "region": "532301",
        "accepted": "2026-04-20T09:00:00+08:00",
        "applicant": "王金丝雀",
        "steps": [{"name": "受理", "started": "2026-04-20T09:00:00+08:00", "ended": None, "due": None, "owner": ""}],
        "suspensions": [],
    }
    async with rig.journal.begin() as tx:
        await tx.put(
            "case", "楚审-1", {"case": case, "digest": "x", "region": "532301", "received_at": 1.0, "from": "w"}
        )
    await rig.start()
    await rig.settle()
    assert await rig.journal.docs("case") == []
    shown = (await rig.shown())["楚审-1"]
    assert (shown.system, shown.due, shown.step) == ("w", "2026-05-20", "受理")
    assert "金丝雀" not in repr(msgspec.to_builtins(shown))
    async with rig.store.store.reading() as connection:
        [person] = list(await connection.execute(select(schema.person)))
    assert SEALER.open(person.sealed) == {"name": "王金丝雀"}


async def test_a_board_says_since_when_a_source_of_it_has_been_silent(rig: CasesRig) -> None:
    await rig.send(case_fact("1"), case_fact("2", system="bureau", department="tax"))
    await rig.hear("2026-05-11T09:00")
    await rig.hear("2026-05-11T09:10", "bureau")
    await rig.step()

    async def silent() -> dict[str, float | None]:
        return {board.department: board.silent_since for board in (await rig.boards()).values()}

    assert rig.engine.domain.next_due() == at("2026-05-11T09:15")
    assert await silent() == {"housing": None, "tax": None}
    await rig.settle("2026-05-11T09:15")
    assert await silent() == {"housing": at("2026-05-11T09:00"), "tax": None}
    await rig.start()
    await rig.settle("2026-05-11T09:16")
    assert await silent() == {"housing": at("2026-05-11T09:00"), "tax": None}
    await rig.hear("2026-05-11T09:16")
    await rig.settle("2026-05-11T09:17")
    assert await silent() == {"housing": None, "tax": None}
