"""Marks through the engine of the command role: authors, versions, ages, and what cannot be drawn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.model import Outcome
from incidents.marks.drawings import checked
from incidents.refusals import OrderRefused
from tests import patience
from tests.incidents.commands import A, CommandDesk, moment

POINT = {"type": "Point", "coordinates": [101.546, 25.045]}
SQUARE = [[101.5, 25.0], [101.51, 25.0], [101.51, 25.01], [101.5, 25.01], [101.5, 25.0]]
AREA = {"type": "Polygon", "coordinates": [SQUARE]}
BOW = {"type": "Polygon", "coordinates": [[[101.5, 25.0], [101.6, 25.1], [101.6, 25.0], [101.5, 25.1], [101.5, 25.0]]]}
OUTSIDE_HOLE = [[101.7, 25.0], [101.71, 25.0], [101.71, 25.01], [101.7, 25.0]]


async def drawn(desk: CommandDesk, incident: str, **fields: Any) -> str:
    return await desk.done("mark.create", incident=incident, **{"kind": "hazard", "geometry": POINT} | fields)


async def test_a_mark_has_an_author_and_a_number_of_its_own(desk: CommandDesk) -> None:
    incident = await desk.opened()
    first, second = await drawn(desk, incident, text="储罐"), await drawn(desk, incident, actor="wang")
    assert (first, second) == (f"{incident}/m1", f"{incident}/m2")
    marks = await desk.shown("mark")
    assert (marks[first].author, marks[second].author, marks[first].text) == ("li", "wang", "储罐")


async def test_everybody_revises_everybodys_mark_and_each_form_is_a_version(desk: CommandDesk) -> None:
    mark = await drawn(desk, await desk.opened())
    moved = {"type": "Point", "coordinates": [101.55, 25.05]}
    await desk.done("mark.revise", mark, actor="wang", geometry=moved, rev=1, reason="核实")
    shown = (await desk.shown("mark"))[mark]
    assert (shown.geometry, shown.author, shown.rev) == (moved, "wang", 2)
    assert [(version.number, version.by) for version in shown.versions] == [(1, "li"), (2, "wang")]
    entries = await desk.journal.entries(kind="mark", subject=mark)
    assert [entry.body["geometry"] for entry in entries] == [POINT, moved]


async def test_a_revision_of_an_old_form_is_answered_with_the_new_one(desk: CommandDesk) -> None:
    mark = await drawn(desk, await desk.opened())
    await desk.done("mark.revise", mark, text="甲", rev=1)
    result = await desk.order("mark.revise", mark, text="乙", rev=1)
    assert (result.outcome, result.detail) == (Outcome.CONFLICT, "mark_changed")
    assert result.after is not None
    assert result.after["text"] == "甲"


async def test_a_withdrawn_mark_leaves_the_map_and_stays_in_the_journal(desk: CommandDesk) -> None:
    mark = await drawn(desk, await desk.opened())
    await desk.done("mark.withdraw", mark, reason="误标")
    assert await desk.shown("mark") == {}
    document = await desk.journal.doc("mark", mark)
    assert document is not None
    assert (document.body["withdrawn"], document.open) == (True, False)


async def test_a_number_is_never_used_twice_also_after_a_restart(desk: CommandDesk) -> None:
    incident = await desk.opened()
    await desk.done("mark.withdraw", await drawn(desk, incident))
    await desk.start()
    assert await drawn(desk, incident) == f"{incident}/m2"


async def test_a_mark_that_nobody_has_looked_at_for_four_hours_is_stale_until_somebody_does(desk: CommandDesk) -> None:
    mark = await drawn(desk, await desk.opened("14:12"))
    await desk.at("18:12:01")
    assert (await desk.shown("mark"))[mark].stale
    await desk.done("mark.revise", mark, text="仍在")
    assert not (await desk.shown("mark"))[mark].stale


async def test_marks_are_there_after_a_restart(desk: CommandDesk) -> None:
    await drawn(desk, await desk.opened())
    before = dict(desk.engine.marks.marks)
    await desk.start()
    assert desk.engine.marks.marks == before


async def test_a_sector_is_drawn_by_the_server_and_calm_wind_makes_a_circle(desk: CommandDesk) -> None:
    incident = await desk.opened()
    wind = {**A, "radius_m": 200.0, "distance_m": 2000.0, "wind_from": 240.0, "wind_source": "气象站"}
    sector = await drawn(desk, incident, kind="sector", drawing={**wind, "wind_at": moment("14:10")})
    calm = await drawn(desk, incident, kind="sector", drawing={**wind, "wind_ms": 1.0})
    marks = await desk.shown("mark")
    assert [marks[id].drawing.calm for id in (sector, calm)] == [False, True]
    assert marks[sector].geometry["type"] == "Polygon"
    refusal = await desk.refused("mark.create", incident=incident, kind="circle", drawing={**A, "radius_m": 0.0})
    assert refusal == ("invalid", "drawing_size")
    assert await desk.refused("mark.create", incident=incident, kind="sector") == ("invalid", "missing:drawing")


async def test_marks_need_an_incident_the_region_and_the_role(desk: CommandDesk) -> None:
    incident = await desk.opened(region="532301")
    body: dict[str, Any] = {"kind": "hazard", "geometry": POINT}
    assert (await desk.refused("mark.create", incident="532300:20200101-0001", **body)) == ("invalid", "no_incident")
    assert (await desk.refused("mark.create", incident=incident, role="admin", **body))[0] == "forbidden"
    assert (await desk.refused("mark.create", incident=incident, actor_region="532322", **body))[0] == "forbidden"
    await desk.done("incident.false", incident, role="leader", reason="误报")
    assert (await desk.refused("mark.create", incident=incident, **body)) == ("conflict", "incident_closed")


async def test_marks_of_a_merged_incident_stay_with_their_own(desk: CommandDesk) -> None:
    first, second = await desk.opened(), await desk.opened(place="东区")
    mark = await drawn(desk, second)
    await desk.done("incident.merge", second, into=first)
    assert (await desk.shown("mark"))[mark].incident == second
    await desk.done("mark.revise", mark, text="并入后")


@pytest.mark.parametrize(
    ("kind", "geometry", "code"),
    [
        ("nothing", POINT, "mark_kind"),
        ("hot", POINT, "geometry_type"),
        ("hazard", None, "geometry_type"),
        ("hazard", {"type": "Point", "coordinates": [0, 0]}, "geometry_zero"),
        ("hazard", {"type": "Point", "coordinates": [25.0, 101.5]}, "geometry_swapped"),
        ("hazard", {"type": "Point", "coordinates": [float("nan"), 25.0]}, "geometry_number"),
        ("hazard", {"type": "Point", "coordinates": [float("inf"), 25.0]}, "geometry_number"),
        ("hazard", {"type": "Point", "coordinates": []}, "geometry_form"),
        ("hazard", {"type": "Point", "coordinates": ["a", "b"]}, "geometry_form"),
        ("hot", BOW, "geometry_crossed"),
        ("hot", {"type": "Polygon", "coordinates": [SQUARE, OUTSIDE_HOLE]}, "geometry_crossed"),
        ("route", {"type": "LineString", "coordinates": [[101.5, 25.0]] * 501}, "geometry_vertices"),
        ("route", {"type": "LineString", "coordinates": [[101.5, 25.0]] * 100_000}, "geometry_vertices"),
        ("route", {"type": "LineString", "coordinates": [[101.5, 25.0]]}, "geometry_form"),
    ],
)
def test_what_cannot_be_drawn_says_why(kind: str, geometry: Any, code: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        checked(kind, geometry)
    assert refused.value.code == code


def test_coordinates_are_kept_with_six_decimals() -> None:
    rounded = checked("hazard", {"type": "Point", "coordinates": [101.54600049, 25.0450001]})
    assert rounded["coordinates"] == [101.546, 25.045]


_number = st.one_of(st.floats(), st.integers(-200, 200), st.text(max_size=3), st.none())
_nested = st.recursive(_number, lambda inner: st.lists(inner, max_size=4), max_leaves=20)


@settings(max_examples=patience.examples(200), deadline=None)
@given(kind=st.sampled_from(("hazard", "route", "hot", "closure")), shape=st.text(max_size=12), coordinates=_nested)
def test_any_shape_is_drawn_or_refused_by_a_code(kind: str, shape: str, coordinates: Any) -> None:
    for name in (shape, "Point", "LineString", "Polygon", "MultiPolygon"):
        try:
            geometry = checked(kind, {"type": name, "coordinates": coordinates})
        except OrderRefused:
            continue
        assert checked(kind, geometry) == geometry
