"""A switch with a recorder and its cameras behind it: one alert (worked example 14 of video)."""

from __future__ import annotations

from tests.alerts.desk import Desk, probed

CAMERAS = tuple(f"cam-{number}" for number in range(1, 17))


def test_a_switch_that_fails_is_one_alert_and_its_cameras_wait_for_a_newer_sample() -> None:
    desk = Desk(probed("sw", kind="switch"), probed("nvr", "sw", kind="nvr"), *(probed(c, "nvr") for c in CAMERAS))
    for id in ("sw", "nvr", *CAMERAS):
        desk.see(0, id, "ok")
    desk.see(1, "sw", "down")
    desk.see(1.5, "nvr", "down")
    for id in CAMERAS:
        desk.see(2, id, "down")
    root = desk.alert("sw")
    assert desk.notices == [(1, "sw", "first")]
    assert desk.shown() == ["sw"]
    assert {desk.alert(id).suppressed_by for id in ("nvr", *CAMERAS)} == {(f"inhibited:{root.id}",)}
    desk.see(5, "sw", "ok")
    desk.see(5.2, "nvr", "ok")
    assert desk.notices[1:] == [(5, "sw", "cleared")], "no camera is told of before its own newer sample"
    for id in CAMERAS[:-1]:
        desk.see(5.5, id, "ok")
    desk.see(6, CAMERAS[-1], "down")
    assert desk.notices[2:] == [(6, CAMERAS[-1], "first")]
    assert [alert.asset for alert in desk.core.alerts.values() if alert.active] == [CAMERAS[-1]]
