"""An OPC UA server of a plant: variables with source time and status, alarms that can be acknowledged.

asyncua takes a second of CPU and 100 MB for a server's address space, so the demo runs it in a process of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.common.node import Node
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

NAMESPACE = "urn:watchfloor:sim:plant"
PRODUCT = "urn:watchfloor:sim:server"
logging.getLogger("asyncua").setLevel(logging.CRITICAL)


@dataclass(slots=True)
class Alarm:
    """One condition. `comments` holds what came with acknowledgements."""

    name: str
    level: int
    active: bool = False
    acked: bool = True
    retain: bool = False
    message: str = ""
    event: bytes = b""
    since: float = 0.0
    by: str = ""
    comments: list[str] = field(default_factory=list)


class Users(UserManager):
    """Check of users. An empty mapping accepts everybody."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self.passwords = passwords

    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: Any = None
    ) -> User | None:
        if not self.passwords or (username and self.passwords.get(username) == password):
            return User(role=UserRole.User)
        return None


def _id(name: str, index: int) -> ua.NodeId:
    return ua.NodeId(ua.String(name), ua.Int16(index))


class OpcUaPlant:
    """`values` are the variables ("Level" is ns=2;s=Level) with what they begin with; `alarms` maps names to levels.

    `identity`: certificate and key (PEM files) for encrypted endpoints beside the open one. `before`: namespaces that
    are registered first and move the index of the plant's; each has variables of the same ids with the value -1.
    `names`: browse names of variables that are not called as their ids.
    """

    def __init__(
        self,
        host: str,
        port: int,
        values: Mapping[str, object],
        alarms: Mapping[str, int] | None = None,
        *,
        users: Mapping[str, str] | None = None,
        identity: tuple[Path, Path] | None = None,
        before: Sequence[str] = (),
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.address = f"{host}:{port}"
        self.alarms = {name: Alarm(name, level) for name, level in (alarms or {}).items()}
        self._values = dict(values)
        self._users = Users(users or {})
        self._identity = identity
        self._before, self._names = tuple(before), names or {}
        self._server: Server | None = None
        self._nodes: dict[str, Node] = {}
        self._generators: dict[int, Any] = {}

    async def start(self) -> None:
        if self._server is not None:
            return
        server = Server(user_manager=self._users)
        await server.init()
        server.set_endpoint(f"opc.tcp://{self.address}")
        server.set_server_name("Watchfloor plant")
        await server.set_application_uri(PRODUCT)
        policies = [ua.SecurityPolicyType.NoSecurity]
        if self._identity is not None:
            await server.load_certificate(str(self._identity[0]))
            await server.load_private_key(str(self._identity[1]))
            policies += [
                ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
                ua.SecurityPolicyType.Basic256Sha256_Sign,
                ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
                ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
            ]
        server.set_security_policy(policies)
        await self._furnish(server)
        await server.start()
        self._server = server

    async def _furnish(self, server: Server) -> None:
        for uri in self._before:
            other = await server.register_namespace(uri)
            for name in self._values:
                await server.nodes.objects.add_variable(_id(name, other), ua.QualifiedName(name, other), -1.0)
        index = await server.register_namespace(NAMESPACE)
        plant = await server.nodes.objects.add_object(_id("Plant", index), ua.QualifiedName("Plant", index))
        for name, value in self._values.items():
            node = _id(name, index)
            self._nodes[name] = await plant.add_variable(
                node, ua.QualifiedName(self._names.get(name, name), index), value
            )
        if not self.alarms:
            return
        for name in self.alarms:
            await plant.add_object(_id(f"Alarm.{name}", index), ua.QualifiedName(name, index))
        kinds = (ObjectIds.AlarmConditionType, ObjectIds.RefreshStartEventType, ObjectIds.RefreshEndEventType)
        for kind in kinds:
            self._generators[kind] = await server.get_event_generator(kind, ObjectIds.Server)
        refresh = ua.NodeId(ua.Int32(ObjectIds.ConditionType_ConditionRefresh))
        acknowledge = ua.NodeId(ua.Int32(ObjectIds.AcknowledgeableConditionType_Acknowledge))
        server.link_method(server.get_node(refresh), self._refresh)
        server.link_method(server.get_node(acknowledge), self._acknowledge)

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def write(
        self, name: str, value: object, status: int = StatusCodes.Good, source: float | None = None
    ) -> None:
        """A new value; `source` is its source time (epoch seconds), now when it is not given."""
        moment: Any = datetime.fromtimestamp(time.time() if source is None else source, UTC)
        kind = self._values[name]
        variant = ua.Variant(value, ua.VariantType.Double) if isinstance(kind, float) else ua.Variant(value)
        await self._nodes[name].write_value(ua.DataValue(variant, ua.StatusCode(ua.UInt32(status)), moment))

    async def alarm(self, name: str, active: bool, message: str = "") -> None:
        """A condition becomes active, or ceases to be."""
        alarm = self.alarms[name]
        if active and not alarm.active:
            alarm.acked = False
        if active is not alarm.active:
            alarm.since = time.time()
        alarm.active, alarm.message = active, message or alarm.message
        alarm.retain = alarm.active or not alarm.acked
        await self._tell(alarm)

    async def acknowledge(self, name: str, by: str = "", comment: str = "") -> None:
        """Acknowledge an alarm at the device itself."""
        alarm = self.alarms[name]
        alarm.acked, alarm.by, alarm.retain = True, by, alarm.active
        alarm.comments.append(comment)
        await self._tell(alarm)

    async def _tell(self, alarm: Alarm, subscription: int | None = None) -> None:
        generator = self._generators.get(ObjectIds.AlarmConditionType)
        if generator is None:
            return
        event, kinds = generator.event, ua.VariantType
        for name, value, kind in (
            ("NodeId", _id(f"Alarm.{alarm.name}", 2), kinds.NodeId),
            ("ConditionName", alarm.name, kinds.String),
            ("SourceName", "Plant", kinds.String),
            ("Severity", alarm.level, kinds.UInt16),
            ("Retain", alarm.retain, kinds.Boolean),
            ("AckedState/Id", alarm.acked, kinds.Boolean),
            ("ActiveState/Id", alarm.active, kinds.Boolean),
            ("BranchId", ua.NodeId(), kinds.NodeId),
            ("AckedState", ua.LocalizedText("Acknowledged" if alarm.acked else "Unacknowledged"), kinds.LocalizedText),
            ("ActiveState", ua.LocalizedText("Active" if alarm.active else "Inactive"), kinds.LocalizedText),
            ("Comment", ua.LocalizedText(alarm.comments[-1] if alarm.comments else ""), kinds.LocalizedText),
            ("ClientUserId", alarm.by, kinds.String),
        ):
            event.add_property(name, value, kind)
        event.Message = ua.LocalizedText(alarm.message)
        await generator.trigger(time_attr=datetime.fromtimestamp(alarm.since, UTC), subscription_id=subscription)
        alarm.event = bytes(event.EventId.Value)

    async def _refresh(self, parent: ua.NodeId, subscription: ua.Variant) -> ua.StatusCode:
        number = int(subscription.Value)
        await self._generators[ObjectIds.RefreshStartEventType].trigger(subscription_id=number)
        for alarm in self.alarms.values():
            if alarm.retain:
                await self._tell(alarm, number)
        await self._generators[ObjectIds.RefreshEndEventType].trigger(subscription_id=number)
        return ua.StatusCode()

    async def _acknowledge(self, parent: ua.NodeId, event: ua.Variant, comment: ua.Variant) -> ua.StatusCode:
        alarm = next((alarm for alarm in self.alarms.values() if alarm.event == event.Value), None)
        if alarm is None or parent.Identifier != f"Alarm.{alarm.name}":
            return ua.StatusCode(ua.UInt32(StatusCodes.BadEventIdUnknown))
        if alarm.acked:
            return ua.StatusCode(ua.UInt32(StatusCodes.BadConditionBranchAlreadyAcked))
        alarm.acked = True
        alarm.retain, alarm.by = alarm.active, ""
        alarm.comments.append(comment.Value.Text or "")
        await self._tell(alarm)
        return ua.StatusCode()
