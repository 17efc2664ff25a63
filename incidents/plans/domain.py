"""The domain of plans: versions from the site's files and from people, published by a second person, retired.

It does no I/O (see feeds.engine.domain). Every version stays in memory: there are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from feeds.engine.domain import Document, DomainStep, Message, Start, StepDomain
from feeds.engine.requests import Asking, ListDocuments, ListIds
from feeds.incidents.plan_files import PlanFile
from feeds.incidents.plan_orders import DRILL, PLAN_ORDERS
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc, Parcel
from feeds.journal.forms import register
from feeds.kinds import PLAN
from feeds.model import Change, Command, Outcome, Result
from feeds.model.plans import Plan, PlanRehearsal
from feeds.plans.format import PlanContext, read_plan
from feeds.regions import covers
from incidents.refusals import OrderRefused, required

KIND = "plan"
DRAFT = "plan.draft"
SUPERSEDED = "superseded"
UNPUBLISHED = ("draft", "review")


def plan_of(doc: Doc) -> Plan:
    """A version of a plan from its document."""
    return msgspec.convert(doc.body, Plan)


class PlanDomain(StepDomain):
    """Every version of every plan. `site` is the region of those who may change plans."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    actions = frozenset((DRAFT, *(f"plan.{order}" for order in PLAN_ORDERS if order != DRILL)))

    def __init__(self, site: str, settings: IncidentSettings) -> None:
        super().__init__()
        self._site = site
        self.plans: dict[str, Plan] = {}
        self.use(settings)

    def use(self, settings: IncidentSettings) -> None:
        """Take the files of other settings: what is new in them becomes a draft at the next step."""
        self._context = PlanContext(units=tuple(settings.units) or None)
        self._files: tuple[PlanFile, ...] = settings.plans

    def load(self, start: Start) -> Asking[None]:
        self._steps.clear()
        self.plans = {}
        for doc in (yield ListDocuments(KIND)):
            plan = plan_of(doc)
            self.plans[plan.id] = plan
        self._ids = set((yield ListIds(KIND)))

    def records(self) -> Mapping[str, Plan]:
        return {id: plan for id, plan in self.plans.items() if plan.state != "retired"}

    def begin(self, now: float) -> None:
        self.advance(now)

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        return None

    def in_force(self) -> list[Plan]:
        """The published version of each plan."""
        return [plan for plan in self.plans.values() if plan.state == "published"]

    def followed(self, running: Iterable[str]) -> list[Plan]:
        """The published version of each plan, or of one that runs the version (its id) on which it runs."""
        plans = {plan.plan: plan for plan in self.in_force()}
        for version in running:
            plans[self.plans[version].plan] = self.plans[version]
        return list(plans.values())

    def versions(self, name: str) -> list[Plan]:
        """The versions of a plan, oldest first."""
        return sorted((plan for plan in self.plans.values() if plan.plan == name), key=lambda plan: plan.version)

    # -- files ---------------------------------------------------------------------

    def advance(self, now: float) -> None:
        files, self._files = self._files, ()
        for file in files:
            plan = read_plan(file.text, file.name, self._context).plan
            if plan is None or any(version.digest == plan.digest for version in self.versions(plan.plan)):
                continue
            for version in self.versions(plan.plan):
                if version.origin == file.name and version.state in UNPUBLISHED:
                    self._put(_retired(version, "", SUPERSEDED, now), "superseded", now)
            self._draft(plan, now, origin=file.name)

    def _draft(self, plan: Plan, now: float, *, origin: str = "", command: Command | None = None) -> Plan:
        versions = self.versions(plan.plan)
        number = versions[-1].version + 1 if versions else 1
        while f"{plan.plan}@{number}" in self._ids:
            number += 1
        draft = replace(
            plan,
            id=f"{plan.plan}@{number}",
            version=number,
            origin=origin,
            drafted_by=command.actor if command is not None else "",
            drafted_at=now,
        )
        self._put(draft, "drafted", now, command)
        return draft

    # -- orders --------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Result:
        plan = self.plans.get(command.subject)
        try:
            if not covers(command.actor_region, self._site):
                raise OrderRefused("region", Outcome.FORBIDDEN)
            after = self._drafted(command, now) if command.action == DRAFT else self._ordered(plan, command, now)
        except OrderRefused as refused:
            view = PLAN.view(plan) if plan is not None else None
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=view)
        return Result(command=command.id, outcome=Outcome.DONE, after=PLAN.view(after))

    def _drafted(self, command: Command, now: float) -> Plan:
        if command.role not in PLAN_ORDERS["review"][1]:
            raise OrderRefused("role", Outcome.FORBIDDEN)
        plan = read_plan(str(command.args.get("text", "")), "", self._context).plan
        if plan is None:
            raise OrderRefused("findings:text")
        if any(version.digest == plan.digest for version in self.versions(plan.plan)):
            raise OrderRefused("same_text", Outcome.CONFLICT)
        return self._draft(plan, now, command=command)

    def _ordered(self, plan: Plan | None, command: Command, now: float) -> Plan:
        if plan is None:
            raise OrderRefused("", Outcome.NOT_FOUND)
        order = command.action.removeprefix("plan.")
        states, roles = PLAN_ORDERS[order]
        if plan.state not in states:
            raise OrderRefused("transition", Outcome.CONFLICT)
        if command.role not in roles:
            raise OrderRefused("role", Outcome.FORBIDDEN)
        if command.expected_rev is not None and command.expected_rev != plan.rev:
            raise OrderRefused("", Outcome.CONFLICT)
        after = _ORDERS[order](plan, command, now)
        if order == "publish":
            for version in self.versions(plan.plan):
                if version.state == "published":
                    self._put(_retired(version, command.actor, SUPERSEDED, now), "superseded", now)
        self._put(replace(after, rev=plan.rev + 1), order, now, command)
        return self.plans[plan.id]

    # -- keeping -------------------------------------------------------------------

    def _put(self, plan: Plan, name: str, now: float, command: Command | None = None) -> None:
        self.plans[plan.id] = plan
        actor, reason, key = (command.actor, command.reason, command.id) if command is not None else ("", "", "")
        body = {"digest": plan.digest, "state": plan.state}
        self.record_step(
            DomainStep(name=name, subject=plan.id, at=now, actor=actor, reason=reason, command=key, body=body)
        )

    def document(self, id: str) -> Document:
        plan = self.plans[id]
        shown = plan if plan.state != "retired" else None
        return Document(body=msgspec.to_builtins(plan), shown=shown, open=shown is not None)


def _retired(plan: Plan, actor: str, reason: str, now: float) -> Plan:
    return replace(plan, state="retired", retired_by=actor, retired_at=now, reason=reason, rev=plan.rev + 1)


def _rehearse(plan: Plan, command: Command, now: float) -> Plan:
    rehearsal = msgspec.convert({**command.args, "by": command.actor, "at": now}, PlanRehearsal)
    return replace(plan, rehearsal=rehearsal)


def _review(plan: Plan, command: Command, now: float) -> Plan:
    return replace(plan, state="review", submitted_by=command.actor, submitted_at=now)


def _publish(plan: Plan, command: Command, now: float) -> Plan:
    """Publish a version: by another person than who wrote it and who asked for it, after its rehearsal was seen."""
    if command.actor in (plan.submitted_by, plan.drafted_by):
        raise OrderRefused("same_person", Outcome.FORBIDDEN)
    if plan.rehearsal is None:
        raise OrderRefused("not_rehearsed", Outcome.CONFLICT)
    return replace(plan, state="published", published_by=command.actor, published_at=now)


def _retire(plan: Plan, command: Command, now: float) -> Plan:
    required({"reason": command.reason}, "reason")
    return _retired(plan, command.actor, command.reason, now)


_ORDERS = {"rehearse": _rehearse, "review": _review, "publish": _publish, "retire": _retire}
register(KIND, plan_of)
