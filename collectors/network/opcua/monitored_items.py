"""Monitored items of a session: their watchers, and the requests that create them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds

from collectors.errors import Misconfigured
from collectors.network.opcua.conditions import event_filter

QUEUE, EVENT_QUEUE = 10, 1000
"""Changes of a node, and events, that the server keeps between two notifications."""
_NSU = re.compile(r"^nsu=([^;]+);(.+)$")


class Watcher(Protocol):
    """A watcher of one node: of its value, or of the events that it notifies."""

    node: str
    events: bool

    def value(self, data_value: ua.DataValue, published: float) -> None: ...

    def event(self, fields: Sequence[ua.Variant]) -> None: ...

    def published(self) -> None:
        """All events of one notification have been given."""

    def lost(self) -> None: ...


@dataclass(slots=True, eq=False)
class Item:
    """A monitored item. `created` is done when the server has it, with its id there."""

    watcher: Watcher
    handle: int
    created: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


async def node_id(client: Client, text: str) -> ua.NodeId:
    """The node that a probe names. Raises Misconfigured when the server has no such namespace."""
    namespace_uri = _NSU.match(text)
    if namespace_uri is not None:
        try:
            index = await client.get_namespace_index(namespace_uri[1])
        except ValueError as error:
            raise Misconfigured(
                f"the server has no namespace {namespace_uri[1]}; mend node=",
                f"服务器没有命名空间 {namespace_uri[1]}；请改正 node=",
            ) from error
        text = f"ns={index};{namespace_uri[2]}"
    return ua.NodeId.from_string(text)


def request_of(item: Item, node: ua.NodeId) -> ua.MonitoredItemCreateRequest:
    """Every change of a value that the server sees, or every event."""
    request, params = ua.MonitoredItemCreateRequest(), ua.MonitoringParameters()
    attribute = AttributeIds.EventNotifier if item.watcher.events else AttributeIds.Value
    request.ItemToMonitor = ua.ReadValueId(node, attribute)
    request.MonitoringMode = ua.MonitoringMode.Reporting
    params.ClientHandle = item.handle
    params.DiscardOldest = True
    params.SamplingInterval, params.QueueSize = (0.0, EVENT_QUEUE) if item.watcher.events else (-1.0, QUEUE)
    if item.watcher.events:
        params.Filter = event_filter()
    request.RequestedParameters = params
    return request


def offer(endpoint: ua.EndpointDescription) -> str:
    """An endpoint's security in the words of a credential."""
    policy = (endpoint.SecurityPolicyUri or "").rpartition("#")[2]
    return policy if policy == "None" else f"{policy}/{endpoint.SecurityMode.name.rstrip('_')}"
