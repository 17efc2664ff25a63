"""Modbus against two servers by other hands: pymodbus (PyPI) and modbus-serial (npm)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from collectors.errors import Misconfigured, NotReady
from collectors.network.modbus.probe import ModbusPoller
from tests.collectors.network.loopback import ask, failure, target_of
from tests.peers.node_peers import node_peer
from tests.ports import free_port


@asynccontextmanager
async def asker() -> AsyncIterator[ModbusPoller]:
    poller = ModbusPoller()
    try:
        yield poller
    finally:
        await poller.close()


async def test_pymodbus() -> None:
    port = free_port()
    held = [
        SimData(0, values=[230.5], datatype=DataType.FLOAT32),
        SimData(2, values=[-70000], datatype=DataType.INT32),
        SimData(4, values=[7, 8, 9], datatype=DataType.UINT16),
    ]
    server = ModbusTcpServer(SimDevice(1, simdata=held), address=("127.0.0.1", port))
    serving = asyncio.create_task(server.serve_forever(background=True))
    await serving
    try:
        async with asker() as poller:
            cases = {"hr=0:float32": 230.5, "hr=2:int32": -70000, "ir=4": 7, "hr=6": 9}
            measurements = await asyncio.gather(
                *(ask(poller, target_of(f"modbus://127.0.0.1:{port}/1?{query}")) for query in cases)
            )
            assert [measurement["modbus.value"].value for measurement in measurements] == list(cases.values())
            gone = await failure(poller, target_of(f"modbus://127.0.0.1:{port}/1?hr=900"))
            assert isinstance(gone, Misconfigured)
            assert "exception 2" in gone.en
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


async def test_modbus_serial(tmp_path: Path) -> None:
    port = free_port()
    base = f"modbus://127.0.0.1:{port}"
    with node_peer("modbus_server.js", str(port), log=tmp_path / "log"):
        async with asker() as poller:
            cases = {"1?hr=3": 1003, "7?hr=3": 7003, "1?ir=199": 1199, "1?co=5": True, "1?co=6": False, "1?di=9": True}
            measurements = await asyncio.gather(*(ask(poller, target_of(f"{base}/{query}")) for query in cases))
            assert [measurement["modbus.value"].value for measurement in measurements] == list(cases.values())
            gone = await failure(poller, target_of(f"{base}/1?hr=700"))
            assert isinstance(gone, Misconfigured)
            busy = await failure(poller, target_of(f"{base}/1?hr=400"))
            assert isinstance(busy, NotReady)
            assert "busy" in busy.en
