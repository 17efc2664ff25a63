"""Our subscriptions to devices: asked for, renewed, given up, and their NOTIFY."""

from __future__ import annotations

import pytest

from collectors.video.gb28181.subscriptions import SubscriptionState, Topic
from tests.collectors.video.gb28181.scene import DEVICE, A, B, Scene, item
from tests.collectors.video.gb28181.test_platform import listed

OK, UNKNOWN = "SIP/2.0 200 OK", "SIP/2.0 481 Subscription Does Not Exist"


def test_a_subscription_is_renewed_in_its_dialog_and_replaces_polling() -> None:
    scene = Scene(keepalive=60.0)
    scene.register(expires=86_400)
    listed(scene, item(A))
    (first,) = scene.subscribes()
    assert b"Event: Catalog\r\n" in first
    assert b"Expires: 3600\r\n" in first
    dialog = scene.answer(first, more="Expires: 600\r\n")
    alive(scene, 470.0)
    assert len(scene.subscribes()) == 1
    alive(scene, 485.0)
    renewed = scene.subscribes()[1]
    assert f"Call-ID: {dialog}".encode() in renewed
    assert b"CSeq: 2 SUBSCRIBE" in renewed
    assert b";tag=device" in renewed
    scene.answer(renewed, more="Expires: 86400\r\n")
    queries = len(scene.query_numbers("Catalog"))
    alive(scene, 3000.0)
    assert len(scene.query_numbers("Catalog")) <= queries + 1, "what tells by itself is not asked every five minutes"
    assert scene.platform.figures()["subscriptions"] == 1.0


@pytest.mark.parametrize("status", ["489 Bad Event", "501 Not Implemented", ""])
def test_a_device_that_does_not_subscribe_is_polled_and_asked_again_the_next_day(status: str) -> None:
    scene = Scene(keepalive=60.0)
    scene.register(expires=86_400)
    listed(scene, item(A))
    if status:
        scene.answer(scene.subscribes()[0], status)
    alive(scene, 700.0)
    assert [each.state for each in scene.platform.subscriptions.of(DEVICE)] == [SubscriptionState.UNSUPPORTED]
    assert len(scene.query_numbers("Catalog")) >= 2
    assert len(scene.subscribes()) == 1
    scene.time += 86_400.0
    scene.register(expires=86_400)
    scene.pass_to(scene.time + 2.0)
    assert len(scene.subscribes()) == 2


def test_a_notify_of_a_dialog_that_we_do_not_know_is_a_hint_to_ask_and_nothing_more() -> None:
    scene = Scene()
    scene.register()
    listed(scene, item(A))
    assert scene.notify("somebody's", A, "OFF") == UNKNOWN
    assert scene.value(A, "gb28181.described") is True
    scene.pass_to(scene.time + 2.0)
    number = scene.query_numbers("Catalog")[1]
    scene.catalog(number, 1, item(A, status="OFF"))
    assert scene.value(A, "gb28181.described") is False


def test_a_silent_device_loses_its_dialog_and_is_subscribed_to_anew() -> None:
    scene = Scene()
    scene.register()
    listed(scene, item(A))
    dialog = scene.answer(scene.subscribes()[0], more="Expires: 3600\r\n")
    scene.pass_to(200.0)
    assert scene.up() is False
    scene.keepalive()
    scene.pass_to(202.0)
    fresh = scene.answer(scene.subscribes()[1], more="Expires: 3600\r\n")
    assert fresh != dialog
    assert scene.notify(dialog, A, "OFF") == UNKNOWN
    assert scene.notify(fresh, A, "OFF") == OK
    assert scene.value(A, "gb28181.described") is False


def test_alarms_and_positions_are_subscribed_to_where_the_settings_say_so() -> None:
    scene = Scene(subscribe=(Topic.CATALOG, Topic.ALARM, Topic.POSITION))
    scene.register()
    scene.pass_to(1.0)
    bodies = [data.partition(b"\r\n\r\n")[2] for data in scene.subscribes()]
    assert [b"<AlarmMethod>0" in body for body in bodies] == [False, True, False]
    assert b"<CmdType>MobilePosition</CmdType>" in bodies[2]


@pytest.mark.parametrize(
    "body",
    [
        f"<DeviceID>{B}</DeviceID><Time>2026-11-30T09:00:00</Time><Longitude>101.5</Longitude><Latitude>25.1</Latitude>",
        f"<DeviceID>{DEVICE}</DeviceID><SumNum>1</SumNum><DeviceList Num='1'><Item><DeviceID>{B}</DeviceID>"
        "<CaptureTime>2026-11-30T09:00:00</CaptureTime><Longitude>101.5</Longitude><Latitude>25.1</Latitude></Item>"
        "</DeviceList>",
    ],
    ids=["2016", "2022"],
)
def test_positions_in_both_forms_are_taken_at_most_every_five_seconds(body: str) -> None:
    scene = Scene()
    scene.register()
    notify = f"<Notify><CmdType>MobilePosition</CmdType><SN>1</SN>{body}</Notify>"
    scene.message(notify)
    assert (scene.value(B, "gb28181.lat"), scene.value(B, "gb28181.lon")) == (25.1, 101.5)
    scene.message(notify.replace("101.5", "101.6"))
    assert scene.value(B, "gb28181.lon") == 101.5
    scene.pass_to(scene.time + 6.0)
    scene.message(notify.replace("101.5", "101.6"))
    assert scene.value(B, "gb28181.lon") == 101.6
    scene.pass_to(scene.time + 6.0)
    scene.message(notify.replace("101.5", "999"))
    assert scene.value(B, "gb28181.lon") == 101.6


def alive(scene: Scene, until: float) -> None:
    """Let time pass with keepalives, and with answers to the queries for the catalog."""
    answered = len(scene.query_numbers("Catalog"))
    while scene.time < until:
        scene.pass_to(min(until, scene.time + 30.0))
        scene.keepalive()
        numbers = scene.query_numbers("Catalog")
        for number in numbers[answered:]:
            scene.catalog(number, 1, item(A))
        answered = len(numbers)
