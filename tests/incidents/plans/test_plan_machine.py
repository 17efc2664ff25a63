"""Random orders, time and kills over plans: publication takes two, nothing is issued twice, nothing is overwritten."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from feeds.engine.composite import CompositeDomain
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.model import Outcome, Result
from incidents.handling.domain import IncidentDomain
from incidents.plans.domain import PlanDomain
from incidents.plans.proposals import ProposalDomain
from incidents.plans.surroundings import Surroundings
from incidents.receipts.domain import ReceiptDomain
from incidents.reporting.domain import ObligationDomain
from incidents.tasks.domain import TaskDomain
from incidents.warnings.domain import WarningDomain
from tests import patience
from tests.incidents.commands import SITE, UNITS, ZONE
from tests.incidents.machine import DomainMachine, Person
from tests.incidents.plans.test_proposals import REHEARSAL, TEXT

PEOPLE = st.sampled_from([("duty", "li"), ("duty", "zhou"), ("leader", "wang"), ("leader", "zhao"), ("admin", "root")])
ANSWERED = ("confirmed", "declined", "replaced", "void")
Documents = dict[tuple[str, str], Doc]


class PlanMachine(DomainMachine):
    """The domains of plans, incidents and tasks."""

    def __init__(self) -> None:
        self.before: Documents = {}
        super().__init__()

    def build(self) -> CompositeDomain:
        site_settings = IncidentSettings(units=UNITS, zone=ZONE)
        receipts, warnings = ReceiptDomain(SITE), WarningDomain({})
        obligations = ObligationDomain(site_settings)
        self.tasks = TaskDomain(lambda id: self.incidents.incidents.get(id), SITE, site_settings)
        self.incidents = IncidentDomain(receipts, obligations, self.tasks, SITE, site_settings)
        self.plans = PlanDomain(SITE, site_settings)
        around = Surroundings(warnings, receipts, SITE)
        self.proposals = ProposalDomain(self.incidents, self.plans, self.tasks, around, SITE, site_settings)
        parts = (receipts, self.incidents, obligations, self.tasks, self.plans, self.proposals)
        return CompositeDomain("command", parts)

    @initialize(grade=st.sampled_from(["III", "II"]))
    def a_plan_runs(self, grade: str) -> None:
        """A published plan runs in an incident: what rises and falls from there is worth trying."""
        writer, leader = ("duty", "li"), ("leader", "zhao")
        id = str((self.order("plan.draft", "", writer, text=TEXT).after or {})["id"])
        self.order("plan.rehearse", id, writer, **REHEARSAL)
        self.order("plan.review", id, writer)
        assert self.order("plan.publish", id, leader).outcome is Outcome.DONE
        self.open_an_incident(grade)
        (proposal,) = self.proposals.registry.proposals
        assert self.order("proposal.confirm", proposal, leader).outcome is Outcome.DONE
        assert self.tasks.tasks

    @rule(person=PEOPLE, minutes=st.sampled_from(["+15m", "+16m", "+17m"]))
    def draft(self, person: Person, minutes: str) -> None:
        self.order("plan.draft", "", person, text=TEXT.replace("+15m", minutes))

    @rule(
        person=PEOPLE,
        order=st.sampled_from(["review", "rehearse", "publish", "publish", "retire"]),
        which=st.integers(0, 5),
    )
    def order_a_plan(self, person: Person, order: str, which: int) -> None:
        if ids := sorted(self.plans.plans):
            args = REHEARSAL if order == "rehearse" else {}
            self.order(f"plan.{order}", ids[which % len(ids)], person, **args)

    @rule(grade=st.sampled_from(["", "IV", "III", "II"]))
    def open_an_incident(self, grade: str) -> None:
        leader = ("leader", "wang")
        result = self.order("incident.create", "", leader, event_class="hazchem", place="楚雄市", text="泄漏")
        if result.after is not None:
            self.order("incident.open", str(result.after["id"]), leader)
            self.order("incident.grade", str(result.after["id"]), leader, grade=grade, basis="报数")

    @rule(person=PEOPLE, which=st.integers(0, 5), grade=st.sampled_from(["IV", "III", "II"]))
    def regrade(self, person: Person, which: int, grade: str) -> None:
        if ids := sorted(self.incidents.incidents):
            self.order("incident.grade", ids[which % len(ids)], person, grade=grade, basis="更正")

    @rule(person=PEOPLE, yes=st.booleans(), which=st.integers(0, 5), keep=st.booleans())
    def answer(self, person: Person, yes: bool, which: int, keep: bool) -> None:
        if ids := sorted(self.proposals.registry.proposals):
            proposal = self.proposals.registry.proposals[ids[which % len(ids)]]
            left = {task.task: "keep" if keep else "withdraw" for task in proposal.effect.left}
            args = {"decisions": left} if yes else {}
            self.order(f"proposal.{'confirm' if yes else 'decline'}", proposal.id, person, **args)

    @rule(person=PEOPLE, which=st.integers(0, 5), level=st.sampled_from(["", "IV", "III", "II"]))
    def propose(self, person: Person, which: int, level: str) -> None:
        if ids := sorted(self.incidents.incidents):
            args = {"incident": ids[which % len(ids)], "plan": "hazchem", "level": level}
            self.order("proposal.create", "", person, **args)

    @rule(person=PEOPLE, which=st.integers(0, 5), level=st.sampled_from(["III", "II"]))
    def drill(self, person: Person, which: int, level: str) -> None:
        if ids := sorted(self.plans.plans):
            self.order("plan.drill", ids[which % len(ids)], person, level=level, speed=10.0)

    def order(self, action: str, subject: str, person: Person, **args: Any) -> Result:
        """Give an order; administrators give none that does anything."""
        result = self.give(action, subject, person, **args)
        if person[0] == "admin":
            assert result.outcome is not Outcome.DONE
        return result

    # -- what always holds -------------------------------------------------------------

    @invariant()
    def two_persons_publish_and_one_version_is_in_force(self) -> None:
        published = [plan for plan in self.plans.plans.values() if plan.state == "published"]
        assert len(published) <= 1
        for plan in self.plans.plans.values():
            if plan.published_by:
                assert plan.published_by not in (plan.drafted_by, plan.submitted_by)
                assert plan.rehearsal is not None

    @invariant()
    def nothing_is_issued_twice(self) -> None:
        issued = Counter((task.incident, task.plan_key) for task in self.tasks.tasks.values() if task.plan_key)
        assert not [key for key, count in issued.items() if count > 1]
        open_ones = Counter(
            (proposal.incident, proposal.plan)
            for proposal in self.proposals.registry.proposals.values()
            if proposal.state == "open"
        )
        assert not [key for key, count in open_ones.items() if count > 1]

    @invariant()
    def nothing_is_overwritten_or_lost(self) -> None:
        assert set(self.before) <= set(self.documents)
        for (kind, id), doc in self.before.items():
            after = self.documents[kind, id].body
            if kind == "plan":
                assert (after["text"], after["digest"]) == (doc.body["text"], doc.body["digest"])
            if kind == "proposal" and doc.body["state"] in ANSWERED:
                assert (after["state"], after["answered_by"]) == (doc.body["state"], doc.body["answered_by"])
        held = {id for (kind, id), doc in self.documents.items() if kind == "proposal" and doc.open}
        assert held == set(self.proposals.registry.proposals)
        self.before = dict(self.documents)


PlanMachine.TestCase.settings = settings(max_examples=patience.examples(30), stateful_step_count=25, deadline=None)
TestPlanMachine = PlanMachine.TestCase
