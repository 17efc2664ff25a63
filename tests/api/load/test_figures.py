"""The load figures by themselves, on timelines: what counts, from when to when, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.load.figures import Durations, FloodSpan, chatters, floods, peak, seconds_within


def every(seconds: float, count: int, start: float = 0.0) -> list[float]:
    return [start + seconds * number for number in range(count)]


def test_a_flood_begins_with_the_eleventh_in_ten_minutes_and_not_with_the_tenth() -> None:
    assert floods(every(60, 10), 600) == []
    assert floods(every(60, 11), 600) == []  # the first is ten minutes old when the eleventh comes
    assert floods(every(59, 11), 600) == [FloodSpan(590, None)]


def test_a_flood_ends_when_fewer_than_five_are_left_of_ten_minutes() -> None:
    times = every(10, 11)  # 0 … 100 s: a flood from 100 s
    assert floods(times, 659) == [FloodSpan(100, None)]
    assert floods(times, 660) == [FloodSpan(100, 660)]  # at 660 s those of 70 … 100 s are left: four
    assert floods([*times, 655, 656], 700) == [FloodSpan(100, 680)]


def test_a_second_flood_is_another_one_and_only_what_lies_within_counts() -> None:
    times = [*every(10, 11), *every(10, 11, 5000)]
    body = floods(times, 5200)
    assert body == [FloodSpan(100, 660), FloodSpan(5100, None)]
    assert seconds_within(body, 0, 5200) == 560 + 100
    assert seconds_within(body, 600, 5150) == 60 + 50


@given(st.lists(st.floats(0, 10_000, allow_nan=False), max_size=80).map(sorted), st.floats(0, 2000))
def test_a_flood_is_what_its_definition_says(times: list[float], after: float) -> None:
    now = (times[-1] if times else 0.0) + after
    body = floods(times, now)

    def left(at: float) -> int:
        return sum(1 for time_raised in times if time_raised <= at and time_raised + 600.0 > at)

    for flood in body:
        assert left(flood.start) > 10
        assert (left(flood.end) < 5) if flood.end is not None else left(now) >= 5
    quiet = [at for at in times if left(at) > 10 and not any(f.start <= at < (f.end or now + 1) for f in body)]
    assert quiet == []


def test_a_peak_is_the_most_within_any_such_span_not_within_the_clocks_hours() -> None:
    assert peak([], 60.0) == (0, None)
    assert peak([50, 59, 61, 70, 200], 60.0) == (4, 70)
    assert peak([0, 60], 60.0) == (1, 0)


@pytest.mark.parametrize(
    ("times", "answer"),
    [([], False), ([0, 30], False), ([0, 30, 59.9], True), ([0, 30, 60], False), ([0, 100, 110, 120], True)],
)
def test_chattering_is_three_changes_within_a_minute(times: list[float], answer: bool) -> None:
    assert chatters(times) is answer


def test_median_and_90th_percentile_by_nearest_rank() -> None:
    assert Durations.of([]) == Durations(None, None, 0)
    assert Durations.of([5]) == Durations(5, 5, 1)
    assert Durations.of([4, 1, 2, 3]) == Durations(2.5, 4, 4)
    assert Durations.of(range(1, 101)) == Durations(50.5, 90, 100)
