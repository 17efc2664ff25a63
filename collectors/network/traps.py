"""`network.traps`: SNMP notifications (traps and informs) of v1, v2c and v3, over UDP.

v1 and v2c are read by snmp_ber and confirmed here; v3 goes through pysnmp (traps_v3). One of the settings'
communities or users must fit, else a message is refused and counted. Every notification gives `trap.last` on
its asset (the name, with the objects as text); those of traps.toml also a state, e.g.
`trap.link[GigabitEthernet0/0/7]` = "down". RFC 1157, RFC 3416, RFC 3584; the sender is the v1 agent-addr,
else snmpTrapAddress (RFC 3584), else the datagram's source.
"""

from __future__ import annotations

import asyncio
import hmac
import tomllib
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import ClassVar, cast
from urllib.parse import urlsplit

from collectors.contract import Measurement, Misconfigured, not_ready
from collectors.network import snmp_ber, snmp_users
from collectors.network.senders import Senders
from collectors.network.snmp_ber import BadMessage, Notification
from collectors.network.snmp_tables import text
from collectors.settings import Credential, SourceSettings

PORT = 162
TRAP_ADDRESS = "1.3.6.1.6.3.18.1.3.0"
WAITING = 10_000
"""Notifications that may wait for their reader; more are dropped and counted."""
REMEMBERED = 4096
PARTS = 512
"""Parts (interfaces, peers) of one device that get a reading of their own."""
TEXT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One row of traps.toml."""

    name: str
    zh: str
    metric: str
    value: str
    instance: tuple[str, ...] = ()


@dataclass(slots=True)
class Counts:
    """What was received, refused (by community, user or form), from nobody in the inventory, and dropped."""

    received: int = 0
    refused: int = 0
    strangers: int = 0
    dropped: int = 0


@cache
def meanings() -> dict[str, Meaning]:
    """traps.toml by notification OID."""
    raw = tomllib.loads((files("collectors.network") / "traps.toml").read_text(encoding="utf-8"))
    return {
        one.pop("oid"): Meaning(instance=tuple(one.pop("instance", ())), **one) for one in raw["notification"]
    }  # fmt: skip


class TrapListener(asyncio.DatagramProtocol):
    """Listens on the `url` of its settings (udp://0.0.0.0:162). `credentials` are those that may be used."""

    kinds: ClassVar[tuple[str, ...]] = ("network.traps",)

    def __init__(self, settings: SourceSettings, credentials: Sequence[Credential], senders: Senders) -> None:
        self.senders = senders
        self.counts = Counts()
        self.port = 0
        self._where = place(settings)
        self._credentials = tuple(credentials)
        self._communities = [
            one.values["community"].encode() for one in credentials if one.kind == "snmpv2c"
        ]  # fmt: skip
        self._queue: asyncio.Queue[tuple[str, Measurement]] = asyncio.Queue(WAITING)
        self._transport: asyncio.DatagramTransport | None = None
        self._reader = TrapReader()
        self._confirmed: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._v3: object = None

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured when `url` names no place to listen on, or `cred` is missing."""
        place(settings)
        if not settings.cred:
            raise Misconfigured(
                f"source {settings.id!r}: name a credential of kind snmpv2c or snmpv3 in cred",
                f"来源 {settings.id!r}：请在 cred 中写明 snmpv2c 或 snmpv3 凭据",
            )

    async def listen(self) -> AsyncIterator[tuple[str, Measurement]]:
        """(asset id, measurement), for ever. Raises Misconfigured, NotReady when the port cannot be had."""
        await self.open()
        while True:
            yield await self._queue.get()

    async def open(self) -> None:
        """Begins to listen, if it does not yet. Raises Misconfigured, NotReady."""
        if self._transport is not None:
            return
        for credential in self._credentials:
            snmp_users.check(credential)
        if any(one.kind == "snmpv3" for one in self._credentials):
            from collectors.network.traps_v3 import SecureTraps  # pysnmp takes a second to import

            self._v3 = SecureTraps(self._credentials, self._secure, self._send)
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, self._where)
        except OSError as error:
            raise not_ready(error) from error
        self.port = transport.get_extra_info("sockname")[1]

    async def close(self) -> None:
        """Stops listening."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        if self._v3 is not None:
            self._v3.close()  # type: ignore[attr-defined]
            self._v3 = None

    @property
    def problem(self) -> str:
        """What the operator must know, "" when all is well."""
        dropped = self.counts.dropped
        return f"{dropped} notifications dropped: they come faster than they are read" if dropped else ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by the event loop. Whatever it holds, nothing is raised."""
        self.counts.received += 1
        try:
            if snmp_ber.version_of(data) == "v3":
                self._forward(data, addr)
                return
            message = snmp_ber.notification(data)
            if not any(hmac.compare_digest(message.secret, known) for known in self._communities):
                raise BadMessage("another community")
        except BadMessage:
            self.counts.refused += 1
            return
        if message.confirm:
            self._send(snmp_ber.response(data), addr)
            if self._again(addr[0], message.request):
                return
        self._take(message, addr[0])

    def _forward(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._v3 is None:
            raise BadMessage("no SNMPv3 user is set")
        known = bool(self.senders.find(addr[0]))
        self._v3.receive(data, addr, may_learn=known)  # type: ignore[attr-defined]

    def _secure(self, pairs: tuple[tuple[str, snmp_ber.Value], ...], address: str) -> None:
        try:
            oid, ticks = snmp_ber.named(pairs)
        except BadMessage:
            self.counts.refused += 1
            return
        rest = tuple(pair for pair in pairs if pair[0] not in (snmp_ber.SYS_UPTIME, snmp_ber.TRAP_OID))
        self._take(Notification(version="v3", secret=b"", oid=oid, ticks=ticks, pairs=rest), address)

    def _send(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(data, addr)

    def _again(self, address: str, request: int) -> bool:
        """True for an inform that was confirmed before: its sender missed the answer (RFC 3416, 4.2.7)."""
        key = (address, request)
        seen = key in self._confirmed
        self._confirmed[key] = None
        self._confirmed.move_to_end(key)
        if len(self._confirmed) > REMEMBERED:
            self._confirmed.popitem(last=False)
        return seen

    def _take(self, message: Notification, address: str) -> None:
        said = next((str(value) for oid, value in message.pairs if oid == TRAP_ADDRESS), "")
        asset = self.senders.find(message.agent, said, address)
        if not asset:
            self.counts.strangers += 1
            return
        for measurement in self._reader.read(asset, message):
            try:
                self._queue.put_nowait((asset, measurement))
            except asyncio.QueueFull:
                self.counts.dropped += 1


class TrapReader:
    """Notifications into measurements. Remembers what interfaces are called, because not every trap says it."""

    def __init__(self) -> None:
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._parts: dict[str, set[str]] = {}

    def read(self, asset: str, message: Notification) -> list[Measurement]:
        """`trap.last`, and the state that the notification means. Bounded in number and size."""
        meaning = meanings().get(message.oid)
        name = meaning.name if meaning else message.oid
        details = "; ".join(f"{oid}={_said(value)}" for oid, value in message.pairs)[:TEXT]
        found = [Measurement(metric="trap.last", value=name, text=details)]
        if meaning is not None:
            instance = self._instance(asset, meaning, message)
            found.append(
                Measurement(
                    metric=meaning.metric, value=meaning.value, instance=instance, text=f"{meaning.zh} | {name}"
                )
            )
        return found

    def _instance(self, asset: str, meaning: Meaning, message: Notification) -> str:
        for column in meaning.instance:
            for oid, value in message.pairs:
                if oid.startswith(f"{column}."):
                    return self._part(asset, self._named(asset, oid.removeprefix(f"{column}."), value))
        return ""

    def _named(self, asset: str, index: str, value: snmp_ber.Value) -> str:
        """The part's name: what this message says (text), else what an earlier one said of the same index."""
        key = (asset, index)
        if isinstance(value, bytes) and text(value):
            self._names[key] = text(value)
            if len(self._names) > REMEMBERED:
                self._names.popitem(last=False)
        return self._names.get(key, index)

    def _part(self, asset: str, name: str) -> str:
        parts = self._parts.setdefault(asset, set())
        if name not in parts and len(parts) >= PARTS:
            return ""
        parts.add(name)
        return name


def _said(value: snmp_ber.Value) -> str:
    return text(value) if isinstance(value, bytes) else str(value)


def place(settings: SourceSettings) -> tuple[str, int]:
    """Where to listen, from udp://host:port. Raises Misconfigured."""
    try:
        parts = urlsplit(settings.url)
        if parts.scheme == "udp" and parts.hostname:
            return parts.hostname, PORT if parts.port is None else parts.port
    except ValueError:
        pass  # said below
    raise Misconfigured(
        f"source {settings.id!r}: url is where to listen: udp://0.0.0.0:162",
        f"来源 {settings.id!r}：url 应写监听地址，如 udp://0.0.0.0:162",
    )
