"""OPC UA servers that start and stop at once: asyncua takes two seconds of CPU for the nodes of the standard, and waits
a second for its clock when a server stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import Any
from unittest.mock import patch

from asyncua.server.address_space import NodeData
from asyncua.server.internal_server import InternalServer
from asyncua.server.standard_address_space import standard_address_space

from collectors.sim.opcua import OpcUaPlant
from tests.ports import free_port

_standard: dict[Any, NodeData] = {}
"""The nodes of the standard, as the first server of this process made them. Servers get copies."""
_fill: Callable[[Any], None] = standard_address_space.fill_address_space
_stop = InternalServer.stop


def _copied(node: NodeData) -> NodeData:
    """A node of another server: what a server changes in place is its own."""
    copied = copy(node)
    copied.attributes = {}
    for name, attribute in node.attributes.items():
        copied.attributes[name] = copy(attribute)
        copied.attributes[name].datachange_callbacks = dict(attribute.datachange_callbacks)
    copied.references = [copy(reference) for reference in node.references]
    return copied


def _fill_from_memory(management: Any) -> None:
    nodes = management._aspace._nodes
    if not _standard:
        _fill(management)
        _standard.update((id, _copied(node)) for id, node in nodes.items())
    else:
        nodes.update((id, _copied(node)) for id, node in _standard.items())


async def _stop_at_once(server: InternalServer) -> None:
    if server.time_task is not None:
        server.time_task.cancel()
        await asyncio.wait([server.time_task])
        server.time_task = None
    await _stop(server)


@asynccontextmanager
async def running_plant(
    values: Mapping[str, object], alarms: Mapping[str, int], port: int = 0, **settings: Any
) -> AsyncIterator[OpcUaPlant]:
    """A plant on loopback, on a free port if none is given. `settings` are those of OpcUaPlant."""
    plant = OpcUaPlant("127.0.0.1", port or free_port(), values, alarms, **settings)
    with patch.object(standard_address_space, "fill_address_space", _fill_from_memory):
        await plant.start()
    try:
        yield plant
    finally:
        with patch.object(InternalServer, "stop", _stop_at_once):
            await plant.stop()
