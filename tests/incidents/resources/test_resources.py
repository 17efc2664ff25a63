"""Resources through the engine of the command role: the site's files, sending, stock, requisitions and age."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.incidents.settings import IncidentSettings
from feeds.model import Command
from feeds.model.incidents import Incident
from feeds.model.resources import Resource
from incidents.refusals import OrderRefused
from incidents.resources.listing import relisted
from incidents.resources.orders import carried_out, lent
from tests import patience
from tests.incidents.commands import ZONE, CommandDesk, moment

CHECKED = moment("11-01 00:00")
TEAM = Resource(
    id="T1", kind="team", name="化学救援队", region="532301", status="ready", checked_at=CHECKED, digest="1"
)
STORE = Resource(
    id="S1",
    kind="store",
    name="州级物资库",
    region="532301",
    status="ready",
    quantity=100.0,
    unit_of="顶",
    checked_at=CHECKED,
    digest="1",
)


def files(*resources: Resource) -> IncidentSettings:
    return IncidentSettings(zone=ZONE, resources=resources)


async def listed(desk: CommandDesk, *resources: Resource) -> None:
    """The site's files are these from now on."""
    desk.engine.resources.use(files(*resources))
    await desk.at("14:01")


def resource(desk: CommandDesk, id: str) -> Resource:
    return desk.engine.resources.resources[id]


async def test_the_files_say_what_there_is(desk: CommandDesk) -> None:
    await listed(desk, TEAM, STORE)
    assert set(await desk.shown("resource")) == {"T1", "S1"}
    assert await desk.names("resource") == ["listed", "listed"]


async def test_a_start_with_the_same_files_writes_nothing(desk: CommandDesk) -> None:
    await listed(desk, TEAM)
    await desk.start()
    await listed(desk, TEAM)
    assert await desk.names("resource") == ["listed"]


async def test_a_row_that_changed_is_a_new_statement_and_keeps_what_was_sent(desk: CommandDesk) -> None:
    await listed(desk, TEAM, STORE)
    incident = await desk.opened()
    await desk.done("resource.assign", "T1", incident=incident)
    await desk.done("resource.move", "S1", move="out", quantity=40)
    renamed = replace(TEAM, name="危化救援队", status="out", digest="2")
    await listed(desk, renamed, replace(STORE, quantity=90.0, digest="2"))
    assert (resource(desk, "T1").name, resource(desk, "T1").status) == ("危化救援队", "assigned")
    assert resource(desk, "S1").quantity == 90
    assert len(resource(desk, "S1").moves) == 1


async def test_a_resource_that_left_the_files_leaves_the_screens_when_nothing_holds_it(desk: CommandDesk) -> None:
    await listed(desk, TEAM, STORE)
    incident = await desk.opened()
    await desk.done("resource.assign", "T1", incident=incident)
    await listed(desk)
    assert set(await desk.shown("resource")) == {"T1"}
    await desk.done("resource.status", "T1", status="ready")
    assert await desk.shown("resource") == {}


async def test_one_resource_goes_to_one_incident_unless_it_is_shared_for_a_reason(desk: CommandDesk) -> None:
    await listed(desk, TEAM)
    first, second = await desk.opened(), await desk.opened(place="双柏县")
    await desk.done("resource.assign", "T1", incident=first)
    assert await desk.refused("resource.assign", "T1", incident=second) == ("conflict", "assigned_elsewhere")
    assert await desk.refused("resource.assign", "T1", incident=second, share=True) == ("invalid", "missing:reason")
    await desk.done("resource.assign", "T1", incident=second, share=True, reason="同一路线")
    assert (resource(desk, "T1").incident, resource(desk, "T1").shared) == (first, (second,))
    assert await desk.refused("resource.assign", "T1", incident=first) == ("conflict", "assigned_here")


async def test_status_follows_the_way_out_and_back(desk: CommandDesk) -> None:
    await listed(desk, TEAM)
    incident = await desk.opened()
    assert await desk.refused("resource.status", "T1", status="on_scene") == ("invalid", "resource_status")
    await desk.done("resource.assign", "T1", incident=incident)
    for status in ("on_scene", "returning", "ready"):
        await desk.done("resource.status", "T1", status=status)
    assert (resource(desk, "T1").status, resource(desk, "T1").incident) == ("ready", "")


async def test_what_is_out_of_service_is_sent_nowhere(desk: CommandDesk) -> None:
    await listed(desk, TEAM)
    incident = await desk.opened()
    await desk.done("resource.status", "T1", status="out", reason="大修")
    assert await desk.refused("resource.assign", "T1", incident=incident) == ("conflict", "resource_order")


async def test_only_an_open_real_incident_takes_resources(desk: CommandDesk) -> None:
    await listed(desk, TEAM)
    drill = await desk.opened(mode="exercise")
    over = await desk.opened()
    await desk.done("incident.false", over, role="leader", reason="误报")
    assert await desk.refused("resource.assign", "T1", incident=drill) == ("invalid", "mode")
    assert await desk.refused("resource.assign", "T1", incident=over) == ("conflict", "incident_closed")
    assert await desk.refused("resource.assign", "T1", incident="532300:20200101-0001") == ("invalid", "no_incident")


async def test_stock_never_falls_below_zero_and_no_more_comes_back_than_went(desk: CommandDesk) -> None:
    await listed(desk, STORE)
    incident = await desk.opened()
    await desk.done("resource.move", "S1", move="to", quantity=60, incident=incident)
    assert await desk.refused("resource.move", "S1", move="out", quantity=41) == ("conflict", "stock_short")
    refusal = await desk.refused("resource.move", "S1", move="back", quantity=61, incident=incident)
    assert refusal == ("conflict", "stock_not_lent")
    await desk.done("resource.move", "S1", move="back", quantity=20, incident=incident)
    assert (resource(desk, "S1").quantity, lent(resource(desk, "S1"), incident)) == (60, 40)


async def test_an_open_requisition_keeps_its_incident_from_the_archive(desk: CommandDesk) -> None:
    await listed(desk, TEAM)
    incident = await desk.opened()
    await desk.done("resource.requisition", "T1", incident=incident, owner="某公司", receipt="征字 1 号")
    taken: dict[str, Any] = {"incident": incident, "owner": "某公司", "receipt": "2"}
    assert await desk.refused("resource.requisition", "T1", **taken) == ("conflict", "resource_order")
    await desk.done("incident.end", incident, role="leader")
    await desk.done("incident.review", incident, cause="阀门", lessons="巡检")
    assert await desk.refused("incident.archive", incident, role="leader") == ("conflict", "requisition_open")
    assert await desk.refused("resource.return", "T1", outcome="lost") == ("invalid", "missing:note")
    await desk.done("resource.return", "T1", outcome="returned")
    await desk.done("incident.archive", incident, role="leader")
    (requisition,) = resource(desk, "T1").requisitions
    assert (requisition.outcome, requisition.ended_by) == ("returned", "li")


async def test_what_nobody_has_checked_for_ninety_days_is_marked_until_somebody_looks(desk: CommandDesk) -> None:
    await listed(desk, TEAM, replace(STORE, checked_at=None))
    assert (resource(desk, "T1").unverified, resource(desk, "S1").unverified) == (False, True)
    await desk.done("resource.status", "S1", status="ready")
    assert not resource(desk, "S1").unverified
    desk.now = CHECKED + 90 * 86_400 + 1
    await desk.step()
    assert (await desk.shown("resource"))["T1"].unverified


async def test_stock_expires_at_the_end_of_its_day(desk: CommandDesk) -> None:
    await listed(desk, replace(STORE, expires=moment("23:59:59")))
    assert not resource(desk, "S1").expired
    await desk.at("11-28 00:00")
    assert resource(desk, "S1").expired


async def test_an_order_needs_the_region_the_role_and_the_newest_form(desk: CommandDesk) -> None:
    await listed(desk, TEAM)
    incident = await desk.opened()
    assert (await desk.refused("resource.assign", "T1", incident=incident, actor_region="532322"))[0] == "forbidden"
    assert await desk.refused("resource.assign", "T1", incident=incident, role="admin") == ("forbidden", "role")
    assert (await desk.refused("resource.assign", "T1", incident=incident, rev=7))[0] == "conflict"
    assert (await desk.refused("resource.assign", "T9", incident=incident))[0] == "not_found"


async def test_a_long_list_is_taken_in_by_parts_that_hold_nothing_up(desk: CommandDesk) -> None:
    many = [replace(TEAM, id=f"T{number}") for number in range(1201)]
    desk.engine.resources.use(files(*many))
    sizes = []
    for _ in range(3):
        await desk.step()
        sizes.append(len(await desk.shown("resource")))
    assert sizes == [500, 1000, 1201]


async def test_everything_is_there_again_after_a_restart(desk: CommandDesk) -> None:
    await listed(desk, TEAM, STORE)
    incident = await desk.opened()
    await desk.done("resource.assign", "T1", incident=incident)
    before = dict(desk.engine.resources.resources)
    await desk.start()
    assert desk.engine.resources.resources == before


def is_carried_out(stock: Resource, incident: Incident, args: dict[str, Any]) -> Resource:
    """The stock after a movement; unchanged where it is refused for what is there."""
    command = Command(
        id="c",
        action="resource.move",
        subject="S1",
        actor="li",
        role="duty",
        actor_region="",
        at=0,
        valid_until=1,
        args=args,
    )
    try:
        return carried_out(stock, "move", command, incident, 0.0)
    except OrderRefused as refused:
        if refused.code not in ("stock_short", "stock_not_lent"):
            raise
        return stock


@settings(max_examples=patience.examples(100), deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(("in", "out", "to", "back")), st.integers(1, 60), st.sampled_from(("I1", "I2"))),
        max_size=30,
    )
)
def test_stock_is_the_sum_of_its_moves_whatever_is_asked(moves: list[tuple[str, int, str]]) -> None:
    incident = Incident(id="I1", region="532301", received_at=0.0, created_at=0.0, created_by="li", phase_at=0.0)
    stock = STORE
    for move, quantity, id in moves:
        args = {"move": move, "quantity": quantity, "incident": id if move in ("to", "back") else ""}
        stock = is_carried_out(stock, incident, args)
    signs = {"in": 1, "back": 1, "out": -1, "to": -1}
    assert stock.quantity == 100 + sum(signs[moved.move] * moved.quantity for moved in stock.moves)
    assert stock.quantity >= 0
    assert all(lent(stock, id) >= 0 for id in ("I1", "I2"))
    assert [moved.number for moved in stock.moves] == list(range(1, len(stock.moves) + 1))


@pytest.mark.parametrize("status", ["ready", "out"])
def test_the_status_of_a_file_holds_for_what_is_at_home(status: str) -> None:
    row = replace(TEAM, status=status, digest="2")
    after = relisted(replace(TEAM, status="unknown"), row, 5.0)
    assert after is not None
    assert (after.status, after.since) == (status, 5.0)
