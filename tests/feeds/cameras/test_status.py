"""A camera's status: its group by the rung that fails, and the letters of its ladder."""

from __future__ import annotations

import pytest

from feeds.cameras.evidence import RUNGS
from feeds.cameras.status import GROUP_OF, CameraGroup, camera_status, group_of


@pytest.mark.parametrize(
    ("health", "fails", "group"),
    [
        ("down", "path", "offline"),
        ("degraded", "signalling", "offline"),
        ("degraded", "described", "signalling"),
        ("degraded", "frames", "frames"),
        ("degraded", "picture", "picture"),
        ("degraded", "clock", "other"),
        ("degraded", "recording", "other"),
        ("degraded", "", "other"),
        ("unknown", "frames", "unknown"),
        ("ok", "", "ok"),
    ],
)
def test_a_camera_is_grouped_by_the_lowest_rung_that_fails(health: str, fails: str, group: str) -> None:
    assert group_of(health, fails) == CameraGroup(group)


def test_every_rung_has_a_group() -> None:
    assert set(GROUP_OF) == set(RUNGS)


def test_the_ladder_is_seven_letters_and_a_rung_without_reading_is_not_checked() -> None:
    readings = {
        "camera.rung[path]": {"value": "ok", "text": ""},
        "camera.rung[frames]": {"value": "failed", "text": ""},
        "camera.rung[picture]": {"value": "unknown", "text": ""},
        "camera.fails": {"value": "frames", "text": "无数据 | no data"},
        "gb28181.maker": {"value": "Hikvision", "text": ""},
    }
    status = camera_status("degraded", {}, readings)
    assert (status["rungs"], status["group"], status["why"]) == ("o--fu--", "frames", "无数据 | no data")
    assert status["maker"] == "Hikvision"
    assert camera_status("degraded", {"maker": "Dahua"}, readings)["maker"] == "Dahua"


def test_a_camera_that_was_never_read_is_unknown() -> None:
    assert camera_status("unknown", {}, {}) == {
        "group": "unknown",
        "fails": "",
        "why": "",
        "conflict": "",
        "rungs": "-------",
        "faults": "",
        "maker": "",
        "key_point": False,
    }
