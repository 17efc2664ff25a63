"""Reload of the settings in every process of a site.

The request goes over the bus, because the processes of a role may run on several machines. A process reports twice:
that it has received the request, and the outcome. The requester waits for a first report of every live role, then a
moment longer for further copies of the roles, then for the outcomes.
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
"""Seconds to wait for first reports of the roles, then for those of further copies, then for the outcomes."""
REQUEST_VALID = 300
EARLIER = 5.0
"""A process that has just started obeys requests of so many seconds before: it may have read the old file."""
READING, APPLIED, REFUSED = "reading", "applied", "refused"
INTERNAL = {"zh-CN": "应用时出错，见该进程的日志", "en": "an error while applying; see the process's log"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadReport:
    """The report of one process. `trouble` is why it did not apply the settings, by language."""

    role: str
    host: str
    pid: int
    state: str
    trouble: dict[str, str] = field(default_factory=dict)


async def request(
    bus: Bus,
    actor: str,
    roles: Collection[str],
    clock: Clock = now,
    *,
    accept: str = "",
    heard_within: float = HEARD_WITHIN,
    copies_within: float = COPIES_WITHIN,
    done_within: float = DONE_WITHIN,
) -> list[ReloadReport]:
    """Ask every process to reload its settings. Returns the last report of each. Raises BusError.

    `accept` is the digest of a removal that a person has accepted (watchfloor/settings/removal_guard.py).
    `roles` are those that are expected to answer. One that is not done in time is reported as `reading`.
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
        valid_until=at + REQUEST_VALID,
        args={"accept": accept} if accept else {},
    )
    await bus.send(ENGINE, command)
    stream = bus.keys.commands(ENGINE)
    await bus.trim_read({stream: await bus.tail(stream)})
    reports = await _until(
        bus, command.id, heard_within, lambda reports: set(roles) <= {report.role for report in reports}
    )
    await asyncio.sleep(copies_within if reports else 0)
    return await _until(
        bus, command.id, done_within, lambda reports: all(report.state != READING for report in reports)
    )


async def _until(
    bus: Bus, key: str, seconds: float, enough: Callable[[list[ReloadReport]], bool]
) -> list[ReloadReport]:
    end = asyncio.get_running_loop().time() + seconds
    while True:
        reports = await _reports(bus, key)
        if enough(reports) or asyncio.get_running_loop().time() >= end:
            return reports
        await asyncio.sleep(PAUSE)


async def _reports(bus: Bus, key: str) -> list[ReloadReport]:
    async with bus.pipeline() as pipe:
        pipe.hgetall(bus.keys.reload(key))
        (rows,) = await pipe.execute()
    reports = [wire.decode(raw, ReloadReport) for raw in rows.values()]
    return sorted(reports, key=lambda report: (report.role, report.host, report.pid))


class ReloadListener:
    """Obeys reload requests in one process.

    `reload` applies the settings and returns why it could not, by language ({}: applied).
    """

    def __init__(
        self, bus: Bus, role: str, reload: Callable[[str], Awaitable[dict[str, str]]], clock: Clock = now
    ) -> None:
        self._bus, self._role, self._reload, self._clock = bus, role, reload, clock

    async def run(self) -> None:
        """Run until cancelled. A lost bus is tried again."""
        since = self._clock() - EARLIER
        cursors = {self._bus.keys.commands(ENGINE): f"{max(0, int(since * 1000))}-0"}
        while True:
            try:
                for entry in await self._bus.read(cursors, block=BLOCK):
                    cursors[entry.stream] = entry.id
                    if entry.items and entry.items[-1].valid_until > self._clock():
                        await self._obey(entry.items[-1])
            except BusError as error:
                log.debug("reload: the bus is lost: %s", error)
                await asyncio.sleep(AGAIN)

    async def _obey(self, command: Command) -> None:
        log.info("settings: %s asks every process to read them again", command.actor)
        await self._report(command.id, READING)
        try:
            trouble = await self._reload(str(command.args.get("accept", "")))
        except Exception:
            # The next settings may work, and the requester must learn of the error.
            log.exception("settings: not applied")
            trouble = INTERNAL
        await self._report(command.id, REFUSED if trouble else APPLIED, trouble)

    async def _report(self, key: str, state: str, trouble: dict[str, str] | None = None) -> None:
        report = ReloadReport(
            role=self._role, host=socket.gethostname(), pid=os.getpid(), state=state, trouble=trouble or {}
        )
        name = self._bus.keys.reload(key)
        async with self._bus.pipeline() as pipe:
            pipe.hset(name, f"{report.role}:{report.host}:{report.pid}", wire.encode(report))
            pipe.expire(name, REQUEST_VALID)
            await pipe.execute()


def public(report: ReloadReport, language: str) -> dict[str, Any]:
    """The report as the API shows it, in one language."""
    shown: dict[str, Any] = msgspec.to_builtins(report)
    return shown | {"trouble": report.trouble.get(language, "")}
