"""Worked examples of emergency command that no other test shows, and that the table of docs/incidents.md is true."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from feeds.incidents.settings import national_calendar
from feeds.model import Receipt
from incidents.receipts.duplicates import candidate
from incidents.tasks.lights import yellow_at
from tests.feeds.workdays.books import due
from tests.incidents.commands import ZONE, moment
from tests.tables import missing_tests, table

INCIDENTS = Path(__file__).parents[2] / "docs" / "incidents.md"


def _receipt(id: str, time: str, lat: float, lon: float, **fields: Any) -> Receipt:
    at = moment(time)
    values: dict[str, Any] = {"source": id, "external_id": id, "channel": "119", "region": "532301", "title": "泄漏"}
    values |= {"received_at": at, "reported_at": at, "updated_at": at, "text": "泄漏", "event_class": "hazchem"}
    return Receipt(id=id, lat=lat, lon=lon, **values | fields)


R1 = _receipt("R1", "14:12:00", 25.0450, 101.5460, accuracy_m=50.0)


@pytest.mark.parametrize(
    ("other", "score", "metres", "likely"),
    [
        (_receipt("R2", "14:16:30", 25.0463, 101.5471, event_class="", accuracy_m=100.0), 0.85, 181.8, True),
        (_receipt("R6", "17:02", 25.0495, 101.5460), 0.595, 498.5, False),
    ],
    ids=["likely the same", "perhaps"],
)
def test_example_1_scores_receipts_by_distance_time_and_class(
    other: Receipt, score: float, metres: float, likely: bool
) -> None:
    scored = candidate(R1, other)
    assert scored is not None
    assert scored.score == pytest.approx(score, abs=0.006)
    assert (scored.distance_m, scored.likely) == (pytest.approx(metres, abs=0.5), likely)


@pytest.mark.parametrize(
    "other",
    [_receipt("R3", "14:18", 25.0452, 101.5530, event_class="traffic"), _receipt("R7", "14:20", 25.0810, 101.5460)],
    ids=["beyond the radius of traffic", "4 km away"],
)
def test_example_1_shows_nothing_that_is_too_far(other: Receipt) -> None:
    assert candidate(R1, other) is None


@pytest.mark.parametrize(
    ("issued", "days", "end"),
    [("2026-09-28", 5, "2026-10-10"), ("2026-11-27", 5, "2026-12-04"), ("2026-02-12", 10, "2026-03-04")],
)
def test_example_8_counts_working_days_over_holidays_and_make_up_days(issued: str, days: int, end: str) -> None:
    assert due(issued, days) == end


def test_example_8_turns_yellow_on_the_working_day_before() -> None:
    begun, end = (datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZONE) for day in ("2026-09-28", "2026-10-11"))
    yellow = yellow_at(begun.timestamp(), end.timestamp() - 1, national_calendar())
    assert datetime.fromtimestamp(yellow, ZONE).isoformat() == "2026-10-09T00:00:00+08:00"


@pytest.mark.parametrize("row", table(INCIDENTS, "Worked examples"), ids=lambda row: row[0])
def test_every_worked_example_names_tests_that_exist(row: list[str]) -> None:
    assert missing_tests(row[-1]) == []
