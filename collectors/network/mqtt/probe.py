"""`mqtt://broker/site/7/river?field=level&metric=river.level&unit=m&every=1m`: what a topic says; mqtts:// over TLS.

Topics of one broker and credential share one connection, QoS 1 (or 0, 2), MQTT 3.1.1 or (`version=5`) 5. `field` is
a JSON path into the payload; without it the payload itself is the value. `time` is the path of the message's own time.
A "+" in the topic gives one reading a match, with what stood there as its instance, at most 64 of them.

The broker's answer is not the device's: a topic that is silent for longer than `every` is stale, and nobody can tell.
`availability=TOPIC` (a last will) says that the device itself is gone, in words or JSON. A broker that cannot be
reached makes its devices unknown, except where the topic is the broker's own (`$SYS/…`). `nodata=-9999` are marks that
mean no value. A retained message is of unknown age: it is uncertain and never fresh, unless it carries its time.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import Misconfigured, NotReady, Undetermined
from collectors.network import addresses
from collectors.network.http.checks import json_path
from collectors.network.modbus.probe import need_metric
from collectors.network.mqtt import topics
from collectors.network.mqtt.broker import VERSIONS, Broker
from collectors.network.mqtt.connection import BrokerConnection
from collectors.network.mqtt.packets import MqttMessage
from collectors.network.mqtt.rate_limit import PACKETS
from collectors.network.mqtt.subscription import EVERY, TEXT, TopicWatch, topic
from collectors.network.mqtt.topics import unshared
from collectors.network.tls import trust
from collectors.subscriber import SubscriberCallbacks
from feeds.clock import Clock, now

PORTS = {"mqtt": 1883, "mqtts": 8883}
PARAMS = (
    "cred",
    "field",
    "time",
    "metric",
    "unit",
    "every",
    "qos",
    "version",
    "availability",
    "online",
    "offline",
    "nodata",
    "verify",
)
OVERLOAD_REPORTED_FOR = 60.0
"""Seconds for which people are told that a broker was too fast."""
SHARE, PATIENT = 0.9, 0.7
"""Parts of a poll's time: for the broker, so that what went wrong is said before the poll is cut off, and until which
the very first message of a topic is waited for."""


class MqttPoller(Poller):
    """Connections and what was last heard are kept between polls. `clock` gives epoch seconds."""

    schemes: ClassVar[tuple[str, ...]] = tuple(PORTS)
    family: ClassVar[str] = "mqtt"

    def __init__(self, clock: Clock = now) -> None:
        self._clock = clock
        self._callbacks: SubscriberCallbacks | None = None
        self._trust = trust.Trust()
        self._brokers: dict[tuple[object, ...], Topics] = {}
        self._watches: dict[tuple[str, str], tuple[Topics, TopicWatch]] = {}

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a broker and a topic, or when a parameter cannot be read."""
        addresses.need_host(target, f"{target.scheme}://10.0.0.5/site/7/river?field=level&every=1m")
        uri.only(target, PARAMS)
        need_metric(target)
        topic(target)
        if not set(target.params.get("availability", "")).isdisjoint("+#\0"):
            raise Misconfigured(
                f"{target.uri!r}: availability is one topic, without + and #",
                f"{target.uri!r}：availability 须为一个主题，不含 + 与 #",
            )
        for name in ("field", "time"):
            if name in target.params:
                json_path(target.params[name])
        uri.duration(target.params.get("every", EVERY))
        addresses.choice(target, "qos", ("1", "0", "2"))
        addresses.choice(target, "version", ("3.1.1", "5"))
        addresses.choice(target, "verify", ("yes", "no"))
        trust.check(target)

    def figures(self) -> tuple[dict[str, float], str]:
        """Packets that came, and for how long brokers that are too fast were not read."""
        links, now = [topics.link for topics in self._brokers.values()], asyncio.get_running_loop().time()
        received, held = (sum(link.pace.received for link in links), sum(link.pace.held for link in links))
        stats = {"received": float(received), "held_s": round(held, 3)}
        fast = sorted(
            {
                f"{link.broker.host}:{link.broker.port}"
                for link in links
                if now - link.pace.held_at < OVERLOAD_REPORTED_FOR
            }
        )
        return stats, _too_fast(fast) if fast else ""

    def attach(self, callbacks: SubscriberCallbacks) -> None:
        """Messages go on as they come."""
        self._callbacks = callbacks

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady, AuthFailed, Misconfigured, Silent."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + target.timeout * SHARE
        topics, watch = self._watch(target)
        try:
            await topics.link.ready(watch.filters, deadline - loop.time())
        except NotReady as error:
            raise error if watch.about_broker else _broker_lost(target, error) from error
        if not watch.waited:
            watch.waited = True
            await watch.first(deadline - target.timeout * (SHARE - PATIENT))
        return watch.verdict(self._clock())

    def _watch(self, target: Target) -> tuple[Topics, TopicWatch]:
        key = (target.asset, target.uri)
        watch_entry = self._watches.get(key)
        if watch_entry is not None and watch_entry[1].target == target:
            return watch_entry
        if watch_entry is not None:
            self.forget(watch_entry[1].target)
        values = _values(target)
        link_key = (
            target.scheme,
            target.host,
            target.port,
            *(target.params.get(name) for name in ("verify", "version")),
            *sorted(values.items()),
        )
        if link_key not in self._brokers:
            self._brokers[link_key] = Topics(link_key, _broker(target, values, self._trust))
        topics = self._brokers[link_key]
        watch = TopicWatch(target, self._callbacks, self._clock)
        topics.add(watch)
        self._watches[key] = (topics, watch)
        return topics, watch

    def forget(self, target: Target) -> None:
        """End the subscription of a target that is no longer in the inventory."""
        watch_entry = self._watches.pop((target.asset, target.uri), None)
        if watch_entry is None:
            return
        topics, watch = watch_entry
        watch.close()
        if not topics.remove(watch):
            topics.link.close()
            del self._brokers[topics.place]

    async def close(self) -> None:
        """Disconnect from every broker."""
        for subscriptions in self._brokers.values():
            subscriptions.link.close()
        for _, watch in self._watches.values():
            watch.close()
        self._brokers.clear()
        self._watches.clear()


class Topics:
    """All that is watched at one broker. `place` is what tells it from other brokers and credentials."""

    def __init__(self, link_key: tuple[object, ...], broker: Broker) -> None:
        self.place = link_key
        self.link = BrokerConnection(broker, self._taken, self._lost)
        self._exact: dict[str, list[TopicWatch]] = {}
        self._patterns: list[TopicWatch] = []
        self._all: list[TopicWatch] = []

    def add(self, watch: TopicWatch) -> None:
        self._all.append(watch)
        for name in watch.filters:
            received = unshared(name)
            if "+" in received:
                self._patterns.append(watch)
            else:
                self._exact.setdefault(received, []).append(watch)
            self.link.resend_retained(name)

    def remove(self, watch: TopicWatch) -> bool:
        """False when nothing is watched there any more."""
        self._all.remove(watch)
        if watch in self._patterns:
            self._patterns.remove(watch)
        for name in watch.filters:
            received = unshared(name)
            if watch in self._exact.get(received, ()):
                self._exact[received].remove(watch)
            if not self._exact.get(received):
                self._exact.pop(received, None)
            if not any(name in other_watch.filters for other_watch in self._all):
                self.link.drop(name)
        return bool(self._all)

    def _taken(self, message: MqttMessage) -> None:
        for watch in self._exact.get(message.topic, ()):
            watch.take(message, "")
        for watch in self._patterns:
            matched = topics.matches(watch.pattern, message.topic)
            if matched is not None:
                watch.take(message, "/".join(matched)[:TEXT])

    def _lost(self) -> None:
        for watch in self._all:
            watch.lost()


def _broker_lost(target: Target, error: NotReady) -> Undetermined:
    """The error of a device whose broker cannot be reached."""
    return Undetermined(
        error.reason,
        f"the broker {target.address} cannot be reached, the device is unknown ({error.en})",
        f"代理 {target.address} 不可达，设备状态未知（{error.zh}）",
    )


def _too_fast(fast: list[str]) -> str:
    brokers = ", ".join(fast[:3])
    return (
        f"{brokers} 的消息超过每秒 {PACKETS:.0f} 条，读取已放慢，数值可能滞后：请缩小订阅范围或限制设备的发送速率"
        f" | {brokers}: more than {PACKETS:.0f} messages a second; it is held back and values may be late: "
        "subscribe to less, or limit the rate of the devices"
    )


def _values(target: Target) -> dict[str, str]:
    """Of the credential. Raises Misconfigured when it is of a kind that MQTT has no use for."""
    values = target.credential.values if target.credential is not None else {}
    if target.credential is not None and target.credential.kind != trust.KIND and "user" not in values:
        raise Misconfigured(
            f"credential {target.credential.name!r} has no user; MQTT wants kind 'password' with user and password",
            f"凭据 {target.credential.name!r} 没有 user；MQTT 需要 kind 'password'，写 user 与 password",
        )
    return values


def _broker(target: Target, values: dict[str, str], believed: trust.Trust) -> Broker:
    version = next(number for number, name in VERSIONS.items() if name == target.params.get("version", "3.1.1"))
    tls = believed.context(target, verify=target.params.get("verify") != "no") if target.scheme == "mqtts" else None
    return Broker(
        host=target.host,
        port=target.port or PORTS[target.scheme],
        version=version,
        user=values.get("user", ""),
        password=values.get("password", ""),
        tls=tls,
    )
