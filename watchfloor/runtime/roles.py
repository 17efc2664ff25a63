"""What each role runs: its connections, its entry object, and how a signal or a reload reaches it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import uvloop

from collectors.source_names import named_sources
from feeds.bus import Bus
from feeds.engine import unhandled, vitals
from feeds.fencing import Fence
from feeds.findings import line_of_text
from feeds.inventory.rows import Inventory
from feeds.journal import Intake, Journal, StoreRefused, intake_url
from feeds.model import Asset
from feeds.role_status import RoleStatus
from watchfloor.runtime import logs, watchdog
from watchfloor.runtime.disk_source import disk_heartbeat
from watchfloor.runtime.journal_watch import JournalWatch, until_replaced
from watchfloor.runtime.process import REFUSED
from watchfloor.runtime.reload import Listening
from watchfloor.runtime.role_host import Entry, Role, Seat
from watchfloor.runtime.role_specs import BY_NAME
from watchfloor.runtime.stores import journal_url, open_journal, opening_journal, redis_url
from watchfloor.settings import applied
from watchfloor.settings.applied import StartSettings
from watchfloor.settings.findings import make
from watchfloor.settings.inventory import load_inventory, with_shown_value
from watchfloor.settings.site_settings import Settings, SettingsError

log = logging.getLogger(__name__)

GARBAGE = (50_000, 5, 3)
"""When the garbage collector looks: at the young after so many objects more than were dropped, at all of them after
fifteen times as many. What roles make and drop are trees, which need no collector, and at Python's own setting it took
40 % of the projector's time; the few circles (a closed connection's) still go before they are 100 MB."""


class Together:
    """Entries in one process; the end of one is the end of all."""

    def __init__(self, *entries: Entry) -> None:
        self._entries = entries

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for entry in self._entries:
                group.create_task(entry.run(), name=type(entry).__name__)


def run_role(name: str, config: Path) -> int:
    """Run one role until SIGTERM; returns the exit code."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # one that comes before we listen must not end us
    logs.setup(name)
    gc.set_threshold(*GARBAGE)
    unhandled.watch_process()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(name, applied.start(config)))
    except SettingsError as error:
        log.error("the settings cannot be used: %s", error)
        watchdog.report_crash(error)
        return 1
    except (StoreRefused, BaseExceptionGroup) as error:
        if (refused := _refused(error)) is None:
            raise
        log.error("%s", refused)
        watchdog.report_crash(refused)
        return REFUSED
    return 0


def _refused(error: BaseException) -> StoreRefused | None:
    """What a store said that a person must act on, also from one of several tasks."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := _refused(one))), None)
    return error if isinstance(error, StoreRefused) else None


async def _run(name: str, start: StartSettings) -> None:
    unhandled.watch_loop(asyncio.get_running_loop())
    beating = asyncio.create_task(watchdog.beat_forever(vitals.moving), name="beat")
    try:
        await _serve(name, start)
    finally:
        beating.cancel()


async def _serve(name: str, start: StartSettings) -> None:
    settings = start.settings
    spec, status = BY_NAME[name], RoleStatus()
    bus = Bus(redis_url(settings), settings.site.region, name=name, fence=Fence(name) if spec.fenced else None)
    # A connection of its own: the loss of the server must be met by the loop whose state it was.
    ear = Bus(redis_url(settings), settings.site.region, name=f"{name}-reload")
    opening = open_journal(settings, name, patient=True) if spec.waits_for_journal else opening_journal(settings, name)
    async with opening as journal:
        seat = Seat(spec, spec.build(), start, bus, journal, status)
        work = asyncio.create_task(seat.run(), name=name)
        listening = asyncio.create_task(Listening(ear, name, seat.reload).run(), name="reload")
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, work.cancel)
        replaced = asyncio.create_task(until_replaced(journal), name="journal-file")
        try:
            await asyncio.wait([work, replaced], return_when=asyncio.FIRST_COMPLETED)
            await (replaced if replaced.done() else work)
        except asyncio.CancelledError:
            log.info("stopped")
        finally:
            for task in (work, replaced, listening):
                task.cancel()
            await asyncio.gather(work, replaced, listening, return_exceptions=True)
            await ear.close()
            await bus.close()


def _inventory(settings: Settings) -> Inventory:
    """Every good row. SettingsError when a whole file cannot be read: to go on without it would empty the picture."""
    inventory = load_inventory(settings)
    if stopping := [with_shown_value(one) for one in inventory.findings if one.error and not one.where.line]:
        raise SettingsError(stopping)
    return inventory


def _named_sources(settings: Settings, assets: Mapping[str, Asset]) -> frozenset[str]:
    return named_sources(settings.sources, settings.reference, assets.values())


async def build_collect(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> Role:
    """The role 'collect'."""
    from collectors.service import Collect

    entry = Collect(
        bus=bus,
        site=settings.site.region,
        schemes=settings.schemes,
        sources=settings.sources,
        assets=_inventory(settings).assets,
        credentials=settings.credentials,
        data=settings.data,
        zone=ZoneInfo(settings.site.timezone),
        reference=settings.reference,
        trouble=lambda: status.trouble,
        figures=status.figures,
        disk=partial(disk_heartbeat, settings.data, settings.site.language),
    )

    async def reload(fresh: Settings) -> None:
        await entry.reload(
            assets=load_inventory(fresh).assets,
            schemes=fresh.schemes,
            sources=fresh.sources,
            credentials=fresh.credentials,
            reference=fresh.reference,
        )

    return Role(entry, reload)


async def build_project(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> Role:
    """The role 'project'."""
    from feeds.history import HistoryStore, RecordingLoop, history_url
    from feeds.projection.projector import Projecting

    inventory = _inventory(settings)
    for finding in inventory.findings:
        log.warning("inventory: %s", line_of_text(finding, settings.site.language))
    named = _named_sources(settings, inventory.assets)
    entry = Projecting(
        bus,
        journal,
        settings.site.region,
        inventory.assets,
        sources=named,
        language=settings.site.language,
        status=status,
    )
    follower = Bus(redis_url(settings), settings.site.region, name="history", fence=bus.fence)
    store = HistoryStore(history_url(journal_url(settings)), "history", bus.fence)
    recording = RecordingLoop(follower, store, settings.history)

    async def reload(fresh: Settings) -> None:
        assets = load_inventory(fresh).assets
        await entry.reload(assets, _named_sources(fresh, assets))
        recording.set_keep(fresh.history)

    return Role(Together(entry, recording), reload)


async def build_alert(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> Role:
    """The role 'alert'."""
    from alerts.receivers.base import ReceiverError
    from alerts.receivers.catalogue import House
    from alerts.rules.rule import RuleError
    from alerts.service import Alerting

    site = settings.site
    follower = Bus(redis_url(settings), site.region, name="journal", fence=bus.fence)
    watch = JournalWatch(journal, settings.data, follower, keeps=True)
    await watch.quietly()  # before the engine writes
    status.add_condition(lambda: watch.words(site.language))
    try:
        entry = Alerting(
            bus,
            journal,
            settings.rules,
            settings.receivers,
            site.name,
            policy=settings.root_cause,
            sample=settings.sample,
            intake=Intake(intake_url(journal_url(settings)), "alert"),
            escalations=settings.escalations,
            house=House(language=site.language, zone=site.timezone),
            outbox=settings.outbox,
            handover=settings.handover,
            named_sources=partial(_named_sources, settings),
            status=status,
        )
    except RuleError as error:
        wrong = make("rule", file=settings.path.name, key="rule", value=error.rule, detail=error.message)
        raise SettingsError([wrong]) from error
    except ReceiverError as error:
        wrong = make("receiver", file=settings.path.name, key="receiver", value=error.receiver, detail=error.message)
        raise SettingsError([wrong]) from error

    async def reload(fresh: Settings) -> None:
        await entry.reload(
            fresh.rules,
            fresh.receivers,
            policy=fresh.root_cause,
            sample=fresh.sample,
            escalations=fresh.escalations,
            outbox=fresh.outbox,
            handover=fresh.handover,
            named_sources=partial(_named_sources, fresh),
        )

    return Role(Together(entry, watch), reload)


async def build_command(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> Role:
    """The role 'command'."""
    from incidents.warnings.engine import CommandRole

    intake = Intake(intake_url(journal_url(settings)), "command")
    entry = CommandRole(bus, journal, _inventory(settings).assets, intake=intake, status=status)

    async def reload(fresh: Settings) -> None:
        await entry.reload(load_inventory(fresh).assets)

    return Role(entry, reload)


async def build_web(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> Role:
    """The role 'web'."""
    from watchfloor.runtime.web import Web

    entry = Web(settings, bus, journal, status)
    return Role(entry, entry.reload)
