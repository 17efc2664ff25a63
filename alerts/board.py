"""The alert engine without its I/O: changes, commands and time in; named steps out.

Everything is processed at the moment it happened (a change's own time, a timer's exact due time),
never before what was processed already: a minute of changes read after a restart gives the same
steps as one read as it came.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from alerts import life, verbs
from alerts.agenda import Agenda
from alerts.evaluator import Key, Signal, Timers, Verdict
from alerts.rules import CompiledRule, Evaluation
from alerts.subjects import Subject, SubjectKey, Subjects
from feeds.mirror import alert_record
from feeds.model import Alert, Change, Command, Kind, Outcome, Result, Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transition that happened: the alert after it, and the id of what brought it about."""

    alert: Alert
    transition: Transition
    cause: str = ""
    subject: Subject | None = None


def new_id(now: float) -> str:
    """An alert's id: sorts by time, and two alerts of one moment differ."""
    return f"{int(now * 1000):012x}-{secrets.token_hex(4)}"


class Board:
    """All open alerts, what is on its way to become one, and what the rules look at."""

    def __init__(
        self,
        rules: Mapping[str, CompiledRule],
        *,
        subjects: Subjects,
        alerts: Iterable[Alert] = (),
        timers: Timers | None = None,
        make_id: Callable[[float], str] = new_id,
    ) -> None:
        self.alerts: dict[str, Alert] = {}
        self.timers = timers or Timers()
        self.subjects = subjects
        self.now = 0.0
        self.rules = dict(rules)
        self._make_id = make_id
        self._by_key: dict[Key, str] = {}
        self._expiries: Agenda[str] = Agenda()
        self._rechecks: Agenda[Key] = Agenda()
        self._steps: list[Step] = []
        self._closed: dict[str, Alert] = {}  # what the untaken steps closed or remarked on: newer than the journal
        self._cause = ""
        for alert in alerts:
            self._keep(alert)

    def take_steps(self) -> list[Step]:
        """What has happened since the last call, in order."""
        steps, self._steps, self._closed = self._steps, [], {}
        return steps

    # -- time --------------------------------------------------------------------

    def advance(self, to: float) -> None:
        """Let time pass: what falls due happens at its own moment, in order. Going back changes nothing."""
        while (due := self._next_due()) is not None and due[0] <= to:
            moment, happen = due
            self.now = max(self.now, moment)
            happen()
        self.now = max(self.now, to)

    def _next_due(self) -> tuple[float, Callable[[], None]] | None:
        waiting = (
            (self.timers.next_due(), self._timer_due),
            (self._expiries.next_due(), self._ack_due),
            (self._rechecks.next_due(), self._recheck_due),
        )
        return min(((at, do) for at, do in waiting if at is not None), key=lambda item: item[0], default=None)

    def _timer_due(self) -> None:
        (rule, kind, id), signal, _ = self.timers.pop_due()
        compiled = self.rules.get(rule)
        subject = self.subjects.get((kind, id))
        if compiled is not None and subject is not None:
            self._happen(compiled, subject, signal, compiled.evaluate(subject, self.now))

    def _ack_due(self) -> None:
        alert = self.alerts[self._expiries.pop()]
        self._apply(alert, life.AckExpired())

    def _recheck_due(self) -> None:
        rule, kind, id = self._rechecks.pop()
        subject = self.subjects.get((kind, id))
        if rule in self.rules and subject is not None:
            self._judge(self.rules[rule], subject)

    def meet(self, now: float) -> None:
        """Begin from a snapshot instead of from changes: what holds now decides before any timer runs out."""
        self.now = max(self.now, now)
        self.reconcile()

    # -- what comes in -----------------------------------------------------------

    def fold(self, change: Change, now: float) -> None:
        """Take one change of an asset, state, source or warning in; `now` bounds a clock that runs ahead."""
        self.advance(min(change.at, now))
        key = self.subjects.fold(change)
        if key is None or (change.after is None and change.kind is Kind.STATE):
            return  # a state leaves together with its asset, and the asset's leaving is the news
        self._cause = change.rev or change.cause
        subject = self.subjects.get(key)
        if subject is not None:
            for rule in self._rules_over(key[0]):
                self._judge(rule, subject)
        elif change.after is None:
            self._gone(key)
        self._cause = ""

    def command(self, command: Command, now: float, closed: Alert | None = None) -> Result:
        """Carry a command out or refuse it. `closed` is the alert when it is not open any more."""
        alert = None
        try:
            verbs.precheck(command, now)
            self.advance(min(command.at, now))
            alert = self.find(command.subject) or closed
            after, transition = verbs.carry_out(alert, command, self.now, now)
        except verbs.Refused as error:
            return verbs.refusal(command, error, alert)
        self._record(after, transition, command.id)
        return Result(command=command.id, outcome=Outcome.DONE, after=alert_record(after))

    def find(self, id: str) -> Alert | None:
        """An open alert, or one that the untaken steps have closed."""
        return self.alerts.get(id) or self._closed.get(id)

    def set_rules(self, rules: Mapping[str, CompiledRule]) -> None:
        """Other rules from now on; `reconcile` draws the consequences."""
        self.rules = dict(rules)

    def reconcile(self) -> None:
        """Ask every rule about every subject, and end what no rule or subject stands for any more."""
        for key in self.timers.waiting():
            rule = self.rules.get(key[0])
            if rule is None or rule.settings.over != key[1]:
                self.timers.forget(key)
        for alert in list(self.alerts.values()):
            self._reconcile_alert(alert)
        for subject_key in self.subjects.everything():
            subject = self.subjects.get(subject_key)
            if subject is not None:
                for rule in self._rules_over(subject_key[0]):
                    self._judge(rule, subject)

    def _reconcile_alert(self, alert: Alert) -> None:
        if not alert.active:
            return
        rule = self.rules.get(alert.rule)
        if rule is None or rule.settings.over != alert.subject_kind:
            self._apply(alert, life.Clear(evidence=life.RULE_REMOVED))
            return
        if self.subjects.get((alert.subject_kind, alert.asset)) is None:
            # Only the inventory is complete by nature; a source or warning unheard of may yet speak.
            if alert.subject_kind == "asset" and self.subjects.knows_inventory():
                self._gone((alert.subject_kind, alert.asset))
            elif alert.stale_since is None:
                self._apply(alert, life.WentStale())
            return
        if alert.severity is not rule.settings.severity:
            self._apply(alert, life.Regrade(severity=rule.settings.severity))

    # -- judging -----------------------------------------------------------------

    def _rules_over(self, kind: str) -> list[CompiledRule]:
        return [rule for rule in self.rules.values() if rule.settings.over == kind]

    def _judge(self, rule: CompiledRule, subject: Subject) -> None:
        """Ask one rule about one subject now, and start, stop or end what waits on the answer."""
        found = rule.evaluate(subject, self.now)
        key = (rule.id, subject.kind, subject.id)
        if found.recheck is None:
            self._rechecks.drop(key)
        else:
            self._rechecks.set(key, found.recheck)
        alert = self._open(key)
        active = alert is not None and alert.active
        if alert is not None and active:
            self._note_data(alert, found.verdict)
        signal = self.timers.observe(
            key, found.verdict, active=active, hold=rule.settings.hold, recover_for=rule.settings.recover_for,
            now=self.now,
        )
        if signal is not None:
            self._happen(rule, subject, signal, found)

    def _note_data(self, alert: Alert, verdict: Verdict) -> None:
        if (verdict is Verdict.NO_DATA) and alert.stale_since is None:
            self._apply(alert, life.WentStale())
        elif (verdict is not Verdict.NO_DATA) and alert.stale_since is not None:
            self._apply(alert, life.WentFresh())

    def _happen(self, rule: CompiledRule, subject: Subject, signal: Signal, found: Evaluation) -> None:
        alert = self._open((rule.id, subject.kind, subject.id))
        if (alert is not None and alert.active) == (signal is Signal.RAISE):
            return  # it is so already
        if signal is Signal.CLEAR:
            self._apply(alert, life.Clear(evidence=found.evidence), subject)
            return
        settings = rule.settings
        event = life.Raise(
            id=self._make_id(self.now),
            identity=life.Identity(rule=rule.id, subject_kind=subject.kind, subject=subject.id),
            severity=settings.severity, region=subject.region, quality=found.quality,
            title=settings.title or {"zh-CN": rule.id, "en": rule.id}, text=settings.text or found.evidence,
            labels=subject.labels, evidence=found.evidence,
        )
        self._apply(alert, event, subject)

    def _gone(self, key: SubjectKey) -> None:
        """A subject has left: nothing waits for it any more, and its alerts end by name."""
        for rule in self._rules_over(key[0]):
            self.timers.forget((rule.id, *key))
            self._rechecks.drop((rule.id, *key))
        for alert in list(self.alerts.values()):
            if alert.active and (alert.subject_kind, alert.asset) == key:
                self._apply(alert, life.Clear(evidence=life.SUBJECT_GONE))

    # -- keeping -----------------------------------------------------------------

    def _open(self, key: Key) -> Alert | None:
        id = self._by_key.get(key)
        return self.alerts.get(id) if id is not None else None

    def _apply(self, alert: Alert | None, event: life.Event, subject: Subject | None = None) -> None:
        after, transition = life.apply(alert, event, self.now)
        self._record(after, transition, self._cause, subject)

    def _record(self, alert: Alert, transition: Transition, cause: str, subject: Subject | None = None) -> None:
        about = subject or self.subjects.get((alert.subject_kind, alert.asset))
        self._steps.append(Step(alert=alert, transition=transition, cause=cause, subject=about))
        self._keep(alert)

    def _keep(self, alert: Alert) -> None:
        """Hold on to an open alert and to the end of its acknowledgement; let go of a closed one."""
        self._expiries.drop(alert.id)
        key = (alert.rule, alert.subject_kind, alert.asset)
        if not alert.open:
            self._closed[alert.id] = alert
            if self.alerts.pop(alert.id, None) is not None:
                del self._by_key[key]
            return
        self.alerts[alert.id] = alert
        self._by_key[key] = alert.id
        if alert.ack is not None and alert.ack.until is not None:
            self._expiries.set(alert.id, alert.ack.until)
