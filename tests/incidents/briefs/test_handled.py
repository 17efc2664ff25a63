"""What a special report says by itself of impact, warnings, tasks and resources, each with its journal entry."""

from __future__ import annotations

from feeds.briefs import layout
from feeds.journal import proofs
from feeds.model.briefs import BriefBlock
from tests.incidents.briefs.test_briefs import block, brief, reported, signed, written
from tests.incidents.commands import CommandDesk
from tests.incidents.resources.test_resources import TEAM, listed

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
    assert len(figures) == 11
    assert all(layout.figure_name(figure.name) != figure.name for figure in figures)
    assert brief(desk, id).basis is not None
