"""Reading the settings again, everywhere: who asks, every process of the site that hears it, and what each says.

The asking goes over the bus, because the processes of a role may be on several machines and only the bus knows them
all. A process says twice what it does: that it has heard, and what became of it. Who asks waits for the roles that
move, then a moment longer for further copies of them, then for everybody's second word.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import msgspec

from feeds import wire
from feeds.bus import Bus, BusError
from feeds.clock import Clock, now
from feeds.model import Command

log = logging.getLogger(__name__)

ENGINE = "reload"
BLOCK, PAUSE, AGAIN = 3.0, 0.1, 1.0
HEARD_WITHIN, COPIES_WITHIN, DONE_WITHIN = 6.0, 0.5, 30.0
"""Seconds for the roles that move to hear of it, for copies of them beyond that, and for all to have done it."""
KEPT = 300
EARLIER = 5.0
"""A process that has just started heeds what was asked so many seconds before: it may have read the old file."""
READING, APPLIED, REFUSED = "reading", "applied", "refused"
INTERNAL = {"zh-CN": "应用时出错，见该进程的日志", "en": "an error while applying; see the process's log"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one process says. `trouble` is why it refused, by language."""

    role: str
    host: str
    pid: int
    state: str
    trouble: dict[str, str] = field(default_factory=dict)


async def ask(
    bus: Bus,
    actor: str,
    roles: Collection[str],
    clock: Clock = now,
    *,
    accept: str = "",
    heard_within: float = HEARD_WITHIN,
    copies_within: float = COPIES_WITHIN,
    done_within: float = DONE_WITHIN,
) -> list[Word]:
    """Have every process read its settings; the last word of each that heard it. Raises BusError.

    `accept` is the digest of a removal that a person has accepted (watchfloor/settings/removal_guard.py).
    `roles` are those that are expected to answer. One that has not done it in time is among the words as `reading`.
    """
    at = clock()
    command = Command(
        id=uuid.uuid4().hex,
        action=ENGINE,
        subject="site",
        actor=actor,
        role="admin",
        actor_region="",
        at=at,
        valid_until=at + KEPT,
        args={"accept": accept} if accept else {},
    )
    await bus.send(ENGINE, command)
    stream = bus.keys.commands(ENGINE)
    await bus.trim_read({stream: await bus.tail(stream)})
    words = await _until(bus, command.id, heard_within, lambda said: set(roles) <= {word.role for word in said})
    await asyncio.sleep(copies_within if words else 0)
    return await _until(bus, command.id, done_within, lambda said: all(word.state != READING for word in said))


async def _until(bus: Bus, key: str, seconds: float, enough: Callable[[list[Word]], bool]) -> list[Word]:
    end = asyncio.get_running_loop().time() + seconds
    while True:
        words = await _words(bus, key)
        if enough(words) or asyncio.get_running_loop().time() >= end:
            return words
        await asyncio.sleep(PAUSE)


async def _words(bus: Bus, key: str) -> list[Word]:
    async with bus.pipeline() as pipe:
        pipe.hgetall(bus.keys.reload(key))
        (rows,) = await pipe.execute()
    words = [wire.decode(raw, Word) for raw in rows.values()]
    return sorted(words, key=lambda word: (word.role, word.host, word.pid))


class Listening:
    """One process's ear: `reload` applies the settings and gives what is in the way, by language ({}: applied)."""

    def __init__(
        self, bus: Bus, role: str, reload: Callable[[str], Awaitable[dict[str, str]]], clock: Clock = now
    ) -> None:
        self._bus, self._role, self._reload, self._clock = bus, role, reload, clock

    async def run(self) -> None:
        """Until cancelled. A bus that is lost is asked again."""
        since = self._clock() - EARLIER
        cursors = {self._bus.keys.commands(ENGINE): f"{max(0, int(since * 1000))}-0"}
        while True:
            try:
                for entry in await self._bus.read(cursors, block=BLOCK):
                    cursors[entry.stream] = entry.id
                    if entry.items and entry.items[-1].valid_until > self._clock():
                        await self._heed(entry.items[-1])
            except BusError as error:
                log.debug("reload: the bus is lost: %s", error)
                await asyncio.sleep(AGAIN)

    async def _heed(self, command: Command) -> None:
        log.info("settings: %s asks every process to read them again", command.actor)
        await self._say(command.id, READING)
        try:
            trouble = await self._reload(str(command.args.get("accept", "")))
        except Exception:
            # Whatever went wrong with these settings, the next may do; and who asked must hear of it.
            log.exception("settings: not applied")
            trouble = INTERNAL
        await self._say(command.id, REFUSED if trouble else APPLIED, trouble)

    async def _say(self, key: str, state: str, trouble: dict[str, str] | None = None) -> None:
        word = Word(role=self._role, host=socket.gethostname(), pid=os.getpid(), state=state, trouble=trouble or {})
        name = self._bus.keys.reload(key)
        async with self._bus.pipeline() as pipe:
            pipe.hset(name, f"{word.role}:{word.host}:{word.pid}", wire.encode(word))
            pipe.expire(name, KEPT)
            await pipe.execute()


def public(word: Word, language: str) -> dict[str, Any]:
    """As the interface shows it."""
    shown: dict[str, Any] = msgspec.to_builtins(word)
    return shown | {"trouble": word.trouble.get(language, "")}
