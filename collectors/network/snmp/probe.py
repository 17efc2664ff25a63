"""`snmp://host:161?cred=core-v3&profile=switch`: what a device says of itself, by SNMP v2c or v3.

Gives `snmp.ms` (first answer), `snmp.uptime_s`, `snmp.rebooted` and what the profile asks for, e.g.
`if.in_bps[GigabitEthernet0/0/1]`. Rates need two rounds. `profile` (default "auto") is a file of
collectors/network/snmp/profiles or of the site; `oid` with `metric` asks for one object; `ports` ("XGE*,Gi0/1") keeps
to those interfaces. `cred` names a credential of kind snmpv2c or snmpv3; without one the community is "public". An
agent that does not know a community keeps silent (RFC 3584): with v2c a wrong community is a timeout; with v3 wrong
keys and unknown users raise AuthFailed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import CollectorError, Misconfigured, NotReady, Reason
from collectors.network import addresses
from collectors.network.snmp import nameplate, users
from collectors.network.snmp import profile as snmp_profiles
from collectors.network.snmp.rates import AgentUptime, Counters
from collectors.network.snmp.readings import readings
from collectors.network.snmp.session import Agent, Agents, Raw
from collectors.network.snmp.single_object import PARAMETERS, profile_of, single_object
from collectors.network.snmp.tables import Cell, cell_of, rows
from feeds.model import Quality

PORT = 161
UPTIME, OBJECT_ID = "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.2.0"
BOOTS, ENGINE_TIME = "1.3.6.1.6.3.10.2.1.2.0", "1.3.6.1.6.3.10.2.1.3.0"
HEAD = (UPTIME, BOOTS, ENGINE_TIME)
TOGETHER = 32
"""Objects of one request: about 1,000 bytes of answer, below what a datagram may be on the way."""
LOOK_AGAIN = 600.0
"""Seconds after which the rows of a device's tables are looked for anew; at once after a reboot."""
REBOOT_SHOWN = 600.0
"""Seconds for which `snmp.rebooted` stays true: longer than any rule's `for`."""
FORGOTTEN = 3600.0
"""Seconds after which a target that nobody asks about is forgotten."""
SHARE = 0.9
"""Part of the timeout that is ours: what is missing after it is said, instead of everything being lost."""


@dataclass(slots=True)
class SnmpDevice:
    """The state of one target between polls. Times are monotonic seconds."""

    profile: snmp_profiles.Profile | None = None
    cells: list[Cell] = field(default_factory=list)
    batches: list[list[Cell]] = field(default_factory=list)
    pending: list[snmp_profiles.Table] = field(default_factory=list)
    fresh: list[Cell] = field(default_factory=list)
    gone: list[Cell] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    partial: bool = False
    looking: bool = False
    look_at: float = 0.0
    used_at: float = 0.0
    counters: Counters = field(default_factory=Counters)
    uptime: AgentUptime = field(default_factory=AgentUptime)
    nameplate: nameplate.Nameplate = field(default_factory=nameplate.Nameplate)


class SnmpPoller(Poller):
    """Asks agents; sessions, keys and tables are kept between polls."""

    schemes: ClassVar[tuple[str, ...]] = ("snmp",)
    family: ClassVar[str] = "snmp"

    def __init__(self) -> None:
        self._agents = Agents()
        self._devices: dict[tuple[str, str], SnmpDevice] = {}
        self._swept_at = 0.0

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or with a profile or credential that cannot be used."""
        addresses.need_host(target, "snmp://10.0.0.1?cred=core&profile=switch")
        uri.only(target, ("cred", "profile", "ports", *PARAMETERS))
        uri.no_path(target)
        single_object(target)
        name = target.params.get("profile", "auto")
        if name not in snmp_profiles.names():
            profile_names = ", ".join(snmp_profiles.names())
            raise Misconfigured(
                f"{target.uri!r}: there is no profile {name!r}; known: {profile_names}",
                f"{target.uri!r}：没有名为 {name!r} 的模板；可用：{profile_names}",
            )
        users.check(target.credential)

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady (timeout, refused, wrong answer), AuthFailed, Misconfigured."""
        users.check(target.credential)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + target.timeout * SHARE
        address = await addresses.resolve(target.host)
        device = self._device(target, loop.time())
        port, timeout = target.port or PORT, target.timeout * SHARE
        async with self._agents.borrow(address, port, target.credential, timeout) as agent:
            return await _Visit(agent, device, target, deadline).all()

    def _device(self, target: Target, now: float) -> SnmpDevice:
        if now - self._swept_at > FORGOTTEN / 4:
            self._swept_at = now
            self._agents.forget(now, FORGOTTEN)
            for key in [key for key, device in self._devices.items() if now - device.used_at > FORGOTTEN]:
                del self._devices[key]
        device = self._devices.setdefault((target.asset, target.uri), SnmpDevice())
        device.used_at = now
        return device

    async def close(self) -> None:
        """Gives the sessions back, and forgets every device."""
        self._agents.close()
        self._devices.clear()


class _Visit:
    """One poll of one device. Past the first answer nothing raises: what is missing is counted."""

    def __init__(self, agent: Agent, device: SnmpDevice, target: Target, deadline: float) -> None:
        self._agent = agent
        self._device = device
        self._target = target
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._out: list[Measurement] = []
        self._unanswered = ""

    async def all(self) -> list[Measurement]:
        began = self._loop.time()
        first = await self._first()
        came = self._loop.time()
        self._out.append(Measurement(metric="snmp.ms", value=round((came - began) * 1000, 3), unit="ms"))
        cells = self._device.batches[0] if self._device.batches else []
        if self._uptime(first, came):
            # Its rows may be numbered anew: what was asked by the old numbers is another's.
            cells = [cell for cell in cells if not cell.index]
            self._begin_anew()
        self._take(cells, first, came)
        await self._rest()
        await self._identify()
        self._settle()
        return self._out

    async def _first(self) -> dict[str, Raw]:
        """The request that tells whether the device is there. Raises CollectorError."""
        device = self._device
        if device.profile is None:
            scalars = await self._agent.get((*HEAD, OBJECT_ID))
            if device.profile is None:
                device.profile = profile_of(self._target, str(scalars.get(OBJECT_ID, "")))
                device.cells = [cell_of(metric) for metric in device.profile.scalars]
                device.batches = _batches(device.cells)
            if not device.profile.scalars:
                self._need(scalars)
                return scalars
        oids = [*HEAD, *_oids(device.batches[0])] if device.batches else [*HEAD]
        answer = await self._agent.get(oids)
        self._need(answer)
        return answer

    def _need(self, answer: dict[str, Raw]) -> None:
        if not answer:
            self._device.profile = None  # perhaps it is another device now
            raise NotReady(Reason.WRONG_ANSWER, "the agent answers, but has none of the objects that were asked for")

    def _begin_anew(self) -> None:
        device = self._device
        device.counters.forget()
        device.cells = [cell for cell in device.cells if not cell.index]
        device.batches = _batches(device.cells)
        device.look_at = device.nameplate.due_at = 0.0
        if not device.looking:  # another visit of it goes on with what it has begun
            device.pending = []

    def _uptime(self, answer: dict[str, Raw], at: float) -> bool:
        """Gives the uptime; True when the device has started again."""
        numbers = [value if isinstance(value := answer.get(oid), int) else None for oid in (UPTIME, ENGINE_TIME, BOOTS)]
        uptime = self._device.uptime
        rebooted = uptime.see(numbers[0], numbers[1], numbers[2], at)
        if uptime.seconds is not None:
            self._out.append(Measurement(metric="snmp.uptime_s", value=uptime.seconds, unit="s"))
            shown = uptime.rebooted_at is not None and at - uptime.rebooted_at < REBOOT_SHOWN
            self._out.append(Measurement(metric="snmp.rebooted", value=shown))
        return rebooted

    async def _rest(self) -> None:
        """The other batches, then tables that are due; as far as the time goes."""
        device = self._device
        if len(device.batches) <= 1 and not self._due():
            return
        try:
            async with asyncio.timeout_at(self._deadline):
                for batch in device.batches[1:]:
                    answer = await self._agent.get(_oids(batch))
                    self._take(batch, answer, self._loop.time())
                await self._look()
        except TimeoutError:
            self._unanswered = "some tables were not answered in time"
        except CollectorError as error:
            self._unanswered = error.en

    async def _identify(self) -> None:
        """Read the device's facts when they are due. A device that does not answer in time is asked again later."""
        device, now = self._device, self._loop.time()
        if self._unanswered or device.profile is None or not device.nameplate.due(now):
            return
        device.nameplate.attempted(now)
        with suppress(TimeoutError, CollectorError):
            async with asyncio.timeout_at(self._deadline):
                self._out += await nameplate.facts(self._agent, device.profile.facts)
            device.nameplate.done(now)

    def _due(self) -> bool:
        """True when tables are due to be read and no other poll reads them."""
        device = self._device
        return not device.looking and (bool(device.pending) or self._loop.time() >= device.look_at)

    async def _look(self) -> None:
        """Finds the rows of the tables; goes on in the next poll where the time has ended. One visit at a time."""
        device, now = self._device, self._loop.time()
        if not self._due():
            return
        if not device.pending and device.profile is not None:
            device.pending, device.fresh = list(device.profile.tables), []
            device.look_at = now + LOOK_AGAIN
        device.looking = True
        try:
            while device.pending:
                device.fresh += await rows(self._agent, device.pending[0], self._target.params.get("ports", ""))
                del device.pending[0]
        finally:
            device.looking = False
        await self._use_fresh_rows()

    async def _use_fresh_rows(self) -> None:
        """Takes the new rows over; read at once when they are the first, so that the next poll already gives rates."""
        device = self._device
        first = not any(cell.index for cell in device.cells)
        device.cells = [*(cell for cell in device.cells if not cell.index), *device.fresh]
        device.absent = {oid: name for oid, name in device.absent.items() if oid.endswith(".0")}
        device.batches = _batches(device.cells)
        device.counters.keep_only({cell.oids[0] for cell in device.cells})
        if first:
            for batch in _batches(device.fresh):
                self._take(batch, await self._agent.get(_oids(batch)), self._loop.time())

    def _take(self, batch: list[Cell], answer: dict[str, Raw], at: float) -> None:
        for cell in batch:
            if cell.oids[0] in answer and (len(cell.oids) == 1 or all(oid in answer for oid in cell.oids)):
                self._out += readings(cell, answer, self._device.counters, at)
            elif answer:
                self._device.gone.append(cell)

    def _settle(self) -> None:
        """Replace OIDs that the device does not have by their alternatives, or omit them until the next table read."""
        device = self._device
        gone = {id(cell): cell for cell in device.gone}
        if gone:
            # Another visit of the same device may have found the same.
            gone = {id(cell): cell for cell in device.cells if id(cell) in gone}
            device.cells = [cell for cell in device.cells if id(cell) not in gone]
            for cell in gone.values():
                if (other := cell.other()) is not None:
                    device.cells.append(other)
                else:
                    device.absent[cell.oids[0]] = cell.metric.metric
            device.gone.clear()
            device.batches = _batches(device.cells)
        if device.absent:
            names = ", ".join(sorted(set(device.absent.values())))
            self._out.append(Measurement(metric="snmp.missing", value=len(device.absent), text=names))
        if self._unanswered or device.partial:
            device.partial = bool(self._unanswered)
            quality = Quality.UNCERTAIN if device.partial else Quality.GOOD
            self._out.append(
                Measurement(metric="snmp.partial", value=device.partial, quality=quality, text=self._unanswered)
            )


def _oids(batch: Iterable[Cell]) -> list[str]:
    return [oid for cell in batch for oid in cell.oids]


def _batches(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Cells in groups of at most TOGETHER objects; the head of every poll goes with the first."""
    groups: list[list[Cell]] = [[]]
    size = len(HEAD)
    for cell in cells:
        if size + len(cell.oids) > TOGETHER and groups[-1]:
            groups.append([])
            size = 0
        groups[-1].append(cell)
        size += len(cell.oids)
    return groups
