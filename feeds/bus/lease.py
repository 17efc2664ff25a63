"""A role's lease in Redis: one of its processes on several machines works, the others stand by.

The lease expires TTL after its holder's last renewal. A holder whose process has ended on the same machine is replaced
at once, so that a killed role is back as quickly as without a lease. Taking the lease raises the role's generation in
the journal before anything is read there; from then on both stores reject writes of the previous holder
(feeds.fencing).
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
"""Seconds after which a lease without renewal expires."""
RENEW_EVERY = 1.0
ASK_EVERY = 0.25
"""Seconds between two attempts of a standby process."""
HEARD_WITHIN = TTL
"""Seconds after its last attempt for which a process counts as standing by."""


class Numbers(Protocol):
    """The store of a role's generation: the journal."""

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
        self._taken = bus.keys.taken(role)

    async def take(self) -> None:
        """Wait until this process holds the role; the current holder is logged once."""
        me, logged, lost = _holder(), "", False
        while True:
            try:
                holder = await self._try(me)
                if not holder:
                    await self._raise_generation(me)
                    break
                if holder != logged:
                    log.info("standing by: %s is held by %s", self.fence.role, _shown(holder))
                logged = holder
            except (BusError, JournalLost) as error:
                if not lost:
                    log.warning("standing by: the holder of %s is unknown: %s", self.fence.role, error)
                lost = True
            await asyncio.sleep(ASK_EVERY)
        if logged or lost:
            log.warning("%s: lease acquired, taking over", self.fence.role)

    async def _try(self, me: str) -> str:
        """ "" after success, else the current holder."""
        holder = await self._take(me, "")
        return await self._take(me, holder) if holder and _gone(holder) else holder

    async def _take(self, me: str, gone: str) -> str:
        answer = await self._bus.script(TAKE, self._keys, me, int(TTL * 1000), gone, int(self._clock() * 1000))
        return str(answer.decode())

    async def _raise_generation(self, me: str) -> None:
        """Raise the generation first: the previous holder must be fenced off before this one reads the journal."""
        self.fence.holder = me
        if self._numbers is not None:
            await self._numbers.take_over(self.fence)
            await self._bus.script("return redis.call('SET', KEYS[1], ARGV[1])", (self._taken,), me)
            self._bus.retake = self._retake

    async def keep(self) -> None:
        """Renew until cancelled. Raises Fenced when another process has the role.

        While Redis is unavailable no one can take the lease. A lease that lapsed meanwhile is taken again when the
        journal's generation is unchanged.
        """
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                holder = await self._renew() or await self._reacquire()
            except (BusError, JournalLost) as error:
                log.debug("%s: the lease cannot be renewed: %s", self.fence.role, error)
                continue
            if holder != self.fence.holder:
                raise Fenced(f"{_shown(holder)} holds {self.fence.role}")

    async def _renew(self) -> str:
        """Renew and return the holder; the number of standbys is reported with the role's heartbeats."""
        arguments = (self.fence.holder, int(TTL * 1000), self._since())
        holder, waiting = await self._bus.script(RENEW, self._keys, *arguments)
        self._figures["standbys"] = float(waiting)
        return str(holder.decode())

    def _since(self) -> int:
        """Time, in milliseconds, since which a process must have been heard from to count as standing by."""
        return int((self._clock() - HEARD_WITHIN) * 1000)

    async def _reacquire(self) -> str:
        holder = await self._try(self.fence.holder)
        if not holder and self._numbers is not None and not await self._numbers.stands(self.fence):
            await self.give_back()
            raise Fenced(f"another process has held {self.fence.role} meanwhile")
        return holder or self.fence.holder

    async def _retake(self) -> bool:
        """Take a lease that lapsed during a long computation again for a write; raises Fenced when another has it.

        False when Redis no longer names this process as the last one that took the role: it was emptied, or restarted
        from an older file. What was read from it before is then worth nothing.
        """
        if (taken := await self._bus.script("return redis.call('GET', KEYS[1])", (self._taken,))) is None:
            return False
        if taken.decode() != self.fence.holder:
            raise Fenced(f"{_shown(taken.decode())} has held {self.fence.role} meanwhile")
        if (holder := await self._reacquire()) != self.fence.holder:
            raise Fenced(f"{_shown(holder)} holds {self.fence.role}")
        return True

    async def give_back(self) -> None:
        """Release the lease to a standby process at a clean stop. A lease that cannot be released expires."""
        try:
            await self._bus.script(GIVE_BACK, self._keys, self.fence.holder, int(TTL * 1000), self._since())
        except BusError as error:
            log.debug("%s: the lease could not be released and will expire: %s", self.fence.role, error)


def _holder() -> str:
    """A name of this process by which another one on the same machine can tell that it has ended."""
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
    """Identity of the machine and container, within which process ids are meaningful."""
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
    """Start time of a process in the kernel's ticks; "" when it does not exist or is a zombie."""
    state, *fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split() or [""]
    return fields[18] if len(fields) > 18 and state not in ("Z", "X") else ""


def _gone(holder: str) -> bool:
    """True when the holder was a process of this machine that has ended; False when in doubt."""
    try:
        fields = json.loads(holder)
        pid, start = int(fields["pid"]), str(fields["start"])
        same = {name: fields[name] for name in ("host", "boot", "space")} == {
            "host": socket.gethostname(),
            **_machine(),
        }
    except (ValueError, KeyError, TypeError):
        return False
    if not (same and fields["boot"] and fields["space"] and start):
        return False
    return _start(pid) != start and _start(os.getpid()) != ""


def _shown(holder: str) -> str:
    """The holder for people: host and process id."""
    try:
        fields = json.loads(holder)
        return f"{fields['host']}, process {fields['pid']}"
    except (ValueError, KeyError, TypeError):
        return "another copy"
