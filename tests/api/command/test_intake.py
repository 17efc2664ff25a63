"""Worked examples 1 and 2 over HTTP: candidates of receipts, and the grade that figures propose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.command.site import CommandSite, Desk


def _row(id: str, time: str, text: str, kind: str, lat: float, lon: float, accuracy: float) -> dict[str, Any]:
    """A report of another system, as it sends it."""
    place = {"wd": lat, "jd": lon, "jz": accuracy, "qh": "532301"}
    return {"bh": id, "sj": f"2026-11-27 {time}", "nr": text, "lx": kind} | place


async def _arrive(site: CommandSite, source: str, time: str, *place: Any, id: str = "1", text: str = "泄漏") -> str:
    """Let a report of another system arrive at that time. Returns the id of its receipt."""
    await site.until(time)
    answer = await site.push(source, _row(id, time, text, *place))
    assert answer.status_code in (202, 422), answer.text
    assert answer.json()["taken"] == 1
    return f"{source}:{id}"


async def test_example_1_a_second_call_is_likely_the_same_and_a_far_one_is_not(site: CommandSite) -> None:
    first = await _arrive(site, "119", "14:12:00", "危化品泄漏", 25.0450, 101.5460, 50)
    li = site.staff()
    incident = (await li.give(f"/receipts/{first}/open"))["id"]
    second = await _arrive(site, "110", "14:16:30", "不明", 25.0463, 101.5471, 100)
    third = await _arrive(site, "122", "14:18:00", "交通事故", 25.0452, 101.5530, 0)
    (likely,) = await li.items(f"/receipts/{second}/candidates")
    assert likely["score"] == pytest.approx(0.85, abs=0.0005)
    assert likely["distance_m"] == pytest.approx(181.8, abs=0.5)
    assert (likely["id"], likely["likely"], likely["incident"]) == (first, True, incident)
    assert await li.items(f"/receipts/{third}/candidates") == []
    sixth = await _arrive(site, "119", "17:02:00", "危化品泄漏", 25.0495, 101.5460, 0, id="6")
    far = await _arrive(site, "119", "17:03:00", "危化品泄漏", 25.0810, 101.5460, 0, id="7")
    (perhaps,) = [item for item in await li.items(f"/receipts/{sixth}/candidates") if item["incident"] == incident]
    assert perhaps["score"] == pytest.approx(0.595, abs=0.0005)
    assert perhaps["distance_m"] == pytest.approx(498.5, abs=0.5)
    assert not perhaps["likely"]
    assert incident not in {item["incident"] for item in await li.items(f"/receipts/{far}/candidates")}


async def test_a_call_about_an_incident_that_was_taken_down_by_phone_is_likely_the_same(site: CommandSite) -> None:
    """Nobody has a receipt of it: the incident itself is compared, until a day after its end."""
    li, zhang = site.staff(), site.staff("zhang", "leader")
    incident = await li.incident("14:12", accuracy_m=50)
    second = await _arrive(site, "110", "14:16:30", "不明", 25.0463, 101.5471, 100)
    (likely,) = await li.items(f"/receipts/{second}/candidates")
    assert (likely["id"], likely["incident"], likely["likely"]) == (incident, incident, True)
    await zhang.give(f"/incidents/{incident}/end")
    third = await _arrive(site, "110", "14:30:00", "不明", 25.0463, 101.5471, 100, id="3")
    assert incident in {item["id"] for item in await li.items(f"/receipts/{third}/candidates")}


async def test_example_1_the_same_id_again_is_a_version_and_no_receipt(site: CommandSite) -> None:
    first = await _arrive(site, "119", "14:12:00", "危化品泄漏", 25.0450, 101.5460, 50)
    await _arrive(site, "119", "14:13:00", "危化品泄漏", 25.0450, 101.5460, 50, text="泄漏加剧")
    li = site.staff()
    (receipt,) = await li.items("/receipts")
    assert (receipt["id"], receipt["text"], receipt["versions"]) == (first, "泄漏加剧", 2)


async def _figures(desk: Desk, incident: str, **figures: float) -> dict[str, Any]:
    for figure, value in figures.items():
        await desk.give(f"/incidents/{incident}/casualties", what=figure, value=value, source="120", official=True)
    record: dict[str, Any] = await desk.get(f"/incidents/{incident}")
    return record


@pytest.mark.parametrize(
    ("kind", "figures", "grade", "criterion"),
    [
        ("work", {"dead": 2, "grave": 10, "loss_yuan": 8_000_000}, "III", "grave >= 10"),
        ("work", {"dead": 2, "grave": 9}, "IV", ""),
        ("work", {"loss_yuan": 10_000_000}, "III", "loss_yuan >= 10000000"),
        ("work", {"loss_yuan": 5_000_000}, "IV", ""),
        ("geo", {"loss_yuan": 5_000_000}, "II", "loss_yuan >= 5000000"),
    ],
)
async def test_example_2_the_worst_criterion_proposes_the_grade(
    site: CommandSite, kind: str, figures: dict[str, float], grade: str, criterion: str
) -> None:
    li = site.staff()
    number = await li.incident(event_class=kind)
    record = await _figures(li, number, **figures)
    assert (record["grade"], record["grade_proposal"]["grade"]) == ("", grade)
    assert record["grade_proposal"]["criterion"] == criterion


async def test_example_2_the_missing_are_counted_apart(site: CommandSite) -> None:
    li = site.staff()
    proposal = (await _figures(li, await li.incident(event_class="work"), dead=2, missing=1))["grade_proposal"]
    assert (proposal["grade"], proposal["if_missing_dead"]) == ("IV", "III")


async def test_example_2_a_mass_incident_has_no_grade_until_somebody_gives_one(site: CommandSite) -> None:
    li = site.staff()
    number = await li.incident(event_class="mass")
    assert (await _figures(li, number, dead=30))["grade_proposal"] is None
    assert (await li.refused(f"/incidents/{number}/grade", grade="III", basis=""))[0] == 422
    graded = await li.give(f"/incidents/{number}/grade", grade="III", basis="会商")
    assert (graded["grade"], graded["grades"][-1]["basis"]) == ("III", "会商")
