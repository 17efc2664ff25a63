"""The live WebSocket: the pump's ready frames to one client, for as long as it may receive them.

A client begins with the plain feed, or with `feed=views`; its first message that subscribes to views ends the plain
feed. Each client has its own bounded queue in the pump and its own tasks here, so a slow one delays nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import lru_cache
from typing import Literal, cast

import msgspec
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth.guard import FORBIDDEN, NOT_SIGNED_IN
from api.auth.identities import Identities
from api.dependencies import deps_of, language_of, principal_of
from api.http.findings import error_member, finding
from api.principal import Principal, Right
from feeds.live.frame import best_encoding
from feeds.live.protocol import LARGEST_MESSAGE, ViewsMessage
from feeds.live.pump import Pump
from feeds.live.subscription import Subscription
from feeds.live.view_client import ViewClient

router = APIRouter(prefix="/api/v1")

RECHECK = 1.0
CLOSING = 2.0
UNUSABLE, TOO_BIG = 1003, 1009
"""Close codes (RFC 6455, 7.4.1) for a message that is none of the protocol, or too large."""
BREATH = 0.02
"""Seconds between two messages of a client: what it asks for costs more than asking."""
_REASONS = {NOT_SIGNED_IN: "not-signed-in", UNUSABLE: "no message of this protocol", TOO_BIG: "message too big"}
_message = msgspec.json.Decoder(ViewsMessage)


class LiveSession:
    """The feeds of one client: the plain one until it asks for views, then these."""

    def __init__(self, pump: Pump, principal: Principal, since: str | None, *, plain: bool) -> None:
        self._pump, self._audience = pump, principal.audience
        self.plain: Subscription | None = pump.subscribe(self._audience, since) if plain else None
        self.views: ViewClient | None = None if plain else pump.views.subscribe(self._audience)

    def begin_views(self) -> ViewClient:
        """The client's views; the plain feed ends."""
        if self.views is None:
            self.views = self._pump.views.subscribe(self._audience)
        if self.plain is not None:
            self.plain.close()
            self.plain = None
        return self.views

    def close(self) -> None:
        """Leave all feeds."""
        for feed in (self.plain, self.views):
            if feed is not None:
                feed.close()


@router.websocket("/live")
async def live(
    socket: WebSocket, since: str | None = None, feed: Literal["", "views"] = "", encoding: str = ""
) -> None:
    """Frames as the audience of who asks may see them; closes with 4401 when the session or token ends."""
    principal = principal_of(socket)
    await socket.accept()
    if not principal.may(Right.SEE):
        await socket.close(FORBIDDEN, "forbidden")
        return
    pump = deps_of(socket).pump
    await pump.prepare(principal.audience)
    session = LiveSession(pump, principal, since, plain=not feed)
    identities = cast(Identities, socket.app.state.identities)
    gone = asyncio.Event()
    watching = asyncio.ensure_future(_watch(identities, principal, gone))
    try:
        sending = asyncio.ensure_future(_send(socket, session, best_encoding(encoding.split(","))))
        code = await _first(sending, asyncio.ensure_future(_listen(socket, session)), watching)
    finally:
        session.close()
        # Not cancelled: a query that is cut off leaves its database connection behind.
        gone.set()
        await asyncio.wait([watching])
    if code:
        # A client that does not read cannot be told why; the server's ping ends it.
        with contextlib.suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSING):
                await socket.close(code, _REASONS[code])


async def _first(sending: asyncio.Task[int], listening: asyncio.Task[int], watching: asyncio.Task[int]) -> int:
    """Wait until the first has ended; its close code (0: the client is gone). The two that use the socket end here."""
    try:
        done, _ = await asyncio.wait([sending, listening, watching], return_when=asyncio.FIRST_COMPLETED)
        return max(task.result() for task in done)
    finally:
        sending.cancel()
        listening.cancel()
        await asyncio.gather(sending, listening, return_exceptions=True)


async def _send(socket: WebSocket, session: LiveSession, encoding: str) -> int:
    try:
        if session.plain is not None:
            async for frame in session.plain:
                await socket.send_text(_text(frame))
        if session.views is not None:
            async for view_frame in session.views:
                message = await view_frame.encoded(encoding)
                await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))
    except WebSocketDisconnect:
        return 0
    return 0


async def _listen(socket: WebSocket, session: LiveSession) -> int:
    """Read the client's messages until it leaves (0), or sends one that cannot be used (its close code)."""
    while (received := await socket.receive())["type"] != "websocket.disconnect":
        text = received.get("text")
        if session.plain is not None and not _asks_for_views(text):
            continue  # what other clients of the plain feed send is passed over
        if text is None:
            return UNUSABLE
        if len(text) > LARGEST_MESSAGE:
            return TOO_BIG
        try:
            message = _message.decode(text)
        except msgspec.MsgspecError:
            return UNUSABLE
        _change_views(socket, session, message)
        await asyncio.sleep(BREATH)
    return 0


def _asks_for_views(text: str | None) -> bool:
    return text is not None and text.lstrip().startswith("{") and '"subscribe"' in text[:LARGEST_MESSAGE]


def _change_views(socket: WebSocket, session: LiveSession, message: ViewsMessage) -> None:
    """Take a message in and queue its answer; the plain feed ends."""
    views, language = session.begin_views(), language_of(socket)
    refused = views.take(message)
    views.answer(
        {
            name: [
                error_member(finding(error.field, error.code, allowed=tuple(error.allowed)), language)
                for error in errors
            ]
            for name, errors in refused.items()
        }
    )


async def _watch(identities: Identities, principal: Principal, gone: asyncio.Event) -> int:
    """Ends when the session or token does, when its role or region is another one now, or with the client."""
    while not await _wait(gone, RECHECK):
        if await identities.again(principal) != principal:
            return NOT_SIGNED_IN
    return 0


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    """True when the event came in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


@lru_cache(maxsize=16)
def _text(frame: bytes) -> str:
    """The text of a frame, decoded once for all clients of an audience."""
    return frame.decode()
