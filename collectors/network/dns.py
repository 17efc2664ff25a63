"""`dns://server/name?type=A&expect=10.0.0.1`: does this name server answer, and answer right (RFC 1035)?

Every poll asks the server itself, over UDP with EDNS (RFC 6891), without EDNS when the server lacks it, and over TCP
when the answer was cut (RFC 7766). `expect` lists the values that are allowed, by commas; each value of the answer
must be among them. Messages are dnspython's. aiodns is not used: c-ares keeps answers for up to an hour and
its binding cannot switch that off, so a dead server would look alive; aiohttp would use it as well.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import struct
import time
from functools import lru_cache
from typing import ClassVar, cast
from urllib.parse import unquote

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import Misconfigured, NotReady, Reason, not_ready
from collectors.network.addresses import need_host, resolve

TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")
PAYLOAD = 1232
"""Octets that the server may send over UDP (DNS flag day 2020)."""
_SHOWN = 400
_NO_EDNS = (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.SERVFAIL, dns.rcode.BADVERS)
"""Answers after which the query is sent again without EDNS (RFC 6891 6.1.3 and 7)."""
_PATIENCE = 0.5
"""Share of a poll's time after which the query is sent without EDNS as well, to a server that is silent."""
_RCODES = {
    dns.rcode.NXDOMAIN: "the name does not exist (NXDOMAIN)",
    dns.rcode.SERVFAIL: "the server failed (SERVFAIL)",
    dns.rcode.REFUSED: "the server refuses to answer for us (REFUSED)",
}


class DnsPoller(Poller):
    """Gives `dns.ms`, `dns.answer` (values, sorted, by commas), `dns.rcode`; `dns.edns` false, with the reason, when
    the server answers only to queries without EDNS."""

    schemes: ClassVar[tuple[str, ...]] = ("dns",)
    family: ClassVar[str] = "dns"

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without server and name, for an unknown type, or for a name that cannot be asked."""
        need_host(target, "dns://10.0.0.1/www.example.gov.cn")
        uri.only(target, ("type", "expect"))
        kind = _type(target)
        if kind not in TYPES:
            type_names = ", ".join(TYPES)
            raise Misconfigured(
                f"{target.uri!r}: type={kind!r} is not one of: {type_names}",
                f"{target.uri!r}：type={kind!r} 无效，可用：{type_names}",
            )
        question(asked_name(target), kind)
        _check_expected(target, kind)

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady."""
        server, port = await resolve(target.host), target.port or 53
        number = random.SystemRandom().getrandbits(16)
        name, kind = asked_name(target), _type(target)
        query_message, plain_message = question(name, kind)[0], question(name, kind, edns=False)[0]
        query, plain_query = (struct.pack("!H", number) + question(name, kind, edns=edns)[1] for edns in (True, False))
        began = time.perf_counter()
        try:
            raw, reason = await _answer(server, port, query, plain_query, target.timeout * _PATIENCE)
        except OSError as error:
            raise not_ready(error) from error
        except asyncio.IncompleteReadError as error:
            raise NotReady(Reason.CLOSED, "within the answer") from error
        took = Measurement(metric="dns.ms", value=round((time.perf_counter() - began) * 1000, 3), unit="ms")
        if raw[:2] != query[:2]:
            raise NotReady(Reason.WRONG_ANSWER, "the answer is to another question", [took])
        measurements = [took]
        if reason:
            measurements.append(Measurement(metric="dns.edns", value=False, text=reason))
        message = plain_message if reason else query_message
        return judge(raw, message, kind, target.params.get("expect", ""), measurements)


def asked_name(target: Target) -> str:
    """The name in the URI's path; an address with type=PTR becomes its reverse name (RFC 1035 3.5, RFC 3596 2.5)."""
    name = unquote(target.path.lstrip("/"))
    if not name:
        raise Misconfigured(
            f"{target.uri!r} does not say which name to ask for; write dns://{target.host}/www.example.gov.cn",
            f"{target.uri!r} 没有写要查询的域名；请写成 dns://{target.host}/www.example.gov.cn",
        )
    if _type(target) == "PTR":
        try:
            return ipaddress.ip_address(name).reverse_pointer
        except ValueError:
            return name
    return name


def _check_expected(target: Target, kind: str) -> None:
    """Raises Misconfigured when an address record is expected to be what is no address of that family."""
    family = {"A": ipaddress.IPv4Address, "AAAA": ipaddress.IPv6Address}.get(kind)
    for value in filter(None, (part.strip() for part in target.params.get("expect", "").split(","))):
        try:
            if family is not None:
                family(value)
        except ValueError as error:
            raise Misconfigured(
                f"{target.uri!r}: expect={value!r} is no address of type={kind}; a name wants type=CNAME",
                f"{target.uri!r}：expect={value!r} 不是 type={kind} 的地址；域名请用 type=CNAME",
            ) from error


def _type(target: Target) -> str:
    return target.params.get("type", "A").upper()


@lru_cache(maxsize=4096)
def question(name: str, kind: str, *, edns: bool = True) -> tuple[dns.message.QueryMessage, bytes]:
    """The query with id 0, and its octets after the id; recursion desired.

    Raises Misconfigured for a name that no message can carry."""
    try:
        query_name = dns.name.from_text(name, idna_codec=dns.name.IDNA_2003)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise Misconfigured(
            f"{name!r} is no domain name ({error}); labels have 1 to 63 octets",
            f"{name!r} 不是域名（{error}）；每段须为 1 至 63 个字节",
        ) from error
    query = dns.message.make_query(query_name, kind, use_edns=0 if edns else -1, payload=PAYLOAD, id=0)
    return query, query.to_wire()[2:]


def judge(
    raw: bytes, query: dns.message.Message, kind: str, expect: str, measurements: list[Measurement]
) -> list[Measurement]:
    """Evaluate an answer. The caller has compared its id.

    Raises NotReady (wrong answer), with `seen` and what the answer says."""
    try:
        answer = dns.message.from_wire(b"\0\0" + raw[2:], ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, struct.error) as error:
        raise NotReady(
            Reason.WRONG_ANSWER, f"the answer is no DNS message ({type(error).__name__})", measurements
        ) from error
    if not query.is_response(answer):
        raise NotReady(Reason.WRONG_ANSWER, "the answer is to another question", measurements)
    rcode = answer.rcode()
    measurements.append(Measurement(metric="dns.rcode", value=dns.rcode.to_text(rcode)))
    if rcode != dns.rcode.NOERROR:
        raise NotReady(
            Reason.WRONG_ANSWER, _RCODES.get(rcode, f"the server answers {dns.rcode.to_text(rcode)}"), measurements
        )
    values = _values(answer, kind)
    measurements.append(Measurement(metric="dns.answer", value=", ".join(values)[:_SHOWN]))
    if not values:
        raise NotReady(Reason.WRONG_ANSWER, f"the name has no {kind} record", measurements)
    allowed = {_plain(value) for value in expect.split(",") if value.strip()}
    foreign = [value for value in values if _plain(value) not in allowed]
    if allowed and foreign:
        raise NotReady(Reason.WRONG_ANSWER, f"{', '.join(foreign)[:200]} instead of {expect[:200]}", measurements)
    return measurements


def _values(answer: dns.message.Message, kind: str) -> list[str]:
    record_type = dns.rdatatype.from_text(kind)
    return sorted({str(record) for group in answer.answer if group.rdtype == record_type for record in group})


def _plain(value: str) -> str:
    """The form in which values are compared: addresses in their shortest form, names in lower case without last dot."""
    text = value.strip().strip('"').rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


async def _answer(server: str, port: int, query: bytes, plain_query: bytes, patience: float) -> tuple[bytes, str]:
    """The answer, and why it is that to `plain_query`, without EDNS; "" for the answer to `query`.

    A server that is silent is asked without EDNS beside the query that waits: the first answer counts.
    Raises OSError, IncompleteReadError, NotReady.
    """
    asking = asyncio.ensure_future(_exchange(server, port, query))
    try:
        await asyncio.wait((asking,), timeout=patience)
        if asking.done():
            raw, rcode = asking.result(), _rcode(asking.result())
            if rcode not in _NO_EDNS or raw[:2] != query[:2]:
                return raw, ""
            plain_raw = await _exchange(server, port, plain_query)
            is_edns = _rcode(plain_raw) != rcode
            return plain_raw, f"the server answers {rcode.name} to queries with EDNS" if is_edns else ""
        asking_plainly = asyncio.ensure_future(_exchange(server, port, plain_query))
        try:
            await asyncio.wait((asking, asking_plainly), return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result(), ""
            return asking_plainly.result(), "the server is silent to queries with EDNS"
        finally:
            asking_plainly.cancel()
    finally:
        asking.cancel()


def _rcode(raw: bytes) -> dns.rcode.Rcode:
    """The code of an answer, with the upper bits of its OPT record; of what is no message the lower bits alone."""
    try:
        return dns.message.from_wire(raw, ignore_trailing=True).rcode()
    except (dns.exception.DNSException, ValueError, struct.error):
        return dns.rcode.Rcode(raw[3] & 0x0F)


async def _exchange(server: str, port: int, query: bytes) -> bytes:
    """The answer of at least 12 octets, over TCP when it was cut. Raises OSError, IncompleteReadError, NotReady."""
    raw = await _over_udp(server, port, query)
    return await _over_tcp(server, port, query) if struct.unpack_from("!H", raw, 2)[0] & dns.flags.TC else raw


GRACE = 0.3
"""Seconds that are waited for the right answer after one that is none."""


class _Ask(asyncio.DatagramProtocol):
    """Sends one query and waits for the datagram that bears its id (RFC 5452 clause 9)."""

    def __init__(self, query: bytes) -> None:
        self._query = query
        self._rubbish = False
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.DatagramTransport, transport).sendto(self._query)

    def datagram_received(self, data: bytes, _: object) -> None:
        if len(data) >= 12 and data[:2] == self._query[:2] and not self.answer.done():
            self.answer.set_result(data)
        elif not self.answer.done() and not self._rubbish:
            # The right answer may be on its way behind somebody else's guess.
            self._rubbish = True
            asyncio.get_running_loop().call_later(GRACE, self._give_up)

    def _give_up(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(NotReady(Reason.WRONG_ANSWER, "what answers does not speak DNS"))

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _over_udp(server: str, port: int, query: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    # Connected, on a port of its own: the kernel refuses other senders and reports a closed port at once.
    transport, asking = await loop.create_datagram_endpoint(lambda: _Ask(query), remote_addr=(server, port))
    try:
        return await asking.answer
    finally:
        transport.close()


async def _over_tcp(server: str, port: int, query: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(server, port)
    try:
        writer.write(struct.pack("!H", len(query)) + query)
        length = struct.unpack("!H", await reader.readexactly(2))[0]
        return await reader.readexactly(max(length, 12))
    finally:
        writer.close()
