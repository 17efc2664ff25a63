"""SNMPv3 notifications (RFC 3414) through pysnmp: ONE engine for everything, because every new one keeps a megabyte.

The sender of a trap is the authoritative engine, so its engine id goes into the keys. It is learned from the
message itself, of senders in the inventory only and in bounded number: the message must still prove the key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import ntfrcv
from pysnmp.error import PySnmpError
from pysnmp.proto import rfc1902

from collectors.network.snmp.ber import BadMessage, BerReader, Value
from collectors.network.snmp.users import names, user_of
from collectors.network.traps.timeliness import EngineClocks
from collectors.settings import Credential

ENGINES = 4096
"""Sender engines that are learned at most."""
_AUTH = {
    "": config.USM_AUTH_NONE,
    "md5": config.USM_AUTH_HMAC96_MD5,
    "sha": config.USM_AUTH_HMAC96_SHA,
    "sha224": config.USM_AUTH_HMAC128_SHA224,
    "sha256": config.USM_AUTH_HMAC192_SHA256,
    "sha384": config.USM_AUTH_HMAC256_SHA384,
    "sha512": config.USM_AUTH_HMAC384_SHA512,
}
_PRIV = {
    "": config.USM_PRIV_NONE,
    "des": config.USM_PRIV_CBC56_DES,
    "aes": config.USM_PRIV_CFB128_AES,
    "aes192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "aes256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "aes192c": config.USM_PRIV_CFB192_AES,
    "aes256c": config.USM_PRIV_CFB256_AES,
}

Taken = Callable[[tuple[tuple[str, Value], ...], str], None]
Send = Callable[[bytes, tuple[str, int]], None]


class _Wire(AbstractTransportDispatcher):  # type: ignore[misc]
    """Lets the engine answer (reports, confirmations) through our socket."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send

    def send_message(self, outgoing: bytes, domain: object, address: tuple[str, int]) -> None:
        """Called by the engine."""
        self._send(bytes(outgoing), (str(address[0]), int(address[1])))


class _NotificationReceiver(ntfrcv.NotificationReceiver):  # type: ignore[misc]
    """Refuses messages with a lower security level than their user has: pysnmp accepts any level."""

    levels: Mapping[str, int] = {}

    def process_pdu(self, snmp: Any, model: Any, security: Any, name: Any, level: Any, *rest: Any) -> None:
        """Called by the engine."""
        if level >= self.levels.get(str(name), 4):
            super().process_pdu(snmp, model, security, name, level, *rest)


class SecureTraps:
    """The engine with its users. `taken` gets the variable bindings of what was authentic; `send` answers."""

    def __init__(self, credentials: Sequence[Credential], taken: Taken, send: Send) -> None:
        self._users = [credential for credential in credentials if credential.kind == "snmpv3"]
        self._taken = taken
        self._learned: set[bytes] = set()
        self._address, self._done, self._late = "", False, False
        self._clocks, self._stamp = EngineClocks(time.monotonic), (b"", 0, 0)
        self._engine = engine.SnmpEngine()
        self._wire = _Wire(send)
        self._engine.register_transport_dispatcher(self._wire)
        self._own = bytes(self._engine.snmpEngineID)
        self._receiver = _NotificationReceiver(self._engine, self._notified)
        self._receiver.levels = {
            credential.values["user"]: 1 + sum(map(bool, names(credential))) for credential in self._users
        }
        self._learn(self._own)

    def receive(self, data: bytes, addr: tuple[str, int], *, may_learn: bool) -> None:
        """One datagram; what it holds reaches `taken` before this returns. Raises BadMessage."""
        sender, boots, engine_time = security_of(data)
        if sender and sender not in self._learned:
            if not may_learn or len(self._learned) >= ENGINES:
                raise BadMessage("an engine that nobody knows")
            self._learn(sender)
        self._address, self._done, self._late = addr[0], False, False
        self._stamp = (sender, boots, engine_time)
        try:
            self._wire.handle_timer_tick(time.time())
            self._engine.message_dispatcher.receive_message(
                self._engine, udp.DOMAIN_NAME, udp.UdpTransportAddress(addr), data
            )
        except (PySnmpError, PyAsn1Error) as error:
            raise BadMessage(type(error).__name__) from error
        if self._late:
            raise BadMessage("not in the time window (RFC 3414, 3.2)")
        # An inform begins with questions for our engine's id and time; everything else must have been authentic.
        if not self._done and sender not in (b"", self._own):
            raise BadMessage("not authentic")

    def _learn(self, sender: bytes) -> None:
        """Makes every user known to one more engine; from master keys, which is a hash of a few octets."""
        self._learned.add(sender)
        for credential in self._users:
            auth, priv = names(credential)
            user = user_of(credential)
            config.add_v3_user(
                self._engine,
                credential.values["user"],
                _AUTH[auth],
                user.get_auth_key() or None,
                _PRIV[priv],
                user.get_priv_key() or None,
                securityEngineId=rfc1902.OctetString(sender),
                authKeyType=config.USM_KEY_TYPE_MASTER,
                privKeyType=config.USM_KEY_TYPE_MASTER,
            )

    def _notified(self, _: object, __: object, ___: object, ____: object, pairs: Sequence[Any], _____: object) -> None:
        self._done = True
        # pysnmp checks the time of informs, for which our engine is authoritative. It does not check that of traps.
        if self._stamp[0] != self._own and not self._clocks.accept(*self._stamp):
            self._late = True
            return
        self._taken(tuple((str(oid), _plain(value)) for oid, value in pairs), self._address)

    def close(self) -> None:
        """Gives the engine back."""
        self._receiver.close(self._engine)
        self._engine.unregister_transport_dispatcher()
        self._users.clear()


def _plain(value: Any) -> Value:
    if isinstance(value, rfc1902.IpAddress | univ.ObjectIdentifier):
        return str(value.prettyPrint())
    if isinstance(value, univ.OctetString):
        return bytes(value)
    try:
        return int(value)
    except (TypeError, ValueError, PyAsn1Error):
        return None


def security_of(data: bytes) -> tuple[bytes, int, int]:
    """msgAuthoritativeEngineID, boots and time of a v3 message (RFC 3414, 2.4). Raises BadMessage."""
    message = BerReader(data, 0, len(data)).inside(0x30)
    message.next()
    message.inside(0x30)
    security = message.inside(0x04).inside(0x30)
    engine_id = security.value(0x04)
    if not isinstance(engine_id, bytes) or len(engine_id) > 32:
        raise BadMessage("an engine id of more than 32 octets")
    boots, engine_time = security.value(0x02), security.value(0x02)
    if not isinstance(boots, int) or not isinstance(engine_time, int):
        raise BadMessage("no engine boots and time")
    return engine_id, boots, engine_time
