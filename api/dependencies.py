"""The dependencies of routes: the server's parts, and the principal of a request with a right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.approvals import ApprovalsAccess
from api.http.problems import Problem, language
from api.principal import Principal, Right
from api.settings import IngestSettings, LoadSettings, SiteInfo, WebSettings
from api.snapshots import SnapshotAccess
from api.stores import Stores
from feeds.bus import Bus
from feeds.cases.sealing import Sealer
from feeds.clock import Clock, now
from feeds.duty.handover import HandoverSettings
from feeds.engine.commands import CommandClient
from feeds.evidence import EvidenceStore
from feeds.history import HistoryReader
from feeds.incidents.brief_settings import BriefSettings
from feeds.incidents.settings import ROAD_SPEED
from feeds.incidents.units import UnitRegister
from feeds.inventory.row_changes import RowChange
from feeds.isolation.cap import Parse, parse_in_thread
from feeds.journal import Intake, Journal
from feeds.live.pump import Pump
from feeds.mapped.source import PushedSource
from maps.places import PlaceLayer

STATIC_PREFIXES = ("/static/", "/_dash-component-suites/")


def _no_hashes() -> list[str]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """The result of a reload of the settings.

    `faults` (sentences) say why nothing was applied. `findings` are the errors in the files as they stand: those
    faults, or why rows of the inventory were left out. `processes` are all that heard of it and what each did;
    `missing` the roles that move and did not answer; `restart` the changed sections that wait for the next start.
    `held` is a change that would remove too much and waits for a person: {accept, applied_at, lists}; then nothing
    was applied.
    """

    faults: Sequence[str] = ()
    findings: Sequence[Mapping[str, Any]] = ()
    processes: Sequence[Mapping[str, Any]] = ()
    missing: Sequence[str] = ()
    restart: Sequence[str] = ()
    held: Mapping[str, Any] | None = None

    @property
    def applied(self) -> bool:
        """Everywhere: no process has refused, is still at it, or has not answered."""
        return (
            not self.faults
            and not self.held
            and not self.missing
            and all(process["state"] == "applied" for process in self.processes)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryChanged:
    """The result of a change of the inventory's files: ids of the rows that were changed, and that of the reload.

    Nothing was changed when the reload found faults or was held.
    """

    changed_ids: Sequence[str]
    reloaded: Reloaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The parts that routes work with; made once by the web role.

    `stores` tells which of the stores are lost.
    `map_layer` gives a layer's GeoJSON bytes or None; it may be slow (it runs in a thread).
    `reload` has every process of the site read its settings, asked for by a person with that name and language,
    who may accept a removal that is held by its digest.
    `change_inventory` changes rows of the inventory's files and reloads; name, language and digest as for `reload`.
    `settings_shown` gives what applies of the settings and what a reload would say, for the administration.
    `handover` gives what applies of handing over, `briefs` how briefs are printed.
    `disk` reports the room on the disk of the data folder (see feeds.disk.report).
    `processes` reports what the supervisor here knows of its processes (members of the status file), [] without one.
    `documents` gives the repair of documents (see api.routes.documents), made at its first use.
    `cap_parse` reads a CAP message that was sent in. `mapped_sources` are those that may push rows, by their id.
    `layers` are the site's places. `road_speed` is the speed in km/h for minutes by road.
    `sealer` seals personal values that are sent in. `approvals` is None where the site has no cases.
    `snapshots` are the pictures of cameras, None where no data folder is at hand.
    `units` gives the units that apply. `evidence` keeps the files of tasks, None where no data folder is at hand.
    `script_hashes` gives the Content-Security-Policy hashes of inline scripts, asked at each page.
    `static_prefixes` are served to everybody and cached by browsers.
    """

    settings: WebSettings
    site: SiteInfo
    pump: Pump
    journal: Journal
    commands: CommandClient
    bus: Bus
    stores: Stores
    map_layer: Callable[[str], bytes | None]
    reload: Callable[[str, str, str], Awaitable[Reloaded]]
    change_inventory: Callable[[Sequence[RowChange], str, str, str], Awaitable[InventoryChanged]] | None = None
    history: HistoryReader | None = None
    intake: Intake | None = None
    sealer: Sealer | None = None
    approvals: ApprovalsAccess | None = None
    snapshots: SnapshotAccess | None = None
    units: Callable[[], UnitRegister] = UnitRegister
    evidence: EvidenceStore | None = None
    pages: Sequence[tuple[str, str]] = ()
    ingest: IngestSettings = field(default_factory=IngestSettings)
    load: LoadSettings = field(default_factory=LoadSettings)
    handover: Callable[[], HandoverSettings] = HandoverSettings
    briefs: Callable[[], BriefSettings] = BriefSettings
    clock: Clock = now
    cap_parse: Parse = parse_in_thread
    mapped_sources: Callable[[], Mapping[str, PushedSource]] = dict
    layers: Callable[[], Sequence[PlaceLayer]] = tuple
    road_speed: Callable[[], float] = lambda: ROAD_SPEED
    settings_shown: Callable[[], Awaitable[dict[str, Any]]] | None = None
    disk: Callable[[], dict[str, Any]] | None = None
    processes: Callable[[], Sequence[Mapping[str, Any]]] = tuple
    documents: Callable[[], object] | None = None
    script_hashes: Callable[[], list[str]] = _no_hashes
    static_prefixes: tuple[str, ...] = field(default=STATIC_PREFIXES)


def deps_of(connection: HTTPConnection) -> Dependencies:
    """The server's Dependencies, for a request or a socket."""
    return cast(Dependencies, connection.app.state.deps)


def principal_of(connection: HTTPConnection) -> Principal:
    """The principal of a request. The guard sets it, so every route that is not public has one."""
    principal = connection.scope.get("state", {}).get("principal")
    if not isinstance(principal, Principal):
        raise Problem("not-signed-in")
    return principal


def language_of(connection: HTTPConnection) -> str:
    """The language to answer in: "zh-CN" or "en"."""
    return language(connection.headers, deps_of(connection).site.language)


async def _dependencies(connection: HTTPConnection) -> Dependencies:
    return deps_of(connection)


async def _anybody(connection: HTTPConnection) -> Principal:
    return principal_of(connection)


def needs(right: Right) -> Callable[[HTTPConnection], Awaitable[Principal]]:
    """A dependency: the principal, who must have that right (else 403). It is asynchronous, so it needs no thread."""

    async def check(connection: HTTPConnection) -> Principal:
        principal = principal_of(connection)
        if not principal.may(right):
            raise Problem("forbidden")
        if right is Right.SEE:
            await deps_of(connection).pump.catch_up()  # else the first look after a while would hold everybody up
        return principal

    return check


async def _tasker(connection: HTTPConnection) -> Principal:
    """Somebody who may see the site's tasks, or act on those of a unit (else 403)."""
    principal = principal_of(connection)
    if not principal.rights & {Right.SEE, Right.TASKS}:
        raise Problem("forbidden")
    await deps_of(connection).pump.catch_up()
    return principal


async def _confirmed(connection: HTTPConnection) -> Principal:
    """Somebody who may change accounts and has entered the password lately (else 403 `not-confirmed`)."""
    principal, deps = principal_of(connection), deps_of(connection)
    if not principal.may(Right.ACCOUNTS):
        raise Problem("forbidden")
    if deps.clock() - principal.confirmed > deps.settings.confirm_minutes * 60:
        raise Problem("not-confirmed")
    return principal


Deps = Annotated[Dependencies, Depends(_dependencies)]
Anybody = Annotated[Principal, Depends(_anybody)]
Viewer = Annotated[Principal, Depends(needs(Right.SEE))]
Actor = Annotated[Principal, Depends(needs(Right.ACT))]
Commander = Annotated[Principal, Depends(needs(Right.COMMAND))]
Tasker = Annotated[Principal, Depends(_tasker)]
TaskActor = Annotated[Principal, Depends(needs(Right.TASKS))]
Ingester = Annotated[Principal, Depends(needs(Right.INGEST))]
Admin = Annotated[Principal, Depends(needs(Right.ADMINISTER))]
ConfirmedAdmin = Annotated[Principal, Depends(_confirmed)]
Diagnoser = Annotated[Principal, Depends(needs(Right.DIAGNOSE))]
Auditor = Annotated[Principal, Depends(needs(Right.AUDIT))]
