"""The domain of resources: the site's files, orders about single resources, and what time makes of them.

It does no I/O (see feeds.engine.domain). The files state what there is; orders state what was sent where.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from feeds.engine.domain import Document, DomainStep, Message, Start, StepDomain
from feeds.engine.requests import Asking, FindDocument, ListDocuments
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc, Parcel
from feeds.journal.forms import register
from feeds.kinds import RESOURCE
from feeds.model import Change, Command, Outcome, Result
from feeds.model.resources import Resource
from feeds.regions import covers
from incidents.handling.domain import IncidentDomain, incident_of
from incidents.refusals import OrderRefused
from incidents.resources.listing import expired_from, relisted, unlisted, unverified_from
from incidents.resources.orders import ORDERS, carried_out

KIND = "resource"
ROWS_AT_ONCE = 500
"""Rows of the files that one step takes in, so that a long list does not hold up warnings and orders."""


def resource_of(doc: Doc) -> Resource:
    """A resource from its document."""
    return msgspec.convert(doc.body, Resource)


class ResourceDomain(StepDomain):
    """Resources in memory: those that are live."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    actions = frozenset(f"resource.{order}" for order in ORDERS)

    def __init__(self, incidents: IncidentDomain, settings: IncidentSettings) -> None:
        super().__init__()
        self._incidents = incidents
        incidents.before_archive.append(self._block_archive)
        self._reset()
        self.use(settings)

    def _reset(self) -> None:
        self._steps.clear()
        self.resources: dict[str, Resource] = {}
        self._gone: dict[str, Resource] = {}
        self._timers: list[tuple[float, str]] = []

    def use(self, settings: IncidentSettings) -> None:
        """Follow other files and settings from the next step on."""
        self._check_every = settings.check_every
        self._rows = {row.id: row for row in settings.resources}
        self._waiting = list(reversed(settings.resources))
        self._listing = True
        self.clock_stepped(0.0, 0.0)

    # -- starting ----------------------------------------------------------------

    def load(self, start: Start) -> Asking[None]:
        self._reset()
        for doc in (yield ListDocuments(KIND, open=True)):
            self._put(resource_of(doc))
        self._waiting, self._listing = list(reversed(self._rows.values())), True

    def records(self) -> Mapping[str, Resource]:
        return self.resources

    def clock_stepped(self, by: float, now: float) -> None:
        self._timers = []
        for resource in self.resources.values():
            self._schedule(resource)

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        return None

    # -- orders ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        resource = self.resources.get(command.subject)
        if resource is None:
            return Result(command=command.id, outcome=Outcome.NOT_FOUND)
        if not covers(command.actor_region, resource.region):
            return Result(command=command.id, outcome=Outcome.FORBIDDEN, detail="region")
        if command.expected_rev is not None and command.expected_rev != resource.rev:
            return Result(command=command.id, outcome=Outcome.CONFLICT, after=RESOURCE.view(resource))
        order = command.action.removeprefix("resource.")
        incident = None
        if id := str(command.args.get("incident") or ""):
            incident = self._incidents.incidents.get(id)
            if incident is None and (doc := (yield FindDocument("incident", id))) is not None:
                incident = incident_of(doc)
        try:
            after = carried_out(resource, order, command, incident, now)
        except OrderRefused as refused:
            view = RESOURCE.view(resource)
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=view)
        self._change(after, order, now, command)
        return Result(command=command.id, outcome=Outcome.DONE, after=RESOURCE.view(after))

    def _block_archive(self, incident: str) -> None:
        """Raise OrderRefused while a requisition for the incident is open (Art. 12)."""
        for resource in self.resources.values():
            if any(taken.open and taken.incident == incident for taken in resource.requisitions):
                raise OrderRefused("requisition_open", Outcome.CONFLICT)

    # -- files and time ----------------------------------------------------------

    def advance(self, now: float) -> None:
        if not self._steps:
            self._gone.clear()
        if self._listing:
            self._list_more(now)
        while self._timers and self._timers[0][0] <= now:
            _, id = heapq.heappop(self._timers)
            if (resource := self.resources.get(id)) is not None:
                self._let_time_pass(resource, now)

    def _list_more(self, now: float) -> None:
        """Take in some rows of the files; after the last one note which resources are named no longer."""
        batch, self._waiting = self._waiting[-ROWS_AT_ONCE:], self._waiting[:-ROWS_AT_ONCE]
        for row in reversed(batch):
            if (after := relisted(self.resources.get(row.id), row, now)) is not None:
                self._change(after, "listed", now)
        if not self._waiting:
            self._listing = False
            for gone in unlisted(self.resources.values(), self._rows):
                self._change(gone, "unlisted", now)

    def _let_time_pass(self, resource: Resource, now: float) -> None:
        if (due := unverified_from(resource, self._check_every)) is not None and due <= now:
            resource = replace(resource, unverified=True, rev=resource.rev + 1)
            self._change(resource, "unverified", now)
        if (due := expired_from(resource)) is not None and due <= now:
            self._change(replace(resource, expired=True, rev=resource.rev + 1), "expired", now)

    def next_due(self) -> float | None:
        if self._listing:
            return 0.0
        return self._timers[0][0] if self._timers else None

    # -- keeping -----------------------------------------------------------------

    def document(self, id: str) -> Document:
        shown = self.resources.get(id)
        stored = shown or self._gone[id]
        return Document(body=msgspec.to_builtins(stored), shown=shown, open=shown is not None)

    def _change(self, resource: Resource, name: str, now: float, command: Command | None = None) -> None:
        self._put(resource)
        by: dict[str, Any] = {}
        if command is not None:
            by = {"actor": command.actor, "reason": command.reason, "command": command.id, "body": dict(command.args)}
        elif name == "listed":
            by = {"body": {"digest": resource.digest, "quantity": resource.quantity, "status": resource.status}}
        self.record_step(DomainStep(name=name, subject=resource.id, at=now, **by))

    def _put(self, resource: Resource) -> None:
        if RESOURCE.live is not None and not RESOURCE.live(resource):
            self.resources.pop(resource.id, None)
            self._gone[resource.id] = resource
            return
        self.resources[resource.id] = resource
        self._schedule(resource)

    def _schedule(self, resource: Resource) -> None:
        for due in (unverified_from(resource, self._check_every), expired_from(resource)):
            if due is not None:
                heapq.heappush(self._timers, (due, resource.id))


register(KIND, resource_of)
