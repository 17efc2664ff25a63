"""Steps of the wall clock are detected; slewing and sleep are not steps."""

from __future__ import annotations

import pytest

from feeds.clock import ClockMark, SiteClock, StepWatch, load_mark, restamped, spoken
from feeds.projection.clock_condition import TOLD_FOR, ClockCondition
from feeds.texts.catalogue import LANGUAGES

DAY, YEAR = 86_400.0, 31_536_000.0
STEPS = pytest.mark.parametrize("by", [300.0, -300.0, DAY, -DAY, YEAR, -YEAR])


class Machine:
    """A machine whose clocks are moved by hand."""

    def __init__(self) -> None:
        self.wall, self.up = 1_800_000_000.0, 5_000.0
        self.clock = SiteClock(lambda: self.wall, lambda: self.up, lambda: "boot")

    def pass_time(self, seconds: float, *, rate: float = 1.0) -> None:
        self.up += seconds
        self.wall += seconds * rate


@STEPS
def test_a_step_is_detected_once_with_its_size(by: float) -> None:
    machine = Machine()
    watch = StepWatch(machine.clock)
    machine.pass_time(1.0)
    assert watch.read() == (machine.wall, 0.0)
    machine.pass_time(0.5)
    machine.wall += by
    assert watch.read() == (machine.wall, pytest.approx(by))
    machine.pass_time(0.5)
    assert watch.read() == (machine.wall, 0.0)


def test_time_that_passes_while_the_process_or_the_machine_sleeps_is_no_step() -> None:
    machine = Machine()
    watch = StepWatch(machine.clock)
    machine.pass_time(3 * DAY)
    assert watch.read() == (machine.wall, 0.0)


def test_slewing_never_adds_up_to_a_step_and_many_small_steps_do() -> None:
    machine = Machine()
    watch = StepWatch(machine.clock)
    for _ in range(1000):
        machine.pass_time(60.0, rate=1.0005)
        assert watch.read()[1] == 0.0
    for _ in range(2):
        machine.pass_time(1.0)
        machine.wall += 1.5
        size = watch.read()[1]
    assert size == pytest.approx(3.0, abs=0.1)


def test_a_clock_without_an_uptime_never_reports_a_step() -> None:
    times = iter([100.0, 5.0, 1e9])
    watch = StepWatch(lambda: next(times))
    assert [watch.read() for _ in range(3)] == [(100.0, 0.0), (5.0, 0.0), (1e9, 0.0)]


@STEPS
def test_a_stored_mark_lets_a_later_start_detect_the_step(by: float) -> None:
    machine = Machine()
    before = load_mark(machine.clock.mark().dump())
    machine.pass_time(3600.0)
    assert machine.clock.mark().step_since(before) == 0.0
    machine.wall += by
    assert machine.clock.mark().step_since(before) == pytest.approx(by)


def test_marks_of_other_boots_and_unreadable_marks_report_no_step() -> None:
    mark = ClockMark("this", 1000.0, 10.0)
    assert mark.step_since(ClockMark("another", 5000.0, 5.0)) == 0.0
    assert mark.step_since(None) == 0.0
    assert load_mark(None) is None
    assert load_mark({"boot": "this", "wall": "?", "up": 1}) is None


def test_two_clocks_that_are_read_far_apart_are_read_again() -> None:
    machine = Machine()
    stops = iter([10.0, 0.0, 0.0, 0.0])

    def wall() -> float:
        machine.pass_time(next(stops))
        return machine.wall

    mark = SiteClock(wall, lambda: machine.up, lambda: "boot").mark()
    assert mark.offset == pytest.approx(machine.wall - machine.up)


def test_a_recorded_time_is_unchanged_unless_in_the_future() -> None:
    assert restamped(50.0, -1000.0, 100.0) == 50.0
    assert restamped(1090.0, -1000.0, 100.0) == 90.0
    assert restamped(5000.0, 0.0, 100.0) == 100.0


def test_a_step_is_reported_in_both_languages_for_a_while() -> None:
    up = 0.0
    condition = ClockCondition(lambda: up)
    assert condition.words("en") == ""
    condition.note(-DAY)
    for language in LANGUAGES:
        assert "-1 d 00:00:00" in condition.words(language)
    up = TOLD_FOR
    assert condition.words("en") == ""


def test_steps_are_formatted_with_sign_days_and_time() -> None:
    assert [spoken(300.0), spoken(-DAY), spoken(YEAR)] == ["+00:05:00", "-1 d 00:00:00", "+365 d 00:00:00"]
