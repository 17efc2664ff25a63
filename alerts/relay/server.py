"""The border relay: takes signed messages from inside, keeps them on its disk, and hands them to services outside.

It is a program of its own on a machine that both sides can reach (`watchfloor relay`). Its queue is an outbox like the
site's: bounded, durable before the 202, the same key is one message however often it comes.

| | |
|---|---|
| `POST /v1/messages/CHANNEL` | 202 kept; 200 already kept; 401; 404; 413; 422; 503 full; wire: `receivers.relay_wire` |
| `GET /healthz` | 200 and how many messages wait |
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from alerts.notify.sender import Sender
from alerts.receivers.catalogue import SiteDefaults, compile_receivers
from alerts.receivers.relay_wire import KEY, PATH, SIGNATURE, TIME, genuine
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal, JournalLost

log = logging.getLogger(__name__)

LARGEST = 65_536
LONGEST_KEY = 512
REMEMBERED_FOR = 30 * 86400.0
"""Seconds for which a finished message is remembered, so that it is not sent again."""
TIDY = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """`[relay]` of relay.toml. `secret` is shared with the site inside; `most` messages may wait."""

    data: Path
    secret: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8443
    tls_cert: str = ""
    tls_key: str = ""
    allow_plain_http: bool = False
    most: int = 10_000
    channels: tuple[ReceiverSettings, ...] = ()


class Relay:
    """Receive messages and forward them. ReceiverError when a channel cannot be used."""

    def __init__(self, settings: RelaySettings, journal: Journal, *, clock: Clock = wall_clock) -> None:
        self._settings, self._journal, self._clock = settings, journal, clock
        targets = compile_receivers(settings.channels, SiteDefaults())
        self.sender = Sender(journal, targets, settings.channels, clock=clock)
        self.port = 0

    def app(self) -> web.Application:
        """The relay as a web application."""
        app = web.Application(client_max_size=LARGEST)
        app.router.add_post(PATH + "{channel}", self._take)
        app.router.add_get("/healthz", self._health)
        return app

    async def run(self, listening: asyncio.Event | None = None) -> None:
        """Serve and send until cancelled."""
        runner = web.AppRunner(self.app(), access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._settings.host, self._settings.port, ssl_context=self._tls())
            await site.start()
            self.port = int(runner.addresses[0][1])
            log.info("the relay listens on %s:%d", self._settings.host, self.port)
            if listening is not None:
                listening.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.sender.run())
                tasks.create_task(self._tidy())
        finally:
            await runner.cleanup()

    def _tls(self) -> ssl.SSLContext | None:
        if not self._settings.tls_cert:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._settings.tls_cert, self._settings.tls_key)
        return context

    async def _tidy(self) -> None:
        while True:
            try:
                await self._journal.outbox_forget(self._clock() - REMEMBERED_FOR)
            except JournalLost as error:
                log.warning("the relay's queue cannot be tidied now: %s", error)
            await asyncio.sleep(TIDY)

    async def _health(self, _: web.Request) -> web.Response:
        try:
            waiting = await self._journal.outbox_count()
        except JournalLost:
            return web.json_response({"ok": False, "error": "the queue cannot be read"}, status=503)
        return web.json_response({"ok": waiting < self._settings.most, "waiting": waiting, "most": self._settings.most})

    async def _take(self, request: web.Request) -> web.Response:
        channel, body = request.match_info["channel"], await request.read()
        headers = (request.headers.get(TIME, ""), request.headers.get(KEY, ""), request.headers.get(SIGNATURE, ""))
        if not genuine(self._settings.secret, headers, PATH + channel, body, self._clock()):
            return _refused(401, "the signature does not fit, or the clocks differ by more than five minutes")
        if channel not in {channel_settings.id for channel_settings in self._settings.channels}:
            return _refused(404, "there is no such channel")
        message, key = _read(body), headers[1]
        if message is None or not 0 < len(key) <= LONGEST_KEY:
            return _refused(422, "a message is JSON {to, subject, text} with an Idempotency-Key")
        try:
            return await self._keep(channel, f"{channel}:{key}", message)
        except JournalLost as error:
            log.warning("a message could not be kept: %s", error)
            return _refused(503, "the queue cannot be written now")

    async def _keep(self, channel: str, key: str, message: Mapping[str, str]) -> web.Response:
        if await self._journal.outbox_item(key) is not None:
            return web.json_response({"known": True})
        if await self._journal.outbox_count() >= self._settings.most:
            return _refused(503, "the queue is full")
        at = self._clock()
        body = {
            "key": key,
            "reason": "relayed",
            "subject": message["subject"],
            "text": message["text"],
            "to": {"address": message["to"], "person": message["to"]},
        }
        async with self._journal.begin() as tx:
            await tx.enqueue(key, receiver=channel, subject=key, created=at, due=at, body=body, person=message["to"])
        self.sender.wake()
        return web.json_response({"queued": True}, status=202)


def _read(body: bytes) -> dict[str, str] | None:
    """The message; None when the body is not a message."""
    try:
        message: Any = json.loads(body)
    except ValueError:
        return None
    names: Sequence[str] = ("to", "subject", "text")
    fits = isinstance(message, dict) and all(isinstance(message.get(name), str) for name in names)
    return {name: message[name] for name in names} if fits else None


def _refused(status: int, why: str) -> web.Response:
    headers = {"Retry-After": "10"} if status == 503 else {}
    return web.json_response({"error": why}, status=status, headers=headers)
