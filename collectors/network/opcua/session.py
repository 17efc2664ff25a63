"""One session with an OPC UA server, shared by all nodes that are watched there with one credential.

It has one subscription; a watched node is a monitored item of it. Lost in any way, everything is made anew: channel,
session, subscription, items, and a refresh of the conditions. Loading asyncua takes a third of a second, so this
module is loaded in a thread when the first probe needs it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from collectors.errors import CollectorError, Misconfigured, NotReady, Reason
from collectors.network.opcua import values
from collectors.network.opcua.handshake import greet
from collectors.network.opcua.monitored_items import Item, Watcher, node_id, offer, request_of
from collectors.network.opcua.security import Security, believe, identity
from collectors.shared_connection import SharedConnection

PUBLISHING = 0.5
"""Seconds between two notifications of what has changed."""
KEEPALIVE = 4
"""Publishing intervals without a change after which the server says that it lives."""
LIFETIME = 120
SILENT = PUBLISHING * KEEPALIVE * 2.5
"""Seconds without a word after which the server is asked."""
AT_ONCE = 500
LARGEST = 8 << 20
"""Bytes of one message that the server is allowed to send."""
CLOSING = 1.0
_FAILS = (UaError, OSError, asyncio.TimeoutError, CollectorError)
_POLICY: dict[str, Any] = {
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}
# Its words come from servers and name whole packets; what matters of them is said by us.
logging.getLogger("asyncua").setLevel(logging.CRITICAL)

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
    """`place` is host and port of the server, `url` its address; `data` is where our certificate is kept."""

    def __init__(
        self, endpoint: tuple[str, int], url: str, security: Security, data: Path | None, timeout: float
    ) -> None:
        self.security = security
        self.sessions = 0
        self._place, self._url, self._data, self._timeout = endpoint, url, data, timeout
        self._opening = SharedConnection(self._connect)
        self._client: Client | None = None
        self._subscription = 0
        self._watchers: dict[Watcher, Item | None] = {}
        self._items: dict[int, Item] = {}
        self._new: list[Item] = []
        self._maker: asyncio.Task[None] | None = None
        self._handle = 0
        self._heard = 0.0
        self.confirmed_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()

    # -- what a poll asks ---------------------------------------------------------

    async def ready(self, watcher: Watcher | None, timeout: float) -> None:
        """The server lives, lets us in and has the watcher's item. Raises CollectorError."""
        try:
            async with asyncio.timeout(timeout):
                await self._opening.ready()
                await self._prove()
                if watcher is not None:
                    item = self._watchers.get(watcher) or self._item(watcher)
                    await asyncio.shield(item.made)
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"the server gave no answer within {timeout:.2g} s") from error
        except _FAILS as error:
            raise values.of_error(error) from error

    async def state(self, timeout: float) -> str:
        """The server's own word for its state: Running, Failed, …  Raises CollectorError."""
        node = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_State))
        data_value = await self._asked(lambda client: client.get_node(node).read_value(), timeout)
        return str(ua.ServerState(data_value).name)

    async def call(self, object_id: ua.NodeId, method: int, arguments: Sequence[ua.Variant], timeout: float) -> int:
        """Calls a method; its status code. Raises CollectorError."""
        request = ua.CallMethodRequest()
        request.ObjectId, request.MethodId = object_id, ua.NodeId(ua.Int32(method))
        request.InputArguments = list(arguments)
        (result,) = await self._asked(lambda client: client.uaclient.call([request]), timeout)
        return int(result.StatusCode.value)

    async def _asked(self, ask: Callable[[Client], Awaitable[T]], timeout: float) -> T:
        try:
            async with asyncio.timeout(timeout):
                await self._opening.ready()
                assert self._client is not None
                return await ask(self._client)
        except _FAILS as error:
            raise values.of_error(error) from error

    async def refresh(self, timeout: float) -> int:
        """Asks for all retained conditions (OPC 10000-9, 5.5.7); the status code."""
        number = ua.Variant(ua.UInt32(self._subscription), ua.VariantType.UInt32)
        kind = ua.NodeId(ua.Int32(ObjectIds.ConditionType))
        return await self.call(kind, ObjectIds.ConditionType_ConditionRefresh, [number], timeout)

    def forget(self, watcher: Watcher) -> bool:
        """False when nobody watches here any more."""
        item = self._watchers.pop(watcher, None)
        if item is not None:
            self._items.pop(item.handle, None)
            if item.made.done() and not item.made.cancelled() and item.made.exception() is None and self._opening.up:
                self._later(self._remove(item.made.result()))
        return bool(self._watchers)

    async def _remove(self, number: int) -> None:
        params = ua.DeleteMonitoredItemsParameters()
        params.SubscriptionId, params.MonitoredItemIds = self._subscription, [number]
        if self._client is not None:
            with suppress(*_FAILS):
                await self._client.uaclient.delete_monitored_items(params)

    async def close(self) -> None:
        """Ends the session, as far as the server lets us."""
        self._opening.cancel()
        client, self._client = self._client, None
        await _disconnect(client)
        for task in list(self._closing):
            task.cancel()

    # -- connecting ---------------------------------------------------------------

    async def _connect(self) -> None:
        await greet(*self._place, self._url)
        client = Client(self._url, timeout=max(self._timeout, 4.0), watchdog_intervall=30.0)
        try:
            await self._enter(client)
            params = ua.CreateSubscriptionParameters()
            params.RequestedPublishingInterval = PUBLISHING * 1000
            params.RequestedMaxKeepAliveCount, params.RequestedLifetimeCount = KEEPALIVE, LIFETIME
            params.MaxNotificationsPerPublish, params.PublishingEnabled = 1000, True
            subscription = await client.uaclient.create_subscription(params, partial(self._published, client))
        except _FAILS as error:
            self._later(_disconnect(client))
            raise values.of_error(error) from error
        except BaseException:
            self._later(_disconnect(client))
            raise
        self.sessions += 1
        self._client, self._subscription = client, int(subscription.SubscriptionId)
        self._heard = asyncio.get_running_loop().time()
        self._items.clear()
        self._new.clear()
        for watcher in self._watchers:
            self._item(watcher)

    async def _enter(self, client: Client) -> None:
        security = self.security
        client.name = client.description = "Watchfloor collector"
        client.session_timeout = 60_000
        client.max_messagesize, client.max_chunkcount = LARGEST, LARGEST // 8192
        client.connection_lost_callback = partial(self._gone, client)
        if security.secure:
            await self._secure(client)
        if security.user:
            client.set_user(security.user)
            client.set_password(security.password)
        await client.connect()

    async def _secure(self, client: Client) -> None:
        mine = await asyncio.to_thread(identity, self.security, self._data)
        policy, mode = _POLICY[self.security.policy], ua.MessageSecurityMode[self.security.mode]
        endpoints = await client.connect_and_get_server_endpoints()
        fitting = [
            endpoint
            for endpoint in endpoints
            if endpoint.SecurityMode == mode and endpoint.SecurityPolicyUri == policy.URI
        ]
        if not fitting:
            offered = sorted({offer(endpoint) for endpoint in endpoints})
            required, offered_text = f"{self.security.policy}/{self.security.mode}", ", ".join(offered)[:200]
            raise Misconfigured(
                f"the server does not offer {required}; it offers: {offered_text}",
                f"服务器不提供 {required}；它提供：{offered_text}",
            )
        certificate = fitting[0].ServerCertificate
        believe(certificate, self.security)
        client.application_uri = mine.application
        await client.set_security(
            policy,
            CertProperties(mine.certificate, "pem"),
            CertProperties(mine.key, "pem"),
            server_certificate=CertProperties(certificate, "der"),
            mode=mode,
        )

    async def _gone(self, client: Client, error: Exception) -> None:
        if client is self._client:
            self._lost()

    def _lost(self) -> None:
        """Everything that stood on the session is gone with it."""
        client, self._client = self._client, None
        if client is not None:
            self._later(_disconnect(client))
        self._items.clear()
        for watcher, item in self._watchers.items():
            if item is not None and not item.made.done():
                item.made.set_exception(NotReady(Reason.CLOSED))
                item.made.exception()
            self._watchers[watcher] = None
        if self._opening.lost():
            for watcher in list(self._watchers):
                watcher.lost()

    def _later(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # -- while it stands ----------------------------------------------------------

    async def _prove(self) -> None:
        """A server that has published just now lives; else it is asked, and one that only answers has lost us."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard < SILENT or self._client is None:
            return
        node = ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_State))
        try:
            await self._client.get_node(node).read_value()
        except BaseException:
            self._lost()
            raise
        if loop.time() - self._heard >= SILENT:
            self._lost()
            raise NotReady(Reason.CLOSED, "the server has forgotten our subscription")

    def _item(self, watcher: Watcher) -> Item:
        self._handle += 1
        item = Item(watcher, self._handle)
        self._watchers[watcher] = self._items[item.handle] = item
        self._new.append(item)
        if self._maker is None or self._maker.done():
            self._maker = asyncio.create_task(self._make(), name="monitored items")
        return item

    async def _make(self) -> None:
        """All that were asked for at one moment in one request."""
        await asyncio.sleep(0)
        while self._new and self._client is not None:
            batch, self._new = self._new[:AT_ONCE], self._new[AT_ONCE:]
            try:
                await self._create(self._client, batch)
            except _FAILS as error:
                for item in batch:
                    self._refuse(item, values.of_error(error))

    async def _create(self, client: Client, items: Sequence[Item]) -> None:
        params, requested = ua.CreateMonitoredItemsParameters(), []
        params.SubscriptionId, params.TimestampsToReturn = self._subscription, ua.TimestampsToReturn.Both
        params.ItemsToCreate = []
        for item in items:
            try:
                params.ItemsToCreate.append(request_of(item, await node_id(client, item.watcher.node)))
                requested.append(item)
            except Misconfigured as error:
                self._refuse(item, error)
        results = await client.uaclient.create_monitored_items(params) if requested else []
        for one, result in zip(requested, results, strict=True):
            if result.StatusCode.is_good():
                if not one.made.done():
                    one.made.set_result(int(result.MonitoredItemId))
            else:
                self._refuse(one, values.of_node(int(result.StatusCode.value), one.watcher.node))

    def _refuse(self, item: Item, error: CollectorError) -> None:
        """Asked for again with the next poll."""
        self._items.pop(item.handle, None)
        if self._watchers.get(item.watcher) is item:
            self._watchers[item.watcher] = None
        if not item.made.done():
            item.made.set_exception(error)
            item.made.exception()

    async def _published(self, client: Client, result: ua.PublishResult) -> None:
        if client is not self._client and self._client is not None:
            return
        self._heard = asyncio.get_running_loop().time()
        published = values.seconds(result.NotificationMessage.PublishTime) or 0.0
        # What changed less than an interval ago may still be on its way.
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


async def _disconnect(client: Client | None) -> None:
    if client is None:
        return
    with suppress(*_FAILS):
        async with asyncio.timeout(CLOSING):
            await client.disconnect()
    client.disconnect_socket()
