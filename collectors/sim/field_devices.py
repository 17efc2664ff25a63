"""The simulated devices behind the probes of the demo's inventory. Devices that share a server share it here too."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from collectors.sim.cameras import faults, site
from collectors.sim.cameras.onvif import ClockFault, OnvifCamera, TamperFault
from collectors.sim.devices import HttpService, SimulatedDevice, TcpService
from collectors.sim.modbus import ModbusDevice, Registers
from collectors.sim.mqtt import MqttBroker
from collectors.sim.services import DnsService, HttpsService, SipService, SmtpService
from collectors.sim.sql import MysqlService, PostgresService
from collectors.sim.values import USER, V3_KEYS, query_value, registers, sensed

NAMES = {"www.chuxiong.example": "10.53.6.1", "mail.chuxiong.example": "10.53.12.3"}
SENSED_EVERY = 2.0
ANSWER_WITHIN = 20.0
log = logging.getLogger(__name__)


class Unit:
    """One unit behind a Modbus gateway: broken it keeps silent, as a device with a broken line does."""

    def __init__(self, gateway: Gateway, number: int) -> None:
        self.address = f"{gateway.address}/{number}"
        self._gateway, self._number = gateway, number

    async def start(self) -> None:
        self._gateway.silent.discard(self._number)

    async def stop(self) -> None:
        self._gateway.silent.add(self._number)


class Gateway(ModbusDevice):
    """Units 1 and 2 of `values.registers`."""

    def __init__(self, host: str, port: int) -> None:
        self.silent: set[int] = set()
        super().__init__(host, port, self._of)

    def _of(self, unit: int, function: int) -> Registers | None:
        return None if unit in self.silent else registers(unit, function)


class Sensor:
    """Publishes on its topic every two seconds; broken, its last will says that it is gone."""

    def __init__(self, broker: MqttBroker, topic: str, availability: str) -> None:
        self.address = f"{broker.address}/{topic}"
        self._broker, self._topic, self._availability = broker, topic, availability
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._task is None:
            self._say("online")
            self._task = asyncio.create_task(self._publish())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._say("offline")

    def _say(self, command: str) -> None:
        if self._availability:
            self._broker.publish(self._availability, command, retain=True)

    async def _publish(self) -> None:
        while True:
            body = {"value": sensed(self._topic), "time": datetime.now(UTC).isoformat()}
            self._broker.publish(self._topic, json.dumps(body), retain=True)
            await asyncio.sleep(SENSED_EVERY)


class Kernel:
    """Echo requests are answered by the system itself, so nobody can break them."""

    def __init__(self, host: str, port: int) -> None:
        self.address = host

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        raise OSError(0, "the system itself answers ICMP on loopback; it cannot be broken")


class Child:
    """The process of the heavy devices (collectors.sim.heavy_process): begins with the world, ends with it."""

    def __init__(self) -> None:
        self.address = "heavy devices"
        self.device_specs: list[dict[str, object]] = []
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._ended = False

    async def start(self) -> None:
        if not self.device_specs or self._process is not None:
            return
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "collectors.sim.heavy_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self.device_specs).encode() + b"\n")

    async def ask(self, verb: str, name: str) -> None:
        """Raises OSError with the device's words when it cannot be done."""
        process = self._process
        if self._ended:
            return
        if process is None or process.stdin is None or process.stdout is None:
            raise OSError(0, "the simulated devices have not begun")
        async with self._turn:
            process.stdin.write(f"{verb} {name}\n".encode())
            async with asyncio.timeout(ANSWER_WITHIN):
                answer = (await process.stdout.readline()).decode().strip()
        if answer != "ok":
            raise OSError(0, answer.removeprefix("error ") or "the simulated devices have ended")

    async def stop(self) -> None:
        process, self._process, self._ended = self._process, None, True
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                async with asyncio.timeout(2.0):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


class Remote:
    """A device in the other process. Its first start is not waited for: a second of libraries comes before it."""

    def __init__(self, child: Child, name: str, address: str) -> None:
        self.address = address
        self._child, self._name = child, name
        self._first: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._first is None:
            self._first = asyncio.create_task(self._child.ask("start", self._name))
            self._first.add_done_callback(self._began)
        else:
            await self._first
            await self._child.ask("start", self._name)

    def _began(self, first: asyncio.Task[None]) -> None:
        if not first.cancelled() and (error := first.exception()) is not None:
            log.warning("%s did not begin: %s", self._name, error or type(error).__name__)

    async def stop(self) -> None:
        if self._first is not None:
            await asyncio.wait([self._first])
        await self._child.ask("stop", self._name)


class RemoteFault:
    """A fault in the other process. It is off at first, so that nothing is asked for before somebody begins it."""

    def __init__(self, child: Child, name: str) -> None:
        self.address = name
        self._child, self._name = child, name
        self._on = False

    async def start(self) -> None:
        """Switch the fault off."""
        if self._on:
            await self._child.ask("start", self._name)
            self._on = False

    async def stop(self) -> None:
        """Switch the fault on."""
        await self._child.ask("stop", self._name)
        self._on = True


class Field:
    """Makes the devices of an inventory. `shared` are what several of them stand on; they start first."""

    def __init__(self) -> None:
        self.child = Child()
        self.faults: dict[str, SimulatedDevice] = {}
        self._grounds: dict[tuple[str, int, str], SimulatedDevice] = {}

    @property
    def shared(self) -> list[SimulatedDevice]:
        return [self.child, *self._grounds.values()]

    def device_of(self, asset: str, uri: str) -> SimulatedDevice | None:
        """The device that answers a probe. None for ICMP, and for a probe that already has its device."""
        parts = urlsplit(uri)
        if not parts.hostname:
            return None
        port = parts.port or 0
        make = _PLAIN.get(parts.scheme)
        if make is not None:
            return make(parts.hostname, port)
        if parts.scheme == "modbus":
            gateway = self._ground(parts, "modbus", Gateway)
            assert isinstance(gateway, Gateway)
            return Unit(gateway, int(parts.path.strip("/") or 1))
        if parts.scheme == "mqtt":
            broker = self._ground(parts, "mqtt", lambda host, port: MqttBroker(host, port, users={USER: V3_KEYS[0]}))
            assert isinstance(broker, MqttBroker)
            parameters = parse_qs(parts.query)
            return Sensor(broker, unquote(parts.path[1:]), parameters.get("availability", [""])[0])
        return self._remote(asset, parts, port)

    def _ground(self, parts: SplitResult, kind: str, make: Callable[[str, int], SimulatedDevice]) -> SimulatedDevice:
        key = (parts.hostname or "", parts.port or 0, kind)
        if key not in self._grounds:
            self._grounds[key] = make(key[0], key[1])
        return self._grounds[key]

    def _onvif(self, asset: str, host: str | None, port: int) -> SimulatedDevice:
        """A camera's ONVIF service, whose clock can be set wrong, and which says when somebody tampers with it."""
        camera = OnvifCamera(host or "127.0.0.1", port, USER, V3_KEYS[0])
        self.faults[f"{asset}-clock"] = ClockFault(camera)
        self.faults[f"{asset}-tamper"] = TamperFault(camera)
        return camera

    def recorders(self, rows: list[dict[str, str]], url: str) -> dict[str, SimulatedDevice]:
        """The recorders of an inventory, by asset. `url` is that of the platform that they register with."""
        devices: dict[str, SimulatedDevice] = {}
        assets = site.asset_ids(rows)
        for recorder in site.recorder_rows(rows, url):
            self.child.device_specs.append(recorder)
            devices[str(recorder["name"])] = Remote(self.child, str(recorder["name"]), str(recorder["device"]))
            for fault in site.recorder_fault_rows(recorder, assets):
                self.child.device_specs.append(fault)
                name = str(fault["name"])
                self.faults[name] = RemoteFault(self.child, name)
        return devices

    def _add_fault(self, camera: str) -> None:
        """Give the first cameras one fault each."""
        cameras = sum(device["kind"] == "camera" for device in self.child.device_specs)
        if cameras <= len(faults.NAMES):
            name = f"{camera}-{faults.NAMES[cameras - 1]}"
            self.child.device_specs.append({"name": name, "kind": "camera-fault", "host": camera, "port": 0})
            self.faults[name] = RemoteFault(self.child, name)

    def _remote(self, asset: str, parts: SplitResult, port: int) -> SimulatedDevice | None:
        profile = parse_qs(parts.query).get("profile", ["switch"])[0]
        if parts.scheme == "onvif":
            return self._onvif(asset, parts.hostname, port)
        kind = {"opc.tcp": "opcua", "snmp": profile, "rtsp": "camera"}.get(parts.scheme)
        host = parts.hostname or ""
        if kind is None or any((device["host"], device["port"]) == (host, port) for device in self.child.device_specs):
            return None
        address = f"{host}:{port}"
        self.child.device_specs.append({"name": asset, "kind": kind, "host": host, "port": port})
        if kind == "camera":
            self._add_fault(asset)
        if kind == "opcua":
            flood = f"{asset}-flood"
            self.child.device_specs.append({"name": flood, "kind": "flood", "host": host, "port": port})
            self.faults[flood] = Remote(self.child, flood, address)
        return Remote(self.child, asset, address)


_PLAIN: dict[str, Callable[[str, int], SimulatedDevice]] = {
    "tcp": TcpService,
    "icmp": Kernel,
    "http": lambda host, port: HttpService(host, port or 80),
    "https": HttpsService,
    "dns": lambda host, port: DnsService(host, port, NAMES),
    "smtp": SmtpService,
    "sip": SipService,
    "sql+postgresql": lambda host, port: PostgresService(host, port, USER, V3_KEYS[0], query_value),
    "sql+mysql": lambda host, port: MysqlService(host, port, USER, V3_KEYS[0], query_value),
}  # `tls` looks at the certificate of an https service of the same asset
