"""Host of one role in one process: it waits for the lease, runs the role, reloads settings, and survives a fence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from feeds.bus import Bus
from feeds.bus.lease import Lease
from feeds.fencing import Fenced
from feeds.findings import Finding, InFile
from feeds.journal import Journal, keys
from feeds.role_status import RoleStatus
from maps import files as map_files
from watchfloor.runtime.role_specs import RoleSpec
from watchfloor.settings import applied
from watchfloor.settings.applied import StartSettings
from watchfloor.settings.site_settings import Settings, SettingsError, load

log = logging.getLogger(__name__)


class RoleProgram(Protocol):
    """The work of a role. It runs until it is cancelled."""

    async def run(self) -> None: ...


@dataclass(slots=True)
class RunningRole:
    """A built role: its program, and the function that applies reloaded settings to it."""

    program: RoleProgram
    reload: Callable[[Settings], Awaitable[None]]


Build = Callable[[Settings, Bus, Journal, RoleStatus], Awaitable[RunningRole]]


def load_applicable(path: Path, accept: str = "") -> Settings:
    """The settings of a file that can be applied. Rejected inventory rows are logged. Raises SettingsError."""
    fresh, row_findings = load_with_findings(path, accept)
    if row_findings:
        log.warning("inventory: %d bad rows are left out: %s", len(row_findings), SettingsError(row_findings[:5]))
    return fresh


def load_with_findings(path: Path, accept: str = "") -> tuple[Settings, list[Finding[InFile]]]:
    """The settings of a file that can be applied, and the findings of the inventory rows that are left out.

    Raises SettingsError when a rule does not compile or an inventory file cannot be read.
    Raises RemovalHeld when they would remove too much and `accept` is not the digest of this removal.
    """
    from watchfloor.settings.check import check_files
    from watchfloor.settings.removal_guard import require_accepted

    # A bad row is left out alone. An inventory file that cannot be read would remove all its assets.
    errors = [finding for finding in check_files(path) if finding.error]
    stopping = [finding for finding in errors if finding.where.file == path.name or not finding.where.line]
    if stopping:
        raise SettingsError(stopping)
    fresh = load(path)
    require_accepted(fresh, accept)
    return fresh, errors


class RoleHost:
    """Runs a role in this process. It stands by while another copy holds the lease, and again after it was fenced."""

    def __init__(
        self, spec: RoleSpec, build: Build, start: StartSettings, bus: Bus, journal: Journal, status: RoleStatus
    ) -> None:
        self._name, self._make, self._settings = spec.name, build, start.settings
        self._bus, self._journal, self._status = bus, journal, status
        self._fallback_reason: dict[str, str] = {}
        self._report_fallback(start.fallback_reason)
        numbers = journal if spec.fenced else None
        self._lease = Lease(bus, spec.name, numbers, status) if spec.leased else None
        self._role: RunningRole | None = None
        self._working = False
        self._reloading = asyncio.Lock()
        self._reloads: set[asyncio.Task[dict[str, str]]] = set()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            try:
                await self._hold_once()
            except* Fenced as errors:
                log.warning("%s stands by: another copy has taken over: %s", self._name, _first_message(errors))

    async def _hold_once(self) -> None:
        """Build the role, wait for the lease, and work until the lease is lost."""
        async with self._reloading:  # a reload waits until the role is built
            self._role = await self._build_or_fall_back()  # before the wait, so that a take-over is quick
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
            program = self._role.program
        try:
            await program.run()
        finally:
            self._working = False

    async def _build(self, settings: Settings) -> RunningRole:
        self._status.clear_conditions()
        for words in (self._journal.set_aside.words, map_files.words, partial(keys.words, settings.journal_key)):
            self._status.add_condition(partial(words, settings.site.language))
        return await self._make(settings, self._bus, self._journal, self._status)

    async def _build_or_fall_back(self) -> RunningRole:
        """Build the role from its settings, or from fallback settings when those cannot be used."""
        captured = None if self._fallback_reason else await asyncio.to_thread(applied.capture, self._settings)
        try:
            role = await self._build(self._settings)
        except SettingsError as error:
            return await self._build_fallback(error)
        await asyncio.to_thread(applied.store, captured)
        return role

    async def _build_fallback(self, error: SettingsError) -> RunningRole:
        """Build the role from the settings applied last; failing that, from the usable part of the present ones.

        A new version may reject a rule that the version before it accepted.
        Raises `error` when no rule or receiver is to blame.
        """
        from watchfloor.settings.usable import omission_reason, usable_part

        if not self._fallback_reason:
            try:
                start = await asyncio.to_thread(applied.fall_back, self._settings.path, error)
                role = await self._build(start.settings)
            except SettingsError as fallback_error:
                log.debug("what was applied last cannot be used either: %s", fallback_error)
            else:
                self._settings = start.settings
                self._report_fallback(start.fallback_reason)
                return role
        usable, omitted = await asyncio.to_thread(usable_part, self._settings)
        if not omitted:
            raise error
        role = await self._build(usable)
        self._settings, reason = usable, omission_reason(omitted)
        self._report_fallback(
            {language: f"{self._fallback_reason.get(language, '')} {text}".strip() for language, text in reason.items()}
        )
        return role

    async def reload(self, accept: str = "") -> dict[str, str]:
        """Reload the settings and apply them. A faulty file leaves the running settings in place.

        `accept` is the digest of a removal that a person has accepted (watchfloor/settings/removal_guard.py).

        Returns the reason why they were not applied, by language; {} when they were.
        """
        async with self._reloading:
            try:
                fresh = await asyncio.to_thread(load_applicable, self._settings.path, accept)
            except SettingsError as error:
                log.error("settings not applied, the running ones stay: %s", error)
                if not self._fallback_reason:
                    self._report_fallback(applied.fallback_reason(error))
                return applied.fallback_reason(error)
            captured = await asyncio.to_thread(applied.capture, fresh)
            if self._role is not None and self._working:
                await self._role.reload(fresh)
            else:
                self._role = await self._build(fresh)
            self._settings = fresh
            self._report_fallback({})
            await asyncio.to_thread(applied.store, captured)
            log.info("settings applied")
            return {}

    def reload_soon(self) -> None:
        """Reload in a task of its own."""
        task = asyncio.create_task(self.reload(), name="reload")
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    def _report_fallback(self, reason: dict[str, str]) -> None:
        """Log why the role runs on fallback settings, and show it on the role's source until settings apply."""
        self._fallback_reason = reason
        self._status.settings_trouble = reason.get(self._settings.site.language, "")
        if reason:
            log.error("%s", reason["en"])


def _first_message(errors: BaseExceptionGroup[Fenced]) -> str:
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return str(first)
