"""Build the roles: connections, program and reload of each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from collectors.source_names import named_sources
from feeds.bus import Bus
from feeds.findings import line_of_text
from feeds.inventory.rows import Inventory
from feeds.journal import Intake, Journal, intake_url
from feeds.model import Asset
from feeds.role_status import RoleStatus
from watchfloor.runtime.disk_source import disk_heartbeat
from watchfloor.runtime.journal_watch import JournalWatch
from watchfloor.runtime.role_host import RoleProgram, RunningRole
from watchfloor.runtime.stores import journal_url, redis_url
from watchfloor.settings.findings import make
from watchfloor.settings.inventory import load_inventory, with_shown_value
from watchfloor.settings.site_settings import Settings, SettingsError

if TYPE_CHECKING:
    from alerts.service import AlertService
    from feeds.workdays.calendar import WorkCalendar

log = logging.getLogger(__name__)


class ProgramGroup:
    """Programs that run together in one process. When one ends with an error, all end. `before` runs first."""

    def __init__(self, *programs: RoleProgram, before: Callable[[], Awaitable[object]] | None = None) -> None:
        self.programs, self._before = programs, before

    async def run(self) -> None:
        if self._before is not None:
            await self._before()
        async with asyncio.TaskGroup() as group:
            for program in self.programs:
                group.create_task(program.run(), name=type(program).__name__)


def _inventory(settings: Settings) -> Inventory:
    """The valid rows of the inventory. Raises SettingsError when a file cannot be read: its assets would vanish."""
    inventory = load_inventory(settings)
    if unreadable := [
        with_shown_value(finding) for finding in inventory.findings if finding.error and not finding.where.line
    ]:
        raise SettingsError(unreadable)
    return inventory


def _named_sources(settings: Settings, assets: Mapping[str, Asset]) -> frozenset[str]:
    return named_sources(settings.sources, settings.reference, assets.values())


async def build_collect(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> RunningRole:
    """Build the role 'collect'."""
    from collectors.service import Collect

    program = Collect(
        bus=bus,
        site=settings.site.region,
        schemes=settings.schemes,
        sources=settings.sources,
        assets=_inventory(settings).assets,
        credentials=settings.credentials,
        data=settings.data,
        zone=settings.zone,
        reference=settings.reference,
        trouble=lambda: status.trouble,
        figures=status.figures,
        disk=partial(disk_heartbeat, settings.data, settings.site.language),
        requests=Bus(redis_url(settings), settings.site.region, name="checks"),
    )

    async def reload(fresh: Settings) -> None:
        await program.reload(
            assets=load_inventory(fresh).assets,
            schemes=fresh.schemes,
            sources=fresh.sources,
            credentials=fresh.credentials,
            reference=fresh.reference,
        )

    return RunningRole(program, reload)


async def build_project(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> RunningRole:
    """Build the role \'project\'."""
    from feeds.history import HistoryStore, RecordingLoop, history_url
    from feeds.projection.projector import Projecting

    inventory = _inventory(settings)
    for finding in inventory.findings:
        log.warning("inventory: %s", line_of_text(finding, settings.site.language))
    named = _named_sources(settings, inventory.assets)
    program = Projecting(
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
        await program.reload(assets, _named_sources(fresh, assets))
        recording.set_keep(fresh.history)

    return RunningRole(ProgramGroup(program, recording), reload)


async def build_alert(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> RunningRole:
    """Build the role 'alert'."""
    from alerts.receivers.base import ReceiverError
    from alerts.receivers.catalogue import SiteDefaults
    from alerts.rules.rule import RuleError
    from alerts.service import AlertService

    site = settings.site
    follower = Bus(redis_url(settings), site.region, name="journal", fence=bus.fence)
    watch = JournalWatch(journal, settings.data, follower, updates_record=True)
    status.add_condition(lambda: watch.message(site.language))
    try:
        program = AlertService(
            bus,
            journal,
            settings.rules,
            settings.receivers,
            site.name,
            policy=settings.root_cause,
            sample=settings.sample,
            intake=Intake(intake_url(journal_url(settings)), "alert"),
            escalations=settings.escalations,
            site_defaults=SiteDefaults(language=site.language, zone=site.timezone),
            outbox=settings.outbox,
            handover=settings.handover,
            named_sources=partial(_named_sources, settings),
            removal_guard=settings.removal_guard,
            calendar=_calendar(settings),
            status=status,
        )
    except RuleError as error:
        raise _unusable(settings, "rule", error.rule, error.message) from error
    except ReceiverError as error:
        raise _unusable(settings, "receiver", error.receiver, error.message) from error
    # Compared within the role's lease, and before the engine writes.
    return RunningRole(ProgramGroup(program, watch, before=watch.compare_if_possible), partial(_reload_alerts, program))


def _unusable(settings: Settings, key: str, value: str, detail: dict[str, str]) -> SettingsError:
    """The error of a table of the settings file that the alert role cannot use. Its code is the table's key."""
    return SettingsError([make(key, file=settings.path.name, key=key, value=value, detail=detail)])


async def _reload_alerts(program: AlertService, fresh: Settings) -> None:
    await program.reload(
        fresh.rules,
        fresh.receivers,
        policy=fresh.root_cause,
        sample=fresh.sample,
        escalations=fresh.escalations,
        outbox=fresh.outbox,
        handover=fresh.handover,
        named_sources=partial(_named_sources, fresh),
        removal_guard=fresh.removal_guard,
        calendar=_calendar(fresh),
    )


def _calendar(settings: Settings) -> Callable[[str], WorkCalendar] | None:
    """The calendars of regions, None on a site without approvals."""
    return settings.approvals.book().of if settings.uses_approvals else None


async def build_command(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> RunningRole:
    """Build the role 'command'."""
    from incidents.engine import CommandRole

    intake = Intake(intake_url(journal_url(settings)), "command")
    assets, layers, incidents = _inventory(settings).assets, settings.layers, settings.incidents
    program = CommandRole(
        bus,
        journal,
        assets,
        layers=layers,
        settings=incidents,
        intake=intake,
        status=status,
        expects_cap=any(source.kind == "emergency.cap" for source in settings.sources),
    )
    status.add_condition(lambda: program.engine.intake_trouble(settings.site.language))

    async def reload(fresh: Settings) -> None:
        await program.reload(load_inventory(fresh).assets, fresh.layers, fresh.incidents)

    return RunningRole(program, reload)


async def build_approvals(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> RunningRole:
    """Build the role 'approvals'."""
    from approvals.engine import ApprovalsRole
    from feeds.cases.store import CaseStore, cases_url

    url = journal_url(settings)
    store, intake = CaseStore(cases_url(url), "approvals", bus.fence), Intake(intake_url(url), "approvals")
    sealer, assessor = settings.approvals.sealer(settings.data), settings.approvals.assessor()
    status.add_condition(partial(sealer.words, settings.site.language))
    program = ApprovalsRole(bus, journal, store, assessor, intake=intake, status=status, sealer=sealer)

    async def reload(fresh: Settings) -> None:
        await program.reload(fresh.approvals.assessor())

    return RunningRole(program, reload)


async def build_web(settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> RunningRole:
    """Build the role 'web'."""
    from watchfloor.runtime.web import Web

    program = Web(settings, bus, journal, status)
    return RunningRole(program, program.reload)
