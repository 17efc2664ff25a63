"""The demo's emergency systems: what they answer is what the collectors read."""

from __future__ import annotations

from collectors.emergency.quakes import usgs
from collectors.sim.emergency import (
    CALM,
    EVERY,
    GUARANTEE,
    REPORTS,
    RISE,
    SINK,
    USUAL,
    WARNING,
    EmergencyCall,
    QuakeAgency,
    ReportSystem,
    StationSystem,
)
from collectors.sim.warnings import BULLETINS, WarningCentre
from feeds.cap.message import parse
from feeds.cap.warning import to_warning

START = 1_795_800_000.0


def test_the_earthquake_is_revised_twice() -> None:
    now = [START]
    agency = QuakeAgency(START, lambda: now[0])
    magnitudes = []
    for now[0] in (START, START + 121, START + 301):
        import json

        (report,) = usgs.reports(json.dumps(agency.document()).encode(), "quakes", now[0])
        magnitudes.append((report.magnitude, report.updated_at - START))
    assert magnitudes == [(5.1, 0.0), (5.4, 120.0), (5.2, 300.0)]


def test_each_system_reports_again_and_again_under_new_ids() -> None:
    for name in REPORTS:
        system = ReportSystem(name, START, lambda: START + 2 * EVERY)
        assert len({row["bh"] for row in system.rows()}) == 3


def test_a_call_of_a_scenario_is_taken_down_under_an_id_of_its_own() -> None:
    now = [START]
    system = ReportSystem("119", START, lambda: now[0])
    call = EmergencyCall(source="119", text="储罐泄漏", event_class="危化品泄漏", lat=25.15, lon=102.09)
    system.take(call)
    now[0] += 5
    system.take(call)
    planned, *taken = system.rows()
    assert [row["jqnr"] for row in taken] == ["储罐泄漏", "储罐泄漏"]
    assert len({planned["bh"], *(row["bh"] for row in taken)}) == 3
    assert taken[0]["jjsj"] < taken[1]["jjsj"]


def test_the_river_is_calm_then_rises_over_its_limit_and_sinks() -> None:
    now = [START]
    station = StationSystem(START, lambda: now[0])
    levels = []
    for now[0] in (START, START + CALM + (RISE + SINK) / 2, START + CALM + RISE + SINK - 1):
        levels.append(station.level())
    assert levels[0] == USUAL
    assert WARNING < levels[1] < GUARANTEE
    assert levels[2] < WARNING


def test_the_centre_updates_a_warning_to_red_and_gives_an_all_clear_later() -> None:
    now = [START]
    centre = WarningCentre(START, clock=lambda: now[0])
    first = set(centre.listed())
    now[0] = START + 600
    later = [to_warning(parse(centre.document(name).encode()), "c", now[0]) for name in set(centre.listed()) - first]
    assert {warning.colour for warning in later if warning.msg_type == "Update" and not warning.all_clear} == {"red"}
    assert any(warning.all_clear for warning in later)
    assert set(centre.listed()) == {bulletin.name for bulletin in BULLETINS}
