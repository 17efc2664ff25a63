"""`network.traps`: SNMP notifications (traps and informs) of v1, v2c and v3, over UDP.

v1 and v2c are decoded by snmp/ber.py and confirmed here. v3 goes through pysnmp (v3.py).
A message must have one of the settings' communities or users. Others are refused and counted.
Every notification gives the reading `trap.last` of its asset (its name, with the objects as text). Those of rules.toml
also give a state, such as `trap.link[GigabitEthernet0/0/7]` = "down". The shipped rules and the source's own raise
and end alerts. Standards: RFC 1157, RFC 3416, RFC 3584.
The sender is the v1 agent-addr, else snmpTrapAddress (RFC 3584), else the datagram's source.
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
from collectors.network.listening.queue import ListenerQueue, cannot_listen, enlarge_receive_buffer
from collectors.network.listening.senders import Senders
from collectors.network.snmp import ber, users
from collectors.network.snmp.ber import BadMessage, Notification
from collectors.network.traps.reader import TrapReader
from collectors.settings import Credential, SourceSettings

PORT = 1162
"""Default port. The registered 162 needs a capability and may be set in the url."""
TRAP_ADDRESS = "1.3.6.1.6.3.18.1.3.0"
REMEMBERED = 4096
"""Confirmed informs that are stored to recognise repeats."""
V3_ALLOWED, V3_BURST = 200.0, 1000.0
"""SNMPv3 notifications a second, and at once. Authenticating one costs a thousand times as much as decoding v2c."""
_KINDS = ("snmpv2c", "snmpv3")


class TrapListener(Listener, asyncio.DatagramProtocol):
    """Listens on the `url` of its settings (udp://0.0.0.0:1162)."""

    kinds: ClassVar[tuple[str, ...]] = ("network.traps",)

    def __init__(self, settings: SourceSettings, context: ListenerContext) -> None:
        self.messages = ListenerQueue()
        self.port = 0
        self._v3_limit = ListenerQueue(allowed=V3_ALLOWED, burst=V3_BURST)
        self._endpoint = endpoint(settings)
        self._transport: asyncio.DatagramTransport | None = None
        self._credentials: tuple[Credential, ...] = ()
        self._confirmed: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._reader = TrapReader(())
        self._v3: object = None
        self.update(settings, context)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured when `url` has no endpoint to listen on, `cred` is missing, or a rule is invalid."""
        endpoint(settings)
        if not settings.cred.split():
            raise _no_credential(settings)
        listener_rules.rules("trap", settings)

    def update(self, settings: SourceSettings, context: ListenerContext) -> None:
        """Apply other rules, communities, users or assets; see Listener."""
        rules = listener_rules.rules("trap", settings)
        credentials = tuple(context.credentials[name] for name in settings.cred.split() if name in context.credentials)
        if not credentials or any(credential.kind not in _KINDS for credential in credentials):
            raise _no_credential(settings)
        for credential in credentials:
            users.check(credential)
        self._reader.rules = rules
        self.senders = Senders(context.inventory)
        if credentials != self._credentials:
            self._credentials = credentials
            self._communities = [
                credential.values["community"].encode() for credential in credentials if credential.kind == "snmpv2c"
            ]
            if self._transport is not None:
                self._open_v3()

    async def listen(self) -> AsyncIterator[ListenerMessage]:
        """See Listener."""
        while True:
            yield await self.messages.queue.get()

    async def open(self) -> None:
        """Open the socket unless it is open. Raises Misconfigured, NotReady."""
        if self._transport is not None:
            return
        if any(credential.kind == "snmpv3" for credential in self._credentials):
            await asyncio.to_thread(import_module, "collectors.network.traps.v3")  # pysnmp takes a second to import
        self._open_v3()
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, self._endpoint)
        except OSError as error:
            self._close_v3()
            raise cannot_listen(error, "udp", *self._endpoint) from error
        enlarge_receive_buffer(transport)
        self.port = transport.get_extra_info("sockname")[1]

    def _open_v3(self) -> None:
        self._close_v3()
        if any(credential.kind == "snmpv3" for credential in self._credentials):
            from collectors.network.traps.v3 import SecureTraps

            self._v3 = SecureTraps(self._credentials, self._take_v3, self._send)

    def _close_v3(self) -> None:
        if self._v3 is not None:
            self._v3.close()  # type: ignore[attr-defined]
            self._v3 = None

    async def close(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self._close_v3()

    @property
    def unknown_senders(self) -> Mapping[str, int]:
        """See Listener."""
        return self.messages.unknown_senders

    @property
    def rules(self) -> frozenset[str]:
        """See Listener."""
        return frozenset(rule.name for rule in self._reader.rules)

    def counts(self) -> dict[str, float]:
        """See Listener."""
        dropped = self._v3_limit.counts.dropped
        figures = self.messages.figures()
        return figures | {"dropped": figures["dropped"] + dropped}

    def take_refusals(self) -> list[str]:
        """See Listener."""
        return self.messages.take_refusals()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by the event loop. Raises nothing."""
        self.messages.counts.received += 1
        if not self.messages.admit(addr[0]):
            return
        try:
            if ber.version_of(data) == "v3":
                self._forward(data, addr)
                return
            message = ber.notification(data)
            if not any(hmac.compare_digest(message.secret, community) for community in self._communities):
                raise BadMessage("another community")
        except BadMessage as error:
            self.messages.refuse(f"{addr[0]}: {len(data)} octets: {error}")
            return
        # An inform is confirmed when it is taken. Its sender repeats one that is not confirmed (RFC 3416, 4.2.7).
        repeated = message.confirm and self._is_repeated(addr[0], message.request)
        if not repeated and not self._take(message, addr[0]):
            self._confirmed.pop((addr[0], message.request), None)
        elif message.confirm:
            self._send(ber.response(data), addr)

    def _forward(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._v3 is None:
            raise BadMessage("no SNMPv3 user is set")
        if not self._v3_limit.admit(addr[0]):
            return
        is_inventoried = bool(self.senders.find(addr[0]))
        self._v3.receive(data, addr, may_learn=is_inventoried)  # type: ignore[attr-defined]

    def _take_v3(self, pairs: tuple[tuple[str, ber.Value], ...], address: str) -> None:
        try:
            oid, ticks = ber.named(pairs)
        except BadMessage as error:
            self.messages.refuse(f"{address}: {error}")
            return
        variables = tuple(pair for pair in pairs if pair[0] not in (ber.SYS_UPTIME, ber.TRAP_OID))
        self._take(Notification(version="v3", secret=b"", oid=oid, ticks=ticks, pairs=variables), address)

    def _send(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(data, addr)

    def _is_repeated(self, address: str, request: int) -> bool:
        """True for an inform that was confirmed before and whose response was lost (RFC 3416, 4.2.7)."""
        key = (address, request)
        confirmed = key in self._confirmed
        self._confirmed[key] = None
        self._confirmed.move_to_end(key)
        if len(self._confirmed) > REMEMBERED:
            self._confirmed.popitem(last=False)
        return confirmed

    def _take(self, message: Notification, address: str) -> bool:
        """Queue the notification. False when it was dropped."""
        trap_address = next((str(value) for oid, value in message.pairs if oid == TRAP_ADDRESS), "")
        asset = self.senders.find(message.agent, trap_address, address)
        sender = next(
            (candidate for candidate in (message.agent, trap_address, address) if candidate and candidate != "0.0.0.0"),
            address,
        )
        if not asset and not self.messages.count_unknown(sender):
            return True
        readings, signals = self._reader.read(asset or sender, message)
        if not asset:
            readings = ()
        if not readings and not signals:
            return True
        return self.messages.put(ListenerMessage(asset=asset, sender=sender, measurements=readings, signals=signals))


def _no_credential(settings: SourceSettings) -> Misconfigured:
    return Misconfigured(
        f"source {settings.id!r}: name the credentials of kind snmpv2c or snmpv3 in cred",
        f"来源 {settings.id!r}：请在 cred 中写明 snmpv2c 或 snmpv3 凭据",
    )


def endpoint(settings: SourceSettings) -> tuple[str, int]:
    """(host, port) of the url udp://host:port. Raises Misconfigured."""
    try:
        parts = urlsplit(settings.url)
        if parts.scheme == "udp" and parts.hostname:
            return parts.hostname, PORT if parts.port is None else parts.port
    except ValueError:
        pass  # reported below
    raise Misconfigured(
        f"source {settings.id!r}: url is where to listen: udp://0.0.0.0:1162",
        f"来源 {settings.id!r}：url 应写监听地址，如 udp://0.0.0.0:1162",
    )
