"""Databases as a monitor sees them: PostgreSQL's and MySQL's protocols on a socket, one number behind one query.

PostgreSQL: frontend/backend protocol 3.0, cleartext password, simple and extended queries. MySQL: protocol 10,
mysql_native_password, text results. Every SELECT gives one row of one integer.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import struct
from collections.abc import Callable

from collectors.sim.devices import Stream

Number = Callable[[], int]
INT8 = 20


class PostgresService(Stream):
    """Lets `user` in with `password`; answers every SELECT with `number()`."""

    def __init__(self, host: str, port: int, user: str, password: str, number: Number) -> None:
        super().__init__(host, port)
        self._login, self._number = (user, password), number

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            (length,) = struct.unpack(">I", await reader.readexactly(4))
            body = await reader.readexactly(min(length, 4096) - 4)
            (code,) = struct.unpack(">I", body[:4])
            if code != 80877103:  # SSLRequest
                break
            writer.write(b"N")
        fields = body[4:].split(b"\0")
        user = dict(zip(fields[::2], fields[1::2], strict=False)).get(b"user", b"").decode()
        writer.write(_message(b"R", struct.pack(">I", 3)))
        _, startup = await _read(reader)
        if (user, startup.rstrip(b"\0").decode()) != self._login:
            writer.write(_message(b"E", b"SFATAL\0C28P01\0Mpassword authentication failed\0\0"))
            return
        writer.write(_message(b"R", struct.pack(">I", 0)))
        for name, value in (
            ("server_version", "17.0"),
            ("client_encoding", "UTF8"),
            ("server_encoding", "UTF8"),
            ("DateStyle", "ISO"),
            ("TimeZone", "UTC"),
            ("integer_datetimes", "on"),
            ("standard_conforming_strings", "on"),
        ):
            writer.write(_message(b"S", f"{name}\0{value}\0".encode()))
        writer.write(_message(b"K", struct.pack(">II", 1, 1)) + _message(b"Z", b"I"))
        while True:
            kind, body = await _read(reader)
            if kind == b"X":
                return
            writer.write(self._answer(kind, body))
            await writer.drain()

    def _answer(self, kind: bytes, body: bytes) -> bytes:
        row = struct.pack(">HI8s", 1, 8, struct.pack(">q", self._number()))
        column = b"value\0" + struct.pack(">IHIhih", 0, 0, INT8, 8, -1, 1)
        if kind == b"Q":
            return _message(b"C", b"BEGIN\0") + _message(b"C", b"SET\0") + _message(b"Z", b"T")
        simple = {
            b"P": _message(b"1", b""),
            b"B": _message(b"2", b""),
            b"C": _message(b"3", b""),
            b"H": b"",
            b"D": _message(b"t", struct.pack(">H", 0)) * (body[:1] == b"S")
            + _message(b"T", struct.pack(">H", 1) + column),
            b"E": _message(b"D", row) + _message(b"C", b"SELECT 1\0"),
            b"S": _message(b"Z", b"T"),
        }
        return simple.get(kind, b"")


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body) + 4) + body


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind = await reader.readexactly(1)
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    return kind, await reader.readexactly(min(length, 1 << 20) - 4)


class MysqlService(Stream):
    """Lets `user` in with `password`; answers every SELECT with `number()`, everything else with OK."""

    def __init__(self, host: str, port: int, user: str, password: str, number: Number) -> None:
        super().__init__(host, port)
        self._user, self._password, self._number = user, password, number

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        salt = bytes(byte % 93 + 33 for byte in os.urandom(20))
        flags = 0x0001 | 0x0008 | 0x0200 | 0x2000 | 0x8000 | 0x80000
        greeting = (
            b"\x0a8.4.0-sim\0"
            + struct.pack("<I", 1)
            + salt[:8]
            + b"\0"
            + struct.pack("<H", flags & 0xFFFF)
            + b"\x21"
            + struct.pack("<HH", 2, flags >> 16)
            + bytes([21])
            + bytes(10)
            + salt[8:]
            + b"\0mysql_native_password\0"
        )
        writer.write(_frame(0, greeting))
        _, answer = await _frame_of(reader)
        user, _, after_user = answer[32:].partition(b"\0")
        proof = after_user[1 : 1 + after_user[0]] if after_user else b""
        if user.decode() != self._user or proof != _scramble(self._password, salt):
            writer.write(_frame(2, b"\xff" + struct.pack("<H", 1045) + b"#28000Access denied"))
            return
        writer.write(_frame(2, _OK))
        while True:
            _, packet = await _frame_of(reader)
            if not packet or packet[0] == 1:  # COM_QUIT
                return
            select = packet[0] == 3 and packet[1:].lstrip().upper().startswith(b"SELECT")
            writer.write(_table(self._number()) if select else _frame(1, _OK))
            await writer.drain()


_OK = b"\0\0\0\2\0\0\0"
_EOF = b"\xfe\0\0\2\0"


def _table(number: int) -> bytes:
    column = b"".join(_lenenc(part) for part in (b"def", b"", b"", b"", b"value", b""))
    column += b"\x0c" + struct.pack("<HIBHBH", 33, 20, 8, 0, 0, 0)
    return b"".join(
        _frame(index + 1, payload)
        for index, payload in enumerate((b"\1", column, _EOF, _lenenc(str(number).encode()), _EOF))
    )


def _lenenc(raw: bytes) -> bytes:
    return bytes([len(raw)]) + raw


def _frame(number: int, body: bytes) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


async def _frame_of(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readexactly(4)
    return head[3], await reader.readexactly(int.from_bytes(head[:3], "little"))


def _scramble(password: str, salt: bytes) -> bytes:
    """SHA1(password) XOR SHA1(salt + SHA1(SHA1(password))), as mysql_native_password wants it."""
    once = hashlib.sha1(password.encode()).digest()
    mixed = hashlib.sha1(salt + hashlib.sha1(once).digest()).digest()
    return bytes(left ^ right for left, right in zip(once, mixed, strict=True))
