"""`video.gb28181`: the platform that devices register with, over UDP and TCP of one port.

`url = "sip://53230000002000000001@0.0.0.0:5060"` is our own id and where to listen; `cred` names the passwords: kind
"password", `user` is a device id, or "*" for all others. An asset is a device or a channel by its probe
`gb28181://ID`. See docs/video.md.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from collectors.errors import Misconfigured
from collectors.listener import Listener, ListenerContext, ListenerMessage
from collectors.network.listening.queue import ListenerQueue, cannot_listen, enlarge_receive_buffer
from collectors.settings import SourceSettings
from collectors.video.gb28181 import alarms, sip_message
from collectors.video.gb28181.bindings import Way
from collectors.video.gb28181.describing import described
from collectors.video.gb28181.platform import GbPlatform
from collectors.video.gb28181.platform_settings import PlatformSettings, passwords_of, platform_settings
from collectors.video.gb28181.publishing import AUTH_RULE
from collectors.video.gb28181.roster import gb_id_of
from collectors.video.gb28181.sip_message import SipFormatError
from collectors.video.gb28181.transport import MAX_CONNECTIONS, MAX_PER_ADDRESS, SipConnection, SipDatagrams
from feeds.clock import Clock, now

TICK, SWEEP_EVERY, SAVE_EVERY = 0.25, 1.0, 5.0
"""Seconds between two looks at what is due, at all devices, and between two writes of the bindings."""
DEVICE_RATE, DEVICE_BURST = 50.0, 200.0
"""Messages a second of one device, and at once."""
STRANGER_RATE, STRANGER_BURST = 200.0, 400.0
"""Messages a second of all that are not in the inventory together, and at once. Beyond it nobody is answered."""


class GbListener(Listener):
    """Runs the platform on its sockets. `clock` gives epoch seconds, `monotonic` the time of the timers."""

    kinds: ClassVar[tuple[str, ...]] = ("video.gb28181",)

    def __init__(
        self,
        settings: SourceSettings,
        context: ListenerContext,
        clock: Clock = now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.messages = ListenerQueue()
        self.port = 0
        self._settings, self._context = settings, context
        self._platform_settings: PlatformSettings = platform_settings(settings)
        passwords_of(settings, context.credentials)
        self._clock, self._monotonic = clock, monotonic
        self._devices = ListenerQueue(monotonic, DEVICE_RATE, DEVICE_BURST)
        self._strangers = ListenerQueue(monotonic, STRANGER_RATE, STRANGER_BURST)
        self._server: asyncio.Server | None = None
        self._datagrams: asyncio.DatagramTransport | None = None
        self._streams: dict[asyncio.Transport, str] = {}
        self._per_address: Counter[str] = Counter()
        self.platform = self._new_platform()

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured when `url` or `cred` cannot be used."""
        platform_settings(settings)
        if not settings.cred.split():
            passwords_of(settings, {})

    def _new_platform(self) -> GbPlatform:
        context, folder = self._context, None
        if context.data is not None:
            folder = Path(context.data) / "gb28181" / self._settings.id
            folder.mkdir(parents=True, exist_ok=True)
        return GbPlatform(
            self._platform_settings,
            passwords_of(self._settings, context.credentials),
            context.inventory,
            self.messages.put,
            now=self._monotonic,
            wall=self._clock,
            zone=context.zone,
            folder=folder,
        )

    def update(self, settings: SourceSettings, context: ListenerContext) -> None:
        """Apply other passwords or assets; see Listener."""
        passwords = passwords_of(settings, context.credentials)
        if platform_settings(settings) != self._platform_settings:
            raise Misconfigured("the url has changed", "url 已改变")
        if context.credentials != self._context.credentials or settings.cred != self._settings.cred:
            self.platform.set_passwords(passwords)
        if context.inventory != self._context.inventory:
            self.platform.set_inventory(context.inventory)
        self._settings, self._context = settings, context

    async def open(self) -> None:
        """Open both sockets. Raises Misconfigured, NotReady."""
        if self._server is not None:
            return
        host, port = self._platform_settings.host, self._platform_settings.port
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: SipConnection(self), host, port)
            self.port = self._server.sockets[0].getsockname()[1]
            self._datagrams, _ = await loop.create_datagram_endpoint(lambda: SipDatagrams(self), (host, self.port))
        except OSError as error:
            await self.close()
            raise cannot_listen(error, "sip", host, port) from error
        enlarge_receive_buffer(self._datagrams)

    async def listen(self) -> AsyncIterator[ListenerMessage]:
        """See Listener."""
        timers = asyncio.create_task(self._keep_time(), name="gb28181 timers")
        try:
            while True:
                yield await self.messages.queue.get()
        finally:
            timers.cancel()
            await asyncio.gather(timers, return_exceptions=True)

    async def _keep_time(self) -> None:
        swept = saved = self._monotonic()
        while True:
            await asyncio.sleep(TICK)
            self.platform.tick()
            moment = self._monotonic()
            if moment - swept >= SWEEP_EVERY:
                swept = moment
                self.platform.sweep()
            if moment - saved >= SAVE_EVERY:
                saved = moment
                self._save()

    def _save(self) -> None:
        try:
            self.platform.save()
        except OSError as error:
            self.messages.refuse(f"the bindings cannot be written: {error.strerror or error}")

    async def close(self) -> None:
        """Stop listening, close all connections, write the bindings."""
        server, self._server = self._server, None
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None
        for stream in list(self._streams):
            stream.abort()
        if server is not None:
            server.close()
            await server.wait_closed()
            self._save()

    # -- messages ------------------------------------------------------------------

    def take(self, data: bytes, way: Way, *, stream: bool) -> None:
        """Take one message. Raises nothing."""
        self.messages.counts.received += 1
        if not self._platform_settings.allows(way.peer[0]) or not self.messages.admit(way.peer[0], waits=stream):
            return
        if not data.strip(b"\r\n\0 "):
            return  # keepalive of a NAT
        try:
            message = sip_message.parse(data, stream=stream)
        except SipFormatError as error:
            self.refuse(f"{way.peer[0]}: {error}")
            return
        device = message.sender
        is_expected = device in self.platform.roster or self.platform.bindings.get(device) is not None
        if message.status == 0 and not is_expected and not self._strangers.admit("all"):
            self.messages.counts.dropped += 1
            return
        if message.status == 0 and is_expected and not self._devices.admit(f"{device}@{way.peer[0]}"):
            self.messages.counts.dropped += 1
            return
        if not is_expected and message.status == 0:
            self.messages.count_unknown(f"{device or '?'}@{way.peer[0]}")
        self.platform.receive(message, way)
        for refusal in self.platform.refusals:
            self.messages.refuse(refusal)
        self.platform.refusals.clear()

    def refuse(self, reason: str) -> None:
        """Count a message that cannot be used."""
        self.messages.refuse(reason)

    def enter(self, stream: asyncio.Transport, address: str) -> bool:
        """Register a connection. False when there are too many."""
        crowded = self._per_address[address] >= MAX_PER_ADDRESS and not address.startswith("127.")
        if len(self._streams) >= MAX_CONNECTIONS or crowded:
            self.refuse(f"{address}: too many connections")
            return False
        self._streams[stream] = address
        self._per_address[address] += 1
        return True

    def leave(self, stream: asyncio.Transport, address: str) -> None:
        """Unregister a connection that is closed."""
        if self._streams.pop(stream, None) is not None:
            self._per_address[address] -= 1

    # -- what the runner shows -----------------------------------------------------

    @property
    def unknown_senders(self) -> Mapping[str, int]:
        """See Listener."""
        return self.messages.unknown_senders

    @property
    def rules(self) -> frozenset[str]:
        """See Listener."""
        return alarms.RULES | {AUTH_RULE}

    def counts(self) -> dict[str, float]:
        """See Listener."""
        return self.messages.figures() | self.platform.figures()

    def describe(self, asset: str) -> dict[str, Any] | None:
        """See Listener."""
        device = self._device(asset)
        return described(self.platform, device) if device else None

    def refresh(self, asset: str) -> bool:
        """Ask a device for its catalog, status and information."""
        device = self._device(asset)
        binding = self.platform.bindings.get(device)
        if binding is None or not binding.online:
            return False
        self.platform.ask_now(device)
        return True

    def _device(self, asset: str) -> str:
        """The id of an asset that may register or has a catalog, "" for any other."""
        subject = self._context.inventory.get(asset)
        device = gb_id_of(subject) if subject is not None else ""
        is_ours = self.platform.bindings.get(device) is not None or self.platform.roster.channels_of(device)
        return device if is_ours else ""

    def take_refusals(self) -> list[str]:
        """See Listener."""
        return self.messages.take_refusals()
