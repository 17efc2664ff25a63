"""Evaluation of rules: which rules to evaluate after a change, their delays, and the alerts that follow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from alerts.core.conditions import key_of_condition, rule_of, severity_of
from alerts.deadlines import Deadlines
from alerts.lifecycle import transitions
from alerts.lifecycle.flapping import FlappingDetector
from alerts.lifecycle.open_alerts import AlertKey, OpenAlerts
from alerts.rules.delays import Key, Signal, Timers, Verdict
from alerts.rules.members import changed_members, member_of
from alerts.rules.rule import TICK, CompiledRule, Evaluation
from alerts.rules.subjects import Subject, Subjects
from alerts.suppression.suppressor import Suppressor
from feeds.model import Alert, AssetState, Change, Kind, Severity

_STATE, _SOURCE = Kind.STATE, Kind.SOURCE


class RuleEvaluator:
    """Evaluate rules over subjects and apply the results to the open alerts."""

    def __init__(
        self,
        rules: Mapping[str, CompiledRule],
        subjects: Subjects,
        timers: Timers,
        flapping: FlappingDetector[AlertKey],
        open_alerts: OpenAlerts,
        suppressor: Suppressor,
    ) -> None:
        self.rules = dict(rules)
        self.rechecks: Deadlines[Key] = Deadlines()
        self._subjects, self._timers, self._flapping = subjects, timers, flapping
        self._open_alerts, self._suppressor = open_alerts, suppressor
        self._states: dict[str, AssetState] = {}

    def replace(self, rules: Mapping[str, CompiledRule]) -> set[str]:
        """Replace the rules; return the ids of those that are new, gone or changed.

        Conditions pending under another expression, subject kind or region are dropped.
        """
        before, self.rules = self.rules, dict(rules)
        both = {id: (before.get(id), rules.get(id)) for id in {*before, *rules}}
        moved = {id for id, (a, b) in both.items() if a is None or b is None or a.settings != b.settings}
        changed = {id for id in moved if not _asks_the_same(*both[id])}
        for key in [key for key in self._timers.waiting() if rule_of(key) in changed]:
            self._timers.forget(key)
        self._flapping.forget_all(lambda key: len(key) == 3 and rule_of(key) in changed)
        return moved

    def over(self, kind: str) -> list[CompiledRule]:
        """The rules over that kind of subject."""
        return [rule for rule in self.rules.values() if rule.settings.over == kind]

    def ask(self, change: Change, subject: Subject, now: float) -> None:
        """Evaluate the rules whose inputs have changed. For the others a new result repeats the previous one."""
        before = self._last_state(subject)
        state = change.kind == _STATE
        fresh = _is_result(before, subject.state) if state else change.kind == _SOURCE
        for rule in self.over(subject.kind):
            whole = not state or rule.touched_by(before, subject.state)
            touched = () if whole or not rule.settings.each else self._touched_members(rule, before, subject)
            for view in self._views(rule, subject):
                if whole or view.member in touched:
                    self.evaluate(rule, view, now, fresh=fresh)
                elif fresh and self._flapping.lively():
                    key = key_of_condition(rule.id, view)
                    self._measured(self._flapping.repeat(key, now), key, now)

    def _views(self, rule: CompiledRule, subject: Subject) -> Iterator[Subject]:
        """The subject, or each of its members, also those that have an alert and no reading any more."""
        also = self._open_alerts.members(rule.id, subject.id) if rule.settings.each else ()
        return rule.views(subject, also)

    def _touched_members(self, rule: CompiledRule, before: AssetState | None, subject: Subject) -> Collection[str]:
        return set(changed_members(rule.settings.each, rule.metrics, before, subject.state))

    def _last_state(self, subject: Subject) -> AssetState | None:
        """The state that was evaluated last. After a restart the records are ahead of the changes that are read."""
        before = self._states.get(subject.id) if subject.kind == "asset" else None
        if subject.state is not None:
            self._states[subject.id] = subject.state
        return before

    def _measured(self, turned: bool, key: AlertKey, now: float) -> None:
        if turned:
            self._suppressor.review_key(key, now)

    def schedule_rechecks(self, now: float, counts_changed: bool, warned: bool) -> None:
        """Evaluate rules over many assets, or over warnings, once per TICK instead of once per change."""
        if not (counts_changed or warned):
            return
        for rule in self.rules.values():
            uses = [part.uses for part in rule.parts]
            if (counts_changed and any(use.many for use in uses)) or (warned and any(use.warned for use in uses)):
                for kind, id in self._subjects.of_kind(rule.settings.over):
                    key = (rule.id, kind, id)
                    due = self.rechecks.at(key)
                    if due is None or due > now + TICK:
                        self.rechecks.set(key, now + TICK)

    def evaluate(self, rule: CompiledRule, subject: Subject, now: float, *, fresh: bool = False) -> None:
        """Evaluate one rule for one subject, or one member of it, now and start, pause or end its delay.

        `fresh`: a new result has arrived; it counts towards flapping.
        """
        key = key_of_condition(rule.id, subject)
        alert = self._open_alerts.open(key)
        active = alert is not None and alert.active
        evaluation = rule.evaluate(subject, now, active=active, context=self._subjects)
        self._ask_at(key, evaluation.recheck)
        if fresh and evaluation.verdict is not Verdict.NO_DATA:
            self._measured(self._flapping.take(key, evaluation.verdict is Verdict.TRUE, now), key, now)
            alert = self._open_alerts.open(key)
        if alert is not None and active:
            self._note_data(alert, evaluation.verdict, now)
        signal = self._timers.observe(
            key,
            evaluation.verdict,
            active=active,
            hold=rule.settings.hold,
            recover_for=rule.settings.recover_for,
            now=now,
        )
        if signal is not None:
            self._happen(rule, subject, signal, evaluation, now)
        if rule.grades:
            self._grade(rule, subject, evaluation.verdict, now)

    def _grade(self, rule: CompiledRule, subject: Subject, verdict: Verdict, now: float) -> None:
        """Change the severity of the rule's active alert: raise it after the on-delay, lower it after the off-delay."""
        alert = self._open_alerts.open(key_of_condition(rule.id, subject))
        if alert is not None and alert.active and verdict is Verdict.NO_DATA:
            return  # no data decides nothing, and what waits goes on waiting
        target = None
        if alert is not None and alert.active and verdict is Verdict.TRUE:
            target = rule.severity_of(subject, now, alert.severity, self._subjects)
        for severity in Severity:
            moves = alert is not None and severity is target and severity is not alert.severity
            signal = self._timers.observe(
                key_of_condition(rule.id, subject, severity),
                Verdict.TRUE if moves else Verdict.FALSE,
                active=False,
                hold=_delay_of(rule, alert, severity),
                recover_for=0.0,
                now=now,
            )
            if signal is not None and alert is not None:
                alert = self._open_alerts.apply(alert, transitions.Regrade(severity=severity), now, subject)

    def _ask_at(self, key: Key, moment: float | None) -> None:
        if moment is None:
            self.rechecks.drop(key)
        else:
            self.rechecks.set(key, moment)

    def _note_data(self, alert: Alert, verdict: Verdict, now: float) -> None:
        if (verdict is Verdict.NO_DATA) and alert.stale_since is None:
            self._open_alerts.apply(alert, transitions.WentStale(), now)
        elif (verdict is not Verdict.NO_DATA) and alert.stale_since is not None:
            self._open_alerts.apply(alert, transitions.WentFresh(), now)

    def _happen(self, rule: CompiledRule, subject: Subject, signal: Signal, evaluation: Evaluation, now: float) -> None:
        alert = self._open_alerts.open(key_of_condition(rule.id, subject))
        if (alert is not None and alert.active) == (signal is Signal.RAISE):
            return  # the alert is in that state already
        if signal is Signal.CLEAR:
            self._open_alerts.apply(alert, transitions.Clear(evidence=evaluation.evidence), now, subject)
            return
        severity = rule.severity_of(subject, now, None, self._subjects)
        event = _raise_of_rule(rule, severity, subject, evaluation, self._open_alerts.make_id(now))
        self._suppressor.raise_(alert, event, now, subject)

    def timer_due(self, now: float) -> None:
        """Apply the pending condition that is due first: it has lasted as long as its delay."""
        key, signal, _ = self._timers.pop_due()
        compiled, subject = self.rules.get(rule_of(key)), self._subjects.get(key[1:])
        if compiled is None or subject is None:
            return
        subject = compiled.view(subject, member_of(key[0]))
        if severity := severity_of(key):
            self._regrade(compiled, subject, Severity(severity), now)
        else:
            active = signal is Signal.CLEAR
            evaluation = compiled.evaluate(subject, now, active=active, context=self._subjects)
            self._happen(compiled, subject, signal, evaluation, now)

    def _regrade(self, rule: CompiledRule, subject: Subject, severity: Severity, now: float) -> None:
        """Apply a pending severity after its delay if it is still the result of the rule."""
        alert = self._open_alerts.open(key_of_condition(rule.id, subject))
        if alert is None or not alert.active or alert.severity is severity:
            return
        if rule.severity_of(subject, now, alert.severity, self._subjects) is severity:
            self._open_alerts.apply(alert, transitions.Regrade(severity=severity), now, subject)

    def recheck_due(self, now: float) -> None:
        """Evaluate a rule again whose result may have changed by time alone."""
        key = self.rechecks.pop()
        rule, subject = self.rules.get(rule_of(key)), self._subjects.get(key[1:])
        if rule is not None and subject is not None:
            member = member_of(key[0])
            for view in self._views(rule, subject) if not member else (rule.view(subject, member),):
                self.evaluate(rule, view, now)

    def clock_stepped(self) -> None:
        """Drop all scheduled evaluations after the clock was set."""
        self.rechecks.clear()

    def forget(self, kind: str, id: str) -> None:
        """Drop delays, scheduled evaluations and flapping state of a removed subject."""
        if kind == "asset":
            self._states.pop(id, None)
        for rule in self.over(kind):
            self.rechecks.drop((rule.id, kind, id))
            self._flapping.forget((rule.id, kind, id))
        for key in [key for key in self._timers.waiting() if key[1:] == (kind, id)]:
            self._timers.forget(key)
        if any(rule.settings.each for rule in self.over(kind)):
            self._flapping.forget_all(lambda key: key[1:] == (kind, id))

    def ask_everything(self, now: float, only: Collection[str] | None = None) -> None:
        """Evaluate every rule, or only those, for every subject."""
        for key in self._timers.waiting():
            rule = self.rules.get(rule_of(key))
            ungraded = rule is not None and severity_of(key) and not rule.grades
            if rule is None or rule.settings.over != key[1] or ungraded:
                self._timers.forget(key)
        chosen = [rule for rule in self.rules.values() if only is None or rule.id in only]
        kinds = {rule.settings.over for rule in chosen}
        for kind, id in self._subjects.everything():
            subject = self._subjects.get((kind, id)) if only is None or kind in kinds else None
            if subject is not None:
                self._last_state(subject)
                for chosen_rule in chosen:
                    if chosen_rule.settings.over == kind:
                        for view in self._views(chosen_rule, subject):
                            self.evaluate(chosen_rule, view, now)


def _asks_the_same(before: CompiledRule | None, after: CompiledRule | None) -> bool:
    if before is None or after is None:
        return False
    old, new = before.settings, after.settings
    return (old.when, old.over, old.each, old.region) == (new.when, new.over, new.each, new.region)


def _is_result(before: AssetState | None, after: Any) -> bool:
    """True when the change brought a new result; False when only time has passed."""
    if before is None or after is None:
        return after is not None
    return bool(before.seen_at != after.seen_at or before.health is not after.health)


def _delay_of(rule: CompiledRule, alert: Alert | None, severity: Severity) -> float:
    worse = alert is not None and severity.rank < alert.severity.rank
    return rule.settings.hold if worse else rule.settings.recover_for


def _raise_of_rule(
    rule: CompiledRule, severity: Severity, subject: Subject, evaluation: Evaluation, id: str
) -> transitions.Raise:
    """The event that raises a rule's alert about a subject."""
    settings, member = rule.settings, subject.member
    title = settings.title or {"zh-CN": rule.id, "en": rule.id}
    labels = subject.labels
    if member:
        title, labels = {language: f"{text} {member}" for language, text in title.items()}, labels | {"member": member}
    return transitions.Raise(
        id=id,
        identity=transitions.AlertIdentity(rule=rule.id, subject_kind=subject.kind, subject=subject.id, member=member),
        severity=severity,
        region=subject.region,
        quality=evaluation.quality,
        title=title,
        text=settings.text or evaluation.evidence,
        labels=labels,
        evidence=evaluation.evidence,
    )
