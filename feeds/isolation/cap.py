"""CAP messages read in a process of their own (feeds.isolation.process)."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from feeds import wire
from feeds.cap.message import parse
from feeds.cap.model import CapMessage, CapRefused
from feeds.findings import Finding, InMessage
from feeds.isolation.process import Isolated, Outlasted

log = logging.getLogger(__name__)
Parse = Callable[[bytes, str, str, tuple[str, ...]], Awaitable[CapMessage]]
"""Reads a message's bytes by mode, profile and trusted keys (PEM). Raises CapRefused, Outlasted, TooBusy."""
IDLE = 86_400.0
"""Seconds for which the process is kept: one that must start first costs a warning its second."""
WAITING = 512
"""Messages that may wait: a centre sends many at once."""
POISON = 1000
"""Digests of messages that outlasted the process, kept to refuse them at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be read, and how (see feeds.cap.message.parse)."""

    raw: bytes
    mode: str
    profile: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The message, or why it is refused."""

    message: CapMessage | None
    findings: tuple[Finding[InMessage], ...]


class CapReader:
    """`parse` with a deadline; what outlasted it once is not tried again by this reader."""

    def __init__(self, isolated: Isolated | None = None) -> None:
        self._isolated = isolated or Isolated(__name__, idle=IDLE, waiting=WAITING)
        self._poison: dict[str, Outlasted] = {}

    async def parse(
        self, raw: bytes, mode: str = "strict", profile: str = "", keys: tuple[str, ...] = ()
    ) -> CapMessage:
        """The message in `raw`. Raises CapRefused, Outlasted, TooBusy."""
        digest = hashlib.sha256(raw).hexdigest()
        if digest in self._poison:
            raise self._poison[digest]
        try:
            packed = await self._isolated.call(wire.encode(Request(raw, mode, profile, keys)))
        except Outlasted as error:
            self._poison = {**dict(list(self._poison.items())[-POISON + 1 :]), digest: error}
            raise
        answer: Answer = wire.decode(packed, Answer)
        if answer.message is None:
            raise CapRefused(answer.findings)
        return answer.message

    async def start(self) -> None:
        """Start the process: where messages are expected, the first one must not wait for it."""
        try:
            await self._isolated.start()
        except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            log.warning("the reader of CAP messages did not start, the next message starts it: %r", error)

    async def close(self) -> None:
        await self._isolated.close()


async def parse_in_thread(raw: bytes, mode: str, profile: str, keys: tuple[str, ...] = ()) -> CapMessage:
    """Read it in this process: only what its bounds keep from taking long is bounded then."""
    return await asyncio.to_thread(parse, raw, mode, profile, keys)


def prepare() -> None:
    """Load what the first message with a polygon needs."""
    import shapely  # noqa: F401


def serve(payload: bytes) -> bytes:
    """One request's answer."""
    request: Request = wire.decode(payload, Request)
    try:
        return wire.encode(Answer(parse(request.raw, request.mode, request.profile, request.keys), ()))
    except CapRefused as refused:
        return wire.encode(Answer(None, refused.findings))
