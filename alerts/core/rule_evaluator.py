"""Asks rules about subjects, waits for as long as they say, and hands on what has held for long enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from alerts.deadlines import Agenda
from alerts.lifecycle import transitions
from alerts.lifecycle.flapping import Meters
from alerts.lifecycle.open_alerts import AlertKey, Registry
from alerts.rules.delays import Key, Signal, Timers, Verdict
from alerts.rules.rule import TICK, CompiledRule, Evaluation
from alerts.rules.subjects import Subject, Subjects
from alerts.suppression.suppressor import Hider
from feeds.model import Alert, AssetState, Change, Kind

_STATE, _SOURCE = Kind.STATE, Kind.SOURCE


class Judge:
    """Between the rules and the registry."""

    def __init__(
        self,
        rules: Mapping[str, CompiledRule],
        subjects: Subjects,
        timers: Timers,
        meters: Meters[AlertKey],
        registry: Registry,
        hider: Hider,
    ) -> None:
        self.rules = dict(rules)
        self.rechecks: Agenda[Key] = Agenda()
        self._subjects, self._timers, self._meters = subjects, timers, meters
        self._registry, self._hider = registry, hider
        self._states: dict[str, AssetState] = {}

    def replace(self, rules: Mapping[str, CompiledRule]) -> set[str]:
        """Other rules from now on; the ids of those that are new, gone or say something else.

        What waited for another expression or region waits no more: how long that held says nothing of this one.
        """
        before, self.rules = self.rules, dict(rules)
        both = {id: (before.get(id), rules.get(id)) for id in {*before, *rules}}
        moved = {id for id, (a, b) in both.items() if a is None or b is None or a.settings != b.settings}
        other = {id for id in moved if not _asks_the_same(*both[id])}
        for key in [key for key in self._timers.waiting() if key[0] in other]:
            self._timers.forget(key)
        self._meters.forget_all(lambda key: key[0] in other)
        return moved

    def over(self, kind: str) -> list[CompiledRule]:
        """The rules that are asked about that kind of thing."""
        return [rule for rule in self.rules.values() if rule.settings.over == kind]

    def ask(self, change: Change, subject: Subject, now: float) -> None:
        """Ask the rules whose inputs have changed; for the others a new result is the old one once more."""
        before = self._asked(subject)
        state = change.kind == _STATE
        fresh = _is_result(before, subject.state) if state else change.kind == _SOURCE
        for rule in self.over(subject.kind):
            if not state or rule.touched_by(before, subject.state):
                self.judge(rule, subject, now, fresh=fresh)
            elif fresh and self._meters.lively():
                key = (rule.id, subject.kind, subject.id)
                self._measured(self._meters.repeat(key, now), key, now)

    def _asked(self, subject: Subject) -> AssetState | None:
        """The state that the rules were asked about last: after a restart the records are ahead of what is read."""
        before = self._states.get(subject.id) if subject.kind == "asset" else None
        if subject.state is not None:
            self._states[subject.id] = subject.state
        return before

    def _measured(self, turned: bool, key: AlertKey, now: float) -> None:
        if turned:
            self._hider.review_key(key, now)

    def ask_soon(self, now: float, many: bool, warned: bool) -> None:
        """What is asked over many things, or of warnings, is asked once for all that changed within a tick."""
        if not (many or warned):
            return
        for rule in self.rules.values():
            if (many and rule.uses.many) or (warned and rule.uses.warned):
                for kind, id in self._subjects.of_kind(rule.settings.over):
                    key = (rule.id, kind, id)
                    due = self.rechecks.at(key)
                    if due is None or due > now + TICK:
                        self.rechecks.set(key, now + TICK)

    def judge(self, rule: CompiledRule, subject: Subject, now: float, *, fresh: bool = False) -> None:
        """Ask one rule about one subject now, and start, stop or end what waits on the answer.

        `fresh`: a new result has come, and counts towards flapping.
        """
        key = (rule.id, subject.kind, subject.id)
        alert = self._registry.open(key)
        active = alert is not None and alert.active
        found = rule.evaluate(subject, now, active=active, around=self._subjects)
        self._ask_at(key, found.recheck)
        if fresh and found.verdict is not Verdict.NO_DATA:
            self._measured(self._meters.take(key, found.verdict is Verdict.TRUE, now), key, now)
            alert = self._registry.open(key)
        if alert is not None and active:
            self._note_data(alert, found.verdict, now)
        signal = self._timers.observe(
            key, found.verdict, active=active, hold=rule.settings.hold, recover_for=rule.settings.recover_for, now=now
        )
        if signal is not None:
            self._happen(rule, subject, signal, found, now)

    def _ask_at(self, key: Key, moment: float | None) -> None:
        if moment is None:
            self.rechecks.drop(key)
        else:
            self.rechecks.set(key, moment)

    def _note_data(self, alert: Alert, verdict: Verdict, now: float) -> None:
        if (verdict is Verdict.NO_DATA) and alert.stale_since is None:
            self._registry.apply(alert, transitions.WentStale(), now)
        elif (verdict is not Verdict.NO_DATA) and alert.stale_since is not None:
            self._registry.apply(alert, transitions.WentFresh(), now)

    def _happen(self, rule: CompiledRule, subject: Subject, signal: Signal, found: Evaluation, now: float) -> None:
        alert = self._registry.open((rule.id, subject.kind, subject.id))
        if (alert is not None and alert.active) == (signal is Signal.RAISE):
            return  # it is so already
        if signal is Signal.CLEAR:
            self._registry.apply(alert, transitions.Clear(evidence=found.evidence), now, subject)
            return
        self._hider.raise_(alert, _raise_of_rule(rule, subject, found, self._registry.make_id(now)), now, subject)

    def timer_due(self, now: float) -> None:
        """The earliest waiting condition has held for long enough."""
        (rule, kind, id), signal, _ = self._timers.pop_due()
        compiled, subject = self.rules.get(rule), self._subjects.get((kind, id))
        if compiled is not None and subject is not None:
            active = signal is Signal.CLEAR
            found = compiled.evaluate(subject, now, active=active, around=self._subjects)
            self._happen(compiled, subject, signal, found, now)

    def recheck_due(self, now: float) -> None:
        """Time alone may have changed an answer."""
        rule, kind, id = self.rechecks.pop()
        subject = self._subjects.get((kind, id))
        if rule in self.rules and subject is not None:
            self.judge(self.rules[rule], subject, now)

    def clock_stepped(self) -> None:
        """The clock was set: no moment is waited for until every rule has been asked again."""
        self.rechecks.clear()

    def forget(self, kind: str, id: str) -> None:
        """Nothing waits for a thing that has left."""
        if kind == "asset":
            self._states.pop(id, None)
        for rule in self.over(kind):
            self._timers.forget((rule.id, kind, id))
            self.rechecks.drop((rule.id, kind, id))
            self._meters.forget((rule.id, kind, id))

    def ask_everything(self, now: float, only: Collection[str] | None = None) -> None:
        """Ask every rule, or only those, about every subject."""
        for key in self._timers.waiting():
            rule = self.rules.get(key[0])
            if rule is None or rule.settings.over != key[1]:
                self._timers.forget(key)
        asked = [rule for rule in self.rules.values() if only is None or rule.id in only]
        kinds = {rule.settings.over for rule in asked}
        for kind, id in self._subjects.everything():
            subject = self._subjects.get((kind, id)) if only is None or kind in kinds else None
            if subject is not None:
                self._asked(subject)
                for one in asked:
                    if one.settings.over == kind:
                        self.judge(one, subject, now)


def _asks_the_same(before: CompiledRule | None, after: CompiledRule | None) -> bool:
    if before is None or after is None:
        return False
    old, new = before.settings, after.settings
    return (old.when, old.over, old.region) == (new.when, new.over, new.region)


def _is_result(before: AssetState | None, after: Any) -> bool:
    """Whether the change brought a new result, not only time that has passed."""
    if before is None or after is None:
        return after is not None
    return bool(before.seen_at != after.seen_at or before.health is not after.health)


def _raise_of_rule(rule: CompiledRule, subject: Subject, evaluation: Evaluation, id: str) -> transitions.Raise:
    """The event that raises a rule's alert about a subject."""
    settings = rule.settings
    return transitions.Raise(
        id=id,
        identity=transitions.Identity(rule=rule.id, subject_kind=subject.kind, subject=subject.id),
        severity=settings.severity,
        region=subject.region,
        quality=evaluation.quality,
        title=settings.title or {"zh-CN": rule.id, "en": rule.id},
        text=settings.text or evaluation.evidence,
        labels=subject.labels,
        evidence=evaluation.evidence,
    )
