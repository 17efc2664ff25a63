"""Worked examples 12 and 13 over HTTP: figures that are corrected after a report, and a merge with its end."""

from __future__ import annotations

from tests.api.command.site import CommandSite, Desk, Record, iso
from tests.api.conftest import PASSWORD

OFFICIAL = {"what": "grave", "source": "州卫健委", "official": True}


async def signed(site: CommandSite, incident: str, step: str) -> str:
    """A special report about the incident, written by Li and signed by Zhang."""
    li, zhang = site.staff(), site.staff("zhang", "leader")
    brief = (await li.give("/briefs", kind="special", step=step, incident=incident, to=["省政府总值班室"]))["id"]
    await li.give(f"/briefs/{brief}/edit", blocks=[{"key": "situation", "text": "储罐阀门泄漏。"}])
    assert (await li.give(f"/briefs/{brief}/check"))["state"] == "checked"
    await zhang.give(f"/briefs/{brief}/sign", password=PASSWORD)
    return str(brief)


async def _reported(site: CommandSite) -> tuple[Desk, str, str]:
    """Li, an incident with ten gravely injured, and the follow-up report of 15:20 that says so."""
    li = site.staff()
    number = await li.incident("14:12", event_class="work", occurred_at="2026-11-27T14:05:00+08:00")
    await site.until("14:31")
    await li.give(f"/incidents/{number}/casualties", what="grave", value=2, source="120")
    await site.until("15:10")
    figures = await li.give(f"/incidents/{number}/casualties", value=10, **OFFICIAL)
    assert figures["grade_proposal"]["grade"] == "III"
    await li.give(f"/incidents/{number}/grade", grade="III", basis="重伤 10 人")
    await site.until("15:20")
    return li, number, await signed(site, number, "follow-up")


async def test_example_12_a_correction_marks_the_signed_report_and_the_next_prints_the_change(
    site: CommandSite,
) -> None:
    li, number, first = await _reported(site)
    await site.until("16:00")
    corrected = await li.give(
        f"/incidents/{number}/casualties", value=9, corrects=2, valid_at="2026-11-27T15:10:00+08:00", **OFFICIAL
    )
    assert (corrected["figures"]["grave"]["value"], corrected["grade"]) == (9, "III")
    assert corrected["grade_proposal"]["grade"] == "IV"
    marked = await li.get(f"/briefs/{first}")
    assert [(c["name"], c["value"], c["corrected"]) for c in marked["corrections"]] == [("grave", 10, 9)]
    assert (marked["corrected"], _figure(marked)["value"]) == (True, 10)
    second = await li.get(f"/briefs/{await signed(site, number, 'follow-up')}")
    assert (second["ordinal"], _figure(second)["before"], _figure(second)["value"]) == (2, 10, 9)
    versions = [(report["value"], report["corrects"]) for report in corrected["casualties"]]
    assert versions == [(2, 0), (10, 0), (9, 2)]


def _figure(brief: Record) -> Record:
    (figure,) = next(block for block in brief["blocks"] if block["key"] == "figures")["figures"]
    return dict(figure)


async def _two(site: CommandSite) -> tuple[Desk, str, str, str]:
    """Li, an incident of 14:12, one of 14:16 with a task, graded III both; and the task."""
    li = site.staff()
    first, second = await li.incident("14:12"), await li.incident("14:16")
    for number in (first, second):
        await li.give(f"/incidents/{number}/grade", grade="III", basis="重伤 10 人")
    task = await li.give("/tasks", title="设置警戒区", incident=second, unit="gaj", issue=True)
    return li, first, second, str(task["id"])


async def _phone_reports(desk: Desk, *incidents: str) -> list[str]:
    """The times at which reports by phone are due that nobody has given yet."""
    owed = [due for number in incidents for due in await desk.items("/obligations", incident=number)]
    return sorted(due["due_at"] for due in owed if due["channel"] == "phone" and due["unmet"])


async def test_example_13_a_merge_keeps_both_and_one_clock_and_is_taken_back(site: CommandSite) -> None:
    li, first, second, task = await _two(site)
    await site.until("14:25")
    await li.give(f"/incidents/{second}/merge", into=first)
    assert await _phone_reports(li, first, second) == [iso("14:42")]
    assert (await li.get(f"/incidents/{second}"))["merged_into"] == first
    assert [each["id"] for each in await li.items("/incidents", phase="received,verifying,active")] == [first]
    assert task in {each["id"] for each in await li.items(f"/incidents/{first}/tasks")}
    await site.until("14:30")
    point = {"type": "Point", "coordinates": [101.546, 25.045]}
    mark = (await li.give("/marks", incident=first, kind="hazard", geometry=point))["id"]
    await site.until("14:40")
    await li.give(f"/incidents/{second}/unmerge")
    assert await _phone_reports(li, first, second) == [iso("14:42"), iso("14:46")]
    assert [each["id"] for each in await li.items(f"/incidents/{second}/tasks")] == [task]
    assert [each["id"] for each in await li.items(f"/incidents/{first}/marks")] == [mark]


async def test_example_13_into_itself_into_a_circle_or_into_an_exercise_nothing_is_merged(site: CommandSite) -> None:
    li, first, second, _ = await _two(site)
    drill = (await li.give("/incidents", mode="exercise", text="推演", event_class="hazchem", place="甲"))["id"]
    await li.give(f"/incidents/{second}/merge", into=first)
    for number, target in ((first, first), (first, second), (first, drill)):
        assert (await li.refused(f"/incidents/{number}/merge", into=target))[0] == 409


async def test_example_13_a_receipt_comes_back_with_its_incident(site: CommandSite) -> None:
    li = site.staff()
    await site.until("14:16")
    receipt = (await li.give("/receipts", text="又报泄漏", channel="phone", region="532301"))["id"]
    second = (await li.give(f"/receipts/{receipt}/open", event_class="hazchem"))["id"]
    first = await li.incident("14:17")
    await li.give(f"/incidents/{second}/merge", into=first)
    assert (await li.get(f"/incidents/{second}"))["receipts"] == [receipt]
    await li.give(f"/incidents/{second}/unmerge")
    assert (await li.get(f"/incidents/{second}"))["receipts"] == [receipt]
    assert (await li.get(f"/incidents/{first}"))["receipts"] == []
