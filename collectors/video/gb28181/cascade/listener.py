"""`video.gb28181-upper`: registers this site with an upper platform over UDP, and answers it.

`url = "sip://53000000002000000001@10.1.1.1:5060?as=53230000002000000001&grant=all"`; `cred` is our password there. An
asset with the probe `gb28181://` and the upper platform's id says whether we are registered. See docs/video.md.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar, cast

from collectors.contract import Measurement
from collectors.errors import Misconfigured, NotReady, Reason
from collectors.listener import Listener, ListenerContext, ListenerMessage
from collectors.network.listening.queue import ListenerQueue, cannot_listen
from collectors.settings import SourceSettings
from collectors.video.gb28181 import sip_message
from collectors.video.gb28181.bindings import Address, Way
from collectors.video.gb28181.cascade.settings import UpperSettings, upper_settings
from collectors.video.gb28181.cascade.upper import UpperPlatform
from collectors.video.gb28181.platform_settings import passwords_of
from collectors.video.gb28181.roster import SCHEME, DeviceRoster
from collectors.video.gb28181.sip_message import SipFormatError
from feeds.clock import Clock, now

TICK, CONFIRM = 0.25, 60.0
"""Seconds between two looks at what is due, and between two reports of the registration."""
RATE, BURST = 50.0, 200.0
"""Messages a second of the upper platform, and at once."""


class UpperListener(Listener, asyncio.DatagramProtocol):
    """Runs the cascade on its socket. `monotonic` is the time of the timers."""

    kinds: ClassVar[tuple[str, ...]] = ("video.gb28181-upper",)

    def __init__(
        self,
        settings: SourceSettings,
        context: ListenerContext,
        clock: Clock = now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.messages = ListenerQueue(monotonic, RATE, BURST)
        self._settings, self._context = settings, context
        self._upper: UpperSettings = upper_settings(settings)
        self._password = _password(settings, context)
        self._roster = DeviceRoster(context.inventory)
        self._clock, self._monotonic = clock, monotonic
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: Address = ("", 0)
        self.platform: UpperPlatform | None = None
        self._reported: tuple[bool | None, float] = (None, float("-inf"))

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured when `url` or `cred` cannot be used."""
        upper_settings(settings)
        if not settings.cred.split():
            passwords_of(settings, {})

    def update(self, settings: SourceSettings, context: ListenerContext) -> None:
        """Apply other assets; another password or url needs a new registration, see Listener."""
        if upper_settings(settings) != self._upper or _password(settings, context) != self._password:
            raise Misconfigured("the url or password has changed", "url 或口令已改变")
        if context.inventory != self._context.inventory:
            self._roster = DeviceRoster(context.inventory)
            if self.platform is not None:
                self.platform.set_inventory(context.inventory)
        self._settings, self._context = settings, context

    async def open(self) -> None:
        """Open the socket and find the upper platform. Raises Misconfigured, NotReady."""
        if self._transport is not None:
            return
        loop, (host, port) = asyncio.get_running_loop(), self._upper.listen
        try:
            candidates = await loop.getaddrinfo(self._upper.host, self._upper.port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise NotReady(Reason.UNRESOLVED, self._upper.host) from error
        family, self._peer = candidates[0][0], cast(Address, candidates[0][4][:2])
        try:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, (host, port), family=family)
        except OSError as error:
            raise cannot_listen(error, "sip", host, port) from error
        local = (_local_address(self._peer, host, family), self._transport.get_extra_info("sockname")[1])
        self.platform = UpperPlatform(
            self._upper,
            self._password,
            self._context.inventory,
            lambda asset: self._context.signalling(asset),
            Way("UDP", self._peer, local, self._send),
            now=self._monotonic,
        )

    def _send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(data, self._peer)

    async def listen(self) -> AsyncIterator[ListenerMessage]:
        """See Listener."""
        timers = asyncio.create_task(self._keep_time(), name="gb28181 cascade timers")
        try:
            while True:
                yield await self.messages.queue.get()
        finally:
            timers.cancel()
            await asyncio.gather(timers, return_exceptions=True)

    async def _keep_time(self) -> None:
        while self.platform is not None:
            self.platform.tick()
            self._report(self.platform)
            await asyncio.sleep(TICK)

    def _report(self, platform: UpperPlatform) -> None:
        """Say whether we are registered, as a reading of the asset that stands for the upper platform."""
        registered, moment = platform.registration.registered, self._monotonic()
        entry = self._roster.get(self._upper.id)
        if entry is None or (registered == self._reported[0] and moment - self._reported[1] < CONFIRM):
            return
        self._reported = registered, moment
        up = Measurement(
            metric="gb28181.up",
            value=registered,
            text=platform.registration.why,
            observed_at=self._clock(),
            fresh_for=3 * CONFIRM,
        )
        self.messages.put(
            ListenerMessage(
                asset=entry.asset, sender=self._upper.id, measurements=(up,), probe=f"{SCHEME}{self._upper.id}"
            )
        )

    async def close(self) -> None:
        """Close the socket. The registration expires by itself, so that a restart is no absence."""
        if self._transport is not None:
            self._transport.close()
        self._transport = self.platform = None

    # -- the socket ------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take one datagram of the upper platform; others are counted and not answered."""
        counts, platform = self.messages.counts, self.platform
        counts.received += 1
        if addr[0] != self._peer[0] or platform is None:
            self.messages.count_unknown(addr[0])
            return
        if not self.messages.admit(addr[0]) or not data.strip(b"\r\n\0 "):
            return
        try:
            message = sip_message.parse(data)
        except SipFormatError as error:
            self.messages.refuse(f"{addr[0]}: {error}")
            return
        back = Way("UDP", (addr[0], addr[1]), platform.way.local, lambda answer: self._send_to(answer, addr))
        platform.receive(message, back)
        for refusal in platform.refusals:
            self.messages.refuse(refusal)
        platform.refusals.clear()

    def _send_to(self, data: bytes, address: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(data, address)

    def error_received(self, exc: Exception) -> None:
        """The upper platform's port is closed: what is under way counts as not answered."""
        if self.platform is not None:
            self.platform.requests.fail_all()

    # -- what the runner shows -----------------------------------------------------

    def counts(self) -> dict[str, float]:
        """See Listener."""
        platform = self.platform
        if platform is None:
            return self.messages.figures()
        return self.messages.figures() | {
            "registered": float(platform.registration.registered is True),
            "cameras": float(len(platform.grant.cameras)),
            "nameless": float(platform.grant.nameless),
            "subscriptions": float(len(platform.subscribers)),
            "notified": float(platform.notified),
        }

    def describe(self, asset: str) -> dict[str, Any] | None:
        """What the upper platform sees and whether it answers, for the page of the asset that stands for it."""
        entry, platform = self._roster.get(self._upper.id), self.platform
        if entry is None or entry.asset != asset or platform is None:
            return None
        registration, grant = platform.registration, platform.grant
        cascade = {
            "registered": registration.registered,
            "why": registration.why,
            "misses": registration.misses,
            "own": self._upper.own,
            "address": f"{self._upper.host}:{self._upper.port}",
            "cameras": len(grant.cameras),
            "online": platform.online,
            "nameless": grant.nameless,
            "regions": list(grant.regions),
            "subscriptions": len(platform.subscribers),
            "notified": platform.notified,
        }
        return {"device": self._upper.id, "cascade": cascade}

    def take_refusals(self) -> list[str]:
        """See Listener."""
        return self.messages.take_refusals()


def _password(settings: SourceSettings, context: ListenerContext) -> str:
    passwords = passwords_of(settings, context.credentials)
    return passwords.get(upper_settings(settings).own, next(iter(passwords.values())))


def _local_address(peer: Address, host: str, family: int) -> str:
    """Our own address towards the peer: that of the socket, else the one that the kernel would use."""
    if host not in ("0.0.0.0", "::"):
        return host
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(peer)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
