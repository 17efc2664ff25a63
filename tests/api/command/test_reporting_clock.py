"""Worked examples 3 to 5 over HTTP: reports that are due, their proof and lateness, and regrading."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.command.site import CommandSite, Desk, Record, iso, settings

PHONE = {"channel": "phone", "recipient": "省值班室 陈", "number": "0871-1"}
NETWORK = {"channel": "network", "number": "回执 17"}


async def _graded(site: CommandSite, grade: str = "III") -> tuple[Desk, str]:
    """An incident received at 14:12 and graded at 14:20."""
    li = site.staff()
    number = await li.incident("14:12")
    await site.until("14:20")
    await li.give(f"/incidents/{number}/grade", grade=grade, basis="重伤 10 人")
    return li, number


async def _owed(desk: Desk, incident: str, step: str, channel: str) -> list[Record]:
    """The reports of one step and channel, in the order in which they became due."""
    owed = await desk.items(f"/incidents/{incident}/obligations")
    alike = [due for due in owed if (due["step"], due["channel"]) == (step, channel)]
    return sorted(alike, key=lambda due: str(due["due_at"]))


async def _prove(desk: Desk, due: Record, **proof: Any) -> Record:
    return await desk.give(f"/obligations/{due['id']}/proof", **proof)


async def _late_alerts(desk: Desk) -> list[tuple[str, str, str]]:
    """(rule, severity, state) of the alerts about reports."""
    alerts = await desk.items("/alerts")
    return [(alert["rule"], alert["severity"], alert["state"]) for alert in alerts if alert["rule"][:5] == "clock"]


async def test_example_3_phone_and_written_reports_are_due_and_proved(site: CommandSite) -> None:
    li, number = await _graded(site)
    (phone,), (written,) = await _owed(li, number, "first", "phone"), await _owed(li, number, "first", "written")
    assert (phone["due_at"], phone["warn_at"]) == (iso("14:42"), iso("14:32"))
    assert (written["due_at"], written["warn_at"]) == (iso("15:12"), iso("14:52"))
    await site.until("14:31")
    met = await _prove(li, phone, **PHONE)
    assert (met["state"], met["met_at"], met["late"]) == ("met", iso("14:31"), False)
    await site.until("14:52")
    assert (await _owed(li, number, "first", "written"))[0]["state"] == "warned"
    await site.until("14:58")
    await _prove(li, written, **NETWORK)
    (slot,) = await _owed(li, number, "follow-up", "written")
    assert (slot["state"], slot["due_at"]) == ("pending", iso("17:00"))


async def test_example_3_a_slot_within_two_hours_after_a_report_is_skipped(site: CommandSite) -> None:
    li, number = await _graded(site)
    await site.until("15:02")
    await _prove(li, (await _owed(li, number, "first", "written"))[0], **NETWORK)
    skipped, following = await _owed(li, number, "follow-up", "written")
    assert (skipped["state"], skipped["due_at"]) == ("skipped", iso("17:00"))
    assert (following["state"], following["due_at"]) == ("pending", iso("11-28 08:00"))


async def test_example_3_what_was_queued_is_late_until_it_is_acknowledged(site: CommandSite) -> None:
    li, number = await _graded(site)
    await site.until("15:05")
    assert (await _owed(li, number, "first", "written"))[0]["state"] == "warned"
    await site.until("15:14")
    (written,) = await _owed(li, number, "first", "written")
    assert (written["state"], await _late_alerts(li)) == ("late", [("clock-late-below", "major", "UNACK")] * 2)
    met = await _prove(li, written, **NETWORK)
    assert (met["state"], met["late"], met["late_seconds"]) == ("met", True, 120)


async def test_example_4_nothing_by_the_due_time_is_a_critical_alert_and_late_for_ever(site: CommandSite) -> None:
    li, number = await _graded(site)
    for channel, proof in (("phone", PHONE), ("written", NETWORK)):
        await _prove(li, (await _owed(li, number, "first", channel))[0], **proof)
    await site.until("15:40")
    await li.give(f"/incidents/{number}/grade", grade="II", basis="死亡 10 人")
    phone, written = (await _owed(li, number, "first", "phone"))[-1], (await _owed(li, number, "first", "written"))[-1]
    assert (phone["due_at"], phone["warn_at"]) == (iso("15:55"), iso("15:50"))
    assert (written["due_at"], written["warn_at"]) == (iso("16:15"), iso("16:03:20"))
    await site.until("15:54")
    await _prove(li, phone, **PHONE)
    await site.until("16:14:59")
    assert await _late_alerts(li) == []
    await site.until("16:15:00")
    assert await _late_alerts(li) == [("clock-late", "critical", "UNACK")]
    await site.until("16:22:00")
    met = await _prove(li, written, **NETWORK)
    assert (met["state"], met["late_seconds"]) == ("met", 420)
    assert ("clock-late", "critical", "UNACK") not in await _late_alerts(li)
    await site.start()
    assert (await _owed(li, number, "first", "written"))[-1]["late_seconds"] == 420


async def test_example_4_from_the_start_a_report_is_born_late(stopped_site: CommandSite) -> None:
    stopped_site.incidents = settings("order-493")
    await stopped_site.start()
    li = stopped_site.staff()
    number = await li.incident("14:12", event_class="work")
    await li.give(f"/incidents/{number}/grade", grade="IV", basis="轻微")
    await stopped_site.until("17:00")
    await li.give(f"/incidents/{number}/grade", grade="III", basis="死亡 3 人")
    due = next(due for due in await _owed(li, number, "first", "written") if due["recipient"] == "province")
    assert (due["due_at"], due["state"], due["because_regraded"]) == (iso("16:12"), "late", True)


@pytest.mark.parametrize(
    ("sender", "received", "sent", "due_at"),
    [("county", "09:00", "10:40", "11:00"), ("prefecture", "10:40", "12:40", "12:40")],
)
async def test_example_5_each_level_of_health_has_two_hours_of_its_own(
    stopped_site: CommandSite, sender: str, received: str, sent: str, due_at: str
) -> None:
    stopped_site.at -= 6 * 3600
    stopped_site.incidents = settings("health-376")
    await stopped_site.start()
    li = stopped_site.staff()
    number = await li.incident(received, event_class="food")
    due = next(due for due in await _owed(li, number, "first", "written") if due["sender"] == sender)
    assert due["due_at"] == iso(due_at)
    await stopped_site.until(sent)
    met = await _prove(li, due, **NETWORK)
    assert (met["state"], met["late"]) == ("met", False)
