"""MQTT: one connection for many topics, ages, availability, and each way to fail."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from collectors import once, registry
from collectors.contract import Measurement, Target
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason, Silent
from collectors.network.mqtt import packets, probe, topics
from collectors.network.mqtt.packets import MqttMessage, Parser
from collectors.network.mqtt.probe import MqttPoller
from collectors.network.mqtt.rate_limit import AT_ONCE, BURST, BYTES, PACKETS, Pace
from collectors.network.mqtt.subscription import MIN_PUSH_INTERVAL, RETAINED
from collectors.settings import Credential
from collectors.sim.mqtt import MqttBroker
from collectors.subscriber import SubscriberCallbacks
from feeds.model import Quality
from tests.collectors.network.loopback import (
    ANSWERED,
    SILENT,
    ask,
    failure,
    hanging_up,
    saying,
    serve,
    silence,
    target_of,
)
from tests.patience import until
from tests.ports import free_port

LOGIN = Credential(name="b", kind="password", values={"user": "watch", "password": "open sesame"})


@asynccontextmanager
async def broker(**settings: Any) -> AsyncIterator[MqttBroker]:
    server = MqttBroker("127.0.0.1", 0, **settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Desktop:
    """Takes what is told; `looks` counts who asked for a poll. `time` is moved by hand."""

    def __init__(self) -> None:
        self.time = 1_790_000_000.0
        self.pushed: list[Measurement] = []
        self.looks: list[str] = []
        self.poller = MqttPoller(lambda: self.time)
        self.poller.attach(
            SubscriberCallbacks(push=self._tell, request_poll=self._look, report_alarms=lambda target, conditions: None)
        )

    def _tell(self, target: Target, measurements: Sequence[Measurement]) -> None:
        self.pushed += measurements

    def _look(self, target: Target) -> None:
        self.looks.append(target.uri)


def has_told(desk: Desktop, metric: str, value: object) -> bool:
    return (metric, value) in [(measurement.metric, measurement.value) for measurement in desk.pushed]


@asynccontextmanager
async def desktop() -> AsyncIterator[Desktop]:
    desk = Desktop()
    try:
        yield desk
    finally:
        await desk.poller.close()


def at(server: MqttBroker, address: str, credential: Credential | None = None) -> Target:
    return target_of(f"mqtt://{server.address}/{address}", credential)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The very first message of a topic is not waited for."""
    monkeypatch.setattr(probe, "PATIENT", 0.0)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_field_of_a_message_is_read_as_soon_as_it_comes(version: str) -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, f"river/7?field=level&metric=river.level&unit=m&version={version}")
        first = await ask(desk.poller, target)
        assert (first["river.level"].value, first["river.level"].quality) == (None, Quality.UNCERTAIN)
        server.publish("river/7", '{"level": 3.25, "more": [1]}')
        await until(lambda: desk.pushed)
        assert [(measurement.metric, measurement.value, measurement.unit) for measurement in desk.pushed] == [
            ("river.level", 3.25, "m")
        ]
        measurement = (await ask(desk.poller, target))["river.level"]
        assert (measurement.value, measurement.observed_at, measurement.quality) == (3.25, desk.time, Quality.GOOD)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("payload", "params", "value", "quality"),
    [
        ("21.5", "", 21.5, Quality.GOOD),
        (" 42 ", "", 42, Quality.GOOD),
        ("true", "", True, Quality.GOOD),
        ("open", "", "open", Quality.GOOD),
        ("nan", "", None, Quality.UNCERTAIN),
        ("{", "field=a", None, Quality.BAD),
        ('{"a": null}', "field=a", None, Quality.UNCERTAIN),
        ('{"a": 1e999}', "field=a", None, Quality.UNCERTAIN),
        ('{"b": 1}', "field=a", None, Quality.BAD),
        ('{"a": [1, {"b": 2}]}', "field=a[1].b", 2, Quality.GOOD),
        (b"\xff\xfe", "", None, Quality.BAD),
        ("[" * 100_000, "field=a", None, Quality.BAD),
        (b"1" * 300_000, "", None, Quality.BAD),
    ],
)
async def test_payloads(payload: str | bytes, params: str, value: object, quality: Quality) -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, f"a?{params}")
        await ask(desk.poller, target)
        server.publish("a", payload)
        await until(lambda: desk.pushed)
        server.publish("b", "the connection stands")
        measurement = (await ask(desk.poller, target))["mqtt.value"]
    assert (measurement.value, measurement.quality) == (value, quality)
    assert bool(measurement.text) is (quality is Quality.BAD)


async def test_a_retained_message_is_never_fresh_unless_it_carries_its_time() -> None:
    async with broker() as server, desktop() as desk:
        server.publish("old", '{"v": 1, "at": "2026-09-21T14:13:00Z"}', retain=True)
        blind = (await ask(desk.poller, at(server, "old?field=v")))["mqtt.value"]
        assert (blind.value, blind.quality, blind.fresh_for, blind.text) == (1, Quality.UNCERTAIN, 0.0, RETAINED)
        dated = (await ask(desk.poller, at(server, "old?field=v&time=at&every=1h")))["mqtt.value"]
        assert (dated.quality, dated.observed_at, dated.fresh_for) == (Quality.GOOD, 1789999980.0, 3601.0)
        await desk.poller.close()
        server.publish("old", '{"v": 2}')
        assert (await ask(desk.poller, at(server, "old?field=v")))["mqtt.value"].value == 1


async def test_topics_of_one_broker_share_a_connection_and_other_credentials_do_not() -> None:
    async with broker() as server, desktop() as desk:
        for topic in ("a", "b", "c?field=x", "c?field=y"):
            server.publish(topic.partition("?")[0], '{"x": 1, "y": 2}', retain=True)
            await ask(desk.poller, at(server, topic))
        assert server.connections == 1
        await ask(desk.poller, at(server, "a?cred=b", LOGIN))
        assert server.connections == 2


async def whole(poller: MqttPoller, target: Target) -> list[Measurement]:
    """A poll's answer, once the last of a hundred messages has come."""
    measurements = await poller.poll(target)
    return measurements if measurements[-1].metric == "mqtt.left_out" and measurements[-1].value == 36 else []


@pytest.mark.usefixtures("hasty")
async def test_a_plus_gives_one_reading_a_match_and_not_too_many() -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, "room/+/temperature")
        await ask(desk.poller, target)
        for number in range(100):
            server.publish(f"room/{number}/temperature", str(number))
        server.publish("room/1/2/temperature", "7")
        measurements = await until(lambda: whole(desk.poller, target))
    values = {each.instance: each.value for each in measurements if each.metric == "mqtt.value"}
    assert (len(values), values["63"]) == (64, 63)
    assert [each.value for each in measurements if each.metric == "mqtt.left_out"] == [36]


@pytest.mark.usefixtures("hasty")
async def test_a_silent_topic_is_stale_and_nobody_can_tell() -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, "a?every=30s")
        await ask(desk.poller, target)
        server.publish("a", "1")
        await until(lambda: desk.pushed)
        assert desk.pushed[-1].fresh_for == 31.0
        desk.time += 30
        assert (await ask(desk.poller, target))["mqtt.value"].value == 1
        desk.time += 2
        error = await failure(desk.poller, target)
        assert isinstance(error, Silent)
        assert "32 s" in error.en
        server.publish("a", "2")
        await until(lambda: desk.pushed[-1].value == 2)
        assert (await ask(desk.poller, target))["mqtt.value"].value == 2


@pytest.mark.usefixtures("hasty")
async def test_a_last_will_says_that_the_device_is_gone() -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, "a?availability=a/status")
        reader, writer = await asyncio.open_connection(*server.address.split(":"))
        will = MqttMessage("a/status", b"offline", retain=True)
        writer.write(packets.connect(packets.V311, "device", will=will))
        await reader.read(4)
        writer.write(packets.publish(packets.V311, MqttMessage("a/status", b"online", retain=True)))
        await ask(desk.poller, target)
        writer.close()
        await until(lambda: desk.looks)
        assert desk.looks == [target.uri]
        error = await failure(desk.poller, target)
        assert isinstance(error, NotReady)
        assert error.reason is Reason.OFFLINE
        assert "设备离线" in error.zh
        server.publish("a/status", "online", retain=True)
        await until(lambda: len(desk.looks) == 2)
        await ask(desk.poller, target)


async def answers(poller: MqttPoller, target: Target) -> bool:
    try:
        return bool(await ask(poller, target))
    except NotReady:
        return False


async def test_a_broker_that_ends_is_lost_at_once_and_found_again() -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, "a")
        server.publish("a", "1", retain=True)
        await ask(desk.poller, target)
        await server.stop()
        await until(lambda: desk.looks)
        assert desk.looks == [target.uri]
        error = await failure(desk.poller, target)
        assert isinstance(error, NotReady)
        assert error.reason is Reason.REFUSED
        await server.start()
        await until(lambda: answers(desk.poller, target))  # the pause of the connection is real
        server.publish("a", "2")
        await until(lambda: desk.pushed[-1].value == 2)


@pytest.mark.usefixtures("hasty")
async def test_a_flood_goes_on_with_its_last_message() -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, "a")
        await ask(desk.poller, target)
        began = time.monotonic()
        for number in range(1000):
            server.publish("a", str(number), qos=0)
        await until(lambda: desk.pushed and desk.pushed[-1].value == 999)
        took = time.monotonic() - began
    assert len(desk.pushed) <= 2 + took / MIN_PUSH_INTERVAL


@pytest.mark.usefixtures("hasty")
async def test_wrong_passwords_and_missing_rights_want_a_person() -> None:
    wrong = Credential(name="b", kind="password", values={"user": "watch", "password": "wrong word"})
    async with broker(users={"watch": "open sesame"}, allowed=lambda user, name: name != "secret") as server:
        async with desktop() as desk:
            for version in ("3.1.1", "5"):
                await ask(desk.poller, at(server, f"a?version={version}", LOGIN))
                problems = [
                    await failure(desk.poller, at(server, f"c?version={version}", wrong)),
                    await failure(desk.poller, at(server, f"secret?version={version}", LOGIN)),
                    await failure(desk.poller, at(server, f"b?version={version}", wrong)),
                ]
                assert all(isinstance(error, AuthFailed) for error in problems)
                assert "wrong word" not in "".join(error.en + error.zh for error in problems)
            assert server.connections == 4, "a refused credential is not tried again for every topic"


async def test_another_version_is_told_with_its_mend() -> None:
    async with broker(versions=(packets.V311,)) as server, desktop() as desk:
        error = await failure(desk.poller, at(server, "a?version=5"))
    assert isinstance(error, Misconfigured)
    assert "version=3.1.1" in error.en


async def test_each_way_to_fail_has_its_word() -> None:
    problems = []
    async with desktop() as desk:
        problems.append(await failure(desk.poller, target_of(f"mqtt://127.0.0.1:{free_port()}/a")))
        for talk in (
            silence,
            hanging_up,
            saying(b"HTTP/1.1 400 Bad\r\n\r\n"),
            saying(b"\x20\x02\x00\x03"),
            saying(b"\x20\xff\xff\xff\xff"),
        ):
            async with serve(talk) as port:
                seconds = SILENT if talk is silence else ANSWERED
                problems.append(await failure(desk.poller, target_of(f"mqtt://127.0.0.1:{port}/a", timeout=seconds)))
    wrong = Reason.WRONG_ANSWER
    reasons = [error.reason for error in problems if isinstance(error, NotReady)]
    assert reasons == [Reason.REFUSED, Reason.TIMEOUT, Reason.CLOSED, wrong, wrong, wrong]


@pytest.mark.usefixtures("hasty")
async def test_a_broker_that_hangs_is_found_by_a_ping() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(packets.connack(packets.V311, 0))
        await reader.read(100)
        writer.write(packets.suback(packets.V311, 1, [1]))
        await silence(reader, writer)

    async with serve(talk) as port, desktop() as desk:
        target = target_of(f"mqtt://127.0.0.1:{port}/a", timeout=3.0)
        await ask(desk.poller, target)
        link = next(iter(desk.poller._brokers.values())).link
        link._received_at -= 5.0
        error = await failure(desk.poller, target)
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TIMEOUT


async def test_tls_is_checked() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = Credential(
        name="c",
        kind="password",
        values={"user": "watch", "password": "open sesame", "ca": authority.cert_pem.bytes().decode()},
    )
    async with broker(tls=context) as server, desktop() as desk:
        server.publish("a", "1", retain=True)
        error = await failure(desk.poller, target_of(f"mqtts://{server.address}/a"))
        assert isinstance(error, NotReady)
        assert error.reason is Reason.TLS
        for address, credential in (("a", trusting), ("a?verify=no", None)):
            measurements = await ask(desk.poller, target_of(f"mqtts://{server.address}/{address}", credential))
            assert measurements["mqtt.value"].value == 1


@pytest.mark.usefixtures("hasty")
async def test_what_nobody_wants_any_more_is_let_go() -> None:
    async with broker() as server, desktop() as desk:
        target, second = at(server, "a"), at(server, "b")
        await ask(desk.poller, target)
        await ask(desk.poller, second)
        desk.poller.forget(target)
        await until(lambda: [list(client.filters) for client in server.clients] == [["b"]])
        desk.poller.forget(second)
        await until(lambda: not server.clients)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("mqtt:///a", "10.0.0.5"),
        ("mqtt://h", "needs a topic"),
        ("mqtt://h/%23", "# may not"),
        ("mqtt://h/+/a", "but the first"),
        ("mqtt://h/a/b+", "whole level"),
        ("mqtt://h/a?field=[", "json="),
        ("mqtt://h/a?every=soon", "10s, 5m, 1h"),
        ("mqtt://h/a?qos=3", "1, 0, 2"),
        ("mqtt://h/a?version=4", "3.1.1, 5"),
        ("mqtt://h/a?availability=a/%2B", "one topic"),
        ("mqtt://h/a?metric=Level", "river.level"),
        ("mqtt://u:p@h/a", "[credentials.NAME]"),
        ("mqtt://h/a?x=1", "unknown parameter"),
    ],
)
def test_what_is_wrongly_written_is_told_with_its_mend(text: str, mend: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        registry.target_of(text, credentials={})
    assert mend in caught.value.en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.zh)


async def test_once_waits_for_a_message() -> None:
    async with broker() as server:
        collecting = asyncio.create_task(once.collect_once(f"mqtt://{server.address}/a?unit=m", ANSWERED))
        await until(lambda: any(client.filters for client in server.clients))
        server.publish("a", "3.5")
        attempt = await collecting
    assert once.fine(attempt)
    assert "3.5 m" in once.render(attempt)


# -- packets ---------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=20), st.binary(max_size=300), st.booleans()), max_size=5),
    st.integers(1, 50),
    st.sampled_from([packets.V311, packets.V5]),
)
def test_packets_come_out_as_they_went_in_however_they_are_cut(
    sent: list[tuple[str, bytes, bool]], step: int, version: int
) -> None:
    stream = b"".join(
        packets.publish(version, MqttMessage(topic, payload, 1, retain, 7)) for topic, payload, retain in sent
    )
    parser = Parser(largest=100)
    packets_read = [packet for at in range(0, len(stream), step) for packet in parser.feed(stream[at : at + step])]
    messages = [packets.message(packet, version) for packet in packets_read]
    assert [(message.topic, message.retain) for message in messages] == [(topic, retain) for topic, _, retain in sent]
    for message, (_, payload, _) in zip(messages, sent, strict=True):
        assert message.payload in (payload, None)


@given(st.binary(max_size=200))
def test_no_bytes_bring_the_parser_down(data: bytes) -> None:
    try:
        for packet in Parser(largest=50).feed(data):
            for version in (packets.V311, packets.V5):
                for read in (packets.message, packets.codes, packets.wishes):
                    try:
                        read(packet, version)
                    except packets.Malformed:
                        continue
    except packets.Malformed:
        pass


@pytest.mark.parametrize(
    ("pattern", "topic", "levels"),
    [
        ("a/+", "a/b", ["b"]),
        ("a/+", "a/b/c", None),
        ("a/#", "a/b/c", []),
        ("a/#", "a", []),
        ("+/b", "$SYS/b", None),
        ("a", "a", []),
        ("a/+/c", "a//c", [""]),
    ],
)
def test_filters(pattern: str, topic: str, levels: list[str] | None) -> None:
    assert topics.matches(pattern, topic) == levels


# -- exactly once, refusals, silence, floods ---------------------------------------------


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_qos_2_is_taken_exactly_once_also_when_the_broker_sends_it_again(version: str) -> None:
    async with broker() as server, desktop() as desk:
        await ask(desk.poller, at(server, f"a?qos=2&version={version}&metric=x.y"))
        (client,) = server.clients
        assert client.filters == {"a": 2}
        server.publish("a", "1", qos=2)
        client.number -= 1
        server.publish("a", "2", qos=2)  # the same number: to the receiver it is the same message (3.1.1, 4.3.3)
        await until(lambda: client.completed)
        desk.time += MIN_PUSH_INTERVAL
        server.publish("a", "3", qos=2)
        await until(lambda: len(client.completed) >= 3)
        await until(lambda: desk.pushed[-1].value == 3)
        assert [measurement.value for measurement in desk.pushed] == [1, 3]


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (0x80, AuthFailed, "the right to read"),
        (0x87, AuthFailed, "the right to read"),
        (0x8F, Misconfigured, "mend the topic"),
        (0xA2, Misconfigured, "wildcards"),
        (0x97, NotReady, "quota"),
    ],
)
async def test_a_subscription_that_is_refused_is_said_with_its_reason(
    code: int, kind: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = packets.suback
    monkeypatch.setattr(packets, "suback", lambda version, number, codes: granted(version, number, [code]))
    async with broker() as server, desktop() as desk:
        error = await failure(desk.poller, at(server, "a?version=5"))
    assert isinstance(error, kind)
    assert message in error.en


@pytest.mark.usefixtures("hasty")
async def test_silence_from_the_first_names_the_right_to_read_and_later_silence_does_not() -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, "a?every=30s")
        await ask(desk.poller, target)
        desk.time += 32
        error = await failure(desk.poller, target)
        assert isinstance(error, Silent)
        assert "ACL" in error.en
        assert "ACL" in error.zh
        server.publish("a", "1")
        await until(lambda: desk.pushed)
        desk.time += 32
        error = await failure(desk.poller, target)
        assert isinstance(error, Silent)
        assert "ACL" not in error.en


def test_the_pace_lets_a_burst_through_and_then_only_the_rate() -> None:
    pace, now, passed = Pace(), 100.0, 0
    while now < 110.0:
        passed += 500
        now += pace.spend(500, 0, now)
    assert passed == pytest.approx(PACKETS * (BURST + 10), rel=0.1)
    assert pace.held == pytest.approx(10.0, rel=0.1)
    assert Pace().spend(1, int(3 * BYTES), 1.0) == pytest.approx(2.0)
    assert pace.spend(1, 0, now + 60) == 0


@pytest.mark.usefixtures("hasty")
async def test_a_flood_is_held_back_in_its_socket_and_the_other_broker_is_heard_at_once() -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        hello = next(Parser().feed(await reader.read(4096)))
        assert hello.kind == packets.CONNECT
        writer.write(packets.connack(packets.V311, 0))
        request = next(Parser().feed(await reader.read(4096)))
        writer.write(packets.suback(packets.V311, packets.wishes(request, packets.V311)[0], [0]))
        flood = packets.publish(packets.V311, MqttMessage("a", b"1")) * 1000
        while True:
            writer.write(flood)
            sent += 1000
            await writer.drain()

    async with serve(flood) as port, broker() as server, desktop() as desk:
        loud, calm = target_of(f"mqtt://127.0.0.1:{port}/a?qos=0&metric=loud.value"), at(server, "b?metric=calm.value")
        await ask(desk.poller, loud)
        await ask(desk.poller, calm)
        link = next(broker.link for broker in desk.poller._brokers.values() if broker.link.broker.port == port)
        await until(lambda: link.pace.held > 0)
        began, before, held = asyncio.get_running_loop().time(), link.pace.received, link.pace.held
        for number in range(20):
            desk.time += 1
            server.publish("b", str(number))
            await until(partial(has_told, desk, "calm.value", number))
            assert (await ask(desk.poller, loud))["loud.value"].value == 1
        await until(lambda: link.pace.held > held + 0.5)
        took = asyncio.get_running_loop().time() - began
        assert link.pace.received - before <= PACKETS * (took + BURST) + AT_ONCE
        assert sent - link.pace.received > 0
        stats, message = desk.poller.figures()
        assert stats["received"] >= link.pace.received
        assert stats["held_s"] > 0
        assert f"127.0.0.1:{port}" in message
        assert server.address not in message
