"""A Modbus TCP device with several units, such as a UPS or a power meter behind a gateway."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Callable, Mapping

from collectors.network.modbus.connection import crc
from collectors.sim.devices import Stream

Registers = Mapping[int, int]
"""Words (or bits) by address."""
Memory = Callable[[int, int], Registers | None]
"""The registers that a unit has for a function code (1 to 4) now; None when there is no such unit."""
_HEADER = struct.Struct(">HHHB")
_MOST = {1: 2000, 2: 2000, 3: 125, 4: 125}


class ModbusDevice(Stream):
    """Answers the read functions (V1.1b3, 6.1 to 6.4) from `memory`; `delay` seconds before each answer.

    `requests` holds what was asked, (unit, function, address, count), for whoever wants to count.
    """

    def __init__(
        self,
        host: str,
        port: int,
        memory: Memory,
        delay: float = 0.0,
        *,
        rtu: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(host, port, tls)
        self.rtu = rtu
        self.delay = delay
        self.requests: list[tuple[int, int, int, int]] = []
        self.connections = 0
        self._memory = memory

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.rtu:
            await self._talk_rtu(reader, writer)
        while True:
            number, protocol, length, unit = _HEADER.unpack(await reader.readexactly(_HEADER.size))
            pdu = await reader.readexactly(length - 1)
            if protocol != 0 or (answer := self._answer(unit, pdu)) is None:
                continue  # a gateway keeps silent for a unit that it does not have
            if self.delay:
                await asyncio.sleep(self.delay)
            writer.write(_HEADER.pack(number, 0, len(answer) + 1, unit) + answer)
            await writer.drain()

    async def _talk_rtu(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As a serial server passes on what comes from its line."""
        while True:
            frame = await reader.readexactly(8)
            answer = self._answer(frame[0], frame[1:-2]) if crc(frame[:-2]) == frame[-2:] else None
            if answer is None:
                continue
            await asyncio.sleep(self.delay)
            reply = frame[:1] + answer
            writer.write(reply + crc(reply))
            await writer.drain()

    def _answer(self, unit: int, pdu: bytes) -> bytes | None:
        function = pdu[0]
        if function not in _MOST or len(pdu) != 5:
            return bytes([function | 0x80, 1])
        address, count = struct.unpack(">HH", pdu[1:])
        registers = self._memory(unit, function)
        if registers is None:
            return None
        del self.requests[:-100]
        self.requests.append((unit, function, address, count))
        if not 1 <= count <= _MOST[function]:
            return bytes([function | 0x80, 3])
        if not all(register in registers for register in range(address, address + count)):
            return bytes([function | 0x80, 2])
        values = [registers[register] for register in range(address, address + count)]
        data = _bits(values) if function <= 2 else struct.pack(f">{count}H", *values)
        return bytes([function, len(data)]) + data


def _bits(values: list[int]) -> bytes:
    packed = bytearray((len(values) + 7) // 8)
    for index, bit in enumerate(values):
        packed[index // 8] |= bool(bit) << index % 8
    return bytes(packed)


def words(kind: str, *values: float) -> list[int]:
    """Values as big-endian registers; `kind` as in struct ("f", "i", "q", …)."""
    raw = struct.pack(f">{len(values)}{kind}", *values)
    return list(struct.unpack(f">{len(raw) // 2}H", raw))
