"""One process's place at a role: it waits for its turn, works, reads settings again, and waits again when put out."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from feeds.bus import Bus
from feeds.bus.lease import Lease
from feeds.fencing import Fenced
from feeds.findings import Finding, InFile
from feeds.journal import Journal
from feeds.role_status import RoleStatus
from watchfloor.runtime.role_specs import RoleSpec
from watchfloor.settings import applied
from watchfloor.settings.applied import StartSettings
from watchfloor.settings.site_settings import Settings, SettingsError, load

log = logging.getLogger(__name__)


class Entry(Protocol):
    """What a role runs until it is cancelled."""

    async def run(self) -> None: ...


@dataclass(slots=True)
class Role:
    """A role at work: its entry, and what it does with settings that were read again."""

    entry: Entry
    reload: Callable[[Settings], Awaitable[None]]


Build = Callable[[Settings, Bus, Journal, RoleStatus], Awaitable[Role]]


def load_whole(path: Path, accept: str = "") -> Settings:
    """Settings that can be applied: rules that compile, inventory files that can be read; SettingsError otherwise."""
    fresh, wrong = load_judged(path, accept)
    if wrong:
        log.warning("inventory: %d bad rows are left out: %s", len(wrong), SettingsError(wrong[:5]))
    return fresh


def load_judged(path: Path, accept: str = "") -> tuple[Settings, list[Finding[InFile]]]:
    """Settings that can be applied, and why rows of the inventory are left out of them.

    Raises RemovalHeld when they would remove too much and `accept` is not the digest of this removal.
    """
    from watchfloor.settings.check import check_files
    from watchfloor.settings.removal_guard import require_accepted

    # A bad row of the inventory is refused alone; a file of it that cannot be read would empty the picture.
    wrong = [one for one in check_files(path) if one.error]
    stopping = [one for one in wrong if one.where.file == path.name or not one.where.line]
    if stopping:
        raise SettingsError(stopping)
    fresh = load(path)
    require_accepted(fresh, accept)
    return fresh, wrong


class Seat:
    """One process's place at a role: it stands by while another copy works, works, and stands by again when fenced."""

    def __init__(
        self, spec: RoleSpec, build: Build, start: StartSettings, bus: Bus, journal: Journal, status: RoleStatus
    ) -> None:
        self._name, self._make, self._settings = spec.name, build, start.settings
        self._bus, self._journal, self._status = bus, journal, status
        self._trouble: dict[str, str] = {}
        self._say(start.fallback_reason)
        numbers = journal if spec.fenced else None
        self._lease = Lease(bus, spec.name, numbers, status) if spec.leased else None
        self._role: Role | None = None
        self._working = False
        self._reloading = asyncio.Lock()

    async def run(self) -> None:
        """Until cancelled; SIGHUP reads the settings again."""
        reloads: set[asyncio.Task[dict[str, str]]] = set()

        def hang_up() -> None:
            task = asyncio.create_task(self.reload())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hang_up)
        while True:
            try:
                await self._turn()
            except* Fenced as errors:
                log.warning("%s stands by: another copy has taken over: %s", self._name, _words(errors))

    async def _turn(self) -> None:
        """From the wait for the lease to its loss."""
        async with self._reloading:  # a reload that comes meanwhile is about what is being built
            self._role = await self._prepare()  # before the wait, so that taking over is quick
        if self._lease is None:
            return await self._work()
        try:
            await self._lease.take()
            # A task of its own: in Python 3.11 a group that failed leaves its task marked as cancelled.
            await asyncio.create_task(self._leased(self._lease), name="turn")
        finally:
            await self._lease.give_back()

    async def _leased(self, lease: Lease) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lease.keep(), name="lease")
            tasks.create_task(self._work(), name="work")

    async def _work(self) -> None:
        async with self._reloading:
            self._working = True
            assert self._role is not None
            entry = self._role.entry
        try:
            await entry.run()
        finally:
            self._working = False

    async def _build(self, settings: Settings) -> Role:
        self._status.clear_conditions()
        return await self._make(settings, self._bus, self._journal, self._status)

    async def _prepare(self) -> Role:
        """The role on its settings, or on the next best when inventory, rules or receivers cannot be used."""
        kept = None if self._trouble else await asyncio.to_thread(applied.capture, self._settings)
        try:
            role = await self._build(self._settings)
        except SettingsError as error:
            return await self._second_best(error)
        await asyncio.to_thread(applied.store, kept)
        return role

    async def _second_best(self, error: SettingsError) -> Role:
        """On what was applied last; where there is none or it cannot be used either, without the rules that are wrong.

        An upgrade may understand a rule no more that it ran on yesterday.
        """
        from watchfloor.settings.usable import omission_reason, usable_part

        if not self._trouble:
            try:
                start = await asyncio.to_thread(applied.fall_back, self._settings.path, error)
                role = await self._build(start.settings)
            except SettingsError as also:
                log.debug("what was applied last cannot be used either: %s", also)
            else:
                self._settings = start.settings
                self._say(start.fallback_reason)
                return role
        rest, out = await asyncio.to_thread(usable_part, self._settings)
        if not out:
            raise error
        role = await self._build(rest)
        self._settings, said = rest, omission_reason(out)
        self._say({language: f"{self._trouble.get(language, '')} {text}".strip() for language, text in said.items()})
        return role

    async def reload(self, accept: str = "") -> dict[str, str]:
        """Apply settings that can be used; a wrong file leaves the running ones in place and says so.

        `accept` is the digest of a removal that a person has accepted (watchfloor/settings/removal_guard.py).

        What is in the way, by language; {} when they apply now.
        """
        async with self._reloading:
            try:
                fresh = await asyncio.to_thread(load_whole, self._settings.path, accept)
            except SettingsError as error:
                log.error("settings not applied, the running ones stay: %s", error)
                if not self._trouble:
                    self._say(applied.fallback_reason(error))
                return applied.fallback_reason(error)
            kept = await asyncio.to_thread(applied.capture, fresh)
            if self._role is not None and self._working:
                await self._role.reload(fresh)
            else:
                self._role = await self._build(fresh)
            self._settings = fresh
            self._say({})
            await asyncio.to_thread(applied.store, kept)
            log.info("settings applied")
            return {}

    def _say(self, trouble: dict[str, str]) -> None:
        """In the log, and on the role's source until settings apply: on /sources, and to whoever has a rule for it."""
        self._trouble = trouble
        self._status.settings_trouble = trouble.get(self._settings.site.language, "")
        if trouble:
            log.error("%s", trouble["en"])


def _words(errors: BaseExceptionGroup[Fenced]) -> str:
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return str(first)
