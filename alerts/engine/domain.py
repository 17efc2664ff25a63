"""The alert domain: alerts, rules, suppressions, rosters and receivers, and the effects of each message on them.

It does no I/O: feeds.engine.journaled reads the change stream, commands and the intake for it, and writes what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alerts.core.core import AlertCore, AlertStep, new_id
from alerts.core.parcels import take_parcel
from alerts.engine.again import answer_again
from alerts.engine.journal import (
    change_of,
    entry_of,
    is_shown,
    open_suppressions,
    root_cause_changes,
    usable,
    write_suppression,
)
from alerts.engine.loading import load_alerts
from alerts.lifecycle.operator_actions import ActionRefused, refusal
from alerts.notify import receiver_test
from alerts.notify.notifier import ACKED, Notifier
from alerts.oncall.directory import ACTIONS as PEOPLE_ACTIONS
from alerts.oncall.directory import People
from alerts.oncall.version_note import VersionNote
from alerts.receivers.catalogue import SiteDefaults
from alerts.rulebook import book
from alerts.rulebook.book import RuleBook
from alerts.rulebook.notes import KIND, RuleNote, record
from alerts.rules.delays import Timers
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import NamedSources, Subject, Subjects
from alerts.sampling import NO_SAMPLES, SampleTimes
from alerts.settings import HoldPolicy
from alerts.suppression.silences import Note
from feeds.documents import alert as alert_document
from feeds.documents.alert import AlertDocument
from feeds.documents.escalations import EscalationSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.engine.domain import Domain, Message, Start
from feeds.engine.requests import Asking, CancelMessages, FindDocument, ListDecoded, ListDocuments, PutDocument, Writing
from feeds.journal import JournalEntry, Parcel
from feeds.kinds import KINDS
from feeds.model import Alert, Change, Command, Kind, Outcome, Result
from feeds.removal_guard import PERCENT

NAME = "alert"


class AlertDomain(Domain):
    """Alerts and everything that decides about them. `receivers_changed` is called with the receivers in force."""

    name = NAME
    kind = Kind.ALERT
    documented = (Kind.ALERT,)
    follows = tuple(name for name, stored in KINDS.stored.items() if stored.ruled and name != Kind.ALERT)

    def __init__(
        self,
        rules: Mapping[str, CompiledRule],
        receivers: Sequence[ReceiverSettings],
        site_name: str,
        *,
        make_id: Callable[[float], str] = new_id,
        policy: HoldPolicy | None = None,
        sample: SampleTimes = NO_SAMPLES,
        escalations: Sequence[EscalationSettings] = (),
        site_defaults: SiteDefaults | None = None,
        receivers_changed: Callable[[Sequence[ReceiverSettings]], None] = lambda receivers: None,
        named_sources: NamedSources | None = None,
        removal_guard: float = PERCENT,
        clock_changed: Callable[[float], None] = lambda by: None,
    ) -> None:
        site_defaults = site_defaults or SiteDefaults()
        self.book = RuleBook(rules, sample)
        self.people = People(receivers, escalations, lambda receivers: usable(receivers, site_defaults), removal_guard)
        self.notifier = Notifier(self.people, site_name, site_defaults.zone)
        self._receivers_changed, self._clock_changed, self._site_name = receivers_changed, clock_changed, site_name
        self._make_id, self._policy, self._named_sources = make_id, policy, named_sources
        self._tests: list[receiver_test.ReceiverTest] = []
        self._loaded: list[AlertDocument] = []
        self._unreconciled, self._people_changed = True, True
        self._changed_rules: set[str] = set()
        self.core = AlertCore(self.book.running(), subjects=Subjects(), make_id=make_id)

    def replace(
        self,
        rules: Mapping[str, CompiledRule],
        receivers: Sequence[ReceiverSettings],
        now: float,
        *,
        sample: SampleTimes = NO_SAMPLES,
        policy: HoldPolicy | None = None,
        escalations: Sequence[EscalationSettings] = (),
        named_sources: NamedSources | None = None,
        removal_guard: float = PERCENT,
    ) -> None:
        """Replace the file's rules, receivers and policies. Alerts of removed rules clear at the next step."""
        self._policy, self._people_changed, self._named_sources = policy, True, named_sources
        self.people.replace(receivers, escalations, removal_guard)
        self._receivers_changed(self.people.receivers)
        self.core.set_policy(policy)
        self.book.set_file(rules, now, sample)
        self._changed_rules |= self.core.set_rules(self.book.running())
        self._changed_rules |= self.core.set_named_sources(named_sources)

    @property
    def revision(self) -> int:
        return self.core.revision

    # -- starting ----------------------------------------------------------------

    def load(self, start: Start) -> Asking[None]:
        self._tests = []
        self._loaded = yield ListDecoded(alert_document.KIND, alert_document.read_one, alert_document.read_all)
        yield from self.people.load()
        self._receivers_changed(self.people.receivers)
        self._people_changed, self._unreconciled = True, True
        self.book.restore((yield ListDocuments(KIND)), start.now)
        waiting = yield from open_suppressions()
        self.core = AlertCore(
            self.book.running(),
            subjects=Subjects(start.records, self._named_sources),
            timers=Timers(start.pending),
            flapping=start.pending.get("flapping", ()),
            policy=self._policy,
            make_id=self._make_id,
            suppressions=waiting,
        )
        yield from load_alerts(self.core, self.notifier, self._loaded)

    def records(self) -> Mapping[str, Alert]:
        return self.core.alerts

    def published(self) -> Mapping[str, Mapping[str, Any]]:
        return {Kind.ALERT: self.core.alerts, Kind.ROOT_CAUSE: self.core.inhibition.root_causes}

    def begin(self, now: float) -> None:
        self.core.external_alerts.load(self._loaded, now)
        self._loaded = []

    def clock_stepped(self, by: float, now: float) -> None:
        self.core.clock_stepped(by, now, self.notifier.escalations.clock_stepped(by, now))
        self._unreconciled = True
        self._clock_changed(by)

    def resync(self, now: float) -> None:
        self.core.start_from_snapshot(now)

    # -- running -----------------------------------------------------------------

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        if isinstance(item, Change):
            self.core.fold(item, now)
        elif isinstance(item, Parcel):
            take_parcel(self.core, item, now)

    def advance(self, now: float) -> None:
        self.core.advance(now)
        if self._unreconciled or self._changed_rules:
            self.core.reconcile(None if self._unreconciled else self._changed_rules)
            self._unreconciled, self._changed_rules = False, set()

    def next_due(self) -> float | None:
        if self._changed_rules:
            return 0.0
        due = (self.core.next_due(), self.notifier.escalations.next_due())
        return min((at for at in due if at is not None), default=None)

    def pending(self) -> Mapping[str, Any]:
        return self.core.dump()

    # -- commands ----------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        if command.action == receiver_test.ACTION:
            return self._test_receiver(command)
        if command.action in PEOPLE_ACTIONS:
            return (yield from self._change_people(command))
        if command.action == book.ACTION:
            return self._change_rules(command, now)
        closed = yield from self._closed(command.subject)
        return self.core.command(command, now, closed)

    def repeated(self, command: Command, entry: JournalEntry) -> Asking[dict[str, Any] | None]:
        closed = yield from self._closed(command.subject)
        return (yield from answer_again(self.core, self.people, self.book.rev, command, entry, closed))

    def _closed(self, id: str) -> Asking[Alert | None]:
        """A closed alert, read from the journal."""
        if self.core.find(id) is not None:
            return None
        document = yield FindDocument(alert_document.KIND, id)
        return alert_document.alert_of(document.body) if document is not None else None

    def _test_receiver(self, command: Command) -> Result:
        try:
            self._tests.append(receiver_test.trial(command, self.people, self._site_name))
        except ActionRefused as error:
            return refusal(command, error)
        return Result(command=command.id, outcome=Outcome.DONE, after={"key": receiver_test.key_of(command)})

    def _change_people(self, command: Command) -> Asking[Result]:
        """Replace the roster, receivers or policies."""
        result = yield from self.people.obey(command)
        if result.outcome is Outcome.DONE:
            self._receivers_changed(self.people.receivers)
            self._people_changed = True
        return result

    def _change_rules(self, command: Command, now: float) -> Result:
        self.core.advance(min(command.at, now))
        result = self.book.carry_out(command, self.core, self.core.now)
        self._changed_rules |= self.core.set_rules(self.book.running())
        return result

    # -- keeping -----------------------------------------------------------------

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        steps, notes, rules = self.core.take_steps(), self.core.suppressions.take_notes(), self.book.take_notes()
        people: list[VersionNote | receiver_test.ReceiverTest] = [*self.people.take_notes(), *self._tests]
        self._tests = []
        late = self._people_changed or self.notifier.escalations.is_due(now)
        causes = root_cause_changes(self.core.inhibition.take_root_causes(), now)
        if not (steps or notes or rules or people or late or causes):
            return None
        return self._written(steps, notes, rules, people, now, causes)

    def _written(
        self,
        steps: Sequence[AlertStep],
        notes: Sequence[Note],
        rules: Sequence[RuleNote],
        people: Sequence[VersionNote | receiver_test.ReceiverTest],
        now: float,
        causes: Sequence[Change],
    ) -> Writing[Sequence[Change]]:
        for note in notes:
            yield from write_suppression(note)
        for person_note in people:
            yield from person_note.write()
        if rules:
            yield from record(rules, rev=self.book.rev, sample=self.book.sample.shortest)
        last: dict[str, tuple[Alert, int]] = {}
        for step in steps:
            last[step.alert.id] = step.alert, (yield entry_of(step))
            yield from self.notifier.messages_for(step)
            if self.notifier.withdraws_messages(step):
                cancelled = yield CancelMessages(step.alert.id, ACKED)
                self.notifier.cancelled(step.alert.id, cancelled)
        yield from self._escalate({step.alert.id: step for step in steps}, last, now)
        for id, (alert, seq) in last.items():
            beside = self.notifier.bookkeeping(id, self.core.external_alerts.state_of(id))
            body = alert_document.dump(alert, beside)
            yield PutDocument(kind=alert_document.KIND, id=id, body=body, open=alert.open, seq=seq)
            if not alert.open:
                self.notifier.drop(id)
        return [*(change_of(step) for step in steps if is_shown(step)), *causes]

    def _escalate(self, ends: Mapping[str, AlertStep], last: dict[str, tuple[Alert, int]], now: float) -> Writing[None]:
        """Start, continue or stop escalations of changed alerts. Send those that are due. `last` gains the changes."""
        if self._people_changed:
            self._people_changed = False
            self.notifier.changed(self.core.alerts.values(), self._subject_of, now)
            yield from self.people.write_file_docs()
        for step in ends.values():
            self.notifier.update_escalation(
                step.alert, step.subject or self._subject_of(step.alert), step.transition.at
            )
        for escalated in self.notifier.escalate(now, self._find):
            alert = escalated.fired.alert
            last[alert.id] = alert, (yield escalated.entry())
            yield from escalated.messages_of

    def _subject_of(self, alert: Alert) -> Subject | None:
        return self.core.subjects.get((alert.subject_kind, alert.asset))

    def _find(self, id: str) -> tuple[Alert, Subject | None] | None:
        alert = self.core.alerts.get(id)
        return (alert, self._subject_of(alert)) if alert is not None else None
