"""History without stores: encoding, rollups, selection of observations, gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.history import closing, codec, gaps, rollup
from feeds.history.hot import HOT, SLOTS
from feeds.history.intake import AHEAD, HistoryIntake, ObservedValue
from feeds.model import Quality, Value
from tests.feeds.history.rig import BASE

FINITE = st.floats(allow_nan=False, allow_infinity=False)
DECIMAL = st.integers(-(10**9), 10**9).map(lambda n: n / 1000)
POINTS = st.dictionaries(
    st.integers(0, 2**43), st.one_of(FINITE, DECIMAL, st.sampled_from([0.0, 1.0])), min_size=1, max_size=60
)


def arrays(points: dict[int, float]) -> tuple[codec.Ints, codec.Floats]:
    times = sorted(points)
    return np.array(times, np.int64), np.array([points[at] for at in times], np.float64)


@given(POINTS)
def test_points_come_back_exactly(points: dict[int, float]) -> None:
    times, values = arrays(points)
    back_times, back_values = codec.decode_points(codec.encode_points(times, values))
    assert np.array_equal(times, back_times)
    assert np.array_equal(values, back_values)


@given(POINTS)
def test_rollups_come_back_with_their_means_within_their_bounds(points: dict[int, float]) -> None:
    records = rollup.roll(*arrays({at % 2**40: value for at, value in points.items()}), 300)
    back = codec.decode_rollups(codec.encode_rollups(records))
    for name in ("at", "count", "min", "max"):
        assert np.array_equal(records[name], back[name])
    assert np.allclose(records["mean"], back["mean"], rtol=1e-7, atol=5.01e-4)
    assert ((back["min"] <= back["mean"]) & (back["mean"] <= back["max"])).all()


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=50), st.integers(0, 3))
def test_a_mean_has_three_places_more_than_its_values(numbers: list[int], places: int) -> None:
    values = np.array([(10 * number + 1) / 10**places for number in numbers])
    records = rollup.roll(np.arange(len(values), dtype=np.int64) * 1000, values, 300)
    back = codec.decode_rollups(codec.encode_rollups(records))
    assert np.abs(records["mean"] - back["mean"]).max() < 0.51 * 10 ** -(places + 3)


OLD = {
    "decimals": "0104000000ab8e0b7bb790918181579d010c9805d631a83370325e8770199898185e3330300200",
    "doubles": "0104000000ab8e0b7bb790918181579d010c9805d631a83370fee750bdc3a0e47998c166922dc321953b0cca30360703c3650"
    "70686ff00",
    "rollups": "02020000008b69fb9bc500043a8c0c10c00ca5fffd870006c6eb5011a6978c8c3760ecd78cff39204c41209838d1d4d6a10100",
    "fresh": "78013368fd9bc5c200031c0766cd04015307307d53cf21a6ed6f16334cba012a0e9417048189a60e1ded7fb31861f20c1c0720"
    "4c040d006bf918b1",
}
"""Four points as an earlier version encoded them."""


def test_chunks_of_an_earlier_version_are_read() -> None:
    old = {name: bytes.fromhex(body) for name, body in OLD.items()}
    times = [1795000000123, 1795000010120, 1795000020125, 1795000330121]
    values = np.array([21.5, 21.6, 21.6, -3.0])
    for name, expected in (("decimals", values), ("doubles", values / 7)):
        back_times, back_values = codec.decode_points(old[name])
        assert (back_times.tolist(), back_values.tolist()) == (times, expected.tolist())
    assert codec.decode_rollups(old["rollups"])["min"].tolist() == [21.5, -3.0]
    assert closing.fresh_rollups([old["fresh"]], 300)["count"].tolist() == [3, 1]
    assert closing.fresh_rollups([old["fresh"]], 3600)["mean"].tolist() == [15.425]


@pytest.mark.parametrize(
    "harm",
    [
        b"",
        b"\x01",
        b"\x07" + b"0" * 20,
        b"\x01\x05\x00\x00\x00nonsense",
        b"\x11\xff\xff\xff\xff\xff\x7f" + b"0" * 9,
        b"\x11" + b"\xff" * 40,
        b"\x11\x04\x00\x00\x41" + b"0" * 40,
        b"\x21\x04nonsense",
        b"\x31\x04" + b"0" * 40,
    ],
)
def test_unknown_bytes_are_refused(harm: bytes) -> None:
    with pytest.raises(codec.UnreadableChunk):
        codec.decode_points(harm)


def test_a_truncated_chunk_is_refused() -> None:
    whole = codec.encode_points(np.arange(360, dtype=np.int64) ** 2, np.arange(360) / 7)
    with pytest.raises(codec.UnreadableChunk):
        codec.decode_points(whole[:-20])


def test_slowly_moving_values_take_under_two_bytes_a_point() -> None:
    rng = np.random.default_rng(4)
    times = np.arange(360, dtype=np.int64) * 10_000 + rng.integers(0, 30, 360) + int(BASE * 1000)
    slow = np.round(23 + np.cumsum(rng.choice([-0.1, 0, 0, 0, 0, 0.1], 360)), 1)
    assert len(codec.encode_points(times, slow)) < 1.3 * 360
    assert len(codec.encode_points(times[:60], slow[:60])) < 1.4 * 60
    assert len(codec.encode_points(times, np.ones(360))) < 1.1 * 360


def test_one_late_point_does_not_widen_all_others() -> None:
    times = np.arange(360, dtype=np.int64) * 10_000
    values = np.ones(360)
    usual = len(codec.encode_points(times, values))
    times[200], values[100] = times[200] + 7_123, 1e9
    assert len(codec.encode_points(times, values)) < usual + 80


@given(POINTS, st.sampled_from([300, 3600]))
def test_coarser_rollups_of_rollups_are_those_of_the_points(points: dict[int, float], step: int) -> None:
    times, values = arrays({at % 10**9: value for at, value in points.items() if abs(value) < 1e100})
    direct = rollup.roll(times, values, step * 6)
    combined = rollup.combine(rollup.roll(times, values, step), step * 6)
    for name in ("at", "count", "min", "max"):
        assert np.array_equal(direct[name], combined[name])
    reach = np.maximum(np.abs(direct["min"]), np.abs(direct["max"]))
    assert (np.abs(direct["mean"] - combined["mean"]) <= 1e-9 * reach + 1e-300).all()


def test_a_bucket_without_points_is_absent() -> None:
    times = np.array([0, 1000, 900_000], np.int64)
    records = rollup.roll(times, np.array([1.0, 3.0, 5.0]), 300)
    assert records.tolist() == [(0, 2, 1.0, 3.0, 2.0), (900, 1, 5.0, 5.0, 5.0)]


def taken(*observations: ObservedValue, arrived: float = BASE + 600) -> list[tuple[float, float]]:
    """Points recorded from observations that arrive together, as (seconds after BASE, value)."""
    intake = HistoryIntake()
    intake.add(observations, arrived)
    points = []
    for (hour, _), block in intake.blocks().items():
        for record in np.frombuffer(block, HOT).tolist():
            points.append((hour * 3600 + record[1] / 1000 - BASE, record[2]))
    return points


def observed(at: float, value: Value, quality: Quality = Quality.GOOD, received: float | None = None) -> ObservedValue:
    moment = BASE + at
    return ObservedValue("a", "m", moment, moment if received is None else BASE + received, value, quality)


def test_only_numbers_and_booleans_are_recorded() -> None:
    points = taken(
        observed(1, True),
        observed(2, False),
        observed(3, 7),
        observed(4, 2.5),
        observed(5, "text"),
        observed(6, None),
        observed(7, float("nan")),
        observed(8, float("inf")),
        observed(9, 1.0, Quality.BAD),
        observed(10, 3.0, Quality.UNCERTAIN),
    )
    assert points == [(1, 1.0), (2, 0.0), (3, 7.0), (4, 2.5), (10, 3.0)]


def test_a_value_that_does_not_change_is_recorded_whenever_it_is_confirmed() -> None:
    intake = HistoryIntake()
    odd = ObservedValue("a", "odd", BASE + 0.4564, BASE + 1.0, 7.0, confirmed_at=BASE + 0.5)
    intake.add([odd], BASE + 1.0)
    intake.add([ObservedValue("a", "odd", BASE + 0.4564, BASE + 3.0, 7.0, confirmed_at=BASE + 2.5)], BASE + 3.0)
    assert intake._times == [int(BASE * 1000) + 456, int(BASE * 1000) + 2500], "kept as milliseconds, it is no new one"
    intake = HistoryIntake()
    for received in (1.0, 11.0, 21.0, 21.0):
        observation = ObservedValue(
            "a", "m", BASE - 90_000, BASE + received, 7.0, fresh_for=15.0, confirmed_at=BASE + received - 0.5
        )
        intake.add([observation], BASE + received)
    changed = ObservedValue("a", "m", BASE + 25.0, BASE + 26.0, 8.0, fresh_for=15.0, confirmed_at=BASE + 25.5)
    intake.add([changed], BASE + 26.0)
    assert len(intake) == 4
    assert intake._times == [int((BASE + at) * 1000) for at in (0.5, 10.5, 20.5, 25.0)]


def test_late_and_duplicate_observations_change_nothing() -> None:
    assert taken(observed(10, 1), observed(10, 2), observed(5, 3), observed(20, 4), observed(10, 1)) == [
        (10, 1),
        (20, 4),
    ]


def test_points_older_than_the_open_hour_are_late() -> None:
    assert taken(observed(-1, 1), observed(1, 2)) == [(1, 2)]
    assert taken(observed(-1, 1), observed(1, 2), arrived=BASE + 299) == [(-1, 1), (1, 2)]


def test_points_of_a_clock_that_runs_ahead_are_recorded_at_their_time_of_receipt() -> None:
    assert taken(observed(9_000_000, 1, received=500), observed(9_000_010, 2, received=510)) == [(500, 1), (510, 2)]


def test_a_series_recovers_after_its_clock_ran_ahead() -> None:
    intake = HistoryIntake()
    intake.add([observed(7200, 1)], BASE + 7200)
    intake.add([observed(60, 2)], BASE + 60)
    intake.add([observed(60 + AHEAD + 1, 3)], BASE + 60)
    assert (len(intake), intake.ahead, intake.late) == (2, 1, 0)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 3)), max_size=80))
def test_blocks_hold_every_point_once(points: list[tuple[int, int]]) -> None:
    intake = HistoryIntake()
    for at, metric in points:
        intake.add([ObservedValue("a", f"m{metric}", BASE + at * 90, BASE + at * 90, 1.0)], BASE + 9000)
    count = sum(len(np.frombuffer(block, HOT)) for block in intake.blocks().values())
    assert count == len(intake)
    assert all(group == 0 for _, group in intake.blocks()) or intake.series >= SLOTS


def test_a_value_is_valid_while_fresh_and_then_a_gap_begins() -> None:
    times = np.array([0, 10_000, 100_000], np.int64)
    assert gaps.breaks(times, 30.0, 105.0).tolist() == [40_000]
    assert gaps.breaks(times, 30.0, 500.0).tolist() == [40_000, 130_000]
    assert gaps.breaks(times[:0], 30.0, 500.0).tolist() == []
    at, (values,) = gaps.with_breaks(times, gaps.breaks(times, 30.0, 500.0), np.array([1.0, 2.0, 3.0]))
    assert at.tolist() == [0, 10_000, 40_000, 100_000, 130_000]
    assert np.isnan(values[[2, 4]]).all()
    assert values[[0, 1, 3]].tolist() == [1, 2, 3]
