"""The exercise beside the scenario `chemical`: the same plan, people by name, numbers of its own."""

from __future__ import annotations

from collections.abc import Callable

from watchfloor.demo.desk import DemoPerson

PEOPLE = {"unit:gaj": "demo-operator", "unit:sthj": "demo-unit", "unit:township": "demo-duty", "role:duty": "demo-duty"}


async def hold_exercise(duty: DemoPerson, leader: DemoPerson, tell: Callable[[str, str], None]) -> str:
    """Open an exercise and start the plan in it; returns its number. Raises DemoError."""
    exercise = await duty.give(
        "/incidents",
        mode="exercise",
        title="演练：双柏县危化品运输车侧翻",
        text="推演：罐车侧翻，少量泄漏，无人员伤亡",
        event_class="hazchem",
        region="532322",
        place="双柏县妥甸镇",
        lat=24.6890,
        lon=101.6420,
        accuracy_m=50,
        location_method="map",
    )
    number = str(exercise["id"])
    await duty.give(f"/incidents/{number}/open")
    await duty.give(f"/incidents/{number}/post", post="commander", holder=leader.account)
    proposal = await duty.give("/proposals", incident=number, plan="hazchem", level="III", people=PEOPLE)
    await leader.give(f"/proposals/{proposal['id']}/confirm")
    await duty.give("/log", kind="remark", incident=number, mode="exercise", text="推演开始，任务均为演练")
    tell(f"演练 {number} 同时进行，编号、列表、任务分开", f"exercise {number} runs beside it, kept apart everywhere")
    return number
