"""Subscription of one `mqtt://` probe: last values, their ages, and the availability of its device.

A retained message is of unknown age: uncertain and never fresh, unless it carries its time. A "+" in the topic gives
one reading a match.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from collectors import uri
from collectors.charset import printable
from collectors.contract import Measurement, Target
from collectors.errors import Misconfigured, NotReady, Reason, Silent
from collectors.network.mqtt import availability, packets
from collectors.network.mqtt import payload as payloads
from collectors.network.mqtt.packets import MqttMessage
from collectors.network.mqtt.topics import unshared
from collectors.network.unusable_values import OLDEST, no_value, unusable_time
from collectors.subscriber import SubscriberCallbacks
from feeds.clock import Clock
from feeds.model import Quality, Value

EVERY = "1m"
SLACK = 1.0
"""Seconds by which a message may be late."""
INSTANCES = 64
TEXT = 200
LONGEST_TOPIC = 1024
MIN_PUSH_INTERVAL = 0.1
"""Seconds between two pushes of one instance. Of a flood only the last message counts."""
NOTHING = "已订阅，尚无消息 | subscribed; no message yet"
RETAINED = "保留消息，时间未知 | retained, of unknown age"
ACL_EN = "; when the device does send, the broker may withhold it without a word: let the account read this topic (ACL)"
ACL_ZH = "；若设备确在发送，可能是代理的访问控制（ACL）不作声地扣下：请为该账号授予此主题的读取权限"
AHEAD = 60.0
"""Seconds by which a message's own time may be ahead for it to be used."""


@dataclass(slots=True)
class LastMessage:
    """The last message of one instance. `at` is its time of receipt. `live` is False for a retained message.

    `pushed_at` is when its value was last pushed. `waiting`: a later push is scheduled.
    """

    measurement: Measurement
    at: float
    live: bool
    pushed_at: float = 0.0
    waiting: bool = False


@dataclass(slots=True, eq=False)
class TopicWatch:
    """One probe: the subscription of its topic, and the last messages.

    `topic` is the filter that is subscribed to. `pattern` is the filter by which it receives: without `$share/GROUP/`.
    `gone`: the availability topic says offline. `odd_word` is its last word that means neither, "" for none.
    """

    target: Target
    callbacks: SubscriberCallbacks | None
    clock: Clock
    topic: str = ""
    pattern: str = ""
    filters: dict[str, int] = field(default_factory=dict)
    every: float = 60.0
    waited: bool = False
    gone: bool = False
    left_out: int = 0
    odd_word: str = ""
    _marks: frozenset[str | float] = frozenset()
    _own_times: dict[str, float] = field(default_factory=dict)
    _last_messages: dict[str, LastMessage] = field(default_factory=dict)
    _received: asyncio.Event = field(default_factory=asyncio.Event)
    _since: float = 0.0
    _reconnected: bool = False
    _timers: set[asyncio.TimerHandle] = field(default_factory=set)

    def __post_init__(self) -> None:
        params = self.target.params
        qos = int(params.get("qos", "1"))
        self.topic = topic(self.target)
        self.pattern = unshared(self.topic)
        self.filters = {self.topic: qos} | ({params["availability"]: qos} if "availability" in params else {})
        self.every = uri.duration(params.get("every", EVERY))
        self._since = self.clock()
        self._marks = payloads.marks(params)

    @property
    def about_broker(self) -> bool:
        """True when the topic is one of the broker's own statistics."""
        return self.pattern.startswith("$SYS/")

    async def first(self, deadline: float) -> None:
        """Wait for the first message, so that the first poll has a value. `deadline` is in loop time."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._received.wait()
        except TimeoutError:
            pass  # `verdict` reports that nothing came

    def verdict(self, at: float) -> list[Measurement]:
        """The answer to a poll at `at` (epoch seconds). Raises NotReady, Silent."""
        if self.gone:
            raise NotReady(Reason.OFFLINE, f"{self.target.params['availability']} says so")
        if self._reconnected:
            self._since, self._reconnected = at, False
        live = [last.at for last in self._last_messages.values() if last.live]
        spoke = max(*live, self._since) if live else self._since
        measurements = [last.measurement for last in self._last_messages.values()]
        if at - spoke > self.every + SLACK and not any(_fresh(measurement, at) for measurement in measurements):
            never = () if live else (ACL_EN, ACL_ZH)
            raise Silent(
                f"the broker works, but nothing came on {self.topic} for {at - spoke:.0f} s; expected every "
                f"{self.every:g} s{''.join(never[:1])}",
                f"代理正常，但主题 {self.topic} 已 {at - spoke:.0f} 秒没有消息；应至少每 {self.every:g} 秒一次"
                f"{''.join(never[1:])}",
            )
        if not measurements:
            measurements.append(self._reading(None, Quality.UNCERTAIN, at, text=NOTHING, fresh_for=0.0))
        if self.odd_word:
            where = self.target.params["availability"]
            text = (
                f"{where} 的内容 {self.odd_word!r} 不表示在线或离线，请用 online=、offline= 说明"
                f" | {where} says {self.odd_word!r}, neither on nor off: "
                "name its words by online= and offline="
            )
            measurements.append(
                Measurement(
                    metric="mqtt.availability",
                    value=self.odd_word,
                    quality=Quality.UNCERTAIN,
                    observed_at=at,
                    text=text,
                )
            )
        if self.left_out:
            zh = f"匹配的主题超过 {INSTANCES} 个，其余未列入"
            en = f"more than {INSTANCES} topics match; the others are left out"
            measurements.append(
                Measurement(metric="mqtt.left_out", value=self.left_out, observed_at=at, text=f"{zh} | {en}")
            )
        return measurements

    def take(self, message: MqttMessage, instance: str) -> None:
        """Take a message of the topic or of the availability topic."""
        params = self.target.params
        if message.topic == params.get("availability") and message.topic != self.topic:
            self._available(message)
            return
        previous = self._last_messages.get(instance)
        if previous is None and len(self._last_messages) >= INSTANCES:
            self.left_out += 1
            return
        if message.retain and previous is not None and previous.live:
            return  # a retained message that a new subscription brings again
        at = self.clock()
        measurement = self._read(message, at, instance)
        self._last_messages[instance] = LastMessage(
            measurement, at, live=not message.retain, pushed_at=previous.pushed_at if previous else 0.0
        )
        self._received.set()
        self._push(instance, at, waiting=previous is not None and previous.waiting)

    def _available(self, message: MqttMessage) -> None:
        params, payload = self.target.params, message.payload or b""
        before = self.gone, self.odd_word
        present = availability.read(payload, params.get("online"), params.get("offline"))
        if present is not None:
            self.gone, self.odd_word = not present, ""
        elif payload:  # a retained message that is taken back is empty
            self.odd_word = printable(availability.word_of(payload))[: availability.SHOWN]
        if (self.gone, self.odd_word) != before:
            self._request_poll()

    def _read(self, message: MqttMessage, at: float, instance: str) -> Measurement:
        try:
            if message.payload is None:
                most = packets.LARGEST
                raise ValueError(f"消息超过 {most} 字节 | the payload is longer than {most} bytes")
            value, moment = payloads.read(message.payload, self.target.params)
        except ValueError as error:
            return self._reading(None, Quality.BAD, at, text=str(error)[:TEXT], instance=instance)
        if not isinstance(value, bool) and value in self._marks:
            return self._reading(None, Quality.BAD, at, text=no_value(str(value)), instance=instance)
        quality = Quality.UNCERTAIN if value is None else Quality.GOOD  # null, or no finite number
        if moment is not None:
            if self._is_usable(moment, at, instance):
                self._own_times[instance] = moment
                return self._reading(value, quality, moment, instance=instance)
            if not message.retain:
                self._own_times[instance] = at
                return self._reading(value, Quality.UNCERTAIN, at, text=unusable_time(moment), instance=instance)
        if message.retain:
            return self._reading(value, Quality.UNCERTAIN, at, text=RETAINED, instance=instance, fresh_for=0.0)
        return self._reading(value, quality, at, instance=instance)

    def _is_usable(self, moment: float, at: float, instance: str) -> bool:
        """False for a message's own time that lies ahead, before OLDEST, or before that of the last message."""
        return OLDEST < moment <= at + AHEAD and moment >= self._own_times.get(instance, moment)

    def _reading(
        self,
        value: Value,
        quality: Quality,
        at: float,
        *,
        text: str = "",
        instance: str = "",
        fresh_for: float | None = None,
    ) -> Measurement:
        params = self.target.params
        return Measurement(
            metric=params.get("metric", "mqtt.value"),
            value=value,
            unit=params.get("unit", ""),
            quality=quality,
            observed_at=at,
            text=text,
            instance=instance,
            fresh_for=self.every + SLACK if fresh_for is None else fresh_for,
        )

    def _push(self, instance: str, at: float, *, waiting: bool) -> None:
        last = self._last_messages[instance]
        last.waiting = waiting
        if self.callbacks is None or waiting:
            return
        if at - last.pushed_at >= MIN_PUSH_INTERVAL:
            self._push_now(instance)
        else:
            last.waiting = True
            self._later(lambda: self._push_now(instance))

    def _later(self, act: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(MIN_PUSH_INTERVAL, run)
        self._timers.add(timer)

    def _push_now(self, instance: str) -> None:
        last = self._last_messages[instance]
        last.pushed_at, last.waiting = self.clock(), False
        if self.callbacks is not None:
            self.callbacks.push(self.target, [last.measurement])

    def lost(self) -> None:
        """Note a lost connection. The time without messages starts again after the next one."""
        self._reconnected = True
        self._request_poll()

    def _request_poll(self) -> None:
        """Request a poll, because the state of the connection or the device changed."""
        if self.callbacks is not None:
            self.callbacks.request_poll(self.target)

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def _fresh(measurement: Measurement, at: float) -> bool:
    return (
        measurement.observed_at is not None
        and measurement.fresh_for is not None
        and measurement.observed_at + measurement.fresh_for > at
    )


def topic(target: Target) -> str:
    """The topic filter of the path. Raises Misconfigured."""
    whole = unquote(target.path[1:])
    text = unshared(whole)
    levels = text.split("/")
    wild = "#" in text or any("+" in level and level != "+" for level in levels) or text.startswith("+")
    if not text or wild or len(text) > LONGEST_TOPIC or "\0" in text:
        raise Misconfigured(
            f"{target.uri!r} needs a topic: {target.scheme}://{target.address}/site/7/river; a + may stand for a whole "
            "level but the first, # may not",
            f"{target.uri!r} 缺少主题，或主题不可用：{target.scheme}://{target.address}/site/7/river；"
            "+ 可代替除第一级外的一整级，不可用 #",
        )
    return whole
