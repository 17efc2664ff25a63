"""Random orders about incidents, time and kills: no version of anything is overwritten, no report due is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from feeds.engine.composite import CompositeDomain
from feeds.engine.domain import Start
from feeds.engine.requests import FindDocument, HasDocument, ListDocuments, PutDocument
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.model import Command, Outcome, Result
from feeds.model.incidents import PHASES, Incident, Obligation
from incidents.handling.domain import IncidentDomain, incident_of
from incidents.receipts.domain import ReceiptDomain
from incidents.reporting.domain import ObligationDomain, obligation_of
from incidents.tasks.domain import TaskDomain
from tests.incidents.commands import SITE, UNITS, ZONE, A, moment

PEOPLE = st.sampled_from([("duty", "li"), ("leader", "wang")])
ORDERS = ("verify", "open", "false", "restore", "unmerge", "end", "reopen", "review", "archive")
WHICH = st.integers(0, 9)


class IncidentMachine(RuleBasedStateMachine):
    """The domains of incidents over a journal of documents; a kill loads others from what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.commands = moment("14:00"), 0
        self.documents: dict[tuple[str, str], Doc] = {}
        self.pending: dict[str, Any] = {}
        self.before: dict[str, Incident] = {}
        self.owed: dict[str, Obligation] = {}
        self.kill()

    # -- what happens ------------------------------------------------------------

    @rule()
    def kill(self) -> None:
        """Lose what is in memory, and load what was written."""
        site = IncidentSettings(reporting="seen-A", zone=ZONE, units=UNITS)
        receipts, self.obligations = ReceiptDomain(SITE), ObligationDomain(site)
        tasks = TaskDomain(lambda id: self.incidents.incidents.get(id), SITE, site)
        self.incidents = IncidentDomain(receipts, self.obligations, tasks, SITE, site)
        self.domain = CompositeDomain("command", (receipts, self.incidents, self.obligations, tasks))
        self._carried_out(self.domain.load(Start(records={}, pending=self.pending, now=self.now)))
        self.domain.begin(self.now)

    @rule(who=PEOPLE)
    def create(self, who: tuple[str, str]) -> None:
        values = {"event_class": "hazchem", "place": "楚雄市", "text": "泄漏", **A}
        result = self._obey("incident.create", "", who, values)
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
            self._obey("obligation.proof", id, ("duty", "li"), proof)

    @rule(minutes=st.sampled_from([1, 12, 45, 700]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * 60
        self.domain.advance(self.now)
        self._write()

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

    # -- the journal -------------------------------------------------------------

    def _about(self, action: str, which: int, who: tuple[str, str], args: dict[str, Any]) -> None:
        if ids := sorted(self.incidents.incidents):
            self._obey(action, ids[which % len(ids)], who, args)

    def _obey(self, action: str, subject: str, who: tuple[str, str], args: dict[str, Any]) -> Result:
        self.commands += 1
        role, actor = who
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
        answer = self.domain.obey(command, self.now)
        result = self._carried_out(answer) if isinstance(answer, Generator) else answer
        assert isinstance(result, Result)
        self._write()
        return result

    def _write(self) -> None:
        """Make what happened durable, as the engine does after each batch."""
        if (writing := self.domain.write(self.now)) is not None:
            self._carried_out(writing)
            self.pending = dict(self.domain.pending())

    def _carried_out(self, asking: Generator[Any, Any, Any]) -> Any:
        """The outcome of a computation that asks the journal or writes to it."""
        answer: Any = None
        while True:
            try:
                answer = self._answer(asking.send(answer))
            except StopIteration as stop:
                return stop.value

    def _answer(self, request: Any) -> Any:
        match request:
            case FindDocument(kind=kind, id=id):
                return self.documents.get((kind, id))
            case HasDocument(kind=kind, id=id):
                return (kind, id) in self.documents
            case ListDocuments(kind=kind):
                return [doc for (each, _), doc in self.documents.items() if each == kind and doc.open]
            case PutDocument(kind=kind, id=id):
                self.documents[kind, id] = Doc(kind=kind, id=id, body=request.body, open=request.open, seq=1)
        return 1


IncidentMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestIncidentMachine = IncidentMachine.TestCase
