"""The live WebSocket: the pump's ready frames to one client, for as long as it may receive them.

Each client has its own bounded queue in the pump and its own task here, so a slow one delays
nobody: it falls behind, and then gets `resync` and a fresh snapshot.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import lru_cache
from typing import cast

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth.guard import FORBIDDEN, NOT_SIGNED_IN
from api.auth.identities import Identities
from api.dependencies import deps_of, principal_of
from api.principal import Principal, Right
from feeds.live.subscription import Subscription

router = APIRouter(prefix="/api/v1")

RECHECK = 1.0
CLOSING = 2.0


@router.websocket("/live")
async def live(socket: WebSocket, since: str | None = None) -> None:
    """Frames as the audience of who asks may see them; closes with 4401 when the session or token ends."""
    principal = principal_of(socket)
    await socket.accept()
    if not principal.may(Right.SEE):
        await socket.close(FORBIDDEN, "forbidden")
        return
    subscription = deps_of(socket).pump.subscribe(principal.audience, since)
    identities = cast(Identities, socket.app.state.identities)
    gone = asyncio.Event()
    watching = asyncio.ensure_future(_watch(identities, principal, gone))
    try:
        sending = asyncio.ensure_future(_send(socket, subscription))
        code = await _first(sending, asyncio.ensure_future(_listen(socket)), watching)
    finally:
        subscription.close()
        # Not cancelled: a query that is cut off leaves its database connection behind.
        gone.set()
        await asyncio.wait([watching])
    if code:
        # A client that does not read cannot be told why; the server's ping ends it.
        with contextlib.suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSING):
                await socket.close(code, "not-signed-in")


async def _first(sending: asyncio.Task[int], listening: asyncio.Task[int], watching: asyncio.Task[int]) -> int:
    """Wait until the first has ended; its close code (0: the client is gone). The two that use the socket end here."""
    try:
        done, _ = await asyncio.wait([sending, listening, watching], return_when=asyncio.FIRST_COMPLETED)
        return max(task.result() for task in done)
    finally:
        sending.cancel()
        listening.cancel()
        await asyncio.gather(sending, listening, return_exceptions=True)


async def _send(socket: WebSocket, subscription: Subscription) -> int:
    try:
        async for frame in subscription:
            await socket.send_text(_text(frame))
    except WebSocketDisconnect:
        return 0
    return 0


async def _listen(socket: WebSocket) -> int:
    """Nothing is expected from the client; its leaving is."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    return 0


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
    """The same frame goes to every client of an audience: decode it once."""
    return frame.decode()
