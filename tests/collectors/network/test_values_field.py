"""Values as real devices give them: no value, no clock, odd words, other charsets, busy units and dead gateways."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable

import dns.message
import dns.rcode
import dns.rrset
import pytest

from collectors import charset
from collectors.contract import Target
from collectors.errors import Misconfigured, NotReady, Undetermined
from collectors.jobs import Spec
from collectors.network.dns import DnsPoller
from collectors.network.modbus.probe import ModbusPoller
from collectors.network.mqtt import availability, payload, topics
from collectors.network.mqtt import probe as mqtt_probe
from collectors.network.mqtt.probe import MqttPoller
from collectors.network.smtp import SmtpPoller
from collectors.probing import verdicts
from collectors.sim.mqtt import MqttBroker
from feeds.model import Health, Quality, Reading
from feeds.projection.readings import health_of
from tests.collectors.network.loopback import Talk, ask, closing, failure, serve, target_of, values_of
from tests.collectors.network.test_dns import serving
from tests.collectors.network.test_mqtt import Desktop, at, broker, desktop, has_told
from tests.patience import until
from tests.ports import free_port

REGISTERS = {10: 0x8000, 11: 0xFFFF, 12: 0xFFFF, 13: 0xFFFF, 14: 0x8000, 15: 0, 18: 215, 20: 0xD6D0, 21: 0xB9FA}


@pytest.fixture
def first_message_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_probe, "PATIENT", 0.0)


def modbus(answer: Callable[[int, int, bytes], tuple[int, bytes]] = lambda unit, at, pdu: (unit, pdu)) -> Talk:
    """A device whose `answer` turns unit, address and PDU into the unit and PDU that are sent."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            number, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
            function, address, count = struct.unpack(">BHH", await reader.readexactly(length - 1))
            data = b"".join(struct.pack(">H", REGISTERS.get(address + i, 0)) for i in range(count))
            unit, pdu = answer(unit, address, bytes([function, len(data)]) + data)
            writer.write(struct.pack(">HHHB", number, 0, len(pdu) + 1, unit) + pdu)

    return talk


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("hr=10:int16&nodata=0x8000,0xFFFF", None),
        ("hr=10:int16&nodata=-32768", None),
        ("hr=11&nodata=0x8000,0xFFFF", None),
        ("hr=11&nodata=65535", None),
        ("hr=12:uint32&nodata=0xFFFFFFFF", None),
        ("hr=14:int32&nodata=0x80000000", None),
        ("hr=11", 65535),
        ("hr=18&nodata=0x8000&scale=0.1", 21.5),
    ],
)
async def test_a_makers_mark_for_no_value_is_a_bad_reading(query: str, value: object) -> None:
    async with serve(modbus()) as port, closing(ModbusPoller()) as poller:
        reading = (await ask(poller, target_of(f"modbus://127.0.0.1:{port}/1?{query}")))["modbus.value"]
    assert reading.value == value
    assert reading.quality is (Quality.BAD if value is None else Quality.GOOD)
    assert value is not None or "no value" in reading.text


def test_a_mark_that_is_no_number_is_refused() -> None:
    with pytest.raises(Misconfigured, match="nodata"):
        ModbusPoller.validate(target_of("modbus://10.0.0.1/1?hr=0&nodata=none"))


async def test_a_string_of_registers_may_be_gb18030() -> None:
    async with serve(modbus()) as port, closing(ModbusPoller()) as poller:
        readings = values_of(await ask(poller, target_of(f"modbus://127.0.0.1:{port}/1?hr=20:string:4")))
    assert readings["modbus.value"] == "中国"


async def test_an_answer_of_another_unit_is_refused_with_both() -> None:
    async with serve(modbus(lambda unit, at, pdu: (1, pdu))) as port, closing(ModbusPoller()) as poller:
        error = await failure(poller, target_of(f"modbus://127.0.0.1:{port}/3?hr=0"))
    assert "unit 1 answered where unit 3 was asked" in error.en


@pytest.mark.parametrize("code", [4, 8, 7])
async def test_a_register_that_fails_is_a_bad_reading_of_a_device_that_answers(code: int) -> None:
    async with (
        serve(modbus(lambda unit, at, pdu: (unit, bytes([0x83, code])))) as port,
        closing(ModbusPoller()) as poller,
    ):
        reading = (await ask(poller, target_of(f"modbus://127.0.0.1:{port}/3?hr=0")))["modbus.value"]
    assert (reading.value, reading.quality) == (None, Quality.BAD)
    assert f"Modbus exception {code}" in reading.text
    assert "unit 3" in reading.text


@pytest.mark.parametrize(("code", "unit"), [(5, 3), (6, 3), (10, 3), (10, 0)])
async def test_a_busy_unit_and_one_without_a_path_are_unknown(code: int, unit: int) -> None:
    async with serve(modbus(lambda _, at, pdu: (unit, bytes([0x83, code])))) as port, closing(ModbusPoller()) as poller:
        error = await failure(poller, target_of(f"modbus://127.0.0.1:{port}/3?hr=0"))
    assert isinstance(error, Undetermined)


async def test_units_behind_a_gateway_that_cannot_be_reached_are_unknown() -> None:
    port = free_port()
    async with closing(ModbusPoller()) as poller:
        units = [target_of(f"modbus://127.0.0.1:{port}/{unit}?hr=0") for unit in (3, 4)]
        errors = await asyncio.gather(*(failure(poller, unit) for unit in units))
        serial = await failure(poller, target_of(f"modbus://127.0.0.1:{free_port()}/3?hr=0&framing=rtu"))
        alone = await failure(poller, target_of(f"modbus://127.0.0.1:{free_port()}/3?hr=0"))
    assert all(isinstance(error, Undetermined) for error in (*errors, serial))
    assert isinstance(alone, NotReady)
    assert not isinstance(alone, Undetermined)


async def test_a_device_behind_a_broker_that_cannot_be_reached_is_unknown_and_the_broker_itself_is_down() -> None:
    async with desktop() as desk:
        behind = await failure(desk.poller, target_of(f"mqtt://127.0.0.1:{free_port()}/site/7"))
        itself = await failure(desk.poller, target_of(f"mqtt://127.0.0.1:{free_port()}/$SYS/broker/uptime"))
    assert isinstance(behind, Undetermined)
    assert not isinstance(itself, Undetermined)
    spec = Spec(key=("a", "mqtt://h/t"), scheme="mqtt", family="mqtt", source="network.mqtt")
    [observation] = verdicts.failed(spec, behind, 0.0)
    assert (observation.value, observation.quality) == (None, Quality.BAD)
    assert "the device is unknown" in observation.text


def reading(value: object, quality: Quality = Quality.GOOD, fresh_until: float = 10.0) -> Reading:
    return Reading(
        value=value,  # type: ignore[arg-type]
        quality=quality,
        observed_at=0.0,
        received_at=0.0,
        source="s",
        probe="p",
        fresh_until=fresh_until,
    )


UNREADABLE, STALE = reading(None, Quality.BAD), reading(None, Quality.BAD, fresh_until=1.0)


@pytest.mark.parametrize(
    ("readings", "health"),
    [
        ({"mqtt.up": reading(True), "mqtt.value": UNREADABLE}, Health.DEGRADED),
        ({"mqtt.up": reading(True), "mqtt.value": STALE}, Health.OK),
        ({"mqtt.up": reading(False), "mqtt.value": UNREADABLE}, Health.DOWN),
        ({"mqtt.up": UNREADABLE, "mqtt.value": UNREADABLE}, Health.UNKNOWN),
        ({"mqtt.up": UNREADABLE, "icmp.up": reading(True)}, Health.DEGRADED),
        ({"mqtt.up": reading(True), "mqtt.value": reading(None, Quality.UNCERTAIN)}, Health.OK),
    ],
)
def test_what_cannot_be_read_is_not_health(readings: dict[str, Reading], health: Health) -> None:
    assert health_of(readings, 5.0) is health


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ('{"state":"offline"}', False),
        ('{"state": "online", "last": 1}', True),
        ('{"online": false}', False),
        ("true", True),
        ("0", False),
        (" Offline ", False),
        ("离线", False),
        ("Connection Lost", False),
        ("ready", True),
        ("未连接", False),
        ('{"Status": "OFFLINE"}', False),
        ('{"state": {"value": "offline"}}', False),
        ('{"状态": "在线"}', True),
        ("init", None),
        ("sleeping", None),
        ('{"battery": 3}', None),
        ("[1]", None),
    ],
)
def test_a_device_says_in_many_words_that_it_is_there(words: str, there: bool | None) -> None:
    assert availability.read(words.encode(), None, None) is there


def test_the_probes_own_words_come_first() -> None:
    assert availability.read(b"on", "off", "on") is False
    assert availability.read('{"state":"故障"}'.encode("gb18030"), None, "故障") is False


@pytest.mark.usefixtures("first_message_is_not_waited_for")
async def test_availability_as_json_takes_a_device_down_and_an_odd_word_is_told() -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, "pump/state?field=level&availability=pump/availability")
        await first_poll(desk, server, target)
        server.publish("pump/availability", '{"state":"offline"}')
        await until(lambda: desk.looks)
        assert "offline" in (await failure(desk.poller, target)).en
        desk.looks.clear()
        server.publish("pump/availability", "rebooting")
        await until(lambda: desk.looks)
        assert "offline" in (await failure(desk.poller, target)).en
        server.publish("pump/availability", '{"state":"online"}')
        await until(lambda: len(desk.looks) > 1)
        server.publish("pump/availability", "rebooting")
        await until(lambda: len(desk.looks) > 2)
        odd = (await ask(desk.poller, target))["mqtt.availability"]
    assert (odd.value, odd.quality) == ("rebooting", Quality.UNCERTAIN)
    assert "neither on nor off" in odd.text


async def first_poll(desk: Desktop, server: MqttBroker, target: Target) -> None:
    """Poll for the first time, with a message that comes meanwhile."""
    polling = asyncio.create_task(ask(desk.poller, target))
    await asyncio.sleep(0)
    server.publish("pump/state", '{"level": 1}')
    await polling


@pytest.mark.usefixtures("first_message_is_not_waited_for")
async def test_a_clock_that_goes_back_does_not_freeze_a_value() -> None:
    async with broker() as server, desktop() as desk:
        target = at(server, "pump/state?field=level&time=at&metric=level")
        await first_poll(desk, server, target)
        for value, moment in (
            (11.5, desk.time),
            (41.5, 3600.0),
            (42.5, 3610.0),
            (12.5, desk.time - 100),
            (13.5, desk.time + 40),
        ):
            desk.time += 5
            server.publish("pump/state", json.dumps({"level": value, "at": moment}))
            await until(lambda value=value: has_told(desk, "level", value))  # type: ignore[misc]
        pushed = {measurement.value: measurement for measurement in desk.pushed}
    assert pushed[11.5].quality is Quality.GOOD
    for value in (41.5, 42.5, 12.5):
        assert pushed[value].quality is Quality.UNCERTAIN
        assert "its clock says" in pushed[value].text
        assert (pushed[value].observed_at or 0.0) > desk.time - 60
    assert "1970" in pushed[41.5].text
    assert pushed[13.5].quality is Quality.GOOD


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        (b"1_000", "1_000"),
        ("１２".encode(), "１２"),
        (b"+3", 3),
        (b"1e3", 1000.0),
        (b".5", 0.5),
        (b"nan", None),
        (b"0x10", "0x10"),
        (b"\xef\xbb\xbf7", 7),
        ("正常".encode("gb18030"), "正常"),
    ],
)
def test_numbers_of_topics_are_read_strictly(octets: bytes, value: object) -> None:
    assert payload.read(octets, {})[0] == value


def test_json_with_a_byte_order_mark_is_json() -> None:
    assert payload.read(b'\xef\xbb\xbf{"a": 1}', {"field": "$.a"})[0] == 1


def test_marks_of_a_topic_are_numbers_and_words() -> None:
    marks = payload.marks({"nodata": "-9999, N/A"})
    assert -9999 in marks
    assert -9999.0 in marks
    assert "N/A" in marks


@pytest.mark.parametrize(
    ("pattern", "plain"),
    [("$share/g/a/+/b", "a/+/b"), ("a/b", "a/b"), ("$SYS/x", "$SYS/x"), ("$share//a", ""), ("$share/g", "")],
)
def test_a_shared_subscription_receives_by_its_own_filter(pattern: str, plain: str) -> None:
    assert topics.unshared(pattern) == plain


@pytest.mark.usefixtures("first_message_is_not_waited_for")
async def test_values_of_a_shared_subscription_come() -> None:
    async with broker() as server, desktop() as desk:
        await first_poll(desk, server, at(server, "$share/g/pump/state?field=level&metric=level"))
        server.publish("pump/state", '{"level": 7}')
        await until(lambda: has_told(desk, "level", 7))


def test_a_shared_subscription_without_a_group_is_refused() -> None:
    with pytest.raises(Misconfigured, match="topic"):
        MqttPoller.validate(target_of("mqtt://h/$share//pump"))


@pytest.mark.parametrize("rcode", [dns.rcode.FORMERR, dns.rcode.NOTIMP])
@pytest.mark.parametrize("bare", [False, True])
async def test_a_server_that_knows_no_edns_is_asked_again_without(rcode: dns.rcode.Rcode, bare: bool) -> None:
    def reply(query: dns.message.Message) -> bytes:
        if query.edns >= 0 and bare:
            return struct.pack("!HHHHHH", query.id, 0x8100 | rcode, 0, 0, 0, 0)
        answer = dns.message.make_response(query)
        answer.use_edns(-1)
        if query.edns >= 0:
            answer.set_rcode(rcode)
        else:
            answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "10.1.2.3"))
        return answer.to_wire()

    async with serving(reply) as (port, server):
        readings = values_of(await ask(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/a.example")))
    assert readings["dns.answer"] == "10.1.2.3"
    assert len(server.questions) == 2


async def test_addresses_of_names_are_compared_as_addresses() -> None:
    def reply(query: dns.message.Message) -> bytes:
        answer = dns.message.make_response(query)
        answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "AAAA", "2001:db8::1"))
        return answer.to_wire()

    async with serving(reply) as (port, _):
        target = target_of(f"dns://127.0.0.1:{port}/a.example?type=AAAA&expect=2001:DB8:0:0::1")
        assert values_of(await ask(DnsPoller(), target))["dns.rcode"] == "NOERROR"


def mail(greeting: bytes, refused: bytes = b"") -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting + b"\r\n")
        while line := (await reader.readline()).strip().upper():
            reply = b"221 bye" if line == b"QUIT" else b"250 ok"
            writer.write((b"502 no such word" if refused and line.startswith(refused) else reply) + b"\r\n")

    return talk


async def test_a_greeting_may_be_gbk() -> None:
    async with serve(mail(b"220 " + "楚雄州邮件系统 ready".encode("gbk"))) as port:
        readings = values_of(await ask(SmtpPoller(), target_of(f"smtp://127.0.0.1:{port}")))
    assert readings["smtp.banner"] == "楚雄州邮件系统 ready"


async def test_a_refusal_may_be_gbk() -> None:
    async with serve(mail(b"554 " + "发信IP被禁止".encode("gbk"))) as port:
        assert "发信IP被禁止" in (await failure(SmtpPoller(), target_of(f"smtp://127.0.0.1:{port}"))).en


async def test_a_server_that_knows_only_helo_is_up() -> None:
    async with serve(mail(b"220 old", refused=b"EHLO")) as port:
        readings = values_of(await ask(SmtpPoller(), target_of(f"smtp://127.0.0.1:{port}")))
    assert readings["smtp.starttls"] is False


def test_octets_that_are_no_text_stay_shown() -> None:
    assert "\ufffd" in charset.decoded(b"\xff\xfe")
    assert charset.redecoded("a\udcd6\udcd0") == "a中"
    assert charset.redecoded("a\ud800") == "a?"
