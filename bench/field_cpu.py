"""CPU of what field protocols cost, on loopback: one JSON line each for a check and for a value that is pushed.

    .venv/bin/python bench/field_cpu.py [--checks 5000]

Only our process is counted; the servers (collectors/sim) run in a child. A Modbus check is one of eight probes that
share a request. MQTT and OPC UA values are told as they come; their check only proves that the connection holds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.network.modbus.probe import ModbusPoller
from collectors.network.mqtt.probe import MqttPoller
from collectors.network.opcua.probe import OpcUaPoller
from collectors.subscriber import Subscriber, SubscriberCallbacks

NODES, TOPICS = 100, 100
RATE = 10
"""Changes of each node or topic a second."""
PUSHING = 5.0


async def serve(pipe: Connection) -> None:
    """The servers; tells their addresses, then moves their values until it is ended."""
    from collectors.sim.modbus import ModbusDevice
    from collectors.sim.mqtt import MqttBroker
    from collectors.sim.opcua import OpcUaPlant

    modbus = ModbusDevice("127.0.0.1", 0, lambda unit, function: dict.fromkeys(range(100), 7))
    mqtt = MqttBroker("127.0.0.1", 0)
    plant = OpcUaPlant("127.0.0.1", 48990, {f"N{n}": 0.0 for n in range(NODES)})
    for server in (modbus, mqtt, plant):
        await server.start()
    pipe.send({"modbus": modbus.address, "mqtt": mqtt.address, "opc.tcp": plant.address})
    turn = 0
    while True:
        turn += 1
        for number in range(NODES):
            await plant.write(f"N{number}", float(turn))
        for number in range(TOPICS):
            mqtt.publish(f"t/{number}", str(turn), qos=0)
        await asyncio.sleep(1 / RATE)


def child(pipe: Connection) -> None:
    asyncio.run(serve(pipe))


class Counter:
    """Counts the values that a poller pushes."""

    def __init__(self, poller: Poller) -> None:
        self.pushed = 0
        if isinstance(poller, Subscriber):
            poller.attach(
                SubscriberCallbacks(
                    push=self._pushed, request_poll=lambda target: None, report_alarms=lambda target, conditions: None
                )
            )

    def _pushed(self, target: Target, measurements: Sequence[Measurement]) -> None:
        self.pushed += len(measurements)


async def measure(label: str, poller: Poller, targets: Sequence[Target], checks: int) -> None:
    """Checks first, with the pushed values running beside them; then the pushed values alone."""
    counter = Counter(poller)
    await asyncio.gather(*(poller.poll(target) for target in targets))
    spent, pushed = await _pushed(counter)
    share = spent / PUSHING
    if pushed:
        _say(f"{label}, a pushed value", pushed, spent, PUSHING)
    began, wall = time.process_time(), time.perf_counter()
    for _ in range(max(1, checks // len(targets))):
        await asyncio.gather(*(poller.poll(target) for target in targets))
    took = time.perf_counter() - wall
    spent = time.process_time() - began - share * took
    _say(label, max(1, checks // len(targets)) * len(targets), max(0.0, spent), took)
    await poller.close()


async def _pushed(counter: Counter) -> tuple[float, int]:
    before, began = counter.pushed, time.process_time()
    await asyncio.sleep(PUSHING)
    return time.process_time() - began, counter.pushed - before


def _say(label: str, count: int, spent: float, took: float) -> None:
    line = {"check": label, "checks": count, "cpu_us": round(spent / count * 1e6, 1), "per_s": round(count / took)}
    print(json.dumps(line), flush=True)


async def run(addresses: dict[str, str], checks: int) -> None:
    def targets(uris: Sequence[str]) -> list[Target]:
        return [uri.parse(text, asset=str(number), timeout=10.0) for number, text in enumerate(uris)]

    modbus = [f"modbus://{addresses['modbus']}/1?hr={n * 2}:uint32" for n in range(8)]
    await measure("modbus", ModbusPoller(), targets(modbus), checks)
    await measure("mqtt", MqttPoller(), targets([f"mqtt://{addresses['mqtt']}/t/{n}" for n in range(TOPICS)]), checks)
    nodes = [f"opc.tcp://{addresses['opc.tcp']}?node=ns%3D2%3Bs%3DN{n}" for n in range(NODES)]
    await measure("opcua", OpcUaPoller(), targets(nodes), checks)


def main() -> None:
    """Starts the servers, measures, ends them."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--checks", type=int, default=5000)
    arguments = options.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=child, args=(theirs,), daemon=True)
    server.start()
    try:
        uvloop.run(run(ours.recv(), arguments.checks))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
