"""Random orders, time and kills over plans: publication takes two, nothing is issued twice, nothing is overwritten.

A kill loses the transaction that was being written as a whole; another engine starts from the documents that there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from feeds.engine.composite import CompositeDomain
from feeds.engine.domain import Start
from feeds.engine.requests import FindDocument, HasDocument, ListDocuments, ListIds, PutDocument
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.model import Command, Outcome, Result
from incidents.handling.domain import IncidentDomain
from incidents.plans.domain import PlanDomain
from incidents.plans.proposals import ProposalDomain
from incidents.plans.surroundings import Surroundings
from incidents.receipts.domain import ReceiptDomain
from incidents.reporting.domain import ObligationDomain
from incidents.tasks.domain import TaskDomain
from incidents.warnings.domain import WarningDomain
from tests import patience
from tests.incidents.commands import SITE, UNITS, ZONE, moment
from tests.incidents.plans.test_proposals import REHEARSAL, TEXT

PEOPLE = st.sampled_from([("duty", "li"), ("duty", "zhou"), ("leader", "wang"), ("leader", "zhao"), ("admin", "root")])
ANSWERED = ("confirmed", "declined", "replaced", "void")
Documents = dict[tuple[str, str], Doc]


class PlanMachine(RuleBasedStateMachine):
    """The domains of plans, incidents and tasks over a journal of documents. `keeps` False is a kill in the writing."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.commands = moment("14:00"), 0
        self.documents: Documents = {}
        self.pending: dict[str, Any] = {}
        self.before: Documents = {}
        self.start()

    @rule()
    def start(self) -> None:
        site_settings = IncidentSettings(units=UNITS, zone=ZONE)
        receipts, warnings = ReceiptDomain(SITE), WarningDomain({})
        obligations = ObligationDomain(site_settings)
        self.tasks = TaskDomain(lambda id: self.incidents.incidents.get(id), SITE, site_settings)
        self.incidents = IncidentDomain(receipts, obligations, self.tasks, SITE, site_settings)
        self.plans = PlanDomain(SITE, site_settings)
        around = Surroundings(warnings, receipts, SITE)
        self.proposals = ProposalDomain(self.incidents, self.plans, self.tasks, around, SITE, site_settings)
        parts = (receipts, self.incidents, obligations, self.tasks, self.plans, self.proposals)
        self.engine = CompositeDomain("command", parts)
        loading = self.engine.load(Start(records={}, pending=self.pending, now=self.now))
        self._answer(loading)
        self.engine.begin(self.now)
        self._settle(keeps=True)

    @initialize(grade=st.sampled_from(["III", "II"]))
    def a_plan_runs(self, grade: str) -> None:
        """A published plan runs in an incident: what rises and falls from there is worth trying."""
        writer, leader = ("duty", "li"), ("leader", "zhao")
        id = str((self._order("plan.draft", "", writer, True, text=TEXT).after or {})["id"])
        self._order("plan.rehearse", id, writer, True, **REHEARSAL)
        self._order("plan.review", id, writer, True)
        assert self._order("plan.publish", id, leader, True).outcome is Outcome.DONE
        self.open_an_incident(grade)
        (proposal,) = self.proposals.registry.proposals
        assert self._order("proposal.confirm", proposal, leader, True).outcome is Outcome.DONE
        assert self.tasks.tasks

    @rule(person=PEOPLE, minutes=st.sampled_from(["+15m", "+16m", "+17m"]), keeps=st.booleans())
    def draft(self, person: tuple[str, str], minutes: str, keeps: bool) -> None:
        self._order("plan.draft", "", person, keeps, text=TEXT.replace("+15m", minutes))

    @rule(
        person=PEOPLE,
        order=st.sampled_from(["review", "rehearse", "publish", "publish", "retire"]),
        which=st.integers(0, 5),
        keeps=st.booleans(),
    )
    def order_a_plan(self, person: tuple[str, str], order: str, which: int, keeps: bool) -> None:
        if ids := sorted(self.plans.plans):
            args = REHEARSAL if order == "rehearse" else {}
            self._order(f"plan.{order}", ids[which % len(ids)], person, keeps, **args)

    @rule(grade=st.sampled_from(["", "IV", "III", "II"]))
    def open_an_incident(self, grade: str) -> None:
        leader = ("leader", "wang")
        result = self._order("incident.create", "", leader, True, event_class="hazchem", place="楚雄市", text="泄漏")
        if result.after is not None:
            self._order("incident.open", str(result.after["id"]), leader, True)
            self._order("incident.grade", str(result.after["id"]), leader, True, grade=grade, basis="报数")

    @rule(person=PEOPLE, which=st.integers(0, 5), grade=st.sampled_from(["IV", "III", "II"]), keeps=st.booleans())
    def regrade(self, person: tuple[str, str], which: int, grade: str, keeps: bool) -> None:
        if ids := sorted(self.incidents.incidents):
            self._order("incident.grade", ids[which % len(ids)], person, keeps, grade=grade, basis="更正")

    @rule(person=PEOPLE, yes=st.booleans(), which=st.integers(0, 5), keep=st.booleans(), keeps=st.booleans())
    def answer(self, person: tuple[str, str], yes: bool, which: int, keep: bool, keeps: bool) -> None:
        if ids := sorted(self.proposals.registry.proposals):
            proposal = self.proposals.registry.proposals[ids[which % len(ids)]]
            left = {task.task: "keep" if keep else "withdraw" for task in proposal.effect.left}
            args = {"decisions": left} if yes else {}
            self._order(f"proposal.{'confirm' if yes else 'decline'}", proposal.id, person, keeps, **args)

    @rule(person=PEOPLE, which=st.integers(0, 5), level=st.sampled_from(["", "IV", "III", "II"]), keeps=st.booleans())
    def propose(self, person: tuple[str, str], which: int, level: str, keeps: bool) -> None:
        if ids := sorted(self.incidents.incidents):
            args = {"incident": ids[which % len(ids)], "plan": "hazchem", "level": level}
            self._order("proposal.create", "", person, keeps, **args)

    @rule(person=PEOPLE, which=st.integers(0, 5), level=st.sampled_from(["III", "II"]), keeps=st.booleans())
    def drill(self, person: tuple[str, str], which: int, level: str, keeps: bool) -> None:
        if ids := sorted(self.plans.plans):
            self._order("plan.drill", ids[which % len(ids)], person, keeps, level=level, speed=10.0)

    @rule(seconds=st.sampled_from([60, 120, 301, 4000]))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        self._settle(keeps=True)

    # -- the engine ------------------------------------------------------------------

    def _order(self, action: str, subject: str, person: tuple[str, str], keeps: bool, **args: Any) -> Result:
        self.commands += 1
        role, actor = person
        command = Command(
            id=str(self.commands),
            action=action,
            subject=subject,
            actor=actor,
            role=role,
            actor_region="",
            at=self.now,
            valid_until=self.now + 5,
            reason="理由",
            args=args,
        )
        obeying = self.engine.obey(command, self.now)
        result: Result = obeying if isinstance(obeying, Result) else self._answer(obeying)
        if role == "admin":
            assert result.outcome is not Outcome.DONE
        self._settle(keeps=keeps)
        return result

    def _settle(self, *, keeps: bool) -> None:
        """Let time pass and write, or be killed in the writing and start again."""
        self.engine.advance(self.now)
        if (preparing := self.engine.prepare(self.now)) is not None:
            self._answer(preparing)
        writing = self.engine.write(self.now)
        if writing is None:
            return
        written = dict(self.documents)
        try:
            request: Any = next(writing)
            while True:
                if isinstance(request, PutDocument):
                    key = (request.kind, request.id)
                    written[key] = Doc(kind=request.kind, id=request.id, body=request.body, open=request.open, seq=1)
                request = writing.send(1)
        except StopIteration:
            pass
        if keeps:
            self.documents, self.pending = written, dict(self.engine.pending())
        else:
            self.start()

    def _answer(self, reading: Generator[Any, Any, Any] | None) -> Any:
        """Run a computation to its end, with the documents for a journal."""
        if reading is None:
            return None
        reply: Any = None
        while True:
            try:
                request = reading.send(reply)
            except StopIteration as end:
                return end.value
            if isinstance(request, FindDocument):
                reply = self.documents.get((request.kind, request.id))
            elif isinstance(request, HasDocument):
                reply = (request.kind, request.id) in self.documents
            elif isinstance(request, ListIds):
                reply = [id for kind, id in self.documents if kind == request.kind]
            else:
                assert isinstance(request, ListDocuments), request
                kind, open = request.kind, request.open
                reply = [doc for doc in self.documents.values() if doc.kind == kind and open in (None, doc.open)]

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
