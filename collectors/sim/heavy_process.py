"""`python -m collectors.sim.heavy_process`: the simulated devices whose libraries are large, in a process of their own.

Standard input brings one JSON line first, a list of {name, kind, host, port}, then lines "start NAME", "stop NAME";
each is answered by "ok" or "error WORDS". The process ends with its input. Kinds: `opcua` (a water station), `flood`
(broken: its water is high, and the alarm with it), `switch` (SNMP v2c), `ups` (SNMP v3), `camera` (RTSP),
`camera-fault` (broken: its camera, named as the host, has a fault), `recorder` (GB/T 28181), `recorder-fault`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from collectors.sim.cameras import site
from collectors.sim.devices import SimulatedDevice
from collectors.sim.values import COMMUNITY, USER, V3_KEYS, wave

NICE = 5
"""The roles of the demo come first."""
EVERY = 1.0
HIGH, FLOODED = 3.5, 4.2
LEVEL = "River.Level"
STATION: Mapping[str, object] = {LEVEL: 1.8, "River.Flow": 42.0, "Pump.Running": True, "Pump.Pressure": 0.42}
ALARMS = {"水位超警": 850, "水泵故障": 650}


class Station:
    """The water station: its values move, and its alarm follows its level."""

    def __init__(self, host: str, port: int) -> None:
        from collectors.sim.opcua import OpcUaPlant

        self.address = f"{host}:{port}"
        self.flooded = False
        self._plant = OpcUaPlant(host, port, STATION, ALARMS, users={USER: V3_KEYS[0]})
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._plant.start()
        if self._task is None:
            self._task = asyncio.create_task(self._move())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        await self._plant.stop()

    async def _move(self) -> None:
        high = False
        while True:
            at = time.time()
            level = FLOODED if self.flooded else round(wave(at, 1.8, 0.2, 300), 2)
            await self._plant.write(LEVEL, level)
            await self._plant.write("River.Flow", round(level * 23.5, 1))
            await self._plant.write("Pump.Pressure", round(wave(at, 0.42, 0.02, 60), 3))
            if high is not (level >= HIGH):
                high = level >= HIGH
                text = f"龙川江水位 {level} 米，超过警戒水位 {HIGH} 米" if high else "水位已回落"
                await self._plant.alarm("水位超警", high, text)
            await asyncio.sleep(EVERY)


class RiverFlood:
    """A river flood as a device: broken, the river is high; mended, it has fallen."""

    def __init__(self, station: Station) -> None:
        self.address = station.address
        self._station = station

    async def start(self) -> None:
        self._station.flooded = False

    async def stop(self) -> None:
        self._station.flooded = True


def _snmp(kind: str, host: str, port: int) -> SimulatedDevice:
    from collectors.sim.snmp import SnmpAgent
    from collectors.sim.snmp_objects import switch, ups

    if kind == "switch":
        return SnmpAgent(host, port, switch(time.time()), community=COMMUNITY)
    return SnmpAgent(host, port, ups(time.time()), community=None, user=(USER, *V3_KEYS))


def _devices(rows: list[dict[str, Any]]) -> dict[str, SimulatedDevice]:
    devices: dict[str, SimulatedDevice] = {}
    station: Station | None = None
    for row in rows:
        kind, host, port = row["kind"], row["host"], row["port"]
        if kind == "opcua":
            devices[row["name"]] = station = Station(host, port)
        elif kind == "flood" and station is not None:
            devices[row["name"]] = RiverFlood(station)
        elif kind in ("camera", "camera-fault", "recorder", "recorder-fault"):
            devices[row["name"]] = site.simulated_device(row, len(devices), devices)
        else:
            devices[row["name"]] = _snmp(kind, host, port)
    return devices


async def _line(reader: asyncio.StreamReader) -> str:
    return (await reader.readline()).decode().strip()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _act(devices: Mapping[str, SimulatedDevice], verb: str, name: str) -> None:
    try:
        await (devices[name].start() if verb == "start" else devices[name].stop())
    except (OSError, KeyError) as error:
        _say(f"error {error}".replace("\n", " "))
    else:
        _say("ok")


async def serve() -> None:
    """Obey the lines of standard input until it ends."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    devices = _devices(json.loads(await _line(reader)))
    while line := await _line(reader):
        verb, _, name = line.partition(" ")
        await _act(devices, verb, name)
    for device in devices.values():
        await device.stop()


if __name__ == "__main__":
    os.nice(NICE)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve())
