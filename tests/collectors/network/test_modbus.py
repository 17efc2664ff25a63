"""Modbus: what registers mean, merged requests, gateways, and each way to fail."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from collectors import once, registry
from collectors.errors import Misconfigured, NotReady, Reason, Undetermined
from collectors.network.modbus import registers
from collectors.network.modbus.connection import crc
from collectors.network.modbus.probe import ModbusPoller
from collectors.settings import Credential
from collectors.sim.modbus import Memory, ModbusDevice, words
from feeds.model import Quality
from tests.collectors.network.loopback import (
    ANSWERED,
    SILENT,
    ask,
    closing,
    failure,
    hanging_up,
    saying,
    serve,
    silence,
    target_of,
)
from tests.patience import until
from tests.ports import free_port

HOLDING = dict(enumerate([*words("f", 230.5), *words("i", -70000), *words("q", -(2**40)), *words("d", 2.5)])) | {
    20: 0b1000,
    21: 65535,
    22: 0x4142,
    23: 0x4300,
    30: 0x7FC0,
    31: 0,
    40: 0x0000,
    41: 0x4366,
    900: 7,
}
COILS = dict.fromkeys(range(40), 0) | {3: 1, 19: 1}


def memory(unit: int, function: int) -> dict[int, int] | None:
    return {1: COILS, 2: COILS, 3: HOLDING, 4: {0: unit}}[function] if unit in (1, 2, 7) else None


@asynccontextmanager
async def device(having: Memory = memory, delay: float = 0.0) -> AsyncIterator[ModbusDevice]:
    device = ModbusDevice("127.0.0.1", 0, having, delay)
    await device.start()
    try:
        yield device
    finally:
        await device.stop()


@pytest.mark.parametrize(
    ("point", "value"),
    [
        ("hr=0:float32", 230.5),
        ("hr=2:int32", -70000),
        ("hr=4:int64", -(2**40)),
        ("hr=8:float64", 2.5),
        ("hr=20.3", True),
        ("hr=20.2:bit", False),
        ("hr=21", 65535),
        ("hr=21:int16", -1),
        ("hr=22:string:3", "ABC"),
        ("hr=21&scale=0.1&offset=-5", 6548.5),
        ("hr=40:float32&order=cdab", 230.0),
        ("co=3", True),
        ("di=4", False),
        ("co=19", True),
        ("ir=0:uint16", 1),
        ("hr=2:uint32", 2**32 - 70000),
    ],
)
async def test_a_register_is_read_as_its_type_says(point: str, value: object) -> None:
    async with device() as server, closing(ModbusPoller()) as asker:
        measurements = await ask(asker, target_of(f"modbus://{server.address}/1?{point}&metric=voltage&unit=V"))
    assert measurements["voltage"].value == value
    assert type(measurements["voltage"].value) is type(value)
    assert (measurements["voltage"].unit, measurements["voltage"].quality) == ("V", Quality.GOOD)
    assert float(measurements["modbus.ms"].value or 0) > 0


async def test_a_float_that_is_no_number_is_of_bad_quality() -> None:
    async with device() as server, closing(ModbusPoller()) as asker:
        measurements = await ask(asker, target_of(f"modbus://{server.address}?hr=30:float32"))
    assert (measurements["modbus.value"].value, measurements["modbus.value"].quality) == (None, Quality.BAD)


@given(number=st.floats(width=32, allow_nan=False, allow_infinity=False), order=st.sampled_from(registers.ORDERS))
def test_every_order_of_bytes_is_read_back(number: float, order: str) -> None:
    abcd = struct.pack(">f", number)
    came = bytes(abcd[order.index(letter)] for letter in "abcd")
    point = registers.Point(unit=1, function=3, address=0, count=2, type="float32", order=order)
    value, _, _ = registers.decode(point, came)
    assert struct.pack(">f", value) == abcd


async def test_probes_of_one_device_share_a_connection_and_a_request() -> None:
    uris = [f"?hr={register}" for register in (0, 1, 2, 10, 20, 900)]
    async with device() as server, closing(ModbusPoller()) as asker:
        polls = [ask(asker, target_of(f"modbus://{server.address}/1{query}")) for query in uris]
        measurements = await asyncio.gather(*polls, ask(asker, target_of(f"modbus://{server.address}/2?ir=0")))
        assert server.connections == 1
        first = [(1, 3, 0, 21), (1, 3, 900, 1), (2, 4, 0, 1)]
        assert server.requests[:3] == first, "12 to 19 do not exist, so the device refuses the first of these"
        assert server.requests[3:] == [(1, 3, 0, 3), (1, 3, 10, 1), (1, 3, 20, 1)]
        await asyncio.gather(*(ask(asker, target_of(f"modbus://{server.address}/1{query}")) for query in uris))
        assert server.requests[6:] == [(1, 3, 0, 3), (1, 3, 10, 1), (1, 3, 20, 1), (1, 3, 900, 1)]
    assert measurements[-1]["modbus.value"].value == 2
    assert measurements[-2]["modbus.value"].value == 7
    names = {ModbusPoller.poll_group(target_of(f"modbus://h/{unit}?hr=0")) for unit in (1, 2)}
    assert len(names) == 1


async def test_a_register_that_is_not_there_does_not_take_its_neighbours_along() -> None:
    async with device() as server, closing(ModbusPoller()) as asker:
        for _ in range(2):
            present, gone = await asyncio.gather(
                ask(asker, target_of(f"modbus://{server.address}?hr=11")),
                failure(asker, target_of(f"modbus://{server.address}?hr=14")),
            )
            assert present["modbus.value"].value == struct.unpack(">4H", struct.pack(">d", 2.5))[3]
            assert isinstance(gone, Misconfigured)
            assert "exception 2" in gone.en
            assert "没有这个寄存器" in gone.zh


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (1, Misconfigured, "illegal function"),
        (6, Undetermined, "busy"),
        (10, Undetermined, "path unavailable"),
        (11, NotReady, "gateway's unit"),
    ],
)
async def test_exception_codes_are_told_in_words(code: int, kind: type[Exception], message: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(12):
            writer.write(request[:4] + b"\0\3" + request[6:7] + bytes([request[7] | 0x80, code]))

    async with serve(talk) as port, closing(ModbusPoller()) as asker:
        error = await failure(asker, target_of(f"modbus://127.0.0.1:{port}?hr=0"))
    assert isinstance(error, kind)
    assert message in error.en


async def test_each_way_to_fail_has_its_word() -> None:
    async with closing(ModbusPoller()) as asker:
        refused = await failure(asker, target_of(f"modbus://127.0.0.1:{free_port()}?hr=0"))
        errors = [refused]
        for talk in (silence, hanging_up, saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), saying(b"\0\1\0\0\xff\xff\1")):
            async with serve(talk) as port:
                seconds = SILENT if talk is silence else ANSWERED
                errors.append(await failure(asker, target_of(f"modbus://127.0.0.1:{port}?hr=0", timeout=seconds)))
    reasons = [error.reason for error in errors if isinstance(error, NotReady)]
    wrong = Reason.WRONG_ANSWER
    assert reasons == [Reason.REFUSED, Reason.TIMEOUT, Reason.CLOSED, wrong, wrong]


@pytest.mark.parametrize("answer", [b"\3\4\0\0\0\0", b"\3\1\0", b"\4\2\0\0", b"\3"])
async def test_an_answer_that_does_not_fit_is_refused(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(12):
            writer.write(request[:4] + struct.pack(">H", len(answer) + 1) + request[6:7] + answer)

    async with serve(talk) as port, closing(ModbusPoller()) as asker:
        error = await failure(asker, target_of(f"modbus://127.0.0.1:{port}?hr=0"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER


async def test_a_dead_unit_holds_up_the_others_behind_its_gateway_for_one_request_only() -> None:
    requests: list[int] = []

    def counted(unit: int, function: int) -> dict[int, int] | None:
        requests.append(unit)
        return memory(unit, function)

    async with device(counted) as server, closing(ModbusPoller()) as asker:
        dead = [failure(asker, target_of(f"modbus://{server.address}/5?hr={n * 200}", timeout=2.0)) for n in range(5)]
        alive = ask(asker, target_of(f"modbus://{server.address}/7?hr=21"))
        answers: list[Any] = await asyncio.gather(*dead, alive)
    *errors, measurement = answers
    assert sorted(requests) == [5, 7]
    assert measurement["modbus.value"].value == 65535
    assert all(isinstance(error, NotReady) and error.reason is Reason.TIMEOUT for error in errors)


async def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    async with device() as server, closing(ModbusPoller()) as asker:
        await ask(asker, target_of(f"modbus://{server.address}?hr=21"))
        server.delay = 2 * SILENT
        error = await failure(asker, target_of(f"modbus://{server.address}?hr=21", timeout=SILENT))
        assert isinstance(error, NotReady)
        measurements = await ask(asker, target_of(f"modbus://{server.address}?hr=900"))
        assert server.connections == 1
    assert measurements["modbus.value"].value == 7


async def test_a_slow_device_does_not_delay_another() -> None:
    async with device(delay=ANSWERED / 2) as slow, device() as quick, closing(ModbusPoller()) as asker:
        waiting = asyncio.create_task(ask(asker, target_of(f"modbus://{slow.address}?hr=21")))
        await until(lambda: slow.requests)
        await ask(asker, target_of(f"modbus://{quick.address}?hr=21"))
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_a_device_that_restarts_is_asked_over_a_new_connection() -> None:
    async with device() as server, closing(ModbusPoller()) as asker:
        target = target_of(f"modbus://{server.address}?hr=21")
        await ask(asker, target)
        await server.stop()
        assert isinstance(await failure(asker, target), NotReady)
        await server.start()
        assert (await ask(asker, target))["modbus.value"].value == 65535


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("modbus:///1?hr=0", "10.0.0.9:502"),
        ("modbus://h/1", "hr=0:float32"),
        ("modbus://h/1?hr=0&ir=0", "one value"),
        ("modbus://h/300?hr=0", "unit id"),
        ("modbus://h?hr=x", "ADDRESS:TYPE"),
        ("modbus://h?hr=0:float16", "float32"),
        ("modbus://h?hr=65535:float32", "0 to 65535"),
        ("modbus://h?hr=0&order=x", "abcd"),
        ("modbus://h?hr=0&scale=x", "no number"),
        ("modbus://h?co=1:float32", "co=ADDRESS"),
        ("modbus://h?hr=0&metric=X", "river.level"),
        ("modbus://h?hr=0&metric=a.up", ".up"),
        ("modbus://h?hr=0.16", "0 to 15"),
        ("modbus://h?hr=0&cred=x", "tls=yes"),
        ("modbus://h?hr=0&x=1", "unknown parameter"),
    ],
)
def test_what_is_wrongly_written_is_told_with_its_mend(text: str, mend: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        registry.target_of(text, credentials={})
    assert mend in caught.value.en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.zh)


async def test_once_shows_the_value() -> None:
    async with device() as server:
        attempt = await once.collect_once(f"modbus://{server.address}/1?hr=0:float32&metric=voltage&unit=V", 2.0)
    assert once.fine(attempt)
    assert "230.5 V" in once.render(attempt)


def test_the_shortest_decimal_of_a_float_is_taken() -> None:
    assert registers.shortest(struct.unpack(">f", struct.pack(">f", 1.1))[0]) == 1.1


# -- RTU frames over TCP, and TLS ------------------------------------------------------


def test_the_check_sum_is_that_of_the_specification() -> None:
    assert crc(bytes.fromhex("0207")) == bytes.fromhex("4112")  # V1.02, appendix B: 1241 hex, low byte first
    assert crc(bytes.fromhex("01030000000a")) == bytes.fromhex("c5cd")


async def test_a_serial_server_is_asked_in_rtu_frames() -> None:
    device = ModbusDevice("127.0.0.1", 0, memory, rtu=True)
    await device.start()
    try:
        async with closing(ModbusPoller()) as asker:
            where = f"modbus://{device.address}/1?framing=rtu"
            measurements = await asyncio.gather(
                *(ask(asker, target_of(f"{where}&{point}")) for point in ("hr=0:float32", "hr=21", "co=3", "ir=0"))
            )
            assert [each["modbus.value"].value for each in measurements] == [230.5, 65535, True, 1]
            error = await failure(asker, target_of(f"{where}&hr=5000"))
            assert isinstance(error, Misconfigured)
            assert "no such register" in error.en
            silent = await failure(asker, target_of(f"modbus://{device.address}/9?framing=rtu&hr=0", timeout=SILENT))
            assert isinstance(silent, NotReady)
            assert silent.reason is Reason.TIMEOUT
            assert (await ask(asker, target_of(f"{where}&hr=21")))["modbus.value"].value == 65535
            assert device.connections == 2, "no number tells a late answer: the silence ended the first one"
    finally:
        await device.stop()


async def test_the_wrong_framing_and_a_broken_frame_are_wrong_answers() -> None:
    async with serve(saying(b"\x01\x03\x02\x00\x07\x00\x00")) as port, closing(ModbusPoller()) as asker:
        error = await failure(asker, target_of(f"modbus://127.0.0.1:{port}/1?framing=rtu&hr=0"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER
    assert "check sum" in error.en


async def test_modbus_security_trusts_the_named_authority_and_shows_our_certificate() -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(tls)
    mine = authority.issue_cert("collector")
    shown = {
        "certificate": b"".join(certificate.bytes() for certificate in mine.cert_chain_pems).decode(),
        "key": mine.private_key_pem.bytes().decode(),
    }
    device = ModbusDevice("127.0.0.1", 0, memory, tls=tls)
    await device.start()
    where = f"modbus://localhost:{device.address.rpartition(':')[2]}/1?hr=21&tls=yes"

    def plc_credential(ca: trustme.CA, **more: str) -> Credential:
        return Credential(name="plc", kind="tls", values={"ca": ca.cert_pem.bytes().decode(), **more})

    try:
        async with closing(ModbusPoller()) as asker:
            right = target_of(f"{where}&cred=plc", plc_credential(authority, **shown))
            assert (await ask(asker, right))["modbus.value"].value == 65535
            error = await failure(asker, target_of(f"{where}&cred=plc", plc_credential(trustme.CA(), **shown)))
            assert isinstance(error, NotReady)
            assert error.reason is Reason.TLS
            assert isinstance(await failure(asker, target_of(f"{where}&cred=plc", plc_credential(authority))), NotReady)
    finally:
        await device.stop()


@pytest.mark.parametrize("address", ["framing=serial", "tls=maybe", "verify=no", "cred=plc"])
def test_what_cannot_be_framed_or_trusted_is_told(address: str) -> None:
    with pytest.raises(Misconfigured):
        registry.target_of(f"modbus://h/1?hr=0&{address}", credentials={})
    wrong = Credential(name="plc", kind="password", values={"user": "u", "password": "p"})
    with pytest.raises(Misconfigured, match="wants tls"):
        registry.target_of("modbus://h/1?hr=0&tls=yes&cred=plc", credentials={"plc": wrong})
