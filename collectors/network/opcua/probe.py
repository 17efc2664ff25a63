"""`opc.tcp://10.0.0.8:4840?node=ns%3D1%3Bs%3DRiver.Level&metric=river.level&unit=m&cred=plc`: OPC UA, subscribed to.

Gives `opcua.value` (or `metric`) with the server's source time and the quality of its status code, as it changes, and
`opcua.state`. With `alarms=server` (or the node of another event notifier) instead of `node`: `opcua.alarms`,
`opcua.unacked` and one `opcua.alarm[NAME]` a condition, each also an alert of its own; an acknowledgement in
Watchfloor is passed on to the server. All probes of one server and credential share one session.

The credential is of kind opcua (see opcua_security); without one, nobody signs in and nothing is encrypted.
"""

from __future__ import annotations

import asyncio
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import Misconfigured, NotReady, Reason
from collectors.network import addresses
from collectors.network.modbus.probe import need_metric
from collectors.network.opcua import security as opcua_security
from collectors.network.opcua.build_info import BuildInfoReader
from collectors.network.opcua.subscription import SERVER, SHARE, AlarmWatch, ValueWatch
from collectors.subscriber import SubscriberCallbacks
from feeds.clock import Clock, now

if TYPE_CHECKING:  # asyncua takes a third of a second to load, which the loop does not have
    from collectors.network.opcua.session import Session

PORT = 4840
_NODE = re.compile(r"^(?:(?:ns=\d{1,5}|nsu=[^;]{1,300});)?(?:i=\d{1,10}|[sgb]=.{1,400})$")


class OpcUaPoller(Poller):
    """Sessions and what was last heard are kept between polls. `clock` gives epoch seconds."""

    schemes: ClassVar[tuple[str, ...]] = ("opc.tcp",)
    family: ClassVar[str] = "opcua"

    def __init__(self, clock: Clock = now) -> None:
        self._clock = clock
        self._callbacks: SubscriberCallbacks | None = None
        self._modules: tuple[Any, Any, Any] | None = None
        self._sessions: dict[tuple[object, ...], Session] = {}
        self._build_infos: dict[tuple[object, ...], BuildInfoReader] = {}
        self._watches: dict[tuple[str, str], tuple[tuple[object, ...], ValueWatch | AlarmWatch | None, Target]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or when the node or the credential cannot be used."""
        addresses.need_host(target, "opc.tcp://10.0.0.8:4840?node=ns%3D1%3Bs%3DRiver.Level&metric=river.level&unit=m")
        uri.only(target, ("node", "alarms", "metric", "unit", "cred"))
        need_metric(target)
        if "node" in target.params and "alarms" in target.params:
            raise Misconfigured(
                f"{target.uri!r}: node and alarms are two probes; write them apart",
                f"{target.uri!r}：node 与 alarms 须分成两个探测地址",
            )
        for name in ("node", "alarms"):
            text = target.params.get(name, SERVER)
            if not _NODE.match(SERVER if (name, text) == ("alarms", "server") else text):
                raise Misconfigured(
                    f"{target.uri!r}: {name}={text!r} is no node id; write {name}=ns%3D1%3Bs%3DRiver.Level "
                    "(percent-encoded ns=1;s=…, ns=1;i=…, nsu=URI;s=…)",
                    f"{target.uri!r}：{name}={text!r} 不是节点标识；请写 {name}=ns%3D1%3Bs%3DRiver.Level"
                    "（即百分号编码的 ns=1;s=…、ns=1;i=…、nsu=URI;s=…）",
                )
        opcua_security.read(target.credential)

    @staticmethod
    def poll_group(target: Target) -> str:
        """Nodes of one server are asked for together."""
        return f"opc.tcp {target.host}:{target.port or PORT}"

    @staticmethod
    def own_metrics(target: Target) -> tuple[str, ...]:
        """The metrics that only a probe of alarms, or of the server itself, gives."""
        if "alarms" in target.params:
            return ("opcua.alarms", "opcua.unacked", "opcua.alarms_left_out", "opcua.refresh")
        return () if "node" in target.params else ("opcua.state",)

    def attach(self, callbacks: SubscriberCallbacks) -> None:
        """Values and alarms go on as they come."""
        self._callbacks = callbacks

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady, AuthFailed (user, certificate, right), Misconfigured (node unknown, wrong type)."""
        deadline = asyncio.get_running_loop().time() + target.timeout * SHARE
        if self._modules is None:
            self._modules = await asyncio.to_thread(_load)
        session, watch = self._watch(target)
        await session.ready(watch, _left(deadline))
        if watch is None:
            read = [Measurement(metric="opcua.state", value=await session.state(_left(deadline)))]
        elif isinstance(watch, AlarmWatch):
            read = await watch.answer(_left(deadline))
        else:
            read = await watch.answer(deadline)
        return [*read, *await self._facts(target, session, deadline)]

    async def _facts(self, target: Target, session: Session, deadline: float) -> list[Measurement]:
        """The BuildInfo of the server as facts of the asset; none when nodes of the server belong to several assets."""
        session_key = self._watches[target.asset, target.uri][0]
        assets = {asset for (asset, _), (key, _, _) in self._watches.items() if key == session_key}
        if {"node", "alarms"} & target.params.keys() and len(assets) > 1:
            return []
        reader = self._build_infos.setdefault(session_key, BuildInfoReader())
        return await reader.facts(session, _left(deadline))

    def _watch(self, target: Target) -> tuple[Session, ValueWatch | AlarmWatch | None]:
        key = (target.asset, target.uri)
        watch_entry = self._watches.get(key)
        if watch_entry is not None and watch_entry[2] == target and watch_entry[0] in self._sessions:
            return self._sessions[watch_entry[0]], watch_entry[1]
        if watch_entry is not None:
            self.forget(watch_entry[2])
        assert self._modules is not None
        _, alarms, module = self._modules
        credential = target.credential
        session_key = (
            target.host,
            target.port,
            target.path,
            *(sorted(credential.values.items()) if credential else ()),
        )
        if session_key not in self._sessions:
            url = f"opc.tcp://{_bracketed(target.host)}:{target.port or PORT}{target.path}"
            security = opcua_security.read(credential)
            data = self._callbacks.data_folder if self._callbacks is not None else None
            self._sessions[session_key] = module.Session(
                (target.host, target.port or PORT), url, security, data, target.timeout
            )
        session = self._sessions[session_key]
        watch: ValueWatch | AlarmWatch | None = None
        if "node" in target.params:
            watch = ValueWatch(target, session, self._callbacks, self._clock, self._modules[0])
        elif "alarms" in target.params:
            watch = AlarmWatch(target, session, self._callbacks, self._clock, alarms.Alarms(), module)
        self._watches[key] = (session_key, watch, target)
        return session, watch

    def forget(self, target: Target) -> None:
        """End the watch of a target. A session without a probe is closed."""
        watch_entry = self._watches.pop((target.asset, target.uri), None)
        if watch_entry is None:
            return
        session_key, watch, _ = watch_entry
        session = self._sessions[session_key]
        if watch is not None:
            session.forget(watch)
        if not any(other_key == session_key for other_key, _, _ in self._watches.values()):
            del self._sessions[session_key]
            self._build_infos.pop(session_key, None)
            task = asyncio.create_task(session.close())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def acknowledge(self, target: Target, condition: str, by: str, comment: str) -> None:
        """Calls the condition's Acknowledge (OPC 10000-9, 5.7.3). Raises CollectorError."""
        watch_entry = self._watches.get((target.asset, target.uri))
        if watch_entry is None or not isinstance(watch_entry[1], AlarmWatch):
            raise NotReady(Reason.CLOSED, "the alarm is no longer watched")
        await watch_entry[1].acknowledge(condition, by, comment)

    async def close(self) -> None:
        """Ends every session."""
        sessions = list(self._sessions.values())
        self._sessions.clear()
        self._watches.clear()
        self._build_infos.clear()
        await asyncio.gather(*(session.close() for session in sessions), *self._ending)


def _load() -> tuple[Any, Any, Any]:
    names = ("values", "conditions", "session")
    values, alarms, session = (import_module(f"collectors.network.opcua.{name}") for name in names)
    return values, alarms, session


def _left(deadline: float) -> float:
    return max(0.001, deadline - asyncio.get_running_loop().time())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
