"""The 48 worked dates of the document on approvals. The numbers are its rows."""

from __future__ import annotations

from datetime import date

import pytest

from feeds.workdays.clock import Light, LimitUnit, Margin, deadline, notice_day, resumed, used
from feeds.workdays.local_time import local_date, local_datetime, midnight
from tests.feeds.workdays.books import LOCAL, NATION, at, due, end_of, pause, stands, term

APRIL = "2026-04-20"


@pytest.mark.parametrize(
    ("row", "day0", "n", "expected"),
    [
        (1, "2026-02-12", 5, "2026-02-26"),
        (2, "2026-02-12", 20, "2026-03-18"),
        (3, "2026-09-24", 10, "2026-10-15"),
        (4, "2026-09-30", 1, "2026-10-08"),
        (5, "2026-10-03", 1, "2026-10-08"),
        (6, "2026-10-09", 1, "2026-10-10"),
        (7, "2026-02-13", 1, "2026-02-14"),
        (8, "2026-02-14", 1, "2026-02-24"),
        (9, "2026-01-01", 3, "2026-01-06"),
        (10, "2025-12-31", 1, "2026-01-04"),
        (11, "2023-12-28", 3, "2024-01-03"),
        (12, "2024-02-08", 5, "2024-02-21"),
        (13, "2025-01-24", 5, "2025-02-07"),
        (14, "2026-03-02", 45, "2026-05-08"),
        (14, "2026-03-02", 60, "2026-05-28"),
        (15, "2026-04-20", 20, "2026-05-20"),
        (15, "2026-04-20", 30, "2026-06-03"),
        (16, "2026-03-02", 17, "2026-03-25"),
        (17, "2025-07-14", 5, "2025-07-21"),
        (18, "2024-07-26", 3, "2024-07-31"),
        (20, "2026-12-25", 4, "2026-12-31"),
        (24, "2023-09-28", 5, "2023-10-11"),
        (24, "2024-09-27", 6, "2024-10-11"),
        (24, "2025-09-26", 5, "2025-10-10"),
        (34, "2026-07-06", 10, "2026-07-20"),
        (35, "2026-03-12", 20, "2026-04-10"),
        (36, "2026-09-18", 10, "2026-10-09"),
        (46, "2026-09-29", 5, "2026-10-12"),
        (47, "2026-09-30", 1, "2026-10-08"),
        (47, "2026-10-08", 5, "2026-10-14"),
    ],
)
def test_working_days_from_day_0(row: int, day0: str, n: int, expected: str) -> None:
    assert due(day0, n) == expected, row


@pytest.mark.parametrize(
    ("row", "day0", "n", "expected"),
    [
        (17, "2025-07-14", 5, "2025-07-24"),
        (18, "2024-07-26", 3, "2024-08-05"),
        (19, "2024-12-20", 2, "2024-12-26"),
        (19, "2025-04-11", 5, "2025-04-22"),
    ],
)
def test_local_holidays_of_chuxiong(row: int, day0: str, n: int, expected: str) -> None:
    assert due(day0, n, calendar=LOCAL) == expected, row


@pytest.mark.parametrize(
    ("row", "pauses", "expected"),
    [
        (25, [("2026-04-27", "2026-05-08")], "2026-05-29"),
        (26, [("2026-04-27", "2026-05-08"), ("2026-05-06", "2026-05-13")], "2026-06-04"),
        (27, [("2026-04-27T14:00", "2026-04-29T10:00")], "2026-05-21"),
        (28, [("2026-04-27T00:00", "2026-04-29T00:00")], "2026-05-22"),
        (28, [("2026-04-27", "2026-04-29")], "2026-05-25"),
        (29, [("2026-05-01", "2026-05-05")], "2026-05-20"),
        (31, [("2026-05-25", "2026-05-29")], "2026-05-20"),
        (32, [("2026-05-11", "2026-05-15")], "2026-05-27"),
    ],
)
def test_suspended_days_are_excluded_once(row: int, pauses: list[tuple[str, str]], expected: str) -> None:
    assert due(APRIL, 20, *(pause(*span) for span in pauses)) == expected, row


def test_row_1_and_42_the_moments_of_a_limit() -> None:
    end = end_of("2026-02-12", 5)
    assert end.warn_at == at("2026-02-25T00:00")
    assert end.limit_at == at("2026-02-27T00:00")
    assert at("2026-02-26T23:59:59") < end.limit_at <= at("2026-02-27T00:00:00")


@pytest.mark.parametrize(
    ("row", "day0", "n", "margin", "expected"),
    [
        (2, "2026-02-12", 20, Margin(share=0.2), "2026-03-12"),
        (3, "2026-09-24", 10, Margin(), "2026-10-14"),
        (4, "2026-09-30", 1, Margin(), "2026-10-08"),
    ],
)
def test_the_light_turns_yellow_a_margin_before(row: int, day0: str, n: int, margin: Margin, expected: str) -> None:
    warn_at = deadline(NATION, term(day0, n, margin=margin)).warn_at
    assert warn_at == midnight(date.fromisoformat(expected)), row


def test_row_20_a_due_day_beyond_the_published_years_is_unknown() -> None:
    end = end_of("2026-12-25", 5)
    assert (end.due, end.limit_at, end.unpublished) == (None, None, 2027)


@pytest.mark.parametrize(
    ("row", "day0", "n", "now", "left", "light"),
    [
        (21, "2026-12-10", 30, "2026-12-31", (15, 15), Light.GREEN),
        (22, "2026-12-10", 30, "2027-01-04", (11, 15), Light.GREEN),
        (22, "2026-12-10", 30, "2027-01-15", (0, 15), Light.GREY),
        (23, "2026-12-25", 5, "2027-01-04", (-3, 1), Light.GREY),
        (43, "2026-11-13", 10, "2026-11-28", (0, 0), Light.RED),
        (43, "2026-11-13", 10, "2026-11-27T23:59:59", (0, 0), Light.YELLOW),
        (44, "2026-11-17", 10, "2026-11-28", (2, 2), Light.GREEN),
    ],
)
def test_what_is_left_and_which_light(
    row: int, day0: str, n: int, now: str, left: tuple[int, int], light: Light
) -> None:
    standing = stands(day0, n, now)
    assert (standing.left, standing.left_most) == left, row
    assert standing.light is light, row


def test_row_43_nothing_is_overdue_on_the_days_off_right_after_the_due_day() -> None:
    assert stands("2026-11-13", 10, "2026-11-29").overdue == 0
    assert stands("2026-11-13", 10, "2026-12-01").overdue == 2


def test_row_30_an_open_suspension_leaves_no_due_day_and_freezes_what_is_left() -> None:
    opened = pause("2026-05-06", None)
    end = end_of(APRIL, 20, opened)
    assert (end.due, end.paused) == (None, True)
    for day in ("2026-05-06", "2026-05-20", "2026-07-01"):
        assert stands(APRIL, 20, day, opened).left == 12
        assert stands(APRIL, 20, day, opened).light is Light.GREEN
    assert deadline(NATION, resumed(term(APRIL, 20, opened), date(2026, 5, 20))).due == date(2026, 6, 5)


def test_a_red_case_stays_red_when_it_is_suspended_afterwards() -> None:
    assert stands(APRIL, 20, "2026-06-30", pause("2026-05-25", None)).light is Light.RED


def test_row_32_a_suspension_that_is_told_late_turns_the_verdict() -> None:
    done = at("2026-05-27T10:00")
    late, mended = end_of(APRIL, 20).limit_at, end_of(APRIL, 20, pause("2026-05-11", "2026-05-15")).limit_at
    assert late is not None
    assert mended is not None
    assert late <= done < mended


def test_row_33_without_a_notice_in_five_days_the_day_of_receipt_is_day_0() -> None:
    assert notice_day(NATION, at("2026-06-17T15:00")) == date(2026, 6, 25)
    assert due("2026-06-17", 20) == "2026-07-16"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("2026-10-10T16:00", "2026-10-10"),
        ("2026-10-11T10:00", "2026-10-12"),
        ("2026-10-12T17:45", "2026-10-13"),
        ("2026-09-30T17:31", "2026-10-08"),
    ],
)
def test_row_37_same_day_cases(accepted: str, expected: str) -> None:
    assert due(accepted, 0, unit=LimitUnit.SAME_DAY) == expected


@pytest.mark.parametrize(
    ("row", "accepted", "minutes", "expected"),
    [(38, "2026-09-30T16:50", 120, "2026-10-08T10:20"), (39, "2026-10-12T11:45", 30, "2026-10-12T13:45")],
)
def test_office_minutes(row: int, accepted: str, minutes: int, expected: str) -> None:
    end = end_of(accepted, minutes, unit=LimitUnit.MINUTES).limit_at
    assert end is not None
    assert local_datetime(end).isoformat()[:16] == expected, row


def test_office_minutes_stop_for_the_very_minutes_of_a_suspension() -> None:
    spans = [pause("2026-10-12T10:00", "2026-10-12T11:00")]
    assert end_of("2026-10-12T09:30", 60, *spans, unit=LimitUnit.MINUTES).limit_at == at("2026-10-12T11:30")
    assert end_of("2026-10-12T09:30", 60, pause("2026-10-12T10:00", None), unit=LimitUnit.MINUTES).paused


@pytest.mark.parametrize(
    ("day0", "n", "expected"), [("2026-09-24", 10, "2026-10-08"), ("2026-03-02", 15, "2026-03-17")]
)
def test_row_40_natural_days_roll_to_the_next_working_day(day0: str, n: int, expected: str) -> None:
    assert due(day0, n, unit=LimitUnit.NATURAL) == expected


def test_row_41_day_0_is_the_local_date_of_the_stamp() -> None:
    assert local_date(at("2026-02-12T16:30:00+00:00")) == date(2026, 2, 13)
    assert due("2026-02-12T16:30:00+00:00", 5) == "2026-02-27"


def test_row_45_a_joint_case_and_its_parts() -> None:
    suspended = pause("2026-03-09", "2026-03-13")
    assert due("2026-03-02", 10) == "2026-03-16"
    assert due("2026-03-04", 15, suspended) == "2026-04-01"
    parts = stands("2026-03-02", 45, "2026-03-30"), stands("2026-03-02", 10, "2026-03-30")
    assert [part.left for part in (*parts, stands("2026-03-04", 15, "2026-03-30", suspended))] == [25, -10, 2]


def test_row_48_days_used() -> None:
    limit = term("2026-02-12", 20)
    assert used(NATION, limit, date(2026, 2, 24)) == 3
    assert used(NATION, limit, date(2026, 2, 12)) == 0


@pytest.mark.parametrize(("year", "days"), [(2023, 249), (2024, 251), (2025, 248), (2026, 248)])
def test_working_days_of_a_year(year: int, days: int) -> None:
    first = date(year, 1, 1).toordinal()
    year_days = [date.fromordinal(at) for at in range(first, date(year, 12, 31).toordinal() + 1)]
    assert sum(map(NATION.works, year_days)) == days
