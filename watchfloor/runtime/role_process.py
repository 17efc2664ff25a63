"""The process of a role: its event loop, connections, signals and exit code.

A process may run guests beside its role: roles that the site has no use for yet (watchfloor.runtime.role_specs). Each
has connections, a lease, a fence and a chain in the journal of its own, so that it can also run by itself.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Sequence
from pathlib import Path

import uvloop

from feeds.bus import Bus
from feeds.engine import unhandled, vitals
from feeds.fencing import Fence
from feeds.journal import StoreRefused
from feeds.role_status import RoleStatus
from watchfloor.runtime import logs, watchdog
from watchfloor.runtime.journal_watch import until_replaced
from watchfloor.runtime.process import REFUSED
from watchfloor.runtime.reload import ReloadListener
from watchfloor.runtime.role_host import RoleHost
from watchfloor.runtime.role_specs import BY_NAME
from watchfloor.runtime.stores import open_journal, opening_journal, redis_url
from watchfloor.settings.applied import StartSettings
from watchfloor.settings.site_settings import SettingsError
from watchfloor.settings.start import settings_to_start

log = logging.getLogger(__name__)

GARBAGE = (50_000, 5, 3)
"""Thresholds of the garbage collector: allocations minus deallocations before it looks at the young objects, then how
many such passes before each older generation. The roles mostly drop trees, which need no collector; with Python's
defaults it took 40 % of the projector's time. The few cycles (of closed connections) are freed below 100 MB."""


def run_role(name: str, config: Path, guests: Sequence[str] = ()) -> int:
    """Run one role, and guests beside it, until SIGTERM. Returns the exit code."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a SIGHUP before the handler is set must not end the process
    logs.setup(name)
    gc.set_threshold(*GARBAGE)
    unhandled.watch_process()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run_roles((name, *guests), settings_to_start(config)))
    except (SettingsError, StoreRefused, BaseExceptionGroup) as error:
        if (refusal := _refusal(error)) is None:
            raise
        log.error("%s%s", "the settings cannot be used: " if isinstance(refusal, SettingsError) else "", refusal)
        watchdog.report_crash(refusal)
        return REFUSED if isinstance(refusal, StoreRefused) else 1
    return 0


def _refusal(error: BaseException) -> StoreRefused | SettingsError | None:
    """The refusal of a store or of the settings, which a person must act on, also from inside a group; else None."""
    if isinstance(error, BaseExceptionGroup):
        return next((refusal for inner in error.exceptions if (refusal := _refusal(inner))), None)
    return error if isinstance(error, StoreRefused | SettingsError) else None


async def run_roles(names: Sequence[str], start: StartSettings) -> None:
    """Run the roles in this event loop until SIGTERM, or until one of them ends; then all end."""
    loop = asyncio.get_running_loop()
    unhandled.watch_loop(loop)
    beating = asyncio.create_task(watchdog.beat_forever(vitals.moving), name="beat")
    hosts: list[RoleHost] = []
    serving = [asyncio.create_task(_serve(name, start, hosts), name=f"serve {name}") for name in names]

    def stop() -> None:
        for task in serving:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await asyncio.wait(serving, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop()
        outcomes = await asyncio.gather(*serving, return_exceptions=True)
        beating.cancel()
    for error in outcomes:
        if error is not None and not isinstance(error, asyncio.CancelledError):
            raise error
    log.info("stopped")


async def _serve(name: str, start: StartSettings, hosts: list[RoleHost]) -> None:
    """Run one role until cancelled. Its host joins `hosts`, of which SIGHUP makes each reload the settings."""
    settings = start.settings
    spec, status = BY_NAME[name], RoleStatus()
    bus = Bus(redis_url(settings), settings.site.region, name=name, fence=Fence(name) if spec.fenced else None)
    # A connection of its own: the role's loop must be the one that meets a loss of its own connection.
    reload_bus = Bus(redis_url(settings), settings.site.region, name=f"{name}-reload")
    opening = open_journal(settings, name, patient=True) if spec.waits_for_journal else opening_journal(settings, name)
    async with opening as journal:
        host = RoleHost(spec, spec.build(), start, bus, journal, status)
        hosts.append(host)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _reload_all, hosts)
        work = asyncio.create_task(host.run(), name=name)
        listening = asyncio.create_task(ReloadListener(reload_bus, name, host.reload).run(), name="reload")
        replaced = asyncio.create_task(until_replaced(journal, name), name="journal-file")
        try:
            await asyncio.wait([work, replaced], return_when=asyncio.FIRST_COMPLETED)
            await (replaced if replaced.done() else work)
        finally:
            for task in (work, replaced, listening):
                task.cancel()
            await asyncio.gather(work, replaced, listening, return_exceptions=True)
            await reload_bus.close()
            await bus.close()


def _reload_all(hosts: Sequence[RoleHost]) -> None:
    for host in hosts:
        host.reload_soon()
