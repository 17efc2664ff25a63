"""Modbus over TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b): one connection, one request at a time.

With a TLS context it is Modbus/TCP Security (V21 of 2018). Serial servers that pass a line's frames on unchanged speak
RTU frames (V1.02, 2.5) instead: no number tells a late answer, so a silence ends the connection.

A gateway has one serial line behind it, so requests to its units wait for one another.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from dataclasses import dataclass

from collectors.errors import CollectorError, Misconfigured, NotReady, Reason, Undetermined, not_ready

_HEADER = struct.Struct(">HHHB")
LONGEST = 254
"""Bytes after the header's length field: unit and PDU."""
# V1.1b3, 7: what the exception codes mean, and whether asking again can help.
EXCEPTIONS = {
    1: ("illegal function: the device does not know this kind of register", "非法功能码：设备不支持这类寄存器"),
    2: ("illegal data address: the device has no such register", "非法数据地址：设备没有这个寄存器"),
    3: ("illegal data value: the device refuses this length", "非法数据值：设备拒绝这一长度"),
    4: ("server device failure", "设备故障"),
    5: ("acknowledge: the device needs longer", "设备已受理，需要更长时间"),
    6: ("server device busy", "设备忙"),
    8: ("memory parity error", "存储器奇偶校验错误"),
    10: ("gateway path unavailable", "网关路径不可用"),
    11: ("the gateway's unit does not answer", "网关后的单元没有应答"),
}
STOP = (1, 2, 3)
BUSY = (5, 6)
NO_PATH, SILENT = 10, 11


class Refusal(Misconfigured):
    """The device will never answer this. `code` is its exception code."""

    def __init__(self, code: int) -> None:
        en, zh = EXCEPTIONS[code]
        super().__init__(
            f"Modbus exception {code}, {en}; mend the probe", f"Modbus 异常码 {code}，{zh}；请改正探测地址"
        )
        self.code = code


class DeviceFault(CollectorError):
    """The unit answers, but the register cannot be read now (V1.1b3, 7: a failure of the device itself)."""


@dataclass(frozen=True, slots=True)
class ModbusRequest:
    """Read `count` registers or bits of a unit from `address` on."""

    unit: int
    function: int
    address: int
    count: int

    @property
    def size(self) -> int:
        """Bytes of data in a right answer."""
        return (self.count + 7) // 8 if self.function <= 2 else self.count * 2


@dataclass(frozen=True, slots=True)
class ModbusEndpoint:
    """The endpoint of a device: IP address, port and transport. `host` is the name in its certificate."""

    address: str
    port: int
    host: str = ""
    tls: ssl.SSLContext | None = None
    rtu: bool = False


class ModbusConnection:
    """Opens itself when it is needed, and again after an error. Not for two callers at once.

    `opened`: there was a connection for the last request, also when the request failed.
    """

    def __init__(self, place: ModbusEndpoint) -> None:
        self._place = place
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._number = 0
        self._silences = 0
        self.opened = False

    @property
    def is_serial_server(self) -> bool:
        """True when the endpoint is a serial server (`framing=rtu`), with the devices behind it."""
        return self._place.rtu

    async def read(self, request: ModbusRequest, timeout: float) -> bytes:
        """The data of the answer. `timeout` in seconds, connecting included.

        Raises NotReady, Refusal, DeviceFault.
        """
        self.opened = False
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await self._open()
                self.opened = True
                data = await self._ask(reader, writer, request)
        except TimeoutError as error:
            # A late answer is known by its number; twice silent may be a connection that is no more.
            self._silences += 1
            if self._silences >= 2 or self._place.rtu:
                self.close()
            raise NotReady(Reason.TIMEOUT, f"unit {request.unit} gave no answer within {timeout:.2g} s") from error
        except asyncio.IncompleteReadError as error:
            self.close()
            raise NotReady(Reason.CLOSED) from error
        except OSError as error:
            self.close()
            raise not_ready(error) from error
        except asyncio.CancelledError:
            self.close()
            raise
        self._silences = 0
        return data

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            place = self._place
            name = place.host if place.tls is not None else None
            self._streams = await asyncio.open_connection(
                place.address, place.port, limit=4096, ssl=place.tls, server_hostname=name
            )
        return self._streams

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: ModbusRequest) -> bytes:
        pdu = struct.pack(">BHH", request.function, request.address, request.count)
        if self._place.rtu:
            frame = bytes([request.unit]) + pdu
            writer.write(frame + crc(frame))
            await writer.drain()
            return self._checked(request, *await self._rtu(reader))
        self._number = self._number % 0xFFFF + 1
        writer.write(_HEADER.pack(self._number, 0, len(pdu) + 1, request.unit) + pdu)
        await writer.drain()
        while True:
            number, protocol, length, unit = _HEADER.unpack(await reader.readexactly(_HEADER.size))
            if protocol != 0 or not 3 <= length <= LONGEST:
                self.close()
                raise NotReady(Reason.WRONG_ANSWER, "this is not Modbus")
            answer = await reader.readexactly(length - 1)
            if number == self._number:
                return self._checked(request, unit, answer)

    async def _rtu(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        """Unit and PDU of a frame: a refusal has one byte behind its function, else that byte is the length."""
        head = await reader.readexactly(3)
        data = await reader.readexactly(0 if head[1] & 0x80 else head[2])
        if await reader.readexactly(2) != crc(head + data):
            self.close()
            raise NotReady(Reason.WRONG_ANSWER, "this is no Modbus RTU frame: its check sum is wrong")
        return head[0], head[1:] + data

    def _checked(self, request: ModbusRequest, unit: int, answer: bytes) -> bytes:
        if answer[0] == request.function | 0x80 and (unit == request.unit or answer[1] in (NO_PATH, SILENT)):
            raise _exception(request, answer[1])
        if unit != request.unit:
            self.close()
            raise NotReady(Reason.WRONG_ANSWER, f"unit {unit} answered where unit {request.unit} was asked")
        whole = len(answer) == request.size + 2 and answer[1] == request.size
        if answer[0] != request.function or not whole:
            self.close()
            raise NotReady(Reason.WRONG_ANSWER, "the answer does not fit the request")
        return answer[2:]

    def close(self) -> None:
        """Lets go; the next request opens anew."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None
        self._silences = 0


def crc(frame: bytes) -> bytes:
    """The check sum of an RTU frame, low byte first (V1.02, 6.2.2)."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def _exception(request: ModbusRequest, code: int) -> CollectorError:
    """The error for an exception code of the unit.

    A busy unit and one without a path are Undetermined. A failure of the device is a DeviceFault, which becomes a bad
    reading.
    """
    if code in STOP:
        return Refusal(code)
    en, zh = EXCEPTIONS.get(code, ("unknown exception", "未知异常码"))
    en, zh = (
        f"Modbus exception {code}, {en} (unit {request.unit})",
        f"Modbus 异常码 {code}，{zh}（单元 {request.unit}）",
    )
    if code == SILENT:
        return NotReady(Reason.TIMEOUT, en)
    if code in BUSY or code == NO_PATH:
        return Undetermined(Reason.WRONG_ANSWER, en, zh)
    return DeviceFault(en, zh)
