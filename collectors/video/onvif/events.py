"""Events of ONVIF devices (PullPoint): which topic means what, and the readings that follow. Pure.

Topics are matched by their path without prefixes. Many devices name topics and never send them: absence shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from collectors.contract import Measurement
from collectors.video.onvif import soap
from feeds.clock import Clock, now
from feeds.model import Quality

MAX_MESSAGES = 200
"""Messages of one answer that are read."""
MAX_PARTS = 64
"""Relays, inputs and faults of one device that are kept."""
FRESH_FOR = 180.0
"""Seconds for which an event's reading is fresh. It is confirmed with each poll while the subscription lives."""
_LOSS = ("videosource/signalloss", "mediacontrol/videoloss")
_PICTURE = {
    "videosource/imagetooblurry": "画面模糊 | image too blurry",
    "videosource/imagetoodark": "画面过暗 | image too dark",
    "videosource/imagetoobright": "画面过亮 | image too bright",
    "videosource/globalscenechange": "场景变换 | scene change",
    "ruleengine/tamperdetector/tamper": "遮挡或破坏 | tampering",
    "device/casing/open": "机壳被打开 | casing open",
}
_FAULTS = {
    "storagefailure": "storage",
    "fanfailure": "fan",
    "powersupplyfailure": "power",
    "temperaturecritical": "temperature",
}
_SWITCHES = {"device/trigger/digitalinput": "input", "device/trigger/relay": "relay"}
_ON = frozenset(("true", "1", "active", "on", "yes", "open"))
_OFF = frozenset(("false", "0", "inactive", "off", "no", "closed"))


@dataclass(frozen=True, slots=True)
class OnvifEvent:
    """One event. `topic` is its path in lower case without prefixes. `state` is None for an event without a state.

    `first`: the state as it is at the beginning of a subscription. `deleted`: the property is gone. `part` is the token
    of the source that it is about.
    """

    topic: str
    state: bool | None
    part: str = ""
    first: bool = False
    deleted: bool = False


def events_of(answer: etree._Element) -> Iterator[OnvifEvent]:
    """The events of a PullMessages answer."""
    for message in soap.every(answer, "NotificationMessage", MAX_MESSAGES):
        topic, content = soap.text(message, "Topic"), soap.find(message, "Message", "Message")
        content = content if content is not None else soap.find(message, "Message")
        if not topic or content is None:
            continue
        operation = str(content.get("PropertyOperation", "")).lower()
        yield OnvifEvent(
            topic="/".join(part.rpartition(":")[2] for part in topic.strip("/ ").split("/")).lower(),
            state=_state(soap.find(content, "Data")),
            part=_part(soap.find(content, "Source")),
            first=operation == "initialized",
            deleted=operation == "deleted",
        )


def _state(data: etree._Element | None) -> bool | None:
    """The first value of the data that is a state."""
    for item in soap.every(data, "SimpleItem", 16) if data is not None else ():
        value = str(item.get("Value", "")).strip().lower()
        if value in _ON or value in _OFF:
            return value in _ON
    return None


def _part(source: etree._Element | None) -> str:
    """The token of the source, fit to stand in the brackets of a reading's name."""
    item = soap.find(source, "SimpleItem") if source is not None else None
    value = str(item.get("Value", "")) if item is not None else ""
    return "".join(sign for sign in value if sign.isalnum() or sign in "-_.")[:32]


@dataclass(slots=True)
class EventStates:
    """The states that the events of one device add up to. `clock` gives epoch seconds."""

    clock: Clock = now
    lost: bool | None = None
    raised: dict[str, str] = field(default_factory=dict)
    has_picture: bool = False
    parts: dict[str, bool] = field(default_factory=dict)
    changed_at: dict[str, float] = field(default_factory=dict)

    def take(self, event: OnvifEvent) -> bool:
        """Take one event. True when a state has changed.

        What was raised before the subscription began is not raised by it: some cameras report tampering for ever.
        """
        before = (self.lost, dict(self.raised), self.has_picture, dict(self.parts))
        active = event.state is True and not event.deleted
        if any(event.topic.startswith(topic) for topic in _LOSS):
            self.lost = self._changed("onvif.frames", self.lost, active)
        elif text := next((words for topic, words in _PICTURE.items() if event.topic.startswith(topic)), ""):
            self.has_picture = True
            was_raised = bool(self.raised) if "onvif.picture" in self.changed_at else None
            self._raise(event.topic, text, active=active and not event.first)
            self._changed("onvif.picture", was_raised, bool(self.raised))
        elif name := self._name(event):
            if event.deleted or event.state is None:
                self.parts.pop(name, None)
            elif name in self.parts or len(self.parts) < MAX_PARTS:
                self.parts[name] = event.state
        return before != (self.lost, self.raised, self.has_picture, self.parts)

    def _changed(self, metric: str, before: bool | None, after: bool) -> bool:
        """Note when a claim changes. A claim that is repeated is no newer than what was measured since."""
        if before is not after:
            self.changed_at[metric] = self.clock()
        return after

    def _raise(self, topic: str, text: str, *, active: bool) -> None:
        if active:
            self.raised[topic] = text
        else:
            self.raised.pop(topic, None)

    @staticmethod
    def _name(event: OnvifEvent) -> str:
        """The reading of a switch or a fault of hardware, "" for any other event."""
        switch = next((name for topic, name in _SWITCHES.items() if event.topic.startswith(topic)), "")
        if switch:
            return f"onvif.{switch}[{event.part}]" if event.part else f"onvif.{switch}"
        last = event.topic.rpartition("/")[2]
        return f"onvif.fault[{_FAULTS[last]}]" if "hardwarefailure" in event.topic and last in _FAULTS else ""

    def measurements(self) -> Iterator[Measurement]:
        """The states as readings. A camera's word on its frames and picture is a claim."""
        if self.lost is not None:
            text = "摄像机报告信号丢失 | the camera reports signal loss" if self.lost else ""
            yield self._claim("onvif.frames", False if self.lost else None, text)
        if self.has_picture:
            yield self._claim("onvif.picture", False if self.raised else None, next(iter(self.raised.values()), ""))
        for key, state in self.parts.items():
            metric, _, part = key.partition("[")
            yield Measurement(metric=metric, instance=part.rstrip("]"), value=state, fresh_for=FRESH_FOR)

    def _claim(self, metric: str, value: bool | None, text: str) -> Measurement:
        quality = Quality.GOOD if value is not None else Quality.UNCERTAIN
        return Measurement(
            metric=metric,
            value=value,
            quality=quality,
            text=text,
            observed_at=self.changed_at[metric],
            confirmed_at=self.clock(),
            fresh_for=FRESH_FOR,
        )
