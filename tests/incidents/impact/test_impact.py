"""Impact of incidents: counted at creation and at each change, together with the incident, and the worked figures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from feeds.model import AssetState, Change, Health, Kind, Quality, Reading
from feeds.model.impacts import Impact
from feeds.model.incidents import Incident
from feeds.model.resources import Resource
from incidents.impact.counting import Picture, areas_of, impact_of, lead_of
from incidents.impact.weather import near, stations_of, weather_near
from maps.impact_index import AssetPlace, ImpactIndex
from maps.places import PlaceLayer, SitePlace
from tests.incidents.commands import A, CommandDesk, moment
from tests.incidents.rig import asset
from tests.shared_samples import SAMPLES

NODES = SAMPLES.parent / "geodata" / "inventory_chuxiong.json"
AREA = [[101.4, 25.0], [101.7, 25.0], [101.7, 25.2], [101.4, 25.2], [101.4, 25.0]]
DRAWN: dict[str, Any] = {"kind": "affected", "geometry": {"type": "Polygon", "coordinates": [AREA]}}


def an_incident(**fields: Any) -> Incident:
    values: dict[str, Any] = {"id": "i", "region": "532301", "received_at": 0.0, "created_at": 0.0, "phase_at": 0.0}
    return Incident(**values | A | {"created_by": "li"} | fields)


def counted(incident: Incident, picture: Picture, *radii: float) -> Impact:
    areas = areas_of(incident, picture, radii) if radii else areas_of(incident, picture)
    return impact_of(incident, 1, "created", picture, areas, 5.0)


async def test_an_incident_is_counted_with_its_creation_and_again_when_it_moves(desk: CommandDesk) -> None:
    incident = await desk.opened()
    (impact,) = (await desk.shown("impact")).values()
    assert (impact.id, impact.cause, impact.inventory) == (f"{incident}/i1", "created", _version(desk))
    await desk.done("incident.edit", incident, lat=25.1, lon=101.6)
    (impact,) = (await desk.shown("impact")).values()
    assert (impact.id, impact.cause, impact.lat) == (f"{incident}/i2", "moved", 25.1)
    first = await desk.journal.doc("impact", f"{incident}/i1")
    assert first is not None
    assert (first.body["current"], first.open) == (False, False)


async def test_what_changes_no_place_counts_nothing_again(desk: CommandDesk) -> None:
    incident = await desk.opened()
    await desk.done("incident.edit", incident, text="更多")
    assert await desk.names("impact") == ["counted"]


async def test_count_and_incident_are_one_transaction(desk: CommandDesk) -> None:
    await desk.done("incident.create", place="甲", lat=A["lat"], lon=A["lon"])
    entries = [entry for entry in await desk.journal.entries(limit=100) if entry.kind in ("incident", "impact")]
    assert [entry.name for entry in entries] == ["created", "counted"]
    assert await desk.journal.doc("impact", entries[1].subject) is not None


async def test_a_drawn_area_is_counted(desk: CommandDesk) -> None:
    incident = await desk.opened()
    await desk.done("mark.create", incident=incident, **DRAWN)
    (impact,) = (await desk.shown("impact")).values()
    assert impact.cause == "drawn"
    assert (impact.areas[0].radius_m, impact.areas[0].total) == (0.0, 2)
    await desk.done("mark.withdraw", f"{incident}/m1")
    (impact,) = (await desk.shown("impact")).values()
    assert impact.areas[0].radius_m == 1000.0


async def test_health_is_that_of_the_moment_and_no_state_is_unknown(desk: CommandDesk) -> None:
    state = AssetState(id="in1", region="532301", health=Health.DOWN)
    await desk.bus.announce([Change(kind=Kind.STATE, id="in1", after=state, at=desk.now)])
    await desk.opened(lat=25.05, lon=101.5)
    (impact,) = (await desk.shown("impact")).values()
    assert impact.areas[0].assets == {"router": {"down": 1}}
    await desk.opened(lat=25.1, lon=101.6)
    impact = next(shown for shown in (await desk.shown("impact")).values() if shown.lat == 25.1)
    assert [(camera.id, camera.health) for camera in impact.cameras] == [("in2", "unknown")]


async def test_a_count_survives_a_restart_and_is_not_made_again(desk: CommandDesk) -> None:
    await desk.opened()
    before = await desk.shown("impact")
    await desk.start()
    await desk.at("14:13")
    assert await desk.shown("impact") == before
    assert await desk.names("impact") == ["counted"]


async def test_other_layers_count_open_incidents_again(desk: CommandDesk) -> None:
    from incidents.warnings.areas import AreaResolver
    from maps.regions import table

    await desk.opened(lat=25.05, lon=101.5)
    more = [asset("in1", 25.05, 101.5), asset("new", 25.051, 101.5, "pump")]
    desk.engine.warnings.replace(AreaResolver(table(), more))
    await desk.at("14:13")
    await desk.at("14:13:01")
    (impact,) = (await desk.shown("impact")).values()
    assert (impact.cause, impact.areas[0].assets) == ("inventory", {"pump": {"unknown": 1}, "router": {"unknown": 1}})


async def test_an_open_incident_nearby_is_named(desk: CommandDesk) -> None:
    first = await desk.opened()
    far = await desk.opened(lat=25.5, lon=101.5)
    second = await desk.opened("14:20", lat=25.0495, lon=101.546)
    impact = next(shown for shown in (await desk.shown("impact")).values() if shown.incident == second)
    assert far not in [near.id for near in impact.incidents]
    assert [near.id for near in impact.incidents] == [first]
    assert impact.incidents[0].distance_m == pytest.approx(498.5, abs=0.5)


def test_what_cannot_be_counted_is_said() -> None:
    layer = PlaceLayer(
        kind="settlement",
        places=(SitePlace(id="s1", name="甲村", kind="settlement", lat=25.046, lon=101.546, population=120),),
        uncounted=1106,
    )
    impact = counted(an_incident(), Picture(index=ImpactIndex([], [layer])))
    assert impact.uncounted == {"settlement": 1106}
    assert (impact.areas[0].places["settlement"].count, impact.areas[0].places["settlement"].population) == (1, 120)


def test_without_a_point_nothing_is_counted_and_nothing_fails() -> None:
    impact = counted(an_incident(lat=None, lon=None), Picture(index=ImpactIndex([])))
    assert (impact.areas, impact.cameras, impact.nearest) == ((), (), {})


def test_the_nearest_resources_are_by_road_first_and_what_is_out_of_service_is_left_out() -> None:
    places = {"nanhua": (25.19535, 101.27348), "mouding": (25.31518, 101.5416), "out": (25.05, 101.55)}
    teams = [
        Resource(
            id=id, kind="team", name=id, region="532301", lat=lat, lon=lon, status="out" if id == "out" else "ready"
        )
        for id, (lat, lon) in places.items()
    ]
    impact = counted(an_incident(), Picture(index=ImpactIndex([]), resources=teams))
    assert [near.id for near in impact.nearest["team"]] == ["nanhua", "mouding"]
    closed = {"type": "LineString", "coordinates": [[101.334, 25.154], [101.295, 25.186]]}
    impact = counted(an_incident(), Picture(index=ImpactIndex([]), resources=teams, closures=[closed]))
    assert ([near.id for near in impact.nearest["team"]], impact.roads_cut) == (["mouding", "nanhua"], 1)


@pytest.mark.parametrize(
    ("regions", "lead"),
    [(("532301",), "532301"), (("532301", "532302"), "532300"), (("532301", "530102"), "530000"), ((), "532322")],
)
def test_the_common_superior_leads(regions: tuple[str, ...], lead: str) -> None:
    assert lead_of(regions, "532322") == lead


@pytest.mark.parametrize(
    ("radius", "regions"),
    [
        (5_000.0, ("532301",)),
        (20_000.0, ("532301", "532302", "532323")),
        (25_000.0, ("532301", "532302", "532322", "532323", "532324")),
    ],
)
def test_the_counties_of_the_worked_example(radius: float, regions: tuple[str, ...]) -> None:
    impact = counted(an_incident(), Picture(index=ImpactIndex([])), radius)
    assert impact.regions == regions


@pytest.mark.skipif(not NODES.exists(), reason="the worked inventory is not at hand")
def test_the_assets_of_the_worked_example() -> None:
    nodes = json.loads(NODES.read_text(encoding="utf-8"))["nodes"]
    places = [
        AssetPlace(id=node["id"], name=node["name"], kind="site", owner="", lat=node["lat"], lon=node["lon"])
        for node in nodes
    ]
    impact = counted(an_incident(), Picture(index=ImpactIndex(places)), 1_000.0, 3_000.0, 50_000.0)
    assert [area.total for area in impact.areas] == [65, 88, 91]


def _version(desk: CommandDesk) -> str:
    return desk.engine.warnings.resolver.index.version


RAIN = Reading(
    value=4.5, unit="mm/h", observed_at=moment("14:10"), received_at=moment("14:10"), source="mqtt", fresh_until=9e9
)


def _station(*readings: tuple[str, Reading]) -> dict[str, AssetState]:
    return {"rain": AssetState(id="rain", region="532301", health=Health.OK, readings=dict(readings))}


def test_only_fresh_good_numbers_of_weather_are_read_the_nearest_station_first() -> None:
    places = [
        AssetPlace(id="far", name="远站", kind="gauge", owner="", lat=25.12, lon=101.546),
        AssetPlace(id="rain", name="雨量计", kind="sensor", owner="", lat=25.06, lon=101.546),
        AssetPlace(id="beyond", name="州外站", kind="gauge", owner="", lat=25.9, lon=101.546),
        AssetPlace(id="c", name="路由器", kind="router", owner="", lat=25.045, lon=101.546),
    ]
    stations = near(stations_of(places), A["lat"], A["lon"])
    assert [station.id for station, _ in stations] == ["rain", "far"]
    assert near(stations_of(places), None, None) == []
    now = moment("14:12")
    old = replace(RAIN, fresh_until=now)
    states = _station(
        *(("rain.rate", RAIN), ("rain.sum", old), ("power.active", RAIN), ("rain.on", replace(RAIN, value=True))),
        ("rain.bad", replace(RAIN, quality=Quality.BAD)),
    )
    (reading,) = weather_near(stations, states, now)
    assert (reading.name, reading.metric, reading.value, reading.unit) == ("雨量计", "rain.rate", 4.5, "mm/h")
    assert reading.observed_at == moment("14:10")
    assert round(reading.distance_m) == 1662
    assert weather_near(stations, {}, now) == ()
