"""What one shift hands to the next of emergency command, over HTTP."""

from __future__ import annotations

from tests.api.command.site import CommandSite
from tests.api.command.test_plans_and_tasks import published
from tests.incidents.plans.test_proposals import TEXT

MESSAGE = {"text": "请到岗", "groups": [{"numbers": [{"name": "甲", "number": "13900000001"}]}], "need": 1}


async def test_a_shift_hands_over_all_that_waits(site: CommandSite) -> None:
    await published(site, TEXT)
    li = site.staff()
    number = await li.incident("14:12")
    await li.give(f"/incidents/{number}/grade", grade="III", basis="重伤 10 人")
    task = await li.give("/tasks", title="设置警戒区", incident=number, unit="gaj", issue=True)
    await li.give("/tasks", title="拟稿", unit="gaj")
    point = {"type": "Point", "coordinates": [101.546, 25.045]}
    mark = await li.give("/marks", incident=number, kind="hazard", geometry=point)
    message = (await li.give("/campaigns", **MESSAGE))["id"]
    await li.give(f"/campaigns/{message}/send")
    exercise = (await li.give("/exercises", title="推演", participants=[]))["id"]
    await li.give(f"/exercises/{exercise}/start")
    await li.give("/tasks", title="推演任务", incident=exercise, role="duty", issue=True)
    receipt = (await li.give("/receipts", text="又报泄漏", channel="phone", region="532301"))["id"]
    before = await li.get("/handover")
    assert before["marks"] == []
    await site.until("18:30")
    picture = await li.get("/handover")
    assert [each["id"] for each in picture["incidents"]] == [number]
    assert [each["id"] for each in picture["tasks"]] == [task["id"]]
    assert [(each["plan"], each["level"]) for each in picture["proposals"]] == [("hazchem", "III")]
    assert [each["id"] for each in picture["messages"]] == [message]
    assert [each["id"] for each in picture["exercises"]] == [exercise]
    assert [each["id"] for each in picture["marks"]] == [mark["id"]]
    assert [each["id"] for each in picture["receipts"]] == [receipt]
    assert {due["incident"] for due in picture["obligations"]} == {number}
    handover = await li.give("/handover", to="王", remarks="注意风向")
    assert (
        handover["counts"] | {"tasks": 1, "proposals": 1, "messages": 1, "exercises": 1, "marks": 1}
        == handover["counts"]
    )
