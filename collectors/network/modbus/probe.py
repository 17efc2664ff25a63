"""`modbus://10.0.0.9:502/1?hr=0:float32&scale=0.1&metric=voltage&unit=V`: one value of a Modbus TCP device.

The path is the unit id. Probes of one device are due together and read in as few requests as their addresses
allow, over one connection; the units behind a gateway wait for one another. See modbus_points for the values.
`framing=rtu` is for serial servers that pass RTU frames on; `tls=yes` is Modbus/TCP Security on port 802, where a
credential of kind tls says whom to trust and what to show, and `verify=no` takes any certificate.
Gives `modbus.ms` (the request) and `modbus.value`, or what `metric` names. Devices take one connection or a few:
a kept one is shared by all probes of an address.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import CollectorError, Misconfigured, NotReady, Reason, Undetermined
from collectors.network import addresses
from collectors.network.modbus import registers
from collectors.network.modbus.connection import DeviceFault, ModbusConnection, ModbusEndpoint, ModbusRequest, Refusal
from collectors.network.modbus.registers import BITS, FUNCTIONS, Point
from collectors.network.tls import trust

PORT, TLS_PORT = 502, 802
GAP = 16
"""Registers that may be read in vain between two that are wanted: cheaper than another request."""
REGISTERS, COILS = 125, 2000
"""Registers and bits that one request may ask for (V1.1b3, 6.1 to 6.4)."""
SHARE = 0.9
"""Part of a poll's time for one request: what went wrong is said before the poll is cut off."""
FORGOTTEN = 3600.0
"""Seconds after which a device that nobody asks about is let go."""
PARAMS = (*FUNCTIONS, "order", "scale", "offset", "nodata", "metric", "unit", "framing", "tls", "verify", "cred")
METRIC = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")


class ModbusPoller(Poller):
    """Reads registers; connections are kept between polls."""

    schemes: ClassVar[tuple[str, ...]] = ("modbus",)
    family: ClassVar[str] = "modbus"

    def __init__(self) -> None:
        self._devices: dict[ModbusEndpoint, RegisterReader] = {}
        self._trust = trust.Trust()

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or when the value is not clearly named."""
        addresses.need_host(target, "modbus://10.0.0.9:502/1?hr=0:float32&metric=voltage&unit=V")
        uri.only(target, PARAMS)
        addresses.choice(target, "framing", ("tcp", "rtu"))
        addresses.choice(target, "verify", ("yes", "no"))
        if addresses.choice(target, "tls", ("no", "yes")) == "no" and not {"cred", "verify"}.isdisjoint(target.params):
            raise Misconfigured(
                f"{target.uri!r}: cred and verify want tls=yes", f"{target.uri!r}：cred 与 verify 需要与 tls=yes 同用"
            )
        _need_certificates(target)
        need_metric(target)
        registers.read(target)

    @staticmethod
    def poll_group(target: Target) -> str:
        """Probes of one device are asked together."""
        return f"modbus {target.host}:{target.port or (TLS_PORT if _is_tls(target) else PORT)}"

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady (timeout, refused, closed, wrong answer), Misconfigured (the device has no such register)."""
        point = registers.read(target)
        address = await addresses.resolve(target.host)
        secure = _is_tls(target)
        tls = self._trust.context(target, verify=target.params.get("verify") != "no") if secure else None
        port = target.port or (TLS_PORT if secure else PORT)
        rtu = target.params.get("framing") == "rtu"
        device = self._device(ModbusEndpoint(address, port, target.host if secure else "", tls, rtu))
        try:
            answer = await device.ask(point, target.timeout * SHARE)
        except DeviceFault as fault:
            return [registers.unreadable(target, fault)]
        ms = Measurement(metric="modbus.ms", value=answer.ms, unit="ms")
        return [ms, registers.measurement(target, point, answer.data)]

    def _device(self, where: ModbusEndpoint) -> RegisterReader:
        now = asyncio.get_running_loop().time()
        for endpoint in [endpoint for endpoint, device in self._devices.items() if now - device.used_at > FORGOTTEN]:
            self._devices.pop(endpoint).close()
        device = self._devices.setdefault(where, RegisterReader(ModbusConnection(where)))
        device.used_at = now
        return device

    async def close(self) -> None:
        """Lets every connection go."""
        for device in self._devices.values():
            device.close()
        self._devices.clear()


def _is_tls(target: Target) -> bool:
    return target.params.get("tls") == "yes"


def _need_certificates(target: Target) -> None:
    if target.credential is not None and target.credential.kind != trust.KIND:
        raise Misconfigured(
            f"credential {target.credential.name!r} is of kind {target.credential.kind!r}; modbus wants tls",
            f"凭据 {target.credential.name!r} 的类型是 {target.credential.kind!r}；modbus 需要 tls",
        )
    trust.check(target)


def need_metric(target: Target) -> None:
    """Raises Misconfigured when `metric=` is no name for a reading."""
    metric = target.params.get("metric", "a.b")
    if not METRIC.match(metric) or metric.endswith(".up"):
        raise Misconfigured(
            f"{target.uri!r}: metric={metric!r} must look like voltage or river.level (and not end in .up)",
            f"{target.uri!r}：metric={metric!r} 须形如 voltage 或 river.level（且不以 .up 结尾）",
        )


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """The bytes of one point, and the duration of its request in ms."""

    data: bytes
    ms: float


@dataclass(slots=True)
class PointRequest:
    """One point that somebody waits for; several may wait for the same."""

    point: Point
    timeout: float
    answer: asyncio.Future[RegisterAnswer]


@dataclass(slots=True)
class Block:
    """Points that one request reads."""

    request: ModbusRequest
    point_requests: list[PointRequest] = field(default_factory=list)


@dataclass(slots=True)
class Limits:
    """Reads that a device refuses: gaps between points (by unit and function), and points in merged requests."""

    strict: set[tuple[int, int]] = field(default_factory=set)
    alone: set[Point] = field(default_factory=set)

    def narrow(self, block: Block) -> None:
        """A merged request was refused: one bad register must not hide the others."""
        line = (block.request.unit, block.request.function)
        wanted_addresses = {
            address for request in block.point_requests for address in range(request.point.address, request.point.end)
        }
        if line not in self.strict and len(wanted_addresses) < block.request.count:
            self.strict.add(line)
        else:
            self.alone.update(request.point for request in block.point_requests)


class RegisterReader:
    """The device at one endpoint. Merges the points of several targets into requests, and sends them in sequence."""

    def __init__(self, connection: ModbusConnection) -> None:
        self._connection = connection
        self._waiting: dict[Point, PointRequest] = {}
        self._limits = Limits()
        self._worker: asyncio.Task[None] | None = None
        self._units: set[int] = set()
        self.used_at = 0.0

    async def ask(self, point: Point, timeout: float) -> RegisterAnswer:
        """Read a point. Raises NotReady, Misconfigured, DeviceFault."""
        self._units.add(point.unit)
        point_request = self._waiting.get(point)
        if point_request is None:
            future: asyncio.Future[RegisterAnswer] = asyncio.get_running_loop().create_future()
            point_request = self._waiting[point] = PointRequest(point, timeout, future)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="modbus device")
        # Shielded: whoever else waits for the same point must not lose it when one poll is cut off.
        return await asyncio.shield(point_request.answer)

    async def _work(self) -> None:
        await asyncio.sleep(0)  # whoever is due at the same moment comes along
        silent: set[int] = set()
        while self._waiting:
            for block in blocks(self._waiting.values(), self._limits):
                # A lost gateway fails the points of all blocks at once.
                if all(point_request.point in self._waiting for point_request in block.point_requests):
                    await self._serve(block, silent)

    async def _serve(self, block: Block, silent: set[int]) -> None:
        unit = block.request.unit
        if unit in silent:
            # Its line is asked once a round: a dead unit must not hold up the others behind its gateway.
            self._fail(block.point_requests, NotReady(Reason.TIMEOUT, f"unit {unit} gave no answer to another request"))
            return
        try:
            await self._read(block)
        except Refusal as error:
            if len(block.point_requests) == 1:
                self._fail(block.point_requests, error)
            else:
                self._limits.narrow(block)
        except DeviceFault as error:
            self._fail(block.point_requests, error)
        except NotReady as error:
            if not self._connection.opened and (len(self._units) > 1 or self._connection.is_serial_server):
                self._fail(self._waiting.copy().values(), gateway_lost(error))
                return
            if error.reason is Reason.TIMEOUT:
                silent.add(unit)
            self._fail(block.point_requests, error)

    async def _read(self, block: Block) -> None:
        loop, request = asyncio.get_running_loop(), block.request
        began = loop.time()
        data = await self._connection.read(
            request, max(point_request.timeout for point_request in block.point_requests)
        )
        ms = round((loop.time() - began) * 1000, 3)
        for point_request in block.point_requests:
            del self._waiting[point_request.point]
            if not point_request.answer.done():
                point_request.answer.set_result(RegisterAnswer(_part(request, point_request.point, data), ms))

    def _fail(self, requests: Iterable[PointRequest], error: CollectorError) -> None:
        for point_request in requests:
            del self._waiting[point_request.point]
            if not point_request.answer.done():
                point_request.answer.set_exception(error)
                point_request.answer.exception()  # seen, also when every poll that waited has been cut off

    def close(self) -> None:
        """Lets the connection go."""
        if self._worker is not None:
            self._worker.cancel()
        for point_request in self._waiting.values():
            point_request.answer.cancel()
        self._waiting.clear()
        self._connection.close()


def gateway_lost(error: NotReady) -> Undetermined:
    """The error of the units behind a gateway that cannot be reached."""
    return Undetermined(
        error.reason,
        f"the gateway cannot be reached, the unit behind it is unknown ({error.en})",
        f"网关不可达，其后的单元状态未知（{error.zh}）",
    )


def _part(request: ModbusRequest, point: Point, data: bytes) -> bytes:
    offset = point.address - request.address
    if request.function in BITS:
        return bytes([data[offset // 8] >> offset % 8 & 1])
    return data[offset * 2 : (offset + point.count) * 2]


def blocks(requests: Iterable[PointRequest], limits: Limits) -> list[Block]:
    """As few requests as the addresses and the device allow."""
    merged: list[Block] = []
    for point_request in sorted(requests, key=_place):
        point, last = point_request.point, merged[-1] if merged else None
        if last is not None and _fits(last, point, limits):
            request = last.request
            count = max(request.address + request.count, point.end) - request.address
            last.request = ModbusRequest(request.unit, request.function, request.address, count)
            last.point_requests.append(point_request)
        else:
            merged.append(Block(ModbusRequest(point.unit, point.function, point.address, point.count), [point_request]))
    return merged


def _place(point_request: PointRequest) -> tuple[int, int, int]:
    return point_request.point.unit, point_request.point.function, point_request.point.address


def _fits(block: Block, point: Point, limits: Limits) -> bool:
    request, line = block.request, (point.unit, point.function)
    if (
        (request.unit, request.function) != line
        or point in limits.alone
        or block.point_requests[0].point in limits.alone
    ):
        return False
    most = COILS if point.function in BITS else REGISTERS
    gap = 0 if line in limits.strict else GAP
    return point.address <= request.address + request.count + gap and point.end - request.address <= most
