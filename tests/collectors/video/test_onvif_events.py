"""Events of ONVIF devices: a real pull point over HTTP, and topics of several makers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from lxml import etree

from collectors.contract import Measurement, Target
from collectors.errors import Misconfigured
from collectors.sim.cameras.onvif import OnvifCamera
from collectors.subscriber import Subscriber, SubscriberCallbacks
from collectors.video.onvif import pull_point
from collectors.video.onvif.events import EventStates, OnvifEvent, events_of
from collectors.video.onvif.probe import OnvifPoller
from feeds.model import Value
from tests.collectors.video.test_onvif import serving, target, values

TAMPER, LOSS = "tns1:RuleEngine/TamperDetector/Tamper", "tns1:VideoSource/SignalLoss"


class Watched:
    """A camera whose events are followed, and the newest value of each reading that was pushed."""

    def __init__(self, camera: OnvifCamera, poller: OnvifPoller, probe: Target) -> None:
        self.camera, self.poller, self.probe = camera, poller, probe
        self.values: dict[str, Value] = {}
        self.texts: dict[str, str] = {}

    def push(self, probe: Target, measurements: Sequence[Measurement]) -> None:
        for each in measurements:
            name = f"{each.metric}[{each.instance}]" if each.instance else each.metric
            self.values[name], self.texts[name] = each.value, each.text

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.01)


def _callbacks(scene: Watched) -> SubscriberCallbacks:
    return SubscriberCallbacks(
        push=scene.push, request_poll=lambda probe: None, report_alarms=lambda probe, conditions: None
    )


@asynccontextmanager
async def watched(user: str = "duty") -> AsyncIterator[Watched]:
    camera, poller = OnvifCamera("127.0.0.1", 0, user, "open sesame"), OnvifPoller()
    async with serving(camera) as port:
        scene = Watched(camera, poller, replace(target(port), params={"events": "yes"}))
        assert isinstance(poller, Subscriber)
        poller.attach(_callbacks(scene))
        await poller.poll(scene.probe)
        await scene.until(lambda: camera.calls["PullMessages"] >= 1)
        try:
            yield scene
        finally:
            await poller.close()


async def test_what_a_camera_tells_is_a_claim_at_once_and_is_confirmed_with_the_poll() -> None:
    async with watched() as scene:
        scene.camera.event(LOSS, state=True)
        await scene.until(lambda: scene.values.get("onvif.frames") is False)
        scene.camera.event(TAMPER, state=True, name="IsTamper")
        scene.camera.event("tns1:Device/Trigger/Relay", state=True, name="LogicalState", part="relay1")
        await scene.until(lambda: scene.values.get("onvif.relay[relay1]") is True)
        assert (scene.values["onvif.picture"], scene.texts["onvif.picture"][:5]) == (False, "遮挡或破坏")
        assert values(await scene.poller.poll(scene.probe))["onvif.frames"] is False
        scene.camera.event(TAMPER, state=False, name="IsTamper")
        scene.camera.event(LOSS, state=False)
        await scene.until(lambda: scene.values["onvif.frames"] is None and scene.values["onvif.picture"] is None)


async def test_a_camera_that_forgot_its_subscription_is_subscribed_to_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_point, "RETRY_FIRST", 0.05)
    async with watched() as scene:
        scene.camera.forgets = True
        scene.camera.event(LOSS, state=True)
        await scene.until(lambda: scene.camera.calls["CreatePullPointSubscription"] == 2)
        await scene.until(lambda: len(scene.camera.pull_points) == 1 and not scene.camera.forgets)
        scene.camera.event(LOSS, state=True)
        await scene.until(lambda: scene.values.get("onvif.frames") is False)


async def test_a_subscription_is_renewed_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_point, "LASTS", 0.2)
    async with watched() as scene:
        scene.camera.event("tns1:VideoSource/MotionAlarm", state=True)
        await scene.until(lambda: scene.camera.calls["Renew"] >= 1)
        assert scene.values == {}, "motion is no fault"
        scene.poller.forget(scene.probe)
        await scene.until(lambda: scene.camera.pull_points == {})
        assert scene.camera.calls["Unsubscribe"] == 1


async def test_events_are_asked_for_only_where_the_probe_says_so() -> None:
    camera, poller = OnvifCamera("127.0.0.1", 0), OnvifPoller()
    async with serving(camera) as port:
        await poller.poll(target(port, None))
        await asyncio.sleep(0.05)
        assert camera.calls["CreatePullPointSubscription"] == 0
        await poller.close()
    with pytest.raises(Misconfigured):
        OnvifPoller.validate(replace(target(1), params={"events": "perhaps"}))


def event(topic: str, state: bool | None = True, **more: object) -> OnvifEvent:
    return OnvifEvent(topic.lower(), state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("topic", "reading"),
    [
        ("VideoSource/GlobalSceneChange/ImagingService", "onvif.picture"),
        ("VideoSource/ImageTooDark/AnalyticsService", "onvif.picture"),
        ("MediaControl/VideoLoss", "onvif.frames"),
        ("Device/HardwareFailure/StorageFailure", "onvif.fault"),
        ("Device/Trigger/DigitalInput", "onvif.input"),
        ("RuleEngine/CellMotionDetector/Motion", ""),
    ],
)
def test_topics_mean_the_same_whoever_sends_them(topic: str, reading: str) -> None:
    states = EventStates()
    states.take(event(topic, part="1"))
    assert [each.metric for each in states.measurements()] == ([reading] if reading else [])


def test_what_was_so_before_raises_nothing_and_what_is_deleted_is_over() -> None:
    states = EventStates()
    assert states.take(event("RuleEngine/TamperDetector/Tamper", first=True))
    assert [each.value for each in states.measurements()] == [None]
    states.take(event("RuleEngine/TamperDetector/Tamper"))
    assert [each.value for each in states.measurements()] == [False]
    assert not states.take(event("RuleEngine/TamperDetector/Tamper")), "a repeat is no news"
    states.take(event("RuleEngine/TamperDetector/Tamper", deleted=True))
    assert [each.value for each in states.measurements()] == [None]


def test_a_flood_of_parts_is_bounded() -> None:
    states = EventStates()
    for number in range(10_000):
        states.take(event("Device/Trigger/Relay", part=f"r{number}"))
    assert len(list(states.measurements())) == 64


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<NotificationMessage/>",
        "<NotificationMessage><Topic>x</Topic></NotificationMessage>",
        "<NotificationMessage><Topic>a/b</Topic><Message><Message PropertyOperation='x'/></Message>"
        "</NotificationMessage>",
        "<NotificationMessage><Topic>VideoSource/SignalLoss</Topic><Message><Message><Source>"
        "<SimpleItem Value=']&gt;[ evil'/></Source><Data><SimpleItem Value='maybe'/></Data></Message></Message>"
        "</NotificationMessage>",
    ],
)
def test_messages_without_a_state_change_nothing_that_fails(inner: str) -> None:
    states = EventStates()
    for each in events_of(etree.fromstring(f"<PullMessagesResponse>{inner}</PullMessagesResponse>")):
        states.take(each)
    assert not any(each.value is False for each in states.measurements())


def test_a_claim_is_as_old_as_its_event_however_often_it_is_repeated() -> None:
    """A picture that was measured as good after the event outweighs it, see feeds/cameras/ladder.py."""
    time = [100.0]
    states = EventStates(clock=lambda: time[0])
    states.take(OnvifEvent(topic=TAMPER.partition(":")[2].lower(), state=True, part="0", first=False, deleted=False))
    time[0] = 160.0
    (claim,) = states.measurements()
    assert (claim.value, claim.observed_at, claim.confirmed_at) == (False, 100.0, 160.0)
    states.take(OnvifEvent(topic=TAMPER.partition(":")[2].lower(), state=False, part="0", first=False, deleted=False))
    (claim,) = states.measurements()
    assert (claim.value, claim.observed_at) == (None, 160.0)
