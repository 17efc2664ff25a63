"""Random orders about incidents, time and kills: no version of anything is overwritten, no report due is forgotten."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from feeds.engine.composite import CompositeDomain
from feeds.incidents.settings import IncidentSettings
from feeds.model import Outcome
from feeds.model.incidents import PHASES, Incident, Obligation
from incidents.handling.domain import IncidentDomain, incident_of
from incidents.receipts.domain import ReceiptDomain
from incidents.reporting.domain import ObligationDomain, obligation_of
from incidents.tasks.domain import TaskDomain
from tests.incidents.commands import SITE, UNITS, ZONE, A
from tests.incidents.machine import DomainMachine

PEOPLE = st.sampled_from([("duty", "li"), ("leader", "wang")])
ORDERS = ("verify", "open", "false", "restore", "unmerge", "end", "reopen", "review", "archive")
WHICH = st.integers(0, 9)


class IncidentMachine(DomainMachine):
    """The domains of incidents, reports due and tasks."""

    def __init__(self) -> None:
        self.before: dict[str, Incident] = {}
        self.owed: dict[str, Obligation] = {}
        super().__init__()

    def build(self) -> CompositeDomain:
        site = IncidentSettings(reporting="seen-A", zone=ZONE, units=UNITS)
        receipts, self.obligations = ReceiptDomain(SITE), ObligationDomain(site)
        tasks = TaskDomain(lambda id: self.incidents.incidents.get(id), SITE, site)
        self.incidents = IncidentDomain(receipts, self.obligations, tasks, SITE, site)
        return CompositeDomain("command", (receipts, self.incidents, self.obligations, tasks))

    @rule(who=PEOPLE)
    def create(self, who: tuple[str, str]) -> None:
        values = {"event_class": "hazchem", "place": "楚雄市", "text": "泄漏", **A}
        result = self.give("incident.create", "", who, **values)
        assert result.outcome is Outcome.DONE
        assert result.after is not None
        assert result.after["id"] not in self.before

    @rule(who=PEOPLE, which=WHICH, order=st.sampled_from(ORDERS))
    def order(self, who: tuple[str, str], which: int, order: str) -> None:
        more = {"called_back": "119", "to": "州交警支队", "cause": "阀门", "lessons": "巡检"}
        self._about(f"incident.{order}", which, who, more)

    @rule(who=PEOPLE, which=WHICH, grade=st.sampled_from(["I", "II", "III", "IV"]))
    def grade(self, who: tuple[str, str], which: int, grade: str) -> None:
        self._about("incident.grade", which, who, {"grade": grade, "basis": "现场"})

    @rule(who=PEOPLE, which=WHICH, value=st.integers(0, 40), official=st.booleans())
    def casualties(self, who: tuple[str, str], which: int, value: int, official: bool) -> None:
        self._about(
            "incident.casualties", which, who, {"what": "grave", "value": value, "source": "120", "official": official}
        )

    @rule(who=PEOPLE, which=WHICH, into=WHICH)
    def merge(self, who: tuple[str, str], which: int, into: int) -> None:
        if ids := sorted(self.incidents.incidents):
            self._about("incident.merge", which, who, {"into": ids[into % len(ids)]})

    @rule(which=WHICH)
    def prove(self, which: int) -> None:
        if ids := sorted(self.obligations.obligations):
            id = ids[which % len(ids)]
            channel = "phone" if self.obligations.obligations[id].channel == "phone" else "network"
            proof = {"channel": channel, "recipient": "省值班室", "number": "1", "at": self.now}
            self.give("obligation.proof", id, ("duty", "li"), **proof)

    # -- what has to hold --------------------------------------------------------

    @invariant()
    def nothing_is_overwritten(self) -> None:
        incidents = {doc.id: incident_of(doc) for (kind, _), doc in self.documents.items() if kind == "incident"}
        for id, earlier in self.before.items():
            incident = incidents[id]
            assert incident.grades[: len(earlier.grades)] == earlier.grades
            assert incident.casualties[: len(earlier.casualties)] == earlier.casualties
            assert incident.rev >= earlier.rev
            assert incident.received_at == earlier.received_at
        for id, incident in self.incidents.incidents.items():
            assert incident == incidents[id]
            assert incident.phase in PHASES
        self.before = incidents

    @invariant()
    def what_was_merged_stays_with_its_target(self) -> None:
        for id, incident in self.before.items():
            assert bool(incident.merged_into) == (incident.phase == "merged")
            if incident.merged_into:
                assert id in self.before[incident.merged_into].merged
                assert self.before[incident.merged_into].merged_into != id
            assert all(self.before[other].merged_into == id for other in incident.merged)

    @invariant()
    def no_report_due_is_forgotten_and_no_lateness_removed(self) -> None:
        owed = {doc.id: obligation_of(doc) for (kind, _), doc in self.documents.items() if kind == "obligation"}
        for id, earlier in self.owed.items():
            due = owed[id]
            assert due.late or not earlier.late
            assert due.late_seconds >= earlier.late_seconds
            if earlier.proof is not None:
                assert (due.proof, due.met_at, due.state) == (earlier.proof, earlier.met_at, "met")
        assert all(due == owed[id] for id, due in self.obligations.obligations.items())
        self.owed = owed

    @invariant()
    def two_incidents_that_are_one_owe_each_first_report_once(self) -> None:
        for id, incident in self.incidents.incidents.items():
            if not incident.merged or not incident.open:
                continue
            together = [due for each in (id, *incident.merged) for due in self.obligations.of(each)]
            unmet = Counter(due.policy for due in together if due.unmet and due.step == "first")
            assert max(unmet.values(), default=0) <= 1, unmet

    def _about(self, action: str, which: int, who: tuple[str, str], args: dict[str, Any]) -> None:
        if ids := sorted(self.incidents.incidents):
            self.give(action, ids[which % len(ids)], who, **args)


IncidentMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestIncidentMachine = IncidentMachine.TestCase
