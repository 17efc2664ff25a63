"""The incident domain: incidents from receipts and orders, their life, and the obligations that follow from it.

It does no I/O (see feeds.engine.domain). Receipts that are taken up, incidents and obligations change in one
transaction: this domain gives the other two what follows from its own steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from feeds.engine.domain import Document
from feeds.engine.record_domain import RecordDomain
from feeds.engine.requests import Asking, FindDocument
from feeds.incidents.grading import rank
from feeds.incidents.phases import BY_DUTY
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.kinds import INCIDENT
from feeds.model import Command, Outcome, Receipt, Result
from feeds.model.incidents import Incident
from feeds.regions import covers
from incidents.handling.creation import created, number_prefix
from incidents.handling.merging import UNMERGE_WITHIN, check_merge, check_unmerge, merged, unmerged
from incidents.handling.orders import ORDERS, carried_out, check_region
from incidents.handling.places import located
from incidents.receipts.domain import ReceiptDomain
from incidents.refusals import OrderRefused
from incidents.reporting.domain import ObligationDomain
from incidents.tasks.domain import TaskDomain

KIND = "incident"
CREATE, ATTACH = "incident.create", "incident.attach"
COMMANDER_WITHIN = 600.0
"""Seconds within which an active incident of grade III or worse must have a commander."""
SHOWN_AFTER = 86_400.0
"""Seconds for which a false or transferred incident stays on the screens."""


def incident_of(doc: Doc) -> Incident:
    """An incident from its document."""
    return msgspec.convert(doc.body, Incident)


class IncidentDomain(RecordDomain[Incident]):
    """Incidents in memory: all but the archived ones. `site` is the region code of the site and begins each number.

    `before_archive` raise OrderRefused for an id while something of it is open. `followers` are told of every change.
    """

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = Incident
    stamps = ("received_at", "created_at", "phase_at", "verified_at", "opened_at", "ended_at")
    actions = frozenset((CREATE, ATTACH, *(f"incident.{order}" for order in ORDERS)))

    def __init__(
        self,
        receipts: ReceiptDomain,
        obligations: ObligationDomain,
        tasks: TaskDomain,
        site: str,
        settings: IncidentSettings,
    ) -> None:
        super().__init__()
        self._receipts, self._obligations, self._tasks = receipts, obligations, tasks
        self._site, self._zone = site, settings.zone
        self.before_archive: list[Callable[[str], None]] = []
        self.followers: list[Callable[[Incident | None, Incident], None]] = []

    @property
    def incidents(self) -> dict[str, Incident]:
        """The incidents in memory by number."""
        return self._held

    def records(self) -> Mapping[str, Incident]:
        return {id: incident for id, incident in self.incidents.items() if _on_screens(incident)}

    # -- orders ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        try:
            if command.action == CREATE:
                return (yield from self._create(command, now))
            return (yield from self._order(command, now))
        except OrderRefused as refused:
            before = self.incidents.get(command.subject)
            after = INCIDENT.view(before) if before is not None else None
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=after)

    def _create(self, command: Command, now: float) -> Asking[Result]:
        return self._done(command, (yield from self.opened(command, now)))

    def opened(self, command: Command, now: float) -> Asking[Incident]:
        """Open an incident by the values of an order, also for other domains of the engine. Raises OrderRefused."""
        _check_role(command)
        receipts = yield from self._new_receipts(command, command.args.get("receipts") or ())
        region = str(command.args.get("region") or (receipts[0].region if receipts else "") or self._site)
        check_region(command, region)
        numberless = created(command, receipts, region, now)
        numberless = located(numberless, self._site)
        incident = replace(numberless, id=(yield from self._next_id(numberless)))
        self._change(None, incident, "created", command, now)
        for receipt in receipts:
            self._receipts.take_up(receipt, "opened", incident.id, command, now)
        return incident

    def also(self, incident: Incident, order: str, args: Mapping[str, Any], command: Command, now: float) -> Incident:
        """Carry out one more order about an incident, for a command that is about more. Raises OrderRefused."""
        further = replace(command, action=f"incident.{order}", args=dict(args))
        after = carried_out(incident, order, further, now)
        self._change(incident, after, order, further, now)
        return after

    def _new_receipts(self, command: Command, ids: Sequence[str]) -> Asking[list[Receipt]]:
        """The receipts of an order, each of them new. Raises OrderRefused."""
        receipts = []
        for id in dict.fromkeys(ids):
            receipt = yield from self._receipts.find(id)
            if receipt is None:
                raise OrderRefused("no_receipt")
            if not covers(command.actor_region, receipt.region):
                raise OrderRefused("region", Outcome.FORBIDDEN)
            if receipt.state != "new":
                raise OrderRefused("receipt_decided", Outcome.CONFLICT)
            receipts.append(receipt)
        return receipts

    def _next_id(self, incident: Incident) -> Asking[str]:
        prefix = number_prefix(self._site, incident.mode, incident.received_at, self._zone)
        return self._unused_id(f"{prefix}-", 4)

    def _order(self, command: Command, now: float) -> Asking[Result]:
        incident = yield from self._find(command.subject)
        if incident is None:
            return Result(command=command.id, outcome=Outcome.NOT_FOUND)
        if not covers(command.actor_region, incident.region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        if command.expected_rev is not None and command.expected_rev != incident.rev:
            return Result(command=command.id, outcome=Outcome.CONFLICT, after=INCIDENT.view(incident))
        if command.action == ATTACH:
            return (yield from self._attach(incident, command, now))
        order = command.action.removeprefix("incident.")
        after = carried_out(incident, order, command, now)
        if order in ("edit", "open"):
            after = located(after, self._site)
        for check in self.before_archive if order == "archive" else ():
            check(incident.id)
        if order in ("merge", "unmerge"):
            after = yield from self._merging(order, incident, after, command, now)
        elif order == "end":
            self._tasks.end(incident.id, command.args.get("carry_over") or (), command, now)
        self._change(incident, after, order, command, now)
        if order == "merge":
            self._obligations.merge(after.id, after.merged_into, now)
            self._tasks.merge(after.id, after.merged_into, now)
        elif order == "unmerge":
            self._obligations.unmerge(after.id, incident.merged_into, now)
            self._tasks.unmerge(after.id, incident.merged_into, now)
        return self._done(command, after)

    def _merging(
        self, order: str, incident: Incident, after: Incident, command: Command, now: float
    ) -> Asking[Incident]:
        target_id = str(command.args.get("into", "")) if order == "merge" else incident.merged_into
        target = yield from self._find(target_id)
        if target is None:
            raise OrderRefused("merge_target", Outcome.CONFLICT)
        check_region(command, target.region)
        if order == "merge":
            check_merge(incident, target, self.incidents)
            after, target_after = merged(after, target)
        else:
            check_unmerge(incident, now)
            after, target_after = unmerged(after, target)
        self._change(target, target_after, f"{order}d", command, now)
        return after

    def _attach(self, incident: Incident, command: Command, now: float) -> Asking[Result]:
        _check_role(command)
        if not incident.open:
            raise OrderRefused("transition", Outcome.CONFLICT)
        receipts = yield from self._new_receipts(command, [str(command.args.get("receipt", ""))])
        if receipts[0].mode != incident.mode:
            raise OrderRefused("mode")
        after = replace(incident, receipts=(*incident.receipts, receipts[0].id), rev=incident.rev + 1)
        self._change(incident, after, "attached", command, now)
        self._receipts.take_up(receipts[0], "attached", incident.id, command, now)
        return self._done(command, after)

    def _find(self, id: str) -> Asking[Incident | None]:
        incident = self.incidents.get(id)
        if incident is None and (doc := (yield FindDocument(KIND, id))) is not None:
            incident = incident_of(doc)
        return incident

    def _change(self, before: Incident | None, after: Incident, name: str, command: Command, now: float) -> None:
        self._put(after)
        self._record(name, after.id, now, command=command, body=dict(command.args))
        self._obligations.follow(before, after, now)
        for follow in self.followers:
            follow(before, after)

    def _done(self, command: Command, incident: Incident) -> Result:
        return Result(command=command.id, outcome=Outcome.DONE, after=INCIDENT.view(incident))

    # -- time --------------------------------------------------------------------

    def moments(self, incident: Incident) -> Iterable[float | None]:
        return (_commander_due(incident), _leaves_at(incident))

    def time_passed(self, incident: Incident, now: float) -> None:
        if (due := _commander_due(incident)) is not None and due <= now:
            self._put(replace(incident, commander_missing=True, rev=incident.rev + 1))
            self._record("commander-missing", incident.id, now)
        elif (due := _leaves_at(incident)) is not None and due <= now:
            self._remove(incident.id)
            self._tasks.incident_left(incident)
            self._record("filed", incident.id, now)

    # -- keeping -----------------------------------------------------------------

    def document(self, id: str) -> Document:
        document = super().document(id)
        off_screens = document.shown is not None and not _on_screens(document.shown)
        return replace(document, shown=None) if off_screens else document


def _on_screens(incident: Incident) -> bool:
    return INCIDENT.live is None or INCIDENT.live(incident)


def _check_role(command: Command) -> None:
    if command.role not in BY_DUTY:
        raise OrderRefused("role", Outcome.FORBIDDEN)


def _commander_due(incident: Incident) -> float | None:
    """When an incident without a commander becomes `commander_missing`; None where it has one or needs none."""
    if incident.phase != "active" or rank(incident.grade) > 3 or incident.commander_missing:
        return None
    if any(held.post == "commander" for held in incident.posts):
        return None
    return max(incident.phase_at, incident.grades[-1].at if incident.grades else 0.0) + COMMANDER_WITHIN


def _leaves_at(incident: Incident) -> float | None:
    """When the incident leaves memory and the screens, None while it stays."""
    if incident.phase == "archived":
        return incident.phase_at
    if incident.phase == "merged":
        return incident.phase_at + UNMERGE_WITHIN
    return incident.phase_at + SHOWN_AFTER if incident.phase in ("false", "transferred") else None


register(KIND, incident_of)
