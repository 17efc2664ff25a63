"""The scenario `chemical`: a leak of ammonia from the first call to 119 to the signed follow-up report.

The calls come from the simulated 119, 110 and 120; what people do is ordered over the public interface, each in the
role that may do it. An exercise of the same plan runs beside it. Names, figures and units are made up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from watchfloor.demo.desk import DemoPerson, Record, desks
from watchfloor.demo.exercise import hold_exercise
from watchfloor.demo.pictures import photo

PLAN = "hazchem"
PLACE = {"lat": 25.1560, "lon": 102.0880}
TOLD_BEFORE = timedelta(minutes=40)
"""How long ago the township phoned: the report by phone to the province, due after 30 minutes, is late."""
LATE_WITHIN = 12.0
"""Seconds after which the order that nobody answers is late."""
ARRIVES_WITHIN = 60.0
SITUATION = "液氨储罐阀门泄漏，消防正在堵漏稀释，下风向群众正在疏散（演示）。"
Tell = Callable[[str, str], None]


@dataclass(slots=True)
class Course:
    """The course of the scenario: who is there, how long each step is looked at, and the incident."""

    duty: DemoPerson
    leader: DemoPerson
    police: DemoPerson
    monitoring: DemoPerson
    tell: Tell
    pause: float
    id: str = ""

    async def step(self, zh: str, en: str) -> None:
        """Say what has happened, and leave time to look at it."""
        self.tell(zh, en)
        await asyncio.sleep(self.pause)

    async def order(self, person: DemoPerson, order: str, **body: object) -> Record:
        """Give an order about the incident."""
        return await person.give(f"/incidents/{self.id}/{order}", **body)

    async def task(self, key: str) -> str:
        """The number of the task that the plan issued under a key."""
        task = await self.duty.wait_for(
            f"/tasks?incident={self.id}",
            lambda task: bool(task["plan_key"] == f"{PLAN}:{key}"),
            ARRIVES_WITHIN,
            ("预案任务", "the plan's task"),
        )
        return str(task["id"])


async def play(base: str, tell: Tell, pause: float) -> str:
    """Play the scenario on the demo at `base` and return the number of the incident. Raises DemoError.

    `pause` is in seconds and stands after each step. The calls of the scenario must have been started.
    """
    async with desks(base) as demo:
        course = Course(
            duty=await demo.take("duty"),
            leader=await demo.take("leader"),
            police=await demo.take("operator"),
            monitoring=await demo.take("unit"),
            tell=tell,
            pause=pause,
        )
        await _take_the_calls(course)
        await _grade(course)
        await _start_the_plan(course)
        await _draw(course)
        await _report(course)
        await hold_exercise(course.duty, course.leader, tell)
        await _follow_up(course)
        return course.id


# -- intake ----------------------------------------------------------------------


async def _take_the_calls(course: Course) -> None:
    duty = course.duty
    fire = await _receipt(course, "119", "液氨储罐")
    await course.step("119 来电：液氨储罐阀门泄漏", "119: a valve of an ammonia tank leaks")
    phoned_at = datetime.now(UTC) - TOLD_BEFORE
    phoned = await duty.give(
        "/receipts",
        channel="phone",
        text="金山镇政府电话：化工园区有刺鼻气味，正在核实（补录）",
        place="金山镇化工园区",
        event_class="hazchem",
        region="532302",
        caller="金山镇值班室",
        opened_at=phoned_at.isoformat(),
        accuracy_m=500,
        **PLACE,
    )
    await course.step("补录：40 分钟前镇政府已来电", "entered late: the township had phoned 40 minutes before")
    incident = await duty.give(
        "/incidents",
        receipts=[fire["id"], phoned["id"]],
        title="禄丰市金山镇化工园区液氨泄漏（演示）",
        text="液氨储罐阀门泄漏，有人员不适",
        event_class="hazchem",
        region="532302",
        place="金山镇化工园区",
        location_method="map",
        accuracy_m=50,
        occurred_at=phoned_at.isoformat(),
        occurred_precision="about",
        **PLACE,
    )
    course.id = str(incident["id"])
    await course.step(f"立为事件 {course.id}", f"incident {course.id} is opened")
    await _duplicates(course)
    await course.order(duty, "verify", called_back="119 指挥中心、金山镇值班室")
    await course.order(duty, "open")
    await course.step("回拨核实，立案处置", "called back, verified, now being handled")


async def _duplicates(course: Course) -> None:
    """Attach the second report of the event, and merge the incident that somebody made of the third."""
    police = await _receipt(course, "110", "化工园区")
    await course.duty.give(f"/receipts/{police['id']}/attach", incident=course.id)
    await course.step("110 同一事件，并入", "110 reports the same event: attached")
    rescue = await _receipt(course, "120", "化工园区")
    twin = await course.duty.give(f"/receipts/{rescue['id']}/open", region="532302")
    await course.duty.give(f"/incidents/{twin['id']}/merge", into=course.id)
    await course.step(f"120 误立为 {twin['id']}，合并", f"120 had become {twin['id']}: merged, both numbers stay")


async def _receipt(course: Course, source: str, words: str) -> Record:
    return await course.duty.wait_for(
        f"/receipts?state=new&source={source}",
        lambda receipt: words in receipt["text"],
        ARRIVES_WITHIN,
        (f" {source} 的接报", f"the report of {source}"),
    )


# -- grade, plan, response -------------------------------------------------------


async def _grade(course: Course) -> None:
    duty, leader = course.duty, course.leader
    await course.order(duty, "post", post="commander", holder=leader.account)
    await course.order(duty, "post", post="reporting")
    await course.order(duty, "casualties", what="grave", value=10, source="120 急救中心")
    await course.order(duty, "casualties", what="light", value=7, source="120 急救中心")
    await course.order(duty, "casualties", what="missing", value=0, source="金山镇政府")
    await course.step("重伤 10 人，按表建议定级 III", "10 gravely injured: the table proposes grade III")
    await course.order(duty, "grade", grade="III", basis="重伤 10 人（120 报）", criterion="grave >= 10")
    await course.step("定级 III 级（较大）", "graded III")


async def _start_the_plan(course: Course) -> None:
    duty, leader = course.duty, course.leader
    proposal = await leader.wait_for(
        f"/proposals?incident={course.id}",
        lambda proposal: bool(proposal["state"] == "open"),
        ARRIVES_WITHIN,
        ("预案启动建议", "the proposal of the plan"),
    )
    await course.step("预案触发，建议启动 III 级", "the plan's trigger holds: level III is proposed")
    await leader.give(f"/proposals/{proposal['id']}/confirm")
    end = datetime.now(UTC) + timedelta(hours=4)
    measures = "堵漏稀释、警戒疏散、医疗救治、环境监测"
    await course.order(
        leader, "respond", level="III", matters="液氨泄漏处置", measures=measures, expected_end=end.isoformat()
    )
    await course.step("领导确认，五项任务下达；启动 III 级响应", "confirmed: five tasks go out; response III begins")
    cordon, monitor, callback = [await course.task(key) for key in ("cordon", "monitor", "callback")]
    await course.police.give(f"/tasks/{cordon}/sign")
    await course.monitoring.give(f"/tasks/{monitor}/sign")
    await course.step("公安、生态环境签收", "the police and the environment bureau sign")
    shot = await course.police.attach(f"/tasks/{cordon}/evidence", "警戒区.png", photo())
    await course.police.give(
        f"/tasks/{cordon}/feedback", text="已设 300 米警戒区", evidence=[shot["evidence"][-1]["sha256"]]
    )
    await course.police.give(f"/tasks/{cordon}/ask-done", text="警戒区已设，主干道已管制")
    await duty.give(f"/tasks/{cordon}/done")
    await duty.give(f"/tasks/{callback}/sign")
    await course.step("警戒办结，附照片；疏散时限开始计", "the cordon is done, with a photo; the evacuation may begin")
    await duty.give(
        "/tasks", title="每 15 分钟报告收治人数", incident=course.id, unit="wjw", due_within=LATE_WITHIN, issue=True
    )


async def _draw(course: Course) -> None:
    duty, lat, lon = course.duty, PLACE["lat"], PLACE["lon"]
    points = (("command-post", -0.004, -0.006, "现场指挥部"), ("medical", -0.002, -0.009, "医疗点 3 车"))
    for kind, north, east, text in points:
        geometry = {"type": "Point", "coordinates": [round(lon + east, 6), round(lat + north, 6)]}
        await duty.give("/marks", incident=course.id, kind=kind, text=text, geometry=geometry)
    wind = {"wind_from": 240, "wind_ms": 3.1, "wind_source": "禄丰站", "wind_at": datetime.now(UTC).isoformat()}
    drawing = {"lat": lat, "lon": lon, "radius_m": 300, "distance_m": 2000, **wind}
    await duty.give("/marks", incident=course.id, kind="sector", text="下风向（估算）", drawing=drawing)
    teams = await duty.get(f"/resources?kind=team&status=ready&near={lat},{lon}&by=road&count=1")
    for team in teams["items"]:
        await duty.give(f"/resources/{team['id']}/assign", incident=course.id)
    await duty.give("/log", kind="decision", incident=course.id, text="指挥长决定：先疏散下风向，再组织堵漏")
    await course.step("标绘、最近力量、决定入日志", "marks, the nearest team, a decision in the log")


# -- reports ---------------------------------------------------------------------


async def _report(course: Course) -> None:
    due = await _due(course, "phone")
    await course.duty.give(
        f"/obligations/{due['id']}/proof", channel="phone", recipient="省政府总值班室 吴", number="0871-00000000"
    )
    await course.step("电话初报：已逾时，如实记载", "the first report by phone: late, and it stays so")
    brief = await _signed_brief(course, "first", SITUATION)
    written = await _due(course, "written")
    await course.duty.give(
        f"/briefs/{brief['id']}/send", channel="oa", number=f"省值收-{int(time.time())}", obligation=written["id"]
    )
    number = brief["number"]
    await course.step(f"书面初报 {number} 签发并送达", f"the written report {number} is signed and received")


async def _due(course: Course, channel: str) -> Record:
    return await course.duty.wait_for(
        f"/obligations?incident={course.id}",
        lambda due: bool(due["step"] == "first" and due["channel"] == channel and due["met_at"] is None),
        ARRIVES_WITHIN,
        ("应报事项", "the report due"),
    )


async def _signed_brief(course: Course, step: str, situation: str) -> Record:
    """A special report: drafted and checked by duty, signed by a leader who wrote nothing in it."""
    brief = await course.duty.give("/briefs", kind="special", step=step, incident=course.id)
    words = [{"key": "situation", "text": situation}, {"key": "measures", "text": "堵漏稀释、警戒疏散、救治、监测。"}]
    await course.duty.give(f"/briefs/{brief['id']}/edit", blocks=words)
    await course.duty.give(f"/briefs/{brief['id']}/check")
    return await course.leader.give(f"/briefs/{brief['id']}/sign")


async def _follow_up(course: Course) -> None:
    await course.order(
        course.duty, "casualties", what="grave", value=9, source="州卫生健康委", official=True, corrects=1
    )
    await course.order(course.duty, "casualties", what="evacuated", value=318, source="金山镇政府", official=True)
    await course.step("卫健委更正：重伤 10→9", "the health commission corrects: gravely injured 10 to 9")
    brief = await _signed_brief(course, "follow-up", "泄漏已控制，正在监测空气质量（演示）。")
    await course.step(f"续报 {brief['number']} 签发，待送", f"the follow-up {brief['number']} is signed, to be sent")
    await course.duty.wait_for(
        f"/tasks?incident={course.id}&late=true", bool, LATE_WITHIN + ARRIVES_WITHIN, ("逾期任务", "the late task")
    )
    course.tell("一项任务逾期：每 15 分钟报告收治人数", "one task is late: the health commission's figures")
