"""A role's lease in Redis: of its copies on several machines one works, the others stand by.

The lease runs out TTL after its holder's last sign; a holder whose process is gone from this very machine is
followed at once, so that a role that was killed is back as quickly as without any lease. Taking it raises the
role's number in the journal before anything is read there: what the one before may still want to write is refused
by both stores from then on (feeds.fencing).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import socket
from pathlib import Path
from typing import Protocol

from feeds.bus import Bus, BusError
from feeds.bus.writes import GIVE_BACK, RENEW, TAKE
from feeds.clock import Clock, now
from feeds.fencing import Fence, Fenced
from feeds.journal import JournalLost
from feeds.role_status import RoleStatus

log = logging.getLogger(__name__)

TTL = 4.0
"""Seconds that a holder may say nothing."""
RENEW_EVERY = 1.0
ASK_EVERY = 0.25
"""Seconds between two looks of a copy that stands by."""
HEARD_WITHIN = TTL
"""Seconds after its last look for which a copy counts as standing by."""


class Numbers(Protocol):
    """Where a role's number is kept: the journal."""

    async def take_over(self, fence: Fence) -> None: ...
    async def stands(self, fence: Fence) -> bool: ...


class Lease:
    """One process's claim to a role. `numbers` None: its writes are facts with their own time, which need no fence."""

    def __init__(
        self, bus: Bus, role: str, numbers: Numbers | None, status: RoleStatus | None = None, clock: Clock = now
    ) -> None:
        if numbers is not None and bus.fence is None:
            raise ValueError(f"the bus of {role} needs a fence: the journal refuses what comes after its turn")
        self.fence, self._clock = bus.fence or Fence(role), clock
        self._figures = status.figures if status is not None else {}
        self._bus, self._numbers = bus, numbers
        self._keys = (bus.keys.lease(role), bus.keys.standbys(role))

    async def take(self) -> None:
        """Wait until the role is ours; who has it is said once."""
        me, said, lost = _holder(), "", False
        while True:
            try:
                holder = await self._try(me)
                if not holder:
                    await self._become(me)
                    break
                if holder != said:
                    log.info("standing by: %s is held by %s", self.fence.role, _shown(holder))
                said = holder
            except (BusError, JournalLost) as error:
                if not lost:
                    log.warning("standing by: nobody can tell who holds %s: %s", self.fence.role, error)
                lost = True
            await asyncio.sleep(ASK_EVERY)
        if said or lost:
            log.warning("%s is ours now: taking over", self.fence.role)

    async def _try(self, me: str) -> str:
        """ "" when we have it, else who does."""
        holder = await self._take(me, "")
        return await self._take(me, holder) if holder and _gone(holder) else holder

    async def _take(self, me: str, gone: str) -> str:
        answer = await self._bus.script(TAKE, self._keys, me, int(TTL * 1000), gone, int(self._clock() * 1000))
        return str(answer.decode())

    async def _become(self, me: str) -> None:
        """The number first: nobody reads the journal for this role before the copy of before is shut out of it."""
        self.fence.holder = me
        if self._numbers is not None:
            await self._numbers.take_over(self.fence)

    async def keep(self) -> None:
        """Renew until cancelled. Raises Fenced when another copy has the role.

        While Redis is away nobody can take it; what lapsed meanwhile is ours again when the journal's number stands.
        """
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                holder = await self._renew() or await self._again()
            except (BusError, JournalLost) as error:
                log.debug("%s: the lease cannot be renewed: %s", self.fence.role, error)
                continue
            if holder != self.fence.holder:
                raise Fenced(f"{_shown(holder)} holds {self.fence.role}")

    async def _renew(self) -> str:
        """Who has it; how many stand by is seen with the role's beats."""
        arguments = (self.fence.holder, int(TTL * 1000), self._since())
        holder, waiting = await self._bus.script(RENEW, self._keys, *arguments)
        self._figures["standbys"] = float(waiting)
        return str(holder.decode())

    def _since(self) -> int:
        """From when on, in milliseconds, a copy that was heard of counts as standing by."""
        return int((self._clock() - HEARD_WITHIN) * 1000)

    async def _again(self) -> str:
        holder = await self._try(self.fence.holder)
        if not holder and self._numbers is not None and not await self._numbers.stands(self.fence):
            await self.give_back()
            raise Fenced(f"another copy has been {self.fence.role} meanwhile")
        return holder or self.fence.holder

    async def give_back(self) -> None:
        """At a clean end, to whoever stands by, so that he need not wait. What cannot be given back runs out."""
        try:
            await self._bus.script(GIVE_BACK, self._keys, self.fence.holder, int(TTL * 1000), self._since())
        except BusError as error:
            log.debug("%s: the lease runs out by itself: %s", self.fence.role, error)


def _holder() -> str:
    """A name for this turn of this process, by which a copy on the same machine can tell that it is gone."""
    return json.dumps(
        {
            "host": socket.gethostname(),
            **_machine(),
            "pid": os.getpid(),
            "start": _start(os.getpid()),
            "turn": secrets.token_hex(8),
        }
    )


def _machine() -> dict[str, str]:
    """What tells machines and containers apart: a process id means something within one of them only."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return {"boot": _text("/proc/sys/kernel/random/boot_id") or _text("/etc/machine-id"), "space": space}


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):  # a unit may hide it
        return ""


def _start(pid: int) -> str:
    """When a process started, in the kernel's ticks; "" when it is none, or has ended and waits to be collected."""
    state, *fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split() or [""]
    return fields[18] if len(fields) > 18 and state not in ("Z", "X") else ""


def _gone(holder: str) -> bool:
    """Whether the holder was a process of this very machine that is there no more; when in doubt it is not gone."""
    try:
        told = json.loads(holder)
        pid, start = int(told["pid"]), str(told["start"])
        same = {name: told[name] for name in ("host", "boot", "space")} == {"host": socket.gethostname(), **_machine()}
    except (ValueError, KeyError, TypeError):
        return False
    if not (same and told["boot"] and told["space"] and start):
        return False
    return _start(pid) != start and _start(os.getpid()) != ""


def _shown(holder: str) -> str:
    """For people: host and process id."""
    try:
        told = json.loads(holder)
        return f"{told['host']}, process {told['pid']}"
    except (ValueError, KeyError, TypeError):
        return "another copy"
