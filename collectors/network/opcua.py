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
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from collectors import uri
from collectors.contract import CollectorError, Desk, Measurement, Misconfigured, NotReady, Reason, Target
from collectors.network import addresses, opcua_security
from collectors.network.modbus import need_metric
from feeds.clock import Clock, now
from feeds.model import Quality

if TYPE_CHECKING:  # asyncua takes a third of a second to load, which the loop does not have
    from collectors.network.opcua_alarms import Alarms
    from collectors.network.opcua_session import Session

PORT = 4840
SERVER = "i=2253"
"""The Server object, which notifies of everything (OPC 10000-5, 8.3.2)."""
SHARE = 0.9
"""Part of a poll's time that is ours: what went wrong is said before the poll is cut off."""
ACK_WITHIN = 5.0
_NODE = re.compile(r"^(?:(?:ns=\d{1,5}|nsu=[^;]{1,300});)?(?:i=\d{1,10}|[sgb]=.{1,400})$")


class OpcUaPoller:
    """Sessions and what was last heard are kept between polls. `clock` gives epoch seconds."""

    schemes: ClassVar[tuple[str, ...]] = ("opc.tcp",)
    family: ClassVar[str] = "opcua"
    passive: ClassVar[bool] = False

    def __init__(self, clock: Clock = now) -> None:
        self._clock = clock
        self._desk: Desk | None = None
        self._modules: tuple[Any, Any, Any] | None = None
        self._sessions: dict[tuple[object, ...], Session] = {}
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
    def together(target: Target) -> str:
        """Nodes of one server are asked for together."""
        return f"opc.tcp {target.host}:{target.port or PORT}"

    def attach(self, desk: Desk) -> None:
        """Values and alarms go on as they come."""
        self._desk = desk

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady, AuthFailed (user, certificate, right), Misconfigured (node unknown, wrong type)."""
        deadline = asyncio.get_running_loop().time() + target.timeout * SHARE
        if self._modules is None:
            self._modules = await asyncio.to_thread(_load)
        session, watch = self._watch(target)
        await session.ready(watch, _left(deadline))
        if watch is None:
            return [Measurement(metric="opcua.state", value=await session.state(_left(deadline)))]
        if isinstance(watch, AlarmWatch):
            return await watch.answer(_left(deadline))
        return await watch.answer(deadline)

    def _watch(self, target: Target) -> tuple[Session, ValueWatch | AlarmWatch | None]:
        key = (target.asset, target.uri)
        known = self._watches.get(key)
        if known is not None and known[2] == target and known[0] in self._sessions:
            return self._sessions[known[0]], known[1]
        if known is not None:
            self.forget(known[2])
        assert self._modules is not None
        _, alarms, module = self._modules
        credential = target.credential
        place = (target.host, target.port, target.path, *(sorted(credential.values.items()) if credential else ()))
        if place not in self._sessions:
            url = f"opc.tcp://{_bracketed(target.host)}:{target.port or PORT}{target.path}"
            security = opcua_security.read(credential)
            data = self._desk.data if self._desk is not None else None
            self._sessions[place] = module.Session(
                (target.host, target.port or PORT), url, security, data, target.timeout
            )
        session = self._sessions[place]
        watch: ValueWatch | AlarmWatch | None = None
        if "node" in target.params:
            watch = ValueWatch(target, session, self._desk, self._clock, self._modules[0])
        elif "alarms" in target.params:
            watch = AlarmWatch(target, session, self._desk, self._clock, alarms.Alarms(), module)
        self._watches[key] = (place, watch, target)
        return session, watch

    def forget(self, target: Target) -> None:
        """Nobody wants to hear of it any more; a session without a probe is ended."""
        known = self._watches.pop((target.asset, target.uri), None)
        if known is None:
            return
        place, watch, _ = known
        session = self._sessions[place]
        if watch is not None:
            session.forget(watch)
        if not any(one == place for one, _, _ in self._watches.values()):
            del self._sessions[place]
            task = asyncio.create_task(session.close())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def acknowledge(self, target: Target, condition: str, by: str, comment: str) -> None:
        """Calls the condition's Acknowledge (OPC 10000-9, 5.7.3). Raises CollectorError."""
        known = self._watches.get((target.asset, target.uri))
        if known is None or not isinstance(known[1], AlarmWatch):
            raise NotReady(Reason.CLOSED, "the alarm is no longer watched")
        await known[1].acknowledge(condition, by, comment)

    async def close(self) -> None:
        """Ends every session."""
        sessions = list(self._sessions.values())
        self._sessions.clear()
        self._watches.clear()
        await asyncio.gather(*(session.close() for session in sessions), *self._ending)


def _load() -> tuple[Any, Any, Any]:
    names = ("opcua_values", "opcua_alarms", "opcua_session")
    values, alarms, session = (import_module(f"collectors.network.{name}") for name in names)
    return values, alarms, session


def _left(deadline: float) -> float:
    return max(0.001, deadline - asyncio.get_running_loop().time())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class ValueWatch:
    """One probe of a node's value. `values` is the module opcua_values."""

    events = False

    def __init__(self, target: Target, session: Session, desk: Desk | None, clock: Clock, values: Any) -> None:
        self.node = target.params["node"]
        self._target, self._session, self._desk, self._clock, self._values = target, session, desk, clock, values
        self._seen: Measurement | None = None
        self._problem: CollectorError | None = None
        self._some = asyncio.Event()

    def value(self, seen: Any, published: float) -> None:
        """A notification."""
        params = self._target.params
        at, metric, unit = self._clock(), params.get("metric", "opcua.value"), params.get("unit", "")
        try:
            self._seen, self._problem = self._values.measurement(seen, self.node, metric, unit, at, published), None
        except Misconfigured as error:
            self._seen, self._problem = None, error
        self._some.set()
        if self._desk is None:
            return
        if self._seen is not None:
            self._desk.told(self._target, [self._seen])
        else:
            self._desk.look(self._target)

    async def answer(self, deadline: float) -> list[Measurement]:
        """The value, confirmed when the server last spoke; waits for the first one. Raises Misconfigured, NotReady."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._some.wait()
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"the server has not sent a value of {self.node}") from error
        if self._problem is not None:
            raise self._problem.with_traceback(None)
        assert self._seen is not None
        seen = self._seen
        confirmed = max(seen.confirmed_at or 0.0, self._session.confirmed_at)
        return [
            Measurement(
                metric=seen.metric, value=seen.value, unit=seen.unit, quality=seen.quality,
                observed_at=seen.observed_at, text=seen.text, confirmed_at=confirmed,
            )
        ]  # fmt: skip

    def event(self, fields: Sequence[Any]) -> None:
        """A value notifies of none."""

    def published(self) -> None:
        """Nothing more to do."""

    def lost(self) -> None:
        """The session is gone: what was last heard no longer holds."""
        self._some.clear()
        if self._desk is not None:
            self._desk.look(self._target)


class AlarmWatch:
    """One probe of an event notifier's conditions. `module` is opcua_session."""

    events = True

    def __init__(
        self, target: Target, session: Session, desk: Desk | None, clock: Clock, alarms: Alarms, module: Any
    ) -> None:
        text = target.params["alarms"]
        self.node = SERVER if text == "server" else text
        self._target, self._session, self._desk, self._clock = target, session, desk, clock
        self._alarms, self._module = alarms, module
        self._refreshed = False
        self._note = ""
        self._changed = False

    async def answer(self, timeout: float) -> list[Measurement]:
        """How the alarms stand; asks for all of them first when the session is new. Raises CollectorError."""
        if not self._refreshed or self._alarms.again:
            code = await self._session.refresh(timeout)
            if code in self._module.NO_METHOD:
                self._note = "the server cannot refresh: alarms from before this session are not known"
            elif code >> 30:
                raise self._module.values.of_error(self._module.UaStatusCodeError(code))
            self._refreshed, self._alarms.again = True, False
            self._report()
        found = self._alarms.measurements(self._clock())
        if self._note:
            found.append(Measurement(metric="opcua.refresh", value=False, quality=Quality.UNCERTAIN, text=self._note))
        return found

    async def acknowledge(self, condition: str, by: str, comment: str) -> None:
        """Raises CollectorError."""
        kept, ua = self._alarms.find(condition), self._module.ua
        if kept is None:
            raise NotReady(Reason.CLOSED, f"the server no longer has the alarm {condition}")
        text = ua.LocalizedText(f"{by}: {comment}" if comment else by)
        arguments = [
            ua.Variant(kept.event, ua.VariantType.ByteString), ua.Variant(text, ua.VariantType.LocalizedText)
        ]  # fmt: skip
        code = await self._session.call(kept.id, self._module.ACKNOWLEDGE, arguments, ACK_WITHIN)
        if code >> 30 and code not in self._module.ALREADY_ACKED:
            raise self._module.values.of_error(self._module.UaStatusCodeError(code))

    def value(self, seen: Any, published: float) -> None:
        """An event notifier has no value."""

    def event(self, fields: Sequence[Any]) -> None:
        """An event."""
        self._changed = self._alarms.take(fields, self._clock()) or self._changed

    def published(self) -> None:
        """All events of one notification are in."""
        if self._alarms.again and self._desk is not None:
            self._desk.look(self._target)
        if self._changed:
            self._changed = False
            self._report()

    def _report(self) -> None:
        if self._desk is not None:
            self._desk.told(self._target, self._alarms.measurements(self._clock()))
            self._desk.report(self._target, self._alarms.conditions)

    def lost(self) -> None:
        """The session is gone; its alarms are kept as they were last known, and asked for anew."""
        self._refreshed = False
        if self._desk is not None:
            self._desk.look(self._target)
