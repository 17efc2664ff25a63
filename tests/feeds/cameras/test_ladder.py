"""The ladder of a camera: each rung from its readings, implication, claims against measurements, health."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.cameras.evidence import DECIDERS, RUNGS, Rung
from feeds.cameras.ladder import Conflict, Ladder, RungState, ladder
from feeds.model import Health, Quality, Reading, Value

PROBES = ("icmp://10.0.0.1", "rtsp://10.0.0.1/1")
GB = ("gb28181://53230100001320000001",)


def reading(
    value: Value, at: float = 0.0, *, fresh_for: float = 100.0, text: str = "", quality: Quality = Quality.GOOD
) -> Reading:
    return Reading(
        value=value,
        quality=quality,
        observed_at=at,
        received_at=at,
        source="video.rtsp",
        fresh_until=at + fresh_for,
        text=text,
    )


def rungs(**states: Value) -> dict[str, Reading]:
    """Readings by metric, `rtsp_up=True` for `rtsp.up`, all observed at 0 s."""
    return {name.replace("_", ".", 1): reading(value) for name, value in states.items()}


def states(result: Ladder) -> str:
    """One letter a rung, lowest first: o(k), F(ailed), u(nknown), -(not checked)."""
    letters = {RungState.OK: "o", RungState.FAILED: "F", RungState.UNKNOWN: "u", RungState.NOT_CHECKED: "-"}
    return "".join(letters[rung.state] for rung in result.rungs)


@pytest.mark.parametrize(
    ("readings", "expected", "level", "fails", "health"),
    [
        (rungs(rtsp_up=True, rtsp_described=True, rtsp_frames=True, rtsp_picture=True), "ooooo--", 4, None, "ok"),
        (rungs(icmp_up=False, rtsp_up=False), "FFuu---", None, Rung.PATH, "down"),
        (rungs(icmp_up=True, rtsp_up=False), "oFuu---", 0, Rung.SIGNALLING, "degraded"),
        (rungs(icmp_up=True, rtsp_up=True, rtsp_described=False), "ooFu---", 1, Rung.DESCRIBED, "degraded"),
        (rungs(rtsp_up=True, rtsp_described=True, rtsp_frames=False), "oooF---", 2, Rung.FRAMES, "degraded"),
        (rungs(rtsp_frames=True, rtsp_picture=False), "ooooF--", 3, Rung.PICTURE, "degraded"),
        (rungs(rtsp_frames=True, rtsp_picture=True, onvif_clock=False), "oooooF-", 4, Rung.CLOCK, "degraded"),
        (rungs(icmp_up=None), "uuuu---", None, None, "unknown"),
        ({}, "uuuu---", None, None, "unknown"),
    ],
)
def test_the_lowest_failed_rung_is_named(
    readings: dict[str, Reading], expected: str, level: int | None, fails: Rung | None, health: str
) -> None:
    result = ladder(readings, PROBES, 1.0)
    assert states(result) == expected
    assert result.level == level
    assert (result.failing.rung if result.failing else None) == fails
    assert result.health == health


def test_a_camera_that_drops_echo_requests_is_not_down() -> None:
    result = ladder(rungs(icmp_up=False, rtsp_up=True), PROBES, 1.0)
    assert (states(result), result.health) == ("oouu---", Health.OK)
    assert result[Rung.PATH].by == "rtsp.up"


def test_a_rung_does_not_make_a_deeper_one_ok() -> None:
    assert states(ladder(rungs(rtsp_described=True), PROBES, 1.0)) == "ooou---"


def test_a_rung_whose_reading_has_expired_is_unknown() -> None:
    readings = {"rtsp.up": reading(True, fresh_for=200), "rtsp.frames": reading(False, fresh_for=50, text="no data")}
    assert states(ladder(readings, PROBES, 49.9)) == "oouF---"
    late = ladder(readings, PROBES, 50.0)
    assert (states(late), late.health, late[Rung.FRAMES].why) == ("oouu---", Health.OK, "")
    assert late[Rung.FRAMES].decided_at == 0.0
    assert ladder(readings, PROBES, 200.0).health is Health.UNKNOWN


def test_rungs_that_no_probe_decides_are_not_checked_and_do_not_degrade() -> None:
    result = ladder(rungs(gb28181_up=True, gb28181_described=True), GB, 1.0)
    assert (states(result), result.health) == ("ooo----", Health.OK)


def test_a_wrong_credential_degrades_and_fails_nothing() -> None:
    readings = rungs(rtsp_answered=True) | {"rtsp.described": reading(None, quality=Quality.BAD, text="401")}
    result = ladder(readings, PROBES, 1.0)
    assert (states(result), result.failing, result.health) == ("oouu---", None, Health.DEGRADED)
    assert result[Rung.DESCRIBED].needs_person


def test_a_channel_of_a_silent_device_is_unknown_whatever_the_catalog_said() -> None:
    silent = rungs(gb28181_up=None, gb28181_described=None)
    silent = {key: reading(None, quality=Quality.UNCERTAIN, text="device silent") for key in silent}
    assert ladder(silent, GB, 1.0).health is Health.UNKNOWN
    own = silent | rungs(rtsp_up=True, rtsp_described=True, rtsp_frames=True)
    result = ladder(own, (*GB, *PROBES), 1.0)
    assert (states(result), result.health) == ("oooo---", Health.OK)


def test_a_recorder_that_lives_does_not_show_that_the_camera_behind_it_does() -> None:
    readings = {"gb28181.channel.up": reading(True), "gb28181.described": reading(True), "rtsp.up": reading(False)}
    result = ladder(readings | rungs(rtsp_described=None, rtsp_frames=None), (*GB, *PROBES), 1.0)
    assert result.failing is not None
    assert (result.failing.rung, result.conflict) == (Rung.SIGNALLING, Conflict.FALSE_ONLINE)
    alone = ladder({"gb28181.channel.up": reading(True), "gb28181.described": reading(True)}, GB, 1.0)
    assert (states(alone), alone.health) == ("-oo----", Health.OK)


def test_on_in_the_catalog_without_frames_is_false_online() -> None:
    readings = rungs(gb28181_up=True, gb28181_described=True, rtsp_up=True, rtsp_frames=False)
    result = ladder(readings, (*GB, *PROBES), 1.0)
    assert result.conflict is Conflict.FALSE_ONLINE
    assert result.failing is not None
    assert result.failing.rung is Rung.FRAMES


def test_off_in_the_catalog_with_frames_is_false_offline_and_the_measurement_wins() -> None:
    result = ladder(rungs(gb28181_described=False, rtsp_frames=True), (*GB, *PROBES), 1.0)
    assert (result.conflict, states(result), result.health) == (Conflict.FALSE_OFFLINE, "oooo---", Health.OK)


def test_off_in_the_catalog_alone_fails_the_described_rung() -> None:
    result = ladder(rungs(gb28181_up=True, gb28181_described=False), GB, 1.0)
    assert (states(result), result.conflict, result[Rung.DESCRIBED].claimed) == ("ooF----", None, True)


def test_a_reported_video_loss_fails_frames_until_they_are_measured_again() -> None:
    """Worked example 7: VLOST at 0 s, a sample with frames at 15 s."""
    before = {"rtsp.frames": reading(True, -60.0, fresh_for=300)}
    lost = before | {"gb28181.frames": reading(False, 0.0, fresh_for=600)}
    at_once = ladder(lost, (*GB, *PROBES), 0.5)
    assert (states(at_once), at_once.conflict) == ("oooF---", None)
    sampled = ladder(lost | {"rtsp.frames": reading(True, 15.0)}, (*GB, *PROBES), 15.0)
    assert (states(sampled), sampled.conflict, sampled.health) == ("oooo---", Conflict.FALSE_OFFLINE, Health.OK)


def test_a_measured_picture_outweighs_the_camera_s_own_report() -> None:
    reported = {"onvif.picture": reading(False, 10.0, text="tamper"), "rtsp.picture": reading(True, 0.0)}
    assert ladder(reported, PROBES, 11.0)[Rung.PICTURE].state is RungState.FAILED
    assert ladder(reported | {"rtsp.picture": reading(True, 20.0)}, PROBES, 20.0)[Rung.PICTURE].state is RungState.OK


def test_two_streams_of_one_camera_are_one_rung_and_either_is_enough() -> None:
    readings = {"rtsp.frames[10.0.0.1:554]": reading(False), "rtsp.frames[10.0.0.1:554#2]": reading(True)}
    assert ladder(readings, PROBES, 1.0)[Rung.FRAMES].by == "rtsp.frames[10.0.0.1:554#2]"


def test_every_result_says_when_and_by_which_reading() -> None:
    result = ladder({"rtsp.described": reading(False, 5.0, text="404 stream missing")}, PROBES, 6.0)[Rung.DESCRIBED]
    assert (result.decided_at, result.by, result.why, result.source) == (
        5.0,
        "rtsp.described",
        "404 stream missing",
        "video.rtsp",
    )


VALUES: st.SearchStrategy[Value] = st.sampled_from((True, False, None))


@given(st.dictionaries(st.sampled_from((*DECIDERS, "icmp.up", "http.up[a]")), st.tuples(VALUES, st.integers(0, 200))))
def test_whatever_is_read_the_ladder_is_consistent(drawn: dict[str, tuple[Value, int]]) -> None:
    readings = {key: reading(value, float(at), fresh_for=120) for key, (value, at) in drawn.items()}
    result = ladder(readings, PROBES, 150.0)
    assert [rung.rung for rung in result.rungs] == list(RUNGS)
    failed = [rung for rung in result.rungs if rung.state is RungState.FAILED]
    fine = [rung for rung in result.rungs if rung.state is RungState.OK]
    assert result.failing == (failed[0] if failed else None)
    assert (result.health is Health.OK) == bool(fine and not failed and not any(r.needs_person for r in result.rungs))
    assert result.health is not Health.DOWN or not fine
    for lower, upper in itertools.pairwise(rung for rung in result.rungs if rung.rung.level <= Rung.PICTURE.level):
        measured = upper.state is RungState.OK and not upper.claimed
        assert not measured or lower.state is RungState.OK or lower.claimed
    for rung in (*fine, *failed):
        assert rung.fresh_until > 150.0
