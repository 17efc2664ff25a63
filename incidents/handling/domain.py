"""The incident domain: incidents from receipts and orders, their life, and the obligations that follow from it.

It does no I/O (see feeds.engine.domain). Receipts that are taken up, incidents and obligations change in one
transaction: this domain gives the other two what follows from its own steps.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from feeds.engine.domain import Document, DomainStep, Message, Start, StepDomain
from feeds.engine.requests import Asking, FindDocument, ListDocuments
from feeds.incidents.grading import rank
from feeds.incidents.phases import BY_DUTY
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc, Parcel
from feeds.journal.forms import register
from feeds.kinds import INCIDENT
from feeds.model import Change, Command, Outcome, Receipt, Result
from feeds.model.incidents import Incident
from feeds.regions import covers
from incidents.handling.creation import created, number_prefix
from incidents.handling.merging import UNMERGE_WITHIN, check_merge, check_unmerge, merged, unmerged
from incidents.handling.orders import ORDERS, carried_out, check_region
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


class IncidentDomain(StepDomain):
    """Incidents in memory: all but the archived ones. `site` is the region code of the site and begins each number.

    `before_archive` raise OrderRefused for an id while something of it is open. `followers` are told of every change.
    """

    name = "command"
    kind = KIND
    entry_kind = KIND
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
        self._reset()

    def _reset(self) -> None:
        self._steps.clear()
        self.incidents: dict[str, Incident] = {}
        self._closed: dict[str, Incident] = {}
        self._numbers: dict[str, int] = {}
        self._timers: list[tuple[float, str]] = []

    def load(self, start: Start) -> Asking[None]:
        self._reset()
        for doc in (yield ListDocuments(KIND, open=True)):
            self._put(incident_of(doc))

    def records(self) -> Mapping[str, Incident]:
        return {id: incident for id, incident in self.incidents.items() if _on_screens(incident)}

    def clock_stepped(self, by: float, now: float) -> None:
        self._timers = []
        for incident in self.incidents.values():
            self._schedule(incident)

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        return None

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
        _check_role(command)
        receipts = yield from self._new_receipts(command, command.args.get("receipts") or ())
        region = str(command.args.get("region") or (receipts[0].region if receipts else "") or self._site)
        check_region(command, region)
        numberless = created(command, receipts, region, now)
        incident = replace(numberless, id=(yield from self._next_id(numberless)))
        self._change(None, incident, "created", command, now)
        for receipt in receipts:
            self._receipts.take_up(receipt, "opened", incident.id, command, now)
        return self._done(command, incident)

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
        """A number that was never used. The journal is asked from the last number given in this run on."""
        prefix = number_prefix(self._site, incident.mode, incident.received_at, self._zone)
        number = self._numbers.get(prefix, 0) + 1
        while (yield FindDocument(KIND, f"{prefix}-{number:04d}")) is not None:
            number += 1
        self._numbers[prefix] = number
        return f"{prefix}-{number:04d}"

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
        self._record(name, after, now, command=command, body=dict(command.args))
        self._obligations.follow(before, after, now)
        for follow in self.followers:
            follow(before, after)

    def _done(self, command: Command, incident: Incident) -> Result:
        return Result(command=command.id, outcome=Outcome.DONE, after=INCIDENT.view(incident))

    # -- time --------------------------------------------------------------------

    def advance(self, now: float) -> None:
        if not self._steps:
            self._closed.clear()
        while self._timers and self._timers[0][0] <= now:
            _, id = heapq.heappop(self._timers)
            incident = self.incidents.get(id)
            if incident is None:
                continue
            if (due := _commander_due(incident)) is not None and due <= now:
                late = replace(incident, commander_missing=True, rev=incident.rev + 1)
                self._put(late)
                self._record("commander-missing", late, now)
            elif (due := _leaves_at(incident)) is not None and due <= now:
                self._closed[id] = self.incidents.pop(id)
                self._tasks.incident_left(incident)
                self._record("filed", incident, now)

    def next_due(self) -> float | None:
        return self._timers[0][0] if self._timers else None

    # -- keeping -----------------------------------------------------------------

    def document(self, id: str) -> Document:
        incident = self.incidents.get(id)
        stored = incident or self._closed[id]
        shown = incident if incident is not None and _on_screens(incident) else None
        return Document(body=msgspec.to_builtins(stored), shown=shown, open=incident is not None)

    def _record(
        self,
        name: str,
        incident: Incident,
        now: float,
        *,
        command: Command | None = None,
        body: dict[str, Any] | None = None,
    ) -> None:
        actor, reason, key = (command.actor, command.reason, command.id) if command else ("", "", "")
        self.record_step(
            DomainStep(name=name, subject=incident.id, at=now, actor=actor, reason=reason, command=key, body=body or {})
        )

    def _put(self, incident: Incident) -> None:
        self.incidents[incident.id] = incident
        self._schedule(incident)

    def _schedule(self, incident: Incident) -> None:
        for due in (_commander_due(incident), _leaves_at(incident)):
            if due is not None:
                heapq.heappush(self._timers, (due, incident.id))


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
