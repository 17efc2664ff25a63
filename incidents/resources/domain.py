"""The domain of resources: the site's files, orders about single resources, and what time makes of them.

It does no I/O (see feeds.engine.domain). The files state what there is; orders state what was sent where.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from feeds.engine.domain import Start
from feeds.engine.record_domain import RecordDomain
from feeds.engine.requests import Asking, FindDocument
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.kinds import RESOURCE
from feeds.model import Command, Outcome, Result
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


class ResourceDomain(RecordDomain[Resource]):
    """Resources in memory: those that are live."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = Resource
    stamps = ("checked_at",)
    actions = frozenset(f"resource.{order}" for order in ORDERS)

    def __init__(self, incidents: IncidentDomain, settings: IncidentSettings) -> None:
        super().__init__()
        self._incidents = incidents
        incidents.before_archive.append(self._block_archive)
        self.use(settings)

    @property
    def resources(self) -> dict[str, Resource]:
        """The resources in memory by id."""
        return self._held

    def use(self, settings: IncidentSettings) -> None:
        """Follow other files and settings from the next step on."""
        self._check_every = settings.check_every
        self._rows = {row.id: row for row in settings.resources}
        self._waiting = list(reversed(settings.resources))
        self._listing = True
        self._reschedule()

    # -- starting ----------------------------------------------------------------

    def load(self, start: Start) -> Asking[None]:
        yield from super().load(start)
        self._waiting, self._listing = list(reversed(self._rows.values())), True

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
        if self._listing:
            self._list_more(now)
        super().advance(now)

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

    def moments(self, resource: Resource) -> Iterable[float | None]:
        return (unverified_from(resource, self._check_every), expired_from(resource))

    def time_passed(self, resource: Resource, now: float) -> None:
        if (due := unverified_from(resource, self._check_every)) is not None and due <= now:
            resource = replace(resource, unverified=True, rev=resource.rev + 1)
            self._change(resource, "unverified", now)
        if (due := expired_from(resource)) is not None and due <= now:
            self._change(replace(resource, expired=True, rev=resource.rev + 1), "expired", now)

    def next_due(self) -> float | None:
        return 0.0 if self._listing else super().next_due()

    # -- keeping -----------------------------------------------------------------

    def _change(self, resource: Resource, name: str, now: float, command: Command | None = None) -> None:
        self._put(resource)
        if RESOURCE.live is not None and not RESOURCE.live(resource):
            self._remove(resource.id)
        body = dict(command.args) if command is not None else {}
        if name == "listed":
            body = {"digest": resource.digest, "quantity": resource.quantity, "status": resource.status}
        self._record(name, resource.id, now, command=command, body=body)


register(KIND, resource_of)
