"""The domain of impacts: an incident is counted when it is made, and when its point, its area or the layers change.

A count is made while its batch is prepared, so that it is durable together with the incident that it is about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from feeds.engine.domain import Document, DomainStep, Message, Start, StepDomain
from feeds.engine.requests import Asking, HasDocument, ListDocuments
from feeds.journal import Doc, Journal, Parcel
from feeds.journal.forms import register
from feeds.model import AssetState, Change, Command, Kind, Outcome, Result
from feeds.model.impacts import Impact
from feeds.model.incidents import Incident
from feeds.model.marks import AFFECTED_AREAS
from incidents.handling.domain import IncidentDomain
from incidents.impact.counting import Areas, Picture, areas_of, impact_of
from incidents.impact.weather import near, stations_of
from incidents.marks.domain import MarkDomain
from incidents.resources.domain import ResourceDomain
from incidents.warnings.domain import WarningDomain
from maps.impact_index import AssetPlace

if TYPE_CHECKING:
    from feeds.bus import Bus

KIND = "impact"
AT_ONCE = 5
"""Incidents that are counted in one batch, so that new layers hold up no warning."""
READ_AGAIN = 3600.0
"""Seconds after which readings of weather and water nearby are read again, with a count of its own."""
States = Mapping[str, AssetState]


def impact_of_document(doc: Doc) -> Impact:
    """An impact from its document."""
    return msgspec.convert(doc.body, Impact)


@dataclass(frozen=True, slots=True)
class ReadStates:
    """Ask Redis for the states of assets, for a count: a request that the engine carries out."""

    bus: Bus | None
    ids: tuple[str, ...]

    async def ask(self, _journal: Journal) -> States:
        return await self.bus.records_of(Kind.STATE, self.ids) if self.bus is not None else {}


@dataclass(frozen=True, slots=True)
class Work:
    """Work off the event loop: a request that the engine carries out."""

    work: Callable[[], Any]

    async def ask(self, _journal: Journal) -> Any:
        return await asyncio.to_thread(self.work)


class ImpactDomain(StepDomain):
    """The newest count of each incident. `bus` gives the states of assets; it is None before the engine opens."""

    name = "command"
    kind = KIND
    entry_kind = KIND

    def __init__(
        self,
        warnings: WarningDomain,
        incidents: IncidentDomain,
        resources: ResourceDomain,
        marks: MarkDomain,
        bus: Callable[[], Bus | None],
    ) -> None:
        super().__init__()
        self._warnings, self._incidents, self._resources, self._marks = warnings, incidents, resources, marks
        self._bus = bus
        incidents.followers.append(self._followed)
        marks.follower = self
        self._reset()

    def _reset(self) -> None:
        self._steps.clear()
        self.impacts: dict[str, Impact] = {}
        self._gone: dict[str, Impact] = {}
        self._due: dict[str, str] = {}
        self._counted = ""
        self._stations: tuple[AssetPlace, ...] = ()
        self._stations_of = ""
        self._watched: set[str] = set()  # incidents with stations nearby

    def load(self, start: Start) -> Asking[None]:
        self._reset()
        for doc in (yield ListDocuments(KIND, open=True)):
            impact = impact_of_document(doc)
            self.impacts[impact.incident] = impact
            if impact.weather:
                self._watched.add(impact.incident)

    def records(self) -> Mapping[str, Impact]:
        return {impact.id: impact for impact in self.impacts.values()}

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        return None

    def obey(self, command: Command, now: float) -> Result:
        return Result(command=command.id, outcome=Outcome.INVALID, detail="unknown_action")

    # -- what makes a count due ----------------------------------------------------

    def _followed(self, before: Incident | None, after: Incident) -> None:
        """A new incident, or one that moved, is counted again."""
        if before is None:
            self._due.setdefault(after.id, "created")
        elif _place(before) != _place(after):
            self._due.setdefault(after.id, "moved")

    def drawn(self, incident: str) -> None:
        """The area that an incident reaches was drawn anew."""
        self._due.setdefault(incident, "drawn")

    def advance(self, now: float) -> None:
        if not self._steps:
            self._gone.clear()
        if self._counted != (version := self._warnings.resolver.index.version):
            self._counted = version
            for incident in self._incidents.incidents.values():
                counted = self.impacts.get(incident.id)
                if incident.open and (counted is None or counted.inventory != version):
                    self._due.setdefault(incident.id, "created" if counted is None else "inventory")
        for impact in self.impacts.values():
            if (again := self._read_again_at(impact)) is not None and again <= now:
                self._due.setdefault(impact.incident, "weather")
        for id in [id for id in self.impacts if id not in self._incidents.incidents]:
            self._end(self.impacts.pop(id), "filed", now)

    def next_due(self) -> float | None:
        if self._due:
            return 0.0
        return min(filter(None, map(self._read_again_at, self.impacts.values())), default=None)

    def _read_again_at(self, impact: Impact) -> float | None:
        """When the readings nearby are to be read again: an hour after the last count, while the incident is open."""
        incident = self._incidents.incidents.get(impact.incident)
        return impact.at + READ_AGAIN if impact.incident in self._watched and incident and incident.open else None

    # -- counting ------------------------------------------------------------------

    def prepare(self, now: float) -> Asking[None] | None:
        return self._count(now) if self._due else None

    def _count(self, now: float) -> Asking[None]:
        for id in list(self._due)[:AT_ONCE]:
            cause = self._due.pop(id)
            incident = self._incidents.incidents.get(id)
            if incident is None:
                continue
            picture = self._picture(incident)
            areas: Areas = yield Work(partial(areas_of, incident, picture))
            inside = {asset for _, content, _ in areas for asset in (*content.assets, *content.cameras)}
            asset_ids = sorted(inside | {station.id for station, _ in picture.stations})
            picture = replace(picture, healths=(yield ReadStates(self._bus(), tuple(asset_ids))))
            (self._watched.add if picture.stations else self._watched.discard)(id)
            number = yield from self._next_number(id)
            impact = yield Work(partial(impact_of, incident, number, cause, picture, areas, now))
            self._keep(impact, now)

    def _picture(self, incident: Incident) -> Picture:
        drawn = [mark.geometry for mark in self._marks.of(incident.id) if mark.kind in AFFECTED_AREAS]
        index = self._warnings.resolver.index
        if self._stations_of != index.version:
            self._stations, self._stations_of = stations_of(index.assets.values()), index.version
        return Picture(
            index=index,
            stations=near(self._stations, incident.lat, incident.lon),
            drawn=drawn,
            warnings=list(self._warnings.registry.shown.values()),
            incidents=list(self._incidents.incidents.values()),
            resources=list(self._resources.resources.values()),
            closures=self._marks.closures(),
        )

    def _next_number(self, incident: str) -> Asking[int]:
        number = self.impacts[incident].number + 1 if incident in self.impacts else 1
        while (yield HasDocument(KIND, f"{incident}/i{number}")):
            number += 1
        return number

    def _keep(self, impact: Impact, now: float) -> None:
        before = self.impacts.get(impact.incident)
        if before is not None:
            self._end(before, "superseded", now)
        self.impacts[impact.incident] = impact
        body: dict[str, Any] = {"cause": impact.cause, "inventory": impact.inventory, "incident": impact.incident}
        if impact.weather:
            body["weather"] = msgspec.to_builtins(impact.weather)
        self.record_step(DomainStep(name="counted", subject=impact.id, at=now, body=body))

    def _end(self, impact: Impact, name: str, now: float) -> None:
        """The count is the newest of its incident no more; the journal has it."""
        self._gone[impact.id] = replace(impact, current=False, rev=impact.rev + 1)
        self.record_step(DomainStep(name=name, subject=impact.id, at=now))

    def document(self, id: str) -> Document:
        incident = id.rpartition("/")[0]
        impact = self.impacts.get(incident)
        if impact is not None and impact.id == id:
            return Document(body=msgspec.to_builtins(impact), shown=impact)
        return Document(body=msgspec.to_builtins(self._gone[id]), shown=None, open=False)


def _place(incident: Incident) -> tuple[float | None, float | None, float]:
    return incident.lat, incident.lon, incident.accuracy_m


register(KIND, impact_of_document)
