"""Properties of the clock that hold for every start, limit and set of suspensions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.workdays.calendar import ONE_DAY, Unpublished
from feeds.workdays.clock import ExcludedSpan, Light, Term, deadline, next_moment, standing, used
from feeds.workdays.local_time import midnight
from feeds.workdays.sheet import sheet
from tests.feeds.workdays.books import BOOK, CHUXIONG, LOCAL, NATION, NATIONAL_BOOK, at, overlay, pause, term

days = st.dates(date(2023, 1, 1), date(2025, 10, 1))
limits = st.integers(1, 40)
spans = st.tuples(st.integers(-5, 40), st.integers(0, 30))


def pauses_of(day0: date, spans_: list[tuple[int, int]]) -> tuple[ExcludedSpan, ...]:
    return tuple(
        ExcludedSpan.of_dates(day0 + timedelta(days=start), day0 + timedelta(days=start + length))
        for start, length in spans_
    )


def due_of(day0: date, n: int, pauses: tuple[ExcludedSpan, ...] = ()) -> date:
    end = deadline(NATION, Term(start=midnight(day0), n=n, pauses=pauses)).due
    assert end is not None
    return end


@given(days, limits, st.lists(spans, max_size=3))
def test_a_due_day_is_a_working_day_that_is_not_suspended(day0: date, n: int, spans_: list[tuple[int, int]]) -> None:
    pauses = pauses_of(day0, spans_)
    due = due_of(day0, n, pauses)
    assert NATION.works(due)
    assert all(due not in pause.days() for pause in pauses)


@given(days, limits, st.lists(spans, max_size=3))
def test_a_longer_limit_and_a_later_start_end_no_earlier(day0: date, n: int, spans_: list[tuple[int, int]]) -> None:
    pauses = pauses_of(day0, spans_)
    assert due_of(day0, n + 1, pauses) > due_of(day0, n, pauses)
    assert due_of(day0 + ONE_DAY, n, pauses) >= due_of(day0, n, pauses)


@given(days, limits, limits, st.lists(spans, max_size=2))
def test_limits_add_up(day0: date, n: int, more: int, spans_: list[tuple[int, int]]) -> None:
    pauses = pauses_of(day0, spans_)
    assert due_of(day0, n + more, pauses) == due_of(due_of(day0, n, pauses), more, pauses)


@given(days, limits, st.lists(spans, max_size=2), spans)
def test_a_suspension_never_shortens_and_counts_once(
    day0: date, n: int, spans_: list[tuple[int, int]], extra: tuple[int, int]
) -> None:
    pauses = pauses_of(day0, spans_)
    assert due_of(day0, n, pauses + pauses_of(day0, [extra])) >= due_of(day0, n, pauses)
    assert due_of(day0, n, pauses + pauses) == due_of(day0, n, pauses)


@given(days, limits, st.lists(spans, max_size=2))
def test_nothing_is_left_on_the_due_day_and_one_day_before_it(
    day0: date, n: int, spans_: list[tuple[int, int]]
) -> None:
    pauses = pauses_of(day0, spans_)
    limit, due = Term(start=midnight(day0), n=n, pauses=pauses), due_of(day0, n, pauses)
    assert used(NATION, limit, due) == n
    assert used(NATION, limit, due - ONE_DAY) == n - 1


@given(days, limits, st.lists(spans, max_size=2))
def test_lights_follow_their_moments_and_only_grow_worse(day0: date, n: int, spans_: list[tuple[int, int]]) -> None:
    limit = Term(start=midnight(day0), n=n, pauses=pauses_of(day0, spans_))
    end = deadline(NATION, limit)
    now: float | None = limit.start
    lights = []
    while now is not None:
        lights.append(standing(NATION, limit, end, now).light)
        now = next_moment(end, now)
    assert lights[-1] is Light.RED
    order = [Light.GREEN, Light.YELLOW, Light.RED]
    assert sorted(lights, key=order.index) == lights
    assert standing(NATION, limit, end, (end.limit_at or 0) - 1).light is Light.YELLOW


@given(days, limits, st.lists(spans, max_size=2))
def test_the_sheet_counts_to_the_due_day(day0: date, n: int, spans_: list[tuple[int, int]]) -> None:
    limit = Term(start=midnight(day0), n=n, pauses=pauses_of(day0, spans_))
    end = deadline(NATION, limit)
    shown = sheet(NATION, limit, end, limit.start)
    assert [day.number for day in shown if day.number] == list(range(1, n + 1))
    assert (shown[0].mark, shown[-1].mark, shown[-1].day) == ("start", "due", end.due)


def test_bisection_agrees_with_a_walk_over_the_days() -> None:
    for day0 in (date(2023, 9, 1), date(2024, 1, 31), date(2025, 12, 20)):
        for n in range(1, 60):
            day, counted = day0, 0
            while counted < n:
                day += ONE_DAY
                counted += NATION.works(day)
            assert NATION.after(day0, n) == day
            assert NATION.between(day0, day) == n


def test_dates_outside_the_published_years_are_refused() -> None:
    with pytest.raises(Unpublished) as unknown:
        NATION.works(date(2027, 1, 4))
    assert unknown.value.year == 2027
    with pytest.raises(Unpublished):
        NATION.after(date(2022, 5, 1), 3)
    with pytest.raises(Unpublished):
        NATION.between(date(2026, 12, 1), date(2027, 1, 1))


def test_an_overlay_moves_its_own_region_and_what_lies_inside_it_only() -> None:
    assert BOOK.of("532301").works(date(2025, 7, 16)) is False
    assert BOOK.of("530100").works(date(2025, 7, 16)) is True
    assert NATION.works(date(2025, 7, 16)) is True
    assert LOCAL.local_years == {2024, 2025}


def test_local_holidays_may_be_counted() -> None:
    from feeds.workdays.calendar import CalendarBook

    counting = CalendarBook(BOOK.files, local_holidays=False)
    assert counting.of(CHUXIONG).works(date(2025, 7, 16)) is True


def test_a_county_overrules_its_prefecture() -> None:
    from dataclasses import replace

    from feeds.workdays.files import CalendarDay

    county = replace(
        overlay(2025), region="532301", days=(CalendarDay(date=date(2025, 7, 18), off=False, name="调休上班"),)
    )
    book = BOOK.with_files([county])
    assert book.of("532301").works(date(2025, 7, 18)) is True
    assert book.of("532300").works(date(2025, 7, 18)) is False


def test_the_last_ten_days_of_december_are_provisional_until_next_years_notice() -> None:
    assert NATION.provisional(date(2026, 12, 22))
    assert not NATION.provisional(date(2026, 12, 21))
    assert not NATION.provisional(date(2025, 12, 31))


def test_the_sheet_names_every_day() -> None:
    limit = term("2026-02-12", 5)
    shown = {day.day.isoformat(): day for day in sheet(NATION, limit, deadline(NATION, limit), limit.start)}
    assert shown["2026-02-14"].makeup
    assert (shown["2026-02-14"].mark, shown["2026-02-14"].number) == ("counted", 2)
    assert (shown["2026-02-17"].mark, shown["2026-02-17"].name) == ("off", "春节")
    local = term("2025-07-14", 5)
    marks = {day.day.isoformat(): day.mark for day in sheet(LOCAL, local, deadline(LOCAL, local), local.start)}
    assert marks["2025-07-16"] == "local_holiday"
    paused = term("2026-04-20", 20, pause("2026-04-27", "2026-05-08"))
    marks = {day.day.isoformat(): day.mark for day in sheet(NATION, paused, deadline(NATION, paused), paused.start)}
    assert marks["2026-04-28"] == "excluded"
    unknown = term("2026-12-25", 5)
    marks = {
        day.day.isoformat(): day.mark for day in sheet(NATION, unknown, deadline(NATION, unknown), at("2027-01-05"))
    }
    assert marks["2027-01-04"] == "unpublished"


def test_the_shipped_calendars_are_the_years_of_2023_to_2026() -> None:
    assert NATIONAL_BOOK.published == {2023, 2024, 2025, 2026}
