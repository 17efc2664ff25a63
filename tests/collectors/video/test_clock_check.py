"""The check of a camera's clock."""

from __future__ import annotations

from collectors.video.clock_check import ClockCheck, offset_text


def test_two_wrong_offsets_in_a_row_fail_a_clock_and_a_small_one_mends_it() -> None:
    check = ClockCheck()
    offsets = (0.0, 11.0, 4.0, -11.0, 12.0, 7.0, 4.9)
    assert [check.verdict(offset) for offset in offsets] == [True, None, True, None, False, False, True]


def test_an_offset_between_the_limits_does_not_fail_a_right_clock() -> None:
    check = ClockCheck()
    assert [check.verdict(9.0), check.verdict(-9.0)] == [True, True]


def test_a_clock_that_was_never_set_is_called_so() -> None:
    assert offset_text(0.0, unset=True).startswith("时钟未设置 | ")
