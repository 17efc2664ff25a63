"""A small SNMP v2c agent on a loopback socket, encoded by pysnmp (not by what the collector uses), with faults."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import cast

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

Oid = tuple[int, ...]
TOO_BIG, GEN_ERR, AUTHORIZATION = 1, 5, 16


def oid(text: str) -> Oid:
    return tuple(int(part) for part in text.split("."))


class Agent(asyncio.DatagramProtocol):
    """Answers GET, GETNEXT and GETBULK from `values`; `most` objects fit an answer, `broken` ones spoil a request."""

    def __init__(self, values: Mapping[str, object], community: str = "public") -> None:
        self.values: dict[Oid, object] = {oid(key): value for key, value in values.items()}
        self.community = community
        self.most = 1000
        self.broken: set[Oid] = set()
        self.status = 0
        self.silent: Callable[[list[Oid]], bool] = lambda _: False
        self.raw: bytes | None = None
        self.loops = False
        self.bulk_most = 1000
        self.other_id = False
        self.elsewhere: asyncio.DatagramTransport | None = None
        self._began: Oid = ()
        self.requests = 0
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    def set(self, key: str, value: object) -> None:
        self.values[oid(key)] = value

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.DatagramTransport, transport)
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.requests += 1
        assert self._transport is not None
        if self.raw is not None:
            self._transport.sendto(self.raw, addr)
            return
        message, _ = decoder.decode(data, asn1Spec=v2c.Message())
        if bytes(v2c.apiMessage.get_community(message)) != self.community.encode():
            return
        request = v2c.apiMessage.get_pdu(message)
        bulk = request.isSameTypeWith(v2c.GetBulkRequestPDU())
        api = v2c.apiBulkPDU if bulk else v2c.apiPDU
        names = [tuple(name) for name, _ in api.get_varbinds(request)]
        if self.silent(names):
            return
        answer = v2c.apiMessage.get_response(message)
        pdu = v2c.apiMessage.get_pdu(answer)
        status = self._status(names)
        v2c.apiPDU.set_error_status(pdu, status)
        if status:
            pairs = [] if status == TOO_BIG else [(v2c.ObjectIdentifier(n), v2c.Null("")) for n in names]
        elif request.isSameTypeWith(v2c.GetNextRequestPDU()):
            pairs = [pair for name in names for pair in self._bulk(name, 1)]
        elif bulk:
            pairs = self._bulk(names[0], min(int(api.get_max_repetitions(request)), self.bulk_most))
        else:
            pairs = [(v2c.ObjectIdentifier(name), self._value(name)) for name in names]
        v2c.apiPDU.set_varbinds(pdu, pairs)
        if self.other_id:
            v2c.apiPDU.set_request_id(pdu, int(v2c.apiPDU.get_request_id(pdu)) ^ 1)
        (self.elsewhere or self._transport).sendto(encoder.encode(answer), addr)

    def _status(self, names: list[Oid]) -> int:
        if self.status:
            return self.status
        if len(names) > self.most:
            return TOO_BIG
        return GEN_ERR if self.broken.intersection(names) else 0

    def _value(self, name: Oid) -> object:
        return self.values.get(name, v2c.NoSuchObject(""))

    def _bulk(self, start: Oid, repetitions: int) -> list[tuple[object, object]]:
        keys = sorted(self.values)
        if self.loops:  # gives the same objects for ever (RFC 3416 asks for increasing names)
            start = self._began = self._began or start
            keys = [key for key in keys if key[: len(start)] == start]
        begin = bisect_right(keys, start)
        answers: list[tuple[object, object]] = [
            (v2c.ObjectIdentifier(key), self.values[key]) for key in keys[begin : begin + repetitions]
        ]
        return answers or [(v2c.ObjectIdentifier(start), v2c.EndOfMibView(""))]


@asynccontextmanager
async def serving(values: Mapping[str, object], community: str = "public") -> AsyncIterator[Agent]:
    """An agent on a free port of 127.0.0.1."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(
        lambda: Agent(values, community), local_addr=("127.0.0.1", 0)
    )
    try:
        yield agent
    finally:
        transport.close()
