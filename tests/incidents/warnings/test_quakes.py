"""Earthquakes in the registry of warnings: revisions, retractions, one event from two agencies, blasts."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.bus import Bus
from feeds.cap.message import parse
from feeds.cap.writer import cap_document
from feeds.journal import Journal
from feeds.model import EmergencyWarning
from feeds.quakes import QuakeReport
from incidents.warnings.quakes import ESTIMATE, LIFE, message_of
from incidents.warnings.registry import WarningRegistry
from tests.incidents.builders import T0
from tests.incidents.rig import Rig


def report(**fields: Any) -> QuakeReport:
    values: dict[str, Any] = {
        "source": "usgs",
        "received_at": T0,
        "agency": "usgs",
        "event_ids": ("us1",),
        "updated_at": T0 + 60,
        "occurred_at": T0,
        "lat": 25.05,
        "lon": 101.55,
        "magnitude": 5.2,
        "depth_km": 10.0,
        "place": "楚雄市",
    }
    values |= fields
    values.setdefault("raw", repr(values).encode())
    return QuakeReport(**values)


class Quakes:
    """A registry that is given reports."""

    def __init__(self) -> None:
        self.registry = WarningRegistry()

    def take(self, **fields: Any) -> EmergencyWarning | None:
        message = message_of(report(**fields), self.registry.newest_quakes(), T0 + 100)
        if message is not None:
            self.registry.take(message, T0 + 100)
        return message

    @property
    def active(self) -> list[EmergencyWarning]:
        return [warning for warning in self.registry.shown.values() if warning.state == "active"]


@pytest.fixture
def quakes() -> Quakes:
    return Quakes()


def test_an_earthquake_is_a_warning_with_an_estimated_area(quakes: Quakes) -> None:
    quakes.take()
    (warning,) = quakes.active
    assert warning.quake is not None
    assert (warning.quake.magnitude, warning.severity, warning.event) == (5.2, "Moderate", "地震")
    assert warning.areas[0].resolved == ESTIMATE
    assert "估算" in warning.description
    assert "5.2" in warning.texts["en"]["headline"]


def test_a_newer_report_supersedes_and_an_older_one_changes_nothing(quakes: Quakes) -> None:
    quakes.take()
    quakes.take(updated_at=T0 + 120, magnitude=5.6)
    quakes.take(updated_at=T0 + 180, magnitude=5.4)
    assert quakes.take(updated_at=T0 + 90, magnitude=9.0) is None
    assert quakes.take(updated_at=T0 + 180, magnitude=9.0) is None
    (warning,) = quakes.active
    assert warning.quake is not None
    assert warning.quake.magnitude == 5.4
    assert sorted(each.state for each in quakes.registry.shown.values()) == ["active", "superseded", "superseded"]


def test_a_newer_report_with_the_same_figures_changes_nothing(quakes: Quakes) -> None:
    quakes.take()
    assert quakes.take(updated_at=T0 + 900) is None


def test_a_retraction_cancels_the_event(quakes: Quakes) -> None:
    quakes.take()
    quakes.take(updated_at=T0 + 120, withdrawn=True)
    assert quakes.active == []
    assert [each.state for each in quakes.registry.shown.values()] == ["cancelled"]


def test_a_blast_raises_nothing_and_an_event_that_becomes_one_is_retracted(quakes: Quakes) -> None:
    assert quakes.take(event_ids=("us9",), event_type="quarry blast") is None
    quakes.take()
    quakes.take(updated_at=T0 + 120, event_type="quarry blast")
    assert quakes.active == []


@pytest.mark.parametrize(
    ("seconds", "lat", "joined"), [(16.0, 25.05, True), (17.0, 25.05, False), (5.0, 25.9, True), (5.0, 26.0, False)]
)
def test_two_agencies_report_one_event_when_they_are_close_in_time_and_place(
    quakes: Quakes, seconds: float, lat: float, joined: bool
) -> None:
    quakes.take()
    quakes.take(agency="CENC", event_ids=("cc1",), occurred_at=T0 + seconds, lat=lat, magnitude=5.5, source="cenc")
    assert len(quakes.active) == (1 if joined else 2)
    if joined:
        (warning,) = quakes.active
        assert warning.quake is not None
        assert warning.quake.agencies == ("usgs", "CENC")
        assert warning.quake.magnitude == 5.2  # the agency that was first leads
        assert "CENC" in warning.description
        assert "5.5" in warning.description


def test_two_agencies_report_one_event_when_their_ids_meet(quakes: Quakes) -> None:
    quakes.take()
    quakes.take(agency="EMSC", event_ids=("em1", "us1"), occurred_at=T0 + 60, lat=28.0)
    assert len(quakes.active) == 1


def test_the_retraction_of_the_second_agency_does_not_end_the_event(quakes: Quakes) -> None:
    quakes.take()
    quakes.take(agency="CENC", event_ids=("cc1",), magnitude=5.5)
    assert quakes.take(agency="CENC", event_ids=("cc1",), updated_at=T0 + 99, withdrawn=True) is None
    assert len(quakes.active) == 1


def test_aftershocks_of_one_agency_stay_apart(quakes: Quakes) -> None:
    quakes.take()
    quakes.take(event_ids=("us2",), occurred_at=T0 + 10)
    assert len(quakes.active) == 2


def test_an_old_event_that_was_never_seen_makes_no_warning(quakes: Quakes) -> None:
    assert quakes.take(occurred_at=T0 - LIFE) is None


def test_a_deep_or_unmeasured_event_is_a_point(quakes: Quakes) -> None:
    for fields in ({"depth_km": 200.0}, {"magnitude": None, "event_ids": ("us2",), "lat": 20.0}):
        message = quakes.take(**fields)
        assert message is not None
        assert message.areas[0].geometry == {"type": "Point", "coordinates": [101.55, fields.get("lat", 25.05)]}


async def test_a_revised_earthquake_goes_the_whole_way_and_is_valid_cap(bus: Bus, journal: Journal) -> None:
    rig = Rig(bus, journal)
    await rig.start()
    for updated, magnitude in ((60.0, 5.2), (120.0, 5.6)):
        await rig.bus.publish(
            "emergency", "quake", [report(updated_at=T0 + updated, magnitude=magnitude)], source="usgs"
        )
        await rig.step(60)
    await rig.start()
    shown = list((await rig.shown()).values())
    assert sorted(warning.state for warning in shown) == ["active", "superseded"]
    (current,) = [warning for warning in shown if warning.state == "active"]
    assert "532301" in current.regions
    assert current.affected == {"camera": 1, "router": 1}
    assert ("Magnitude", "5.6") in parse(cap_document(current)).infos[0].parameters
    assert [entry.body["form"] for entry in await rig.entries() if entry.name == "received"] == ["quake", "quake"]
