"""An SNMP agent, v2c and v3 (SHA, AES), over pysnmp: nothing of what the collector uses."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import cmdrsp, context
from pysnmp.proto.api import v2c
from pysnmp.smi.instrum import AbstractMibInstrumController

Oid = tuple[int, ...]
Objects = Callable[[], Mapping[str, object]]
"""The agent's present objects: pysnmp's values by OID."""
CONTEXT = b""


class SnmpAgent:
    """Answers at one address. `community` None: v3 only; `user` is name, authentication and privacy key."""

    def __init__(
        self,
        host: str,
        port: int,
        objects: Objects,
        *,
        community: str | None = "public",
        user: tuple[str, str, str] | None = None,
    ) -> None:
        self.address = f"{host}:{port}"
        self._place, self._objects, self._community, self._user = (host, port), objects, community, user
        self._engine: Any = None

    async def start(self) -> None:
        if self._engine is not None:
            return
        snmp_engine: Any = engine.SnmpEngine()
        transport = udp.UdpAsyncioTransport().open_server_mode(self._place)
        config.add_transport(snmp_engine, udp.DOMAIN_NAME, transport)
        if self._community is not None:
            config.add_v1_system(snmp_engine, "area", self._community)
            config.add_vacm_user(snmp_engine, 2, "area", "noAuthNoPriv", readSubTree=(1,))
        if self._user is not None:
            name, auth, privacy = self._user
            config.add_v3_user(snmp_engine, name, config.USM_AUTH_HMAC96_SHA, auth, config.USM_PRIV_CFB128_AES, privacy)
            config.add_vacm_user(snmp_engine, 3, name, "authPriv", readSubTree=(1,))
        where = context.SnmpContext(snmp_engine)
        where.unregister_context_name(CONTEXT)
        where.register_context_name(CONTEXT, _Mib(self._objects))
        cmdrsp.GetCommandResponder(snmp_engine, where)
        cmdrsp.NextCommandResponder(snmp_engine, where)
        cmdrsp.BulkCommandResponder(snmp_engine, where)
        snmp_engine.transport_dispatcher.job_started(1)
        self._engine = snmp_engine
        await asyncio.sleep(0.05)  # the transport opens in a task of its own

    async def stop(self) -> None:
        if self._engine is not None:
            self._engine.close_dispatcher()
            self._engine = None
            await asyncio.sleep(0)


class _Mib(AbstractMibInstrumController):  # type: ignore[misc]
    """Objects that are asked for anew with every request."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def _objects_by_oid(self) -> dict[Oid, object]:
        return {tuple(int(part) for part in key.split(".")): value for key, value in self._objects().items()}

    def read_variables(self, *pairs: Any, **_: Any) -> list[Any]:
        objects = self._objects_by_oid()
        return [(name, objects.get(tuple(name), v2c.NoSuchObject(""))) for name, _ in pairs]

    def read_next_variables(self, *pairs: Any, **_: Any) -> list[Any]:
        objects = self._objects_by_oid()
        keys, values = sorted(objects), []
        for name, _ in pairs:
            index = bisect_right(keys, tuple(name))
            if index < len(keys):
                values.append((v2c.ObjectIdentifier(keys[index]), objects[keys[index]]))
            else:
                values.append((name, v2c.EndOfMibView("")))
        return values
