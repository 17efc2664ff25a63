"""Counters into rates and uptimes into reboots, on a moved clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.network.snmp.rates import TICKS, AgentUptime, Counters


def test_the_first_sample_gives_no_rate_and_the_second_does() -> None:
    counters = Counters()
    assert counters.rate("a", 1000, 10.0, 64) is None
    assert counters.rate("a", 3000, 20.0, 64) == 200


def test_a_32_bit_counter_that_wraps_goes_on() -> None:
    counters = Counters()
    counters.rate("a", 2**32 - 500, 0.0, 32)
    assert counters.rate("a", 500, 10.0, 32) == 100


def test_a_counter_that_is_set_back_gives_no_rate_and_then_goes_on() -> None:
    counters = Counters()
    counters.rate("a", 5_000_000, 0.0, 32)
    assert counters.rate("a", 100, 10.0, 32) is None
    assert counters.rate("a", 1100, 20.0, 32) == 100


def test_a_64_bit_counter_that_goes_back_is_no_wrap() -> None:
    counters = Counters()
    counters.rate("a", 2**40, 0.0, 64)
    assert counters.rate("a", 2**39, 10.0, 64) is None


def test_a_rate_beyond_the_links_speed_is_a_jump_and_no_rate() -> None:
    counters = Counters()
    counters.rate("a", 0, 0.0, 64, most=125e6)
    assert counters.rate("a", 10**12, 10.0, 64, most=125e6) is None


def test_a_32_bit_counter_on_a_link_that_wraps_it_more_than_once_says_nothing() -> None:
    counters = Counters()
    counters.rate("a", 10, 0.0, 32, most=1.25e9)
    assert counters.rate("a", 2**31, 10.0, 32, most=1.25e9) is None


def test_two_samples_of_the_same_moment_keep_the_first() -> None:
    counters = Counters()
    counters.rate("a", 0, 0.0, 64)
    assert counters.rate("a", 5, 0.001, 64) is None
    assert counters.rate("a", 100, 10.0, 64) == 10


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.floats(0, 1e6)), max_size=30),
    st.sampled_from([32, 64]),
    st.sampled_from([0.0, 1e3, 1.25e8]),
)
def test_no_sequence_of_samples_gives_a_negative_or_impossible_rate(
    samples: list[tuple[int, float]], bits: int, most: float
) -> None:
    counters = Counters()
    at = 0.0
    for value, later in samples:
        at += later
        rate = counters.rate("a", value % (1 << bits), at, bits, most)
        assert rate is None or rate >= 0
        assert rate is None or not most or rate <= most * 1.5


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 10**8), min_size=1, max_size=20))
def test_a_steady_32_bit_counter_of_a_known_link_never_loses_a_step(start: int, steps: list[int]) -> None:
    counters = Counters()
    counters.rate("a", start, 0.0, 32, most=1.25e8)
    total = start
    for turn, step in enumerate(steps, 1):
        total += step
        assert counters.rate("a", total % 2**32, float(turn), 32, most=1.25e8) == pytest.approx(step)


def test_a_reboot_between_two_polls_is_seen() -> None:
    uptime = AgentUptime()
    assert not uptime.see(100_000, 1000, 3, 50.0)
    assert not uptime.see(101_000, 1010, 3, 60.0)
    assert uptime.see(300, 3, 4, 70.0)
    assert uptime.seconds == 3
    assert uptime.rebooted_at == 70.0


def test_a_reboot_is_seen_without_an_snmp_engine() -> None:
    uptime = AgentUptime()
    uptime.see(100_000, None, None, 50.0)
    assert uptime.see(300, None, None, 60.0)


def test_a_reboot_in_a_long_silence_is_seen_although_the_uptime_is_longer_than_before() -> None:
    uptime = AgentUptime()
    uptime.see(6_000, None, None, 100.0)
    assert uptime.see(60_000, None, None, 100.0 + 7200)


def test_sysuptime_that_wraps_after_497_days_is_no_reboot() -> None:
    uptime = AgentUptime()
    uptime.see(TICKS - 400, None, None, 50.0)
    assert not uptime.see(600, None, None, 60.0)
    assert not uptime.see(1600, None, None, 70.0)


def test_a_wrapped_sysuptime_beside_an_engine_time_tells_the_whole_uptime() -> None:
    uptime = AgentUptime()
    days_500 = 500 * 86400
    uptime.see(days_500 * 100 - TICKS, days_500, 1, 50.0)
    assert uptime.seconds == days_500


@given(st.integers(0, TICKS - 1), st.lists(st.floats(0.1, 86400), max_size=20))
def test_an_agent_that_keeps_running_never_reboots(start: int, gaps: list[float]) -> None:
    uptime = AgentUptime()
    at, ticks = 1.0, float(start)
    uptime.see(int(ticks) % TICKS, None, None, at)
    for gap in gaps:
        at, ticks = at + gap, ticks + gap * 100
        assert not uptime.see(int(ticks) % TICKS, None, None, at)
