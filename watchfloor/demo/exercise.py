"""The exercise beside the scenario `chemical`: injects, the same plan, and a message to those who take part."""

from __future__ import annotations

from collections.abc import Callable

from watchfloor.demo.desk import DemoPerson, Record

PEOPLE = {"unit:gaj": "demo-operator", "unit:sthj": "demo-unit", "unit:township": "demo-duty", "role:duty": "demo-duty"}
PARTICIPANTS = ["unit:gaj", "unit:sthj", "lin", "kong"]
SPEED = 10
INJECTS = [
    {
        "at": "+00:00:00",
        "kind": "receipt",
        "body": {
            "channel": "122",
            "text": "罐车侧翻，有白雾，气味刺鼻",
            "class": "hazchem",
            "lat": 24.689,
            "lon": 101.642,
        },
    },
    {"at": "+00:02:00", "kind": "casualties", "body": {"what": "light", "value": 2, "source": "120 急救中心"}},
    {"at": "+00:20:00", "kind": "receipt", "body": {"channel": "phone", "text": "下游取水口有人问能否取水"}},
]
MESSAGE = "双柏县罐车侧翻推演开始，请回复是否到岗"


async def hold_exercise(duty: DemoPerson, leader: DemoPerson, tell: Callable[[str, str], None]) -> str:
    """Start an exercise, the plan in it, and a message to those who take part; returns its number. Raises DemoError."""
    exercise = await duty.give(
        "/exercises",
        title="双柏县危化品运输车侧翻推演",
        region="532322",
        speed=SPEED,
        participants=PARTICIPANTS,
        injects=INJECTS,
    )
    number = str(exercise["id"])
    await duty.change(
        f"/incidents/{number}",
        text="推演：罐车侧翻，少量泄漏，无人员伤亡",
        event_class="hazchem",
        place="双柏县妥甸镇",
        lat=24.6890,
        lon=101.6420,
        accuracy_m=50,
        location_method="map",
    )
    await duty.give(f"/incidents/{number}/open")
    await duty.give(f"/exercises/{number}/start")
    await duty.give(f"/incidents/{number}/post", post="commander", holder=leader.account)
    proposal = await duty.give("/proposals", incident=number, plan="hazchem", level="III", people=PEOPLE)
    await leader.give(f"/proposals/{proposal['id']}/confirm")
    await _call_out(duty, number)
    await duty.give("/log", kind="remark", incident=number, mode="exercise", text="推演开始，任务均为演练")
    tell(f"演练 {number} 同时进行，编号、列表、任务分开", f"exercise {number} runs beside it, kept apart everywhere")
    return number


async def _call_out(duty: DemoPerson, number: str) -> Record:
    """Send a message to participants of the exercise and enter the first of the two answers that it needs."""
    message = await duty.give(
        "/campaigns",
        incident=number,
        text=MESSAGE,
        groups=[{"name": "参演单位", "units": ["gaj", "sthj"]}, {"name": "带班领导", "people": ["kong"]}],
        need=2,
        wave_after=900,
    )
    await duty.give(f"/campaigns/{message['id']}/send")
    return await duty.give(f"/campaigns/{message['id']}/answer", person="gaj-head", text="已到岗")
