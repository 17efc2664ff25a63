"""`network.traps`: SNMP notifications (traps and informs) of v1, v2c and v3, over UDP.

v1 and v2c are read by snmp_ber and confirmed here; v3 goes through pysnmp (traps_v3). One of the settings'
communities or users must fit, else a message is refused and counted. Every notification gives `trap.last` on
its asset (the name, with the objects as text); those of traps.toml also a state, e.g.
`trap.link[GigabitEthernet0/0/7]` = "down"; its rules and the source's own raise and end alerts. RFC 1157, RFC 3416,
RFC 3584; the sender is the v1 agent-addr, else snmpTrapAddress (RFC 3584), else the datagram's source.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from importlib import import_module
from typing import ClassVar, cast
from urllib.parse import urlsplit

from collectors.errors import Misconfigured
from collectors.listener import Listener, ListenerContext, ListenerMessage
from collectors.network.listening import rules as listener_rules
from collectors.network.listening.queue import Hearing, cannot_listen, widen
from collectors.network.listening.senders import Senders
from collectors.network.snmp import ber, users
from collectors.network.snmp.ber import BadMessage, Notification
from collectors.network.traps.reader import TrapReader
from collectors.settings import Credential, SourceSettings

PORT = 1162
"""When the url names none. The registered 162 wants a capability, and is there for the asking."""
TRAP_ADDRESS = "1.3.6.1.6.3.18.1.3.0"
REMEMBERED = 4096
SECURE, SECURE_BURST = 200.0, 1000.0
"""Notifications of v3 a second, and at once: proving one costs a thousand times what reading one of v2c does."""
_KINDS = ("snmpv2c", "snmpv3")


class TrapListener(Listener, asyncio.DatagramProtocol):
    """Listens on the `url` of its settings (udp://0.0.0.0:1162)."""

    kinds: ClassVar[tuple[str, ...]] = ("network.traps",)

    def __init__(self, settings: SourceSettings, around: ListenerContext) -> None:
        self.hearing = Hearing()
        self.port = 0
        self._secure_hearing = Hearing(allowed=SECURE, burst=SECURE_BURST)
        self._where = place(settings)
        self._transport: asyncio.DatagramTransport | None = None
        self._credentials: tuple[Credential, ...] = ()
        self._confirmed: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._reader = TrapReader(())
        self._v3: object = None
        self.update(settings, around)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured when `url` names no place to listen on, `cred` is missing, or a rule cannot be used."""
        place(settings)
        if not settings.cred.split():
            raise _no_credential(settings)
        listener_rules.rules("trap", settings)

    def update(self, settings: SourceSettings, around: ListenerContext) -> None:
        """Other rules, communities, users or assets; see listeners.Listener."""
        rules = listener_rules.rules("trap", settings)
        credentials = tuple(around.credentials[name] for name in settings.cred.split() if name in around.credentials)
        if not credentials or any(credential.kind not in _KINDS for credential in credentials):
            raise _no_credential(settings)
        for credential in credentials:
            users.check(credential)
        self._reader.rules = rules
        self.senders = Senders(around.inventory)
        if credentials != self._credentials:
            self._credentials = credentials
            self._communities = [
                credential.values["community"].encode() for credential in credentials if credential.kind == "snmpv2c"
            ]
            if self._transport is not None:
                self._secure_open()

    async def listen(self) -> AsyncIterator[ListenerMessage]:
        """For ever, after `open`."""
        while True:
            yield await self.hearing.queue.get()

    async def open(self) -> None:
        """Begins to listen, if it does not yet. Raises Misconfigured, NotReady."""
        if self._transport is not None:
            return
        if any(credential.kind == "snmpv3" for credential in self._credentials):
            await asyncio.to_thread(import_module, "collectors.network.traps.v3")  # pysnmp takes a second to import
        self._secure_open()
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, self._where)
        except OSError as error:
            self._secure_close()
            raise cannot_listen(error, "udp", *self._where) from error
        widen(transport)
        self.port = transport.get_extra_info("sockname")[1]

    def _secure_open(self) -> None:
        self._secure_close()
        if any(credential.kind == "snmpv3" for credential in self._credentials):
            from collectors.network.traps.v3 import SecureTraps

            self._v3 = SecureTraps(self._credentials, self._secure, self._send)

    def _secure_close(self) -> None:
        if self._v3 is not None:
            self._v3.close()  # type: ignore[attr-defined]
            self._v3 = None

    async def close(self) -> None:
        """Stops listening."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self._secure_close()

    @property
    def strangers(self) -> Mapping[str, int]:
        """See listeners.Listener."""
        return self.hearing.strangers

    @property
    def rules(self) -> frozenset[str]:
        """See listeners.Listener."""
        return frozenset(rule.name for rule in self._reader.rules)

    def counts(self) -> dict[str, float]:
        """See listeners.Listener."""
        dropped = self._secure_hearing.counts.dropped
        figures = self.hearing.figures()
        return figures | {"dropped": figures["dropped"] + dropped}

    def take_rubbish(self) -> list[str]:
        """See listeners.Listener."""
        return self.hearing.take_rubbish()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by the event loop. Whatever it holds, nothing is raised."""
        self.hearing.counts.received += 1
        if not self.hearing.admit(addr[0]):
            return
        try:
            if ber.version_of(data) == "v3":
                self._forward(data, addr)
                return
            message = ber.notification(data)
            if not any(hmac.compare_digest(message.secret, community) for community in self._communities):
                raise BadMessage("another community")
        except BadMessage as error:
            self.hearing.refuse(f"{addr[0]}: {len(data)} octets: {error}")
            return
        # An inform is confirmed when it is taken: one that is not will be sent again (RFC 3416, 4.2.7).
        again = message.confirm and self._again(addr[0], message.request)
        if not again and not self._take(message, addr[0]):
            self._confirmed.pop((addr[0], message.request), None)
        elif message.confirm:
            self._send(ber.response(data), addr)

    def _forward(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._v3 is None:
            raise BadMessage("no SNMPv3 user is set")
        if not self._secure_hearing.admit(addr[0]):
            return
        is_inventoried = bool(self.senders.find(addr[0]))
        self._v3.receive(data, addr, may_learn=is_inventoried)  # type: ignore[attr-defined]

    def _secure(self, pairs: tuple[tuple[str, ber.Value], ...], address: str) -> None:
        try:
            oid, ticks = ber.named(pairs)
        except BadMessage as error:
            self.hearing.refuse(f"{address}: {error}")
            return
        variables = tuple(pair for pair in pairs if pair[0] not in (ber.SYS_UPTIME, ber.TRAP_OID))
        self._take(Notification(version="v3", secret=b"", oid=oid, ticks=ticks, pairs=variables), address)

    def _send(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(data, addr)

    def _again(self, address: str, request: int) -> bool:
        """True for an inform that was confirmed before: its sender missed the answer (RFC 3416, 4.2.7)."""
        key = (address, request)
        confirmed = key in self._confirmed
        self._confirmed[key] = None
        self._confirmed.move_to_end(key)
        if len(self._confirmed) > REMEMBERED:
            self._confirmed.popitem(last=False)
        return confirmed

    def _take(self, message: Notification, address: str) -> bool:
        """True when it is kept, or needs not be."""
        trap_address = next((str(value) for oid, value in message.pairs if oid == TRAP_ADDRESS), "")
        asset = self.senders.find(message.agent, trap_address, address)
        sender = next(
            (candidate for candidate in (message.agent, trap_address, address) if candidate and candidate != "0.0.0.0"),
            address,
        )
        if not asset and not self.hearing.stranger(sender):
            return True
        readings, signals = self._reader.read(asset or sender, message)
        if not asset:
            readings = ()
        if not readings and not signals:
            return True
        return self.hearing.put(ListenerMessage(asset=asset, sender=sender, measurements=readings, signals=signals))


def _no_credential(settings: SourceSettings) -> Misconfigured:
    return Misconfigured(
        f"source {settings.id!r}: name the credentials of kind snmpv2c or snmpv3 in cred",
        f"来源 {settings.id!r}：请在 cred 中写明 snmpv2c 或 snmpv3 凭据",
    )


def place(settings: SourceSettings) -> tuple[str, int]:
    """Where to listen, from udp://host:port. Raises Misconfigured."""
    try:
        parts = urlsplit(settings.url)
        if parts.scheme == "udp" and parts.hostname:
            return parts.hostname, PORT if parts.port is None else parts.port
    except ValueError:
        pass  # said below
    raise Misconfigured(
        f"source {settings.id!r}: url is where to listen: udp://0.0.0.0:1162",
        f"来源 {settings.id!r}：url 应写监听地址，如 udp://0.0.0.0:1162",
    )
