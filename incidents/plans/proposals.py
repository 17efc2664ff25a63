"""The domain of proposals: made by triggers and by people, answered by a leader, and what a confirmation issues.

It does no I/O (see feeds.engine.domain). Tasks are issued in the transaction of the confirmation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from feeds.engine.domain import Document, Message, Start, StepDomain
from feeds.engine.record_domain import CLOCK_SET
from feeds.engine.requests import Asking, FindDocument, ListDocuments
from feeds.incidents.plan_orders import answers_of
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc, Parcel
from feeds.journal.forms import register
from feeds.kinds import PROPOSAL
from feeds.model import Change, Command, Kind, Outcome, Result
from feeds.model.incidents import Incident
from feeds.model.plans import ActionProposal, Plan
from feeds.model.tasks import Task
from feeds.plans.conditions import alert_values, warning_values
from feeds.plans.triggering import level_rank, triggered
from feeds.regions import covers
from incidents.handling.domain import IncidentDomain
from incidents.plans.by_hand import PlanRequest, drill_of, request_of
from incidents.plans.domain import PlanDomain
from incidents.plans.issuing import DependentClocks, issue_tasks, withdraw_tasks
from incidents.plans.making import SiteRules, answered, body_of, effect_on, proposal_of, step_of
from incidents.plans.promotions import KIND as PROMOTED
from incidents.plans.promotions import Promotions
from incidents.plans.registry import RISING, SHOWN_AFTER, ProposalRegistry
from incidents.plans.surroundings import Surroundings
from incidents.refusals import OrderRefused, required
from incidents.tasks.domain import TaskDomain

KIND = "proposal"
CREATE, CONFIRM, DECLINE, DRILL = "proposal.create", "proposal.confirm", "proposal.decline", "plan.drill"


def proposal_from(doc: Doc) -> ActionProposal:
    """A proposal from its document."""
    return msgspec.convert(doc.body, ActionProposal)


class ProposalDomain(StepDomain):
    """Proposals of the incidents that are in memory. It looks at each incident that has changed since its last look."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    follows = (Kind.ALERT,)
    actions = frozenset((CREATE, CONFIRM, DECLINE, DRILL))

    def __init__(
        self,
        incidents: IncidentDomain,
        plans: PlanDomain,
        tasks: TaskDomain,
        surroundings: Surroundings,
        site: str,
        settings: IncidentSettings,
    ) -> None:
        super().__init__()
        self._incidents, self._plans, self._tasks, self._surroundings = incidents, plans, tasks, surroundings
        self._zone = settings.zone
        self.registry = ProposalRegistry()
        self._promotions = Promotions(self.registry, incidents, self._put, surroundings, site)
        self.use(settings)
        self._looked_at: dict[str, tuple[Any, ...]] = {}
        tasks.followers += [DependentClocks(tasks), self._task_changed]

    def use(self, settings: IncidentSettings) -> None:
        """Promote by other rules from now on."""
        self._promotions.use(settings.promotions)

    def _task_changed(self, before: Task | None, after: Task, now: float) -> None:
        """Look again at the incident of a task: what is left of a level, and what was issued, may be other tasks."""
        self._looked_at.pop(after.incident, None)

    def load(self, start: Start) -> Asking[None]:
        self._steps.clear()
        self._looked_at.clear()
        self.registry.clear()
        self._surroundings.load(start.records.get(Kind.ALERT, {}))
        for doc in (yield ListDocuments(KIND, open=True)):
            self.registry.put(proposal_from(doc))

    def records(self) -> Mapping[str, ActionProposal]:
        return self.registry.proposals

    def clock_stepped(self, by: float, now: float) -> None:
        for proposal in self.registry.clock_stepped(by, now):
            self._put(proposal, CLOCK_SET, now)

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        self._surroundings.take(item)

    def prepare(self, now: float) -> Asking[None] | None:
        return self._promotions.look(now) if self._promotions.rules else None

    # -- answers -------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        proposal = self.registry.proposals.get(command.subject)
        try:
            if command.action == CREATE:
                incidents = self._incidents.incidents
                after = self._create(request_of(command, incidents, self._plans, self.registry), command, now)
            elif command.action == DRILL:
                exercise = yield from drill_of(command, self._plans, self._incidents, now)
                after = self._create(exercise, command, now)
            elif proposal is None:
                doc = yield FindDocument(KIND, command.subject)
                return Result(command=command.id, outcome=Outcome.CONFLICT if doc is not None else Outcome.NOT_FOUND)
            elif proposal.kind == PROMOTED and command.action == CONFIRM:
                self._check_answer(proposal, command)
                after = yield from self._promotions.open(proposal, command, now)
            else:
                after = self._answer(proposal, command, now)
        except OrderRefused as refused:
            view = PROPOSAL.view(proposal) if proposal is not None else None
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=view)
        return Result(command=command.id, outcome=Outcome.DONE, after=PROPOSAL.view(after))

    def _check_answer(self, proposal: ActionProposal, command: Command) -> None:
        if not covers(command.actor_region, proposal.region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        if proposal.state != "open":
            raise OrderRefused("answered", Outcome.CONFLICT)
        if command.role not in answers_of(proposal):
            raise OrderRefused("role", Outcome.FORBIDDEN)
        if command.expected_rev is not None and command.expected_rev != proposal.rev:
            raise OrderRefused("", Outcome.CONFLICT)

    def _answer(self, proposal: ActionProposal, command: Command, now: float) -> ActionProposal:
        self._check_answer(proposal, command)
        if command.action == DECLINE:
            required({"reason": command.reason}, "reason")
            after = answered(proposal, "declined", command.actor, command.reason, now)
            return self._put(after, "declined", now, command)
        return self._confirm(proposal, now, by=command.actor, command=command)

    def _confirm(
        self, proposal: ActionProposal, now: float, *, by: str, command: Command | None = None
    ) -> ActionProposal:
        """Carry the proposal out; the time of its tasks runs from now. Raises OrderRefused."""
        incident = self._incidents.incidents.get(proposal.incident)
        if incident is None or not incident.open:
            raise OrderRefused("incident_closed", Outcome.CONFLICT)
        key = command.id if command is not None else ""
        reason = command.reason if command is not None else ""
        step = self.registry.next_step(incident.id, proposal.plan)
        after = replace(answered(proposal, "confirmed", by, reason, now), step=step)
        if proposal.kind in RISING:
            after = replace(after, issued=issue_tasks(proposal, incident, self._tasks, now, by=by, command=key))
        else:
            decisions = dict(command.args.get("decisions") or {}) if command is not None else {}
            withdrawn = withdraw_tasks(proposal, decisions, self._tasks, now, by=by, command=key)
            after = replace(after, withdrawn=withdrawn)
        body = {"level": after.level, "before": after.before, "issued": after.issued, "withdrawn": after.withdrawn}
        return self._put(after, "confirmed", now, command, body=body)

    def _create(self, request: PlanRequest, command: Command, now: float) -> ActionProposal:
        """Propose by hand. What the incident has open for this plan is replaced."""
        more = {"by": command.actor, "people": request.people, "speed": request.speed}
        proposal = self._proposed(request.plan, request.level, request.incident, now, **more)
        self._replace(request.incident, request.plan, proposal, now)
        return self._put(proposal, "proposed", now, command)

    def _replace(self, incident: Incident, plan: Plan, proposal: ActionProposal, now: float) -> None:
        """Let a new proposal take the place of the open ones of its plan."""
        for other in self.registry.of(incident.id, plan.plan):
            if other.state == "open":
                self._put(answered(other, "replaced", "", "", now, proposal.id), "replaced", now)

    @property
    def _site(self) -> SiteRules:
        return SiteRules(self._tasks.units, self._zone)

    # -- looking at incidents --------------------------------------------------------

    def advance(self, now: float) -> None:
        if not self._steps:
            self.registry.closed.clear()
        common = (*self._plans.in_force(), self._tasks.units)
        for incident in list(self._incidents.incidents.values()):
            linked = (*self._surroundings.warnings_of(incident), *self._surroundings.alerts_of(incident))
            surroundings = (incident, *linked, *common)
            if self._looked_at.get(incident.id) != surroundings:
                self._looked_at[incident.id] = surroundings
                self._look_at(incident, now)
        self._file_those_that_left(now)
        for proposal in self.registry.due(now):
            self._timed(proposal, now)

    def _look_at(self, incident: Incident, now: float) -> None:
        if not incident.open:
            for proposal in self.registry.of(incident.id):
                if proposal.state == "open":
                    self._put(answered(proposal, "void", "", incident.phase, now), "void", now)
            return
        for proposal in self.registry.of(incident.id):
            if proposal.state == "open":
                self._revise(proposal, incident, now)
        names = {proposal.plan for proposal in self.registry.of(incident.id)}
        running = [last for name in names if (last := self.registry.running(incident.id, name)) is not None]
        for plan in self._plans.followed(last.version for last in running):
            self._propose_if_triggered(plan, incident, now)

    def _revise(self, proposal: ActionProposal, incident: Incident, now: float) -> None:
        """Let the effect that is shown be the one that a confirmation would have now."""
        plan = self._plans.plans[proposal.version]
        if plan.state == "retired" and not proposal.before and incident.mode == "real":
            self._put(answered(proposal, "void", "", "plan_retired", now), "void", now)
            return
        effect = effect_on(proposal.kind, plan, proposal.level, incident, self._tasks.of(incident.id), self._site)
        if effect != proposal.effect:
            self._put(replace(proposal, effect=effect, rev=proposal.rev + 1), "revised", now)

    def _propose_if_triggered(self, plan: Plan, incident: Incident, now: float) -> None:
        warnings = [warning_values(warning) for warning in self._surroundings.warnings_of(incident)]
        alerts = [alert_values(alert) for alert in self._surroundings.alerts_of(incident)]
        result = triggered(plan, incident, warnings, alerts)
        running = self.registry.running(incident.id, plan.plan)
        if result is None or self.registry.was_proposed(incident.id, plan.plan, result.level):
            return
        if running is not None and level_rank(running.level) <= level_rank(result.level):
            return
        proposal = self._proposed(plan, result.level, incident, now, cause=result.cause, subject=result.subject)
        self._replace(incident, plan, proposal, now)
        self._put(proposal, "proposed", now)

    def _proposed(self, plan: Plan, level: str, incident: Incident, now: float, **more: Any) -> ActionProposal:
        tasks = self._tasks.of(incident.id)
        return proposal_of(plan, level, incident, tasks, self.registry, self._site, now, **more)

    def _file_those_that_left(self, now: float) -> None:
        for incident in self.registry.incidents():
            if incident not in self._incidents.incidents:
                self._looked_at.pop(incident, None)
                for proposal in self.registry.of(incident):
                    self.registry.file(proposal.id)
                    self._record("filed", proposal.id, now)

    # -- time ------------------------------------------------------------------------

    def _timed(self, proposal: ActionProposal, now: float) -> None:
        if proposal.state != "open":
            if not proposal.incident and now >= (proposal.answered_at or 0.0) + SHOWN_AFTER:
                self.registry.file(proposal.id)
                self._record("filed", proposal.id, now)
            return
        if proposal.auto_at is not None and proposal.auto_at <= now:
            self._start_alone(proposal, now)
        elif not proposal.unanswered:
            self._put(replace(proposal, unanswered=True, rev=proposal.rev + 1), "unanswered", now)

    def _start_alone(self, proposal: ActionProposal, now: float) -> None:
        """Start a level that needs no answer. One that cannot be started waits for a person."""
        try:
            self._confirm(proposal, now, by=proposal.version)
        except OrderRefused as refused:
            waiting = replace(proposal, auto_at=None, reason=refused.code, rev=proposal.rev + 1)
            self._put(waiting, "not-started", now)

    def next_due(self) -> float | None:
        return self.registry.timers[0][0] if self.registry.timers else None

    # -- keeping -----------------------------------------------------------------------

    def _put(
        self,
        proposal: ActionProposal,
        name: str,
        now: float,
        command: Command | None = None,
        body: dict[str, Any] | None = None,
    ) -> ActionProposal:
        self.registry.put(proposal)
        self._record(name, proposal.id, now, command, body_of(proposal, self._plans.plans) | (body or {}))
        return proposal

    def _record(
        self, name: str, id: str, now: float, command: Command | None = None, body: dict[str, Any] | None = None
    ) -> None:
        self.record_step(step_of(name, id, now, command, body))

    def document(self, id: str) -> Document:
        shown = self.registry.proposals.get(id)
        proposal = shown or self.registry.closed[id]
        return Document(body=msgspec.to_builtins(proposal), shown=shown, open=shown is not None)


register(KIND, proposal_from)
