"""The web role: one FastAPI app that owns the API and the Dash pages, its live pump, and the server."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import cache, partial
from typing import Any

from api.app import create_app
from api.approvals import ApprovalsAccess
from api.auth.identities import Identities
from api.dependencies import Dependencies, Reloaded
from api.pushed_observations import ObservationForwarder
from api.routes.health import OLD
from api.server import serve
from api.snapshots import snapshot_access
from api.stores import Stores
from dashboard.app import STATIC_PREFIXES, create_dash, script_hashes
from dashboard.pages import PAGES
from feeds import disk, state_file
from feeds.bus import Bus
from feeds.cases.reader import CaseReader
from feeds.cases.sealing import Sealer
from feeds.cases.store import CaseStore, cases_url
from feeds.clock import now
from feeds.engine.commands import CommandClient
from feeds.engine.intake_signal import IntakeSignal
from feeds.evidence import FOLDER as EVIDENCE
from feeds.evidence import EvidenceStore
from feeds.findings import line_of_text
from feeds.history import HistoryReader, HistoryStore, history_url
from feeds.isolation.cap import CapReader
from feeds.journal import Intake, Journal, JournalLost, intake_url
from feeds.live.pump import Pump
from feeds.mapped.source import PushedSource
from feeds.role_status import RoleStatus
from maps.layers import layer
from watchfloor.runtime import reload as reloads
from watchfloor.runtime.journal_watch import JournalWatch
from watchfloor.runtime.members import running_members
from watchfloor.runtime.role_host import load_with_findings
from watchfloor.runtime.stores import journal_url, open_patiently, redis_url
from watchfloor.settings.check import as_json
from watchfloor.settings.inventory_edit import InventoryEditor
from watchfloor.settings.removal_guard import RemovalHeld
from watchfloor.settings.shown import shown
from watchfloor.settings.site_settings import Settings, SettingsError

log = logging.getLogger(__name__)

IDENTITIES = "identities.json"
"""The file of `run/` with sessions and tokens in use, by the hashes of their secrets."""
REMEMBER_EVERY = 5.0
AT_START = ("web", "site", "load")
"""Sections that the web server takes when it starts."""


def pushed_sources(settings: Settings) -> dict[str, PushedSource]:
    """The mapped sources of the settings, for rows that their systems push."""
    return {
        source.id: PushedSource(source=source.mapped, region=source.region, heartbeat=source.heartbeat)
        for source in settings.sources
        if source.mapped is not None
    }


def _connected_cases(settings: Settings) -> CaseStore:
    store = CaseStore(cases_url(journal_url(settings)), "web")
    store.connect()
    return store


class Web:
    """The program of the web role."""

    def __init__(self, settings: Settings, bus: Bus, journal: Journal, status: RoleStatus) -> None:
        self._settings, self._applied, self._since = settings, settings, now()
        self._bus, self._journal = bus, journal
        self._pump, self._commands = Pump(bus, conditions=self._conditions, status=status), CommandClient(bus)
        self._history = HistoryStore(history_url(journal_url(settings)), "web")
        self._history.connect()
        self._intake = self._intake_of(settings, bus)
        self._watch = JournalWatch(journal, settings.data, Bus(redis_url(settings), settings.site.region, name="heads"))
        self._stores = Stores(journal, self._intake, now, missing=self._watch.message)
        self._cap_reader = CapReader()
        sealer = self._sealer(status)
        self._cases = _connected_cases(settings)
        self._assessor = settings.approvals.assessor()
        self._app = create_app(self._dependencies(sealer))
        self._dash = create_dash(self._app, settings.site)

    def _intake_of(self, settings: Settings, bus: Bus) -> Intake:
        """The intake, and what tells others of new parcels in it."""
        intake = Intake(intake_url(journal_url(settings)), "web", on_stored=self._wake_readers)
        self._signal, self._forwarder = IntakeSignal(bus), ObservationForwarder(intake, bus)
        return intake

    def _wake_readers(self, targets: frozenset[str]) -> None:
        """Parcels were stored for these targets."""
        if engines := self._forwarder.stored(targets):
            self._signal.send(engines)

    def _dependencies(self, sealer: Sealer) -> Dependencies:
        """The parts that the routes work with."""
        settings = self._settings
        return Dependencies(
            settings=settings.web,
            site=settings.site,
            pump=self._pump,
            journal=self._journal,
            commands=self._commands,
            bus=self._bus,
            pages=[(page.path, page.title) for page in PAGES if page.path],
            stores=self._stores,
            map_layer=layer,
            reload=self._request_reload,
            change_inventory=InventoryEditor(lambda: self._applied, self._request_reload).change,
            settings_shown=self._settings_shown,
            disk=partial(disk.report, settings.data),
            processes=partial(running_members, settings.data),
            documents=cache(partial(_document_repair, self._journal)),
            script_hashes=lambda: script_hashes(self._dash),
            static_prefixes=STATIC_PREFIXES,
            history=HistoryReader(self._history, self._bus, settings.history),
            intake=self._intake,
            cap_parse=self._cap_reader.parse,
            mapped_sources=lambda: pushed_sources(self._applied),
            layers=lambda: self._applied.layers,
            road_speed=lambda: self._applied.incidents.road_speed,
            ingest=settings.ingest,
            sealer=sealer,
            approvals=self._approvals(sealer),
            snapshots=snapshot_access(settings.data),
            load=settings.load,
            handover=lambda: self._applied.handover,
            units=lambda: self._applied.incidents.units,
            evidence=EvidenceStore(settings.data / EVIDENCE),
            briefs=lambda: self._applied.incidents.briefs,
        )

    def _sealer(self, status: RoleStatus) -> Sealer:
        """The sealer of personal values. A damaged key is told."""
        sealer = self._settings.approvals.sealer(self._settings.data)
        status.add_condition(partial(sealer.words, self._settings.site.language))
        return sealer

    def _approvals(self, sealer: Sealer) -> ApprovalsAccess:
        """The parts that the routes of approvals need, by the settings in use."""
        return ApprovalsAccess(
            reader=CaseReader(self._cases),
            assessor=lambda: self._assessor,
            sealer=sealer,
            unmask=lambda: frozenset(self._applied.approvals.unmask),
            supervise=lambda: frozenset(self._applied.approvals.supervise),
        )

    async def run(self) -> None:
        """Run the pump, the command client and the server. When one ends with an error, all end."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(open_patiently(self._intake), name="open-intake")
                group.create_task(self._forwarder.run(), name="observations")
                group.create_task(self._stores.run(), name="stores")
                group.create_task(self._remember(), name="remember")
                group.create_task(self._watch.run(), name="heads")
                group.create_task(self._pump.run())
                group.create_task(self._commands.run())
                group.create_task(serve(self._app, self._settings.web, self._listening))
        finally:
            await self._cap_reader.close()
            await self._intake.close()
            await self._signal.close()
            await self._history.close()
            await self._cases.close()

    def _conditions(self) -> list[str]:
        """Codes for the live heartbeat: `disk-full` while the data folder's disk is, and which store is lost."""
        room = disk.space(self._settings.data)
        full = ["disk-full"] if room is not None and room.state == "full" else []
        return full + self._stores.conditions()

    async def _remember(self) -> None:
        """Keep who is signed in, so that a restart while the journal is lost still knows them; for ever."""
        identities: Identities = self._app.state.identities
        path = self._settings.data / "run" / IDENTITIES
        stored = await asyncio.to_thread(state_file.read_json, path, _documents)
        identities.recall(stored or [])
        while True:
            await asyncio.sleep(REMEMBER_EVERY)
            with suppress(JournalLost):
                await self._journal.mended()
            if (current := identities.remembered()) != stored and not self._stores.conditions():
                try:
                    await asyncio.to_thread(state_file.write_json, path, current)
                except OSError as error:
                    log.debug("who is signed in could not be kept: %s", error)
                stored = current

    def _listening(self, port: int) -> None:
        scheme = "https" if self._settings.web.tls_cert else "http"
        log.info("serving %s://%s:%d", scheme, self._settings.web.host, port)

    async def _request_reload(self, actor: str, language: str, accept: str = "") -> Reloaded:
        """Check the files of this machine, then ask every process of the site to reload its own. Raises BusError."""
        try:
            fresh, left_out = await asyncio.to_thread(load_with_findings, self._settings.path, accept)
        except RemovalHeld as error:
            return Reloaded(held=error.hold.public(), findings=as_json(error.findings))
        except SettingsError as error:
            sentences = [line_of_text(finding, language) for finding in error.findings]
            return Reloaded(faults=sentences, findings=as_json(error.findings))
        moving = {role for role, age in self._pump.ages(now()).items() if age is not None and age < OLD}
        reports = await reloads.request(self._bus, actor, moving | {"web"}, accept=accept)
        return Reloaded(
            findings=as_json(left_out),
            processes=[reloads.public(report, language) for report in reports],
            missing=sorted(moving - {report.role for report in reports}),
            restart=self._waiting(fresh),
        )

    def _waiting(self, fresh: Settings) -> list[str]:
        """The web server's own settings that differ from those it was started with."""
        return [name for name in AT_START if getattr(fresh, name) != getattr(self._settings, name)]

    async def _settings_shown(self) -> dict[str, Any]:
        return await asyncio.to_thread(shown, self._applied, self._since)

    async def reload(self, fresh: Settings) -> None:
        """The web server's own settings need a restart; say so when they differ."""
        self._applied, self._since, self._assessor = fresh, now(), fresh.approvals.assessor()
        if waiting := self._waiting(fresh):
            names = ", ".join(f"[{name}]" for name in waiting)
            log.warning("%s changed: that applies when the web role is started again", names)


def _documents(body: Any) -> list[list[Any]]:
    """The documents of an identities file: [kind, key, body]. Raises TypeError or ValueError."""
    if not isinstance(body, list):
        raise TypeError("this is no list")
    return [[str(kind), str(key), dict(document)] for kind, key, document in body]


def _document_repair(journal: Journal) -> object:
    """The repair of documents. Imported at its first use: it needs the engines' packages."""
    from watchfloor.repair.documents import JournalRepair

    return JournalRepair(journal)
