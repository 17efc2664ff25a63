"""The session with an OPC UA server, shared by all watched nodes of that server with one credential.

It has one subscription, and each watched node is a monitored item of it. After a loss everything is created again:
channel, session, subscription, items, and a refresh of the conditions.
Importing asyncua takes a third of a second, so this module is imported in a thread when the first probe needs it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from collectors.errors import CollectorError, NotReady, Reason
from collectors.network.opcua import values
from collectors.network.opcua.client import FAILURES, disconnect, sign_in
from collectors.network.opcua.handshake import greet
from collectors.network.opcua.identities import NodeIdentities
from collectors.network.opcua.monitored_items import Item, Watcher, request_of
from collectors.network.opcua.security import Security
from collectors.shared_connection import SharedConnection

PUBLISHING = 0.5
"""Seconds between two notifications of changes."""
KEEPALIVE = 4
"""Publishing intervals without a change after which the server sends a keep-alive."""
LIFETIME = 120
"""Publishing intervals without a request after which the server drops the subscription."""
SILENT = PUBLISHING * KEEPALIVE * 2.5
"""Seconds without a notification after which the server is read."""
AT_ONCE = 500
"""Monitored items in one request."""
ALREADY_ACKED = frozenset((StatusCodes.BadConditionBranchAlreadyAcked,))
ACKNOWLEDGE = ObjectIds.AcknowledgeableConditionType_Acknowledge
NO_METHOD = frozenset(
    (
        StatusCodes.BadMethodInvalid,
        StatusCodes.BadNodeIdUnknown,
        StatusCodes.BadNotSupported,
        StatusCodes.BadNodeIdInvalid,
        StatusCodes.BadNothingToDo,
    )
)
__all__ = ["ACKNOWLEDGE", "ALREADY_ACKED", "NO_METHOD", "Session", "UaStatusCodeError", "ua", "values"]

T = TypeVar("T")


class Session:
    """One session. `endpoint` is host and port of the server, and `url` its address.

    `data` is the folder of the collector's own certificate, None without one.
    """

    def __init__(
        self, endpoint: tuple[str, int], url: str, security: Security, data: Path | None, timeout: float
    ) -> None:
        self.security = security
        self.sessions = 0
        self._endpoint, self._url, self._data, self._timeout = endpoint, url, data, timeout
        self._shared = SharedConnection(self._connect)
        self._client: Client | None = None
        self._subscription = 0
        self._watchers: dict[Watcher, Item | None] = {}
        self._items: dict[int, Item] = {}
        self._new: list[Item] = []
        self._creation: asyncio.Task[None] | None = None
        self._handle = 0
        self._identities = NodeIdentities()
        self._notified_at = 0.0
        self.confirmed_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()

    # -- for polls ---------------------------------------------------------------

    async def ready(self, watcher: Watcher | None, timeout: float) -> None:
        """Wait until the session is open and the watcher's item exists. Raises CollectorError."""
        try:
            async with asyncio.timeout(timeout):
                await self._shared.ready()
                await self._check_alive()
                if watcher is not None:
                    item = self._watchers.get(watcher) or self._item(watcher)
                    await asyncio.shield(item.created)
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"the server gave no answer within {timeout:.2g} s") from error
        except FAILURES as error:
            raise values.of_error(error) from error

    async def state(self, timeout: float) -> str:
        """The server's own state, such as Running or Failed. Raises CollectorError."""
        return str(ua.ServerState(await self.server_value(ObjectIds.Server_ServerStatus_State, timeout)).name)

    async def server_value(self, number: int, timeout: float) -> Any:
        """The value of a node of namespace 0. Raises CollectorError."""
        node = ua.NodeId(ua.Int32(number))
        return await self._request(lambda client: client.get_node(node).read_value(), timeout)

    async def call(self, object_id: ua.NodeId, method: int, arguments: Sequence[ua.Variant], timeout: float) -> int:
        """Call a method. Returns its status code. Raises CollectorError."""
        request = ua.CallMethodRequest()
        request.ObjectId, request.MethodId = object_id, ua.NodeId(ua.Int32(method))
        request.InputArguments = list(arguments)
        (result,) = await self._request(lambda client: client.uaclient.call([request]), timeout)
        return int(result.StatusCode.value)

    async def _request(self, send: Callable[[Client], Awaitable[T]], timeout: float) -> T:
        try:
            async with asyncio.timeout(timeout):
                await self._shared.ready()
                assert self._client is not None
                return await send(self._client)
        except FAILURES as error:
            raise values.of_error(error) from error

    async def refresh(self, timeout: float) -> int:
        """Request all retained conditions (OPC 10000-9, 5.5.7). Returns the status code."""
        number = ua.Variant(ua.UInt32(self._subscription), ua.VariantType.UInt32)
        kind = ua.NodeId(ua.Int32(ObjectIds.ConditionType))
        return await self.call(kind, ObjectIds.ConditionType_ConditionRefresh, [number], timeout)

    def forget(self, watcher: Watcher) -> bool:
        """Remove a watcher and its item. False when no watcher is left."""
        item = self._watchers.pop(watcher, None)
        if item is not None:
            self._items.pop(item.handle, None)
            if (
                item.created.done()
                and not item.created.cancelled()
                and item.created.exception() is None
                and self._shared.up
            ):
                self._in_background(self._remove(item.created.result()))
        return bool(self._watchers)

    async def _remove(self, number: int) -> None:
        params = ua.DeleteMonitoredItemsParameters()
        params.SubscriptionId, params.MonitoredItemIds = self._subscription, [number]
        if self._client is not None:
            with suppress(*FAILURES):
                await self._client.uaclient.delete_monitored_items(params)

    async def close(self) -> None:
        """End the session."""
        self._shared.cancel()
        client, self._client = self._client, None
        await disconnect(client)
        for task in list(self._closing):
            task.cancel()

    # -- connecting ---------------------------------------------------------------

    async def _connect(self) -> None:
        await greet(*self._endpoint, self._url)
        client = Client(self._url, timeout=max(self._timeout, 4.0), watchdog_intervall=30.0)
        try:
            await sign_in(client, self.security, self._data, partial(self._gone, client))
            params = ua.CreateSubscriptionParameters()
            params.RequestedPublishingInterval = PUBLISHING * 1000
            params.RequestedMaxKeepAliveCount, params.RequestedLifetimeCount = KEEPALIVE, LIFETIME
            params.MaxNotificationsPerPublish, params.PublishingEnabled = 1000, True
            subscription = await client.uaclient.create_subscription(params, partial(self._take_notification, client))
        except FAILURES as error:
            self._in_background(disconnect(client))
            raise values.of_error(error) from error
        except BaseException:
            self._in_background(disconnect(client))
            raise
        self.sessions += 1
        self._client, self._subscription = client, int(subscription.SubscriptionId)
        self._notified_at = asyncio.get_running_loop().time()
        self._items.clear()
        self._new.clear()
        for watcher in self._watchers:
            self._item(watcher)

    async def _gone(self, client: Client, error: Exception) -> None:
        if client is self._client:
            self._lost()

    def _lost(self) -> None:
        """Drop everything that belongs to the lost session, and tell the watchers."""
        client, self._client = self._client, None
        if client is not None:
            self._in_background(disconnect(client))
        self._items.clear()
        for watcher, item in self._watchers.items():
            if item is not None and not item.created.done():
                item.created.set_exception(NotReady(Reason.CLOSED))
                item.created.exception()
            self._watchers[watcher] = None
        if self._shared.lost():
            for watcher in list(self._watchers):
                watcher.lost()

    def _in_background(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # -- while connected ----------------------------------------------------------

    async def _check_alive(self) -> None:
        """Read the server's state unless it has just published. One that answers but no longer publishes is lost."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._notified_at < SILENT or self._client is None:
            return
        node = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_State))
        try:
            await self._client.get_node(node).read_value()
        except BaseException:
            self._lost()
            raise
        if loop.time() - self._notified_at >= SILENT:
            self._lost()
            raise NotReady(Reason.CLOSED, "the server has forgotten our subscription")

    def _item(self, watcher: Watcher) -> Item:
        self._handle += 1
        item = Item(watcher, self._handle)
        self._watchers[watcher] = self._items[item.handle] = item
        self._new.append(item)
        if self._creation is None or self._creation.done():
            self._creation = asyncio.create_task(self._create_items(), name="monitored items")
        return item

    async def _create_items(self) -> None:
        """Create all items of one moment in one request."""
        await asyncio.sleep(0)
        while self._new and self._client is not None:
            batch, self._new = self._new[:AT_ONCE], self._new[AT_ONCE:]
            try:
                await self._create(self._client, batch)
            except FAILURES as error:
                for item in batch:
                    self._refuse(item, values.of_error(error))

    async def _create(self, client: Client, items: Sequence[Item]) -> None:
        params, requested = ua.CreateMonitoredItemsParameters(), []
        params.SubscriptionId, params.TimestampsToReturn = self._subscription, ua.TimestampsToReturn.Both
        params.ItemsToCreate = []
        nodes, refused = await self._identities.resolve(client, [item.watcher.node for item in items])
        for item in items:
            if (error := refused.get(item.watcher.node)) is not None:
                self._refuse(item, error)
            else:
                params.ItemsToCreate.append(request_of(item, nodes[item.watcher.node]))
                requested.append(item)
        results = await client.uaclient.create_monitored_items(params) if requested else []
        for item, result in zip(requested, results, strict=True):
            if result.StatusCode.is_good():
                if not item.created.done():
                    item.created.set_result(int(result.MonitoredItemId))
            else:
                self._refuse(item, values.of_node(int(result.StatusCode.value), item.watcher.node))

    def _refuse(self, item: Item, error: CollectorError) -> None:
        """Fail the item. It is requested again with the next poll."""
        self._items.pop(item.handle, None)
        if self._watchers.get(item.watcher) is item:
            self._watchers[item.watcher] = None
        if not item.created.done():
            item.created.set_exception(error)
            item.created.exception()

    async def _take_notification(self, client: Client, result: ua.PublishResult) -> None:
        if client is not self._client and self._client is not None:
            return
        self._notified_at = asyncio.get_running_loop().time()
        published = values.seconds(result.NotificationMessage.PublishTime) or 0.0
        # A change of less than an interval ago may not have arrived yet.
        self.confirmed_at = published - PUBLISHING
        for notification in result.NotificationMessage.NotificationData or ():
            if isinstance(notification, ua.DataChangeNotification):
                for change in notification.MonitoredItems:
                    if (item := self._items.get(int(change.ClientHandle))) is not None:
                        item.watcher.value(change.Value, published)
            elif isinstance(notification, ua.EventNotificationList):
                self._events(notification)
            elif isinstance(notification, ua.StatusChangeNotification) and not notification.Status.is_good():
                self._lost()

    def _events(self, notifications: ua.EventNotificationList) -> None:
        watchers: dict[Watcher, None] = {}
        for event in notifications.Events:
            if (item := self._items.get(int(event.ClientHandle))) is not None:
                item.watcher.event(event.EventFields)
                watchers[item.watcher] = None
        for watcher in watchers:
            watcher.published()
