"""What a special report says by itself of impact, warnings, tasks and resources, each with its journal entry."""

from __future__ import annotations

from feeds.briefs import layout
from feeds.journal import proofs
from feeds.model import Asset, AssetState, Change, Health, Kind, Reading
from feeds.model.briefs import BriefBlock
from incidents.warnings.areas import AreaResolver
from maps.regions import table
from tests.incidents.briefs.test_briefs import block, brief, reported, signed, written
from tests.incidents.commands import A, CommandDesk
from tests.incidents.resources.test_resources import TEAM, listed
from tests.incidents.rig import ASSETS

RAIN_GAUGE = Asset(id="rain", name="青山嘴雨量计", kind="sensor", region="532301", lat=A["lat"] + 0.015, lon=A["lon"])
KEYS = ("impact", "weather", "tasks", "resources")


async def handled(desk: CommandDesk) -> str:
    """The incident with a task that is done, one that nobody signed, and a team that was sent."""
    await listed(desk, TEAM)
    incident = await reported(desk)
    cordon = await desk.tasked(incident, title="设置警戒区")
    await desk.by_unit("task.sign", cordon)
    await desk.tasked(incident, title="环境监测", unit="sthj")
    await desk.done("resource.assign", TEAM.id, incident=incident)
    return incident


def counts(block: BriefBlock) -> dict[str, tuple[float, int]]:
    """Each figure of a block: its value, and how many entries it cites."""
    return {figure.name: (figure.value, len(figure.entries)) for figure in block.figures}


async def test_tasks_and_resources_are_counted_and_told_with_the_entries_that_prove_them(desk: CommandDesk) -> None:
    id = await desk.done("brief.create", kind="special", step="first", incident=await handled(desk))
    tasks, resources = block(desk, id, "tasks"), block(desk, id, "resources")
    assert counts(tasks) == {
        "tasks_issued": (2.0, 2),
        "tasks_done": (0.0, 0),
        "tasks_unsigned": (1.0, 1),
        "tasks_late": (0.0, 0),
    }
    assert [row.text.partition("（")[0] for row in tasks.rows] == [
        "设置警戒区：州公安局，已签收",
        "环境监测：州生态环境局，待签收",
    ]
    assert counts(resources) == {"resources_sent": (1.0, 1)}
    assert "已调派" in resources.rows[0].text
    cited = [reference for row in (*tasks.rows, *resources.rows) for reference in row.entries]
    places = [(reference.chain, reference.number) for reference in cited]
    proven = await proofs.numbered(desk.journal, places)
    assert [(proven[place].entry.kind, proven[place].entry.name) for place in places] == [
        ("task", "sign"),
        ("task", "issue"),
        ("resource", "assign"),
    ]
    assert all(proven[place].hash == reference.hash for place, reference in zip(places, cited, strict=True))


async def test_the_wind_that_was_drawn_is_told_with_its_source_and_time_and_cites_its_mark(desk: CommandDesk) -> None:
    incident = await reported(desk)
    drawing = {"lat": A["lat"], "lon": A["lon"], "radius_m": 300.0, "distance_m": 2000.0}
    wind = {"wind_from": 240.0, "wind_ms": 3.1, "wind_source": "楚雄站", "wind_at": desk.now - 60}
    await desk.done("mark.create", incident=incident, kind="sector", drawing=drawing | wind)
    id = await desk.done("brief.create", kind="special", step="first", incident=incident)
    (row,) = [row for row in block(desk, id, "weather").rows if row.name == "wind"]
    assert "楚雄站：风向 240°，风速 3.1 米/秒。" in row.text
    (cited,) = row.entries
    (proven,) = (await proofs.numbered(desk.journal, [(cited.chain, cited.number)])).values()
    assert (proven.entry.kind, proven.entry.subject) == ("mark", f"{incident}/m1")


async def test_readings_of_stations_nearby_cite_the_count_that_read_them_and_are_renewed_hourly(
    desk: CommandDesk,
) -> None:
    reading = Reading(
        value=4.5, unit="mm/h", observed_at=desk.now, received_at=desk.now, source="mqtt", fresh_until=desk.now + 9e6
    )
    state = AssetState(id=RAIN_GAUGE.id, region="532301", health=Health.OK, readings={"rain.rate": reading})
    await desk.bus.announce([Change(kind=Kind.STATE, id=state.id, after=state, at=desk.now)])
    desk.engine.warnings.replace(AreaResolver(table(), [*ASSETS.values(), RAIN_GAUGE]))
    incident = await reported(desk)
    id = await desk.done("brief.create", kind="special", step="first", incident=incident)
    (row,) = [row for row in block(desk, id, "weather").rows if row.name == "reading"]
    assert row.text.endswith("青山嘴雨量计（距 1.7 公里）：雨强 4.5 mm/h。")
    (cited,) = row.entries
    (proven,) = (await proofs.numbered(desk.journal, [(cited.chain, cited.number)])).values()
    assert proven.entry.body["weather"][0]["value"] == 4.5
    first = desk.engine.impacts.impacts[incident]
    desk.now = first.at + 3600
    await desk.step()
    again = desk.engine.impacts.impacts[incident]
    assert (again.number, again.cause) == (first.number + 1, "weather")


async def test_without_places_on_record_nobody_is_counted_which_is_not_nobody(desk: CommandDesk) -> None:
    id = await desk.done("brief.create", kind="special", step="first", incident=await handled(desk))
    assert "impact_people" not in counts(block(desk, id, "impact"))


async def test_what_lies_inside_is_that_of_the_smallest_circle_and_cites_the_count(desk: CommandDesk) -> None:
    incident = await handled(desk)
    id = await desk.done("brief.create", kind="special", step="first", incident=incident)
    impact = desk.engine.impacts.impacts[incident]
    inside = block(desk, id, "impact")
    assert counts(inside)["impact_assets"] == (float(impact.areas[0].total), 1)
    assert inside.rows[0].text.startswith("统计范围：1 公里内")
    assert {figure.record for figure in inside.figures} == {impact.id}


async def test_a_follow_up_says_what_changed_in_the_handling_and_the_words_of_people_stay(desk: CommandDesk) -> None:
    incident = await handled(desk)
    await signed(desk, await written(desk, incident))
    for task in desk.engine.tasks.of(incident):
        if task.title == "环境监测":
            await desk.by_unit("task.sign", task.id, actor="sthj-1")
    second = await written(desk, incident, "follow-up")
    unsigned = next(figure for figure in block(desk, second, "tasks").figures if figure.name == "tasks_unsigned")
    assert (unsigned.before, unsigned.value) == (1.0, 0.0)
    await desk.done("brief.generate", second)
    assert block(desk, second, "situation").text == "储罐阀门泄漏。"


async def test_an_incident_without_a_position_says_that_nothing_was_counted(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12", lat=None, lon=None)
    id = await desk.done("brief.create", kind="special", step="first", incident=incident)
    blocks = {key: block(desk, id, key) for key in KEYS}
    assert blocks["impact"].rows[0].text == "尚无坐标，未统计"
    assert not blocks["impact"].figures
    assert [blocks[key].rows for key in KEYS[1:]] == [(), (), ()]


async def test_every_figure_of_the_handling_has_a_name_and_a_unit(desk: CommandDesk) -> None:
    id = await desk.done("brief.create", kind="special", step="first", incident=await handled(desk))
    figures = [figure for key in KEYS for figure in block(desk, id, key).figures]
    assert len(figures) == 10
    assert all(layout.figure_name(figure.name) != figure.name for figure in figures)
    assert brief(desk, id).basis is not None
