"""Completeness of recordings: asked for in hours, added up, and never said of a device that does not answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collectors.video.gb28181.recordings import SLICE, covered, hour_of
from tests.collectors.video.gb28181.scene import DEVICE, WALL, A, Scene, item
from tests.collectors.video.gb28181.test_platform import listed
from tests.collectors.video.gb28181.test_subscriptions import alive


@pytest.mark.parametrize(
    ("pieces", "seconds"),
    [
        ([], 0.0),
        ([(0.0, 3600.0)], 3600.0),
        ([(-500.0, 1800.0), (1800.0, 9000.0)], 3600.0),
        ([(0.0, 1000.0), (1001.5, 3600.0)], 3600.0),
        ([(0.0, 1000.0), (1500.0, 3600.0)], 3100.0),
        ([(0.0, 2000.0), (500.0, 1000.0), (1000.0, 2500.0)], 2500.0),
        ([(4000.0, 5000.0)], 0.0),
    ],
)
def test_pieces_are_added_up_without_counting_anything_twice(pieces: list[tuple[float, float]], seconds: float) -> None:
    assert covered(pieces, 0.0, 3600.0) == seconds


def test_every_hour_of_the_day_is_asked_for_in_time_and_none_that_is_not_over() -> None:
    hours = {int((hour_of(A, WALL + day * 86_400.0) + 8 * 3600.0) // 3600 % 24) for day in range(400)}
    assert len(hours) >= 20
    assert all(hour_of(A, WALL + day * 86_400.0) + SLICE <= WALL + day * 86_400.0 for day in range(400))


def asked_hour(scene: Scene) -> tuple[int, datetime]:
    """The number of the only query for recordings, and the hour that it names."""
    (number,) = scene.query_numbers("RecordInfo")
    match = re.search(rb"<StartTime>([^<]+)</StartTime>", b"".join(scene.sent))
    assert match is not None
    return number, datetime.fromisoformat(match[1].decode())


def answer(scene: Scene, number: int, total: str, *pieces: tuple[datetime, datetime]) -> None:
    items = "".join(
        f"<Item><DeviceID>{A}</DeviceID><StartTime>{begin.isoformat()}</StartTime>"
        f"<EndTime>{end.isoformat()}</EndTime></Item>"
        for begin, end in pieces
    )
    scene.message(
        f"<Response><CmdType>RecordInfo</CmdType><SN>{number}</SN><DeviceID>{A}</DeviceID><SumNum>{total}</SumNum>"
        f"<RecordList Num='{len(pieces)}'>{items}</RecordList></Response>"
    )


@pytest.mark.parametrize(("minutes", "share", "is_enough"), [(60, 100.0, True), (57, 95.0, True), (30, 50.0, False)])
def test_the_share_of_an_hour_decides_the_recording_rung(minutes: int, share: float, is_enough: bool) -> None:
    scene = Scene(A, recordings=True, keepalive=60.0)
    scene.register(expires=86_400)
    listed(scene, item(A))
    while not scene.query_numbers("RecordInfo"):
        alive(scene, scene.time + 30.0)
    number, begin = asked_hour(scene)
    middle, end = begin + timedelta(minutes=10), begin + timedelta(minutes=minutes)
    assert begin.replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() + SLICE <= WALL + scene.time
    answer(scene, number, "2", (begin, middle))
    assert "gb28181.recorded" not in {m.metric for message in scene.reported for m in message.measurements}
    answer(scene, number, "2", (middle, end))
    assert (scene.value(A, "gb28181.recorded"), scene.value(A, "gb28181.recording")) == (share, is_enough)


@pytest.mark.parametrize("total", ["-1", "", "many", "9"])
def test_an_answer_that_is_not_whole_says_nothing_and_the_device_goes_on(total: str) -> None:
    scene = Scene(A, recordings=True, keepalive=60.0)
    scene.register(expires=86_400)
    listed(scene, item(A))
    while not scene.query_numbers("RecordInfo"):
        alive(scene, scene.time + 30.0)
    number, begin = asked_hour(scene)
    answer(scene, number, total, (begin, begin + timedelta(minutes=5)))
    alive(scene, scene.time + 60.0)
    answer(scene, number, "1", (begin, begin + timedelta(minutes=5)))
    metrics = {m.metric for message in scene.reported for m in message.measurements}
    assert "gb28181.recorded" not in metrics, "an answer that comes late is not used"
    assert scene.keepalive() == "SIP/2.0 200 OK"


def test_nothing_is_asked_unless_the_settings_say_so() -> None:
    scene = Scene(A, keepalive=60.0)
    scene.register(expires=86_400)
    listed(scene, item(A))
    alive(scene, 4400.0)
    assert scene.query_numbers("RecordInfo") == []
    assert DEVICE in {binding.device for binding in scene.platform.bindings}
