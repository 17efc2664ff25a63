"""The alert core: changes, commands and time in, named steps out. Without I/O.

Every input is processed at the moment it happened (a change's own time, a timer's due time), and time never goes back.
So a minute of changes that is read after a restart gives the same steps as one that is read as it arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from alerts.core.rule_evaluator import RuleEvaluator
from alerts.external import command as reports
from alerts.external.handler import ExternalAlertHandler
from alerts.lifecycle import operator_actions, orders, transitions
from alerts.lifecycle.clock_set import ClockSet, clock_changes
from alerts.lifecycle.flapping import FlappingDetector
from alerts.lifecycle.open_alerts import AlertStep, OpenAlerts, condition_key, new_id
from alerts.lifecycle.suppression_reasons import ShelfEnded
from alerts.rules.delays import Timers
from alerts.rules.rates import rates
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import NamedSources, SubjectKey, Subjects
from alerts.settings import HoldPolicy
from alerts.suppression import commands
from alerts.suppression.inhibition import Inhibition
from alerts.suppression.rule_facts import REDUNDANCY_LOST, RuleFacts
from alerts.suppression.silences import Suppression, Suppressions
from alerts.suppression.silences import public as suppression_record
from alerts.suppression.suppressor import Suppressor
from feeds.external import FOREIGN, Report
from feeds.kinds import KINDS
from feeds.live.mirror import alert_record
from feeds.model import Alert, Change, Command, Kind, Outcome, Result

__all__ = ["AlertCore", "AlertStep", "new_id"]


class AlertCore:
    """The open alerts, the pending conditions, the suppressions and the subjects of rules."""

    def __init__(
        self,
        rules: Mapping[str, CompiledRule],
        *,
        subjects: Subjects,
        alerts: Iterable[Alert] = (),
        timers: Timers | None = None,
        make_id: Callable[[float], str] = new_id,
        suppressions: Iterable[Suppression] = (),
        flapping: Iterable[Any] = (),
        policy: HoldPolicy | None = None,
    ) -> None:
        self.timers = timers or Timers()
        self.subjects = subjects
        self.now = 0.0
        self.suppressions = Suppressions(suppressions)
        self.flapping: FlappingDetector[tuple[str, ...]] = FlappingDetector(flapping)
        self.open_alerts = OpenAlerts(subjects, lambda alert: self.inhibition.alert(alert, self.now), make_id)
        about = RuleFacts(
            over_health=lambda id: id in self.rules and "health" in self.rules[id].uses.names,
            foreign=lambda id: FOREIGN in id,
            clearing=lambda alert: self.timers.clearing(condition_key(alert)),
            recover_for=lambda id: self.rules[id].settings.recover_for if id in self.rules else 0.0,
        )
        self.inhibition = Inhibition(subjects, about, policy or HoldPolicy())
        self._suppressor = Suppressor(self.open_alerts, subjects, self.suppressions, self.flapping, self.inhibition)
        self._evaluator = RuleEvaluator(rules, subjects, self.timers, self.flapping, self.open_alerts, self._suppressor)
        self.external_alerts = ExternalAlertHandler(self.open_alerts, self._suppressor, subjects, self.flapping)
        self._clocks: tuple[tuple[Callable[[], float | None], Callable[[], None]], ...] = (
            (self.suppressions.next_due, self._suppression_due),
            (self.timers.next_due, lambda: self._evaluator.timer_due(self.now)),
            (self.open_alerts.expiries.next_due, self._expiry_due),
            (self._evaluator.rechecks.next_due, lambda: self._evaluator.recheck_due(self.now)),
            (self.flapping.next_due, self._quiet_due),
            (self.external_alerts.next_due, lambda: self.external_alerts.lease_due(self.now)),
        )
        subjects.remember(rates(rules.values()))
        self.load(list(alerts))
        self.inhibition.loaded()

    def load(self, alerts: Sequence[Alert]) -> None:
        """Load some of the open alerts. Call `inhibition.loaded` after the last ones."""
        self.open_alerts.load(alerts)
        self.inhibition.load(alerts)

    @property
    def rules(self) -> dict[str, CompiledRule]:
        return self._evaluator.rules

    @property
    def alerts(self) -> dict[str, Alert]:
        return self.open_alerts.alerts

    @property
    def revision(self) -> int:
        """Increases whenever the result of `dump` may have changed."""
        return self.timers.revision + self.flapping.revision

    def dump(self) -> dict[str, Any]:
        """The pending conditions and the flapping state, JSON-able."""
        return self.timers.dump() | {"flapping": self.flapping.dump()}

    def take_steps(self) -> list[AlertStep]:
        """The steps since the last call, in order."""
        return self.open_alerts.take_steps()

    def find(self, id: str) -> Alert | None:
        """An open alert, or one that the untaken steps have closed."""
        return self.open_alerts.find(id)

    # -- time --------------------------------------------------------------------

    def advance(self, to: float) -> None:
        """Advance time to `to` (epoch seconds). Each timer fires at its own due time, in order."""
        while (due := self._next_due()) is not None and due[0] <= to:
            moment, happen = due
            self.now = max(self.now, moment)
            happen()
            self._suppressor.settle(self.now)
        self.now = max(self.now, to)

    def next_due(self) -> float | None:
        """The next moment (epoch seconds) at which a timer fires; None without timers."""
        due = self._next_due()
        return due[0] if due is not None else None

    def _next_due(self) -> tuple[float, Callable[[], None]] | None:
        first: tuple[float, Callable[[], None]] | None = None
        for next_due, happen in self._clocks:
            at = next_due()
            if at is not None and (first is None or at < first[0]):
                first = at, happen
        return first

    def _expiry_due(self) -> None:
        mark, id = self.open_alerts.expiries.pop()
        alert = self.alerts[id]
        if mark == "ack":
            self._apply(alert, transitions.AckExpired())
            return
        if mark == "shelf":
            alert = self._apply(alert, ShelfEnded())
        if alert.open:
            self._suppressor.review(alert, self.now)

    def _suppression_due(self) -> None:
        self.suppressions.pop_due(self.now)
        self._suppressor.review_all(self.now)

    def _quiet_due(self) -> None:
        self._suppressor.review_key(self.flapping.pop_due(), self.now)

    def start_from_snapshot(self, now: float) -> None:
        """Begin from a snapshot instead of from changes: evaluate every rule before any timer fires."""
        self.now = max(self.now, now)
        self.reconcile()

    def clock_stepped(self, by: float, now: float, also: Collection[str] = ()) -> None:
        """The wall clock was set by `by` seconds (0.0: between two runs, by an unknown amount).

        Elapsed parts of delays stay. Recorded times in the future are moved to now: those alerts, and the alerts of
        `also`, get a clock_set step. Call `reconcile` afterwards to evaluate the rules again.
        """
        self.now = min(self.now + by, now)
        self.subjects.clock_stepped(by, now)
        self.timers.clock_stepped(by, now)
        self.flapping.clock_stepped(by, now)
        self.external_alerts.clock_stepped(by, now)
        self.inhibition.clock_stepped(by, now)
        self._evaluator.clock_stepped()
        self.suppressions.clock_stepped(now)
        for alert in list(self.alerts.values()):
            if alert.id in also or clock_changes(alert, by, now):
                self.open_alerts.apply(alert, ClockSet(by=by), now)

    # -- inputs ------------------------------------------------------------------

    def fold(self, change: Change, now: float) -> None:
        """Apply one change of an asset, state, source or warning. A change's time is never later than `now`."""
        self.advance(min(change.at, now))
        key = self.subjects.fold(change)
        if key is None:
            return
        self.inhibition.changed(change, self.now)
        if change.after is None and change.kind == Kind.STATE:
            return  # a state is removed together with its asset; the asset's removal is handled
        self.open_alerts.cause = change.rev or change.cause
        subject = self.subjects.get(key)
        if subject is not None:
            self._evaluator.ask(change, subject, self.now)
        elif self.subjects.left(change):
            self._gone(key)
        self._evaluator.schedule_rechecks(self.now, *self.subjects.moved())
        self._suppressor.settle(self.now)
        self.open_alerts.cause = ""

    def command(self, command: Command, now: float, closed: Alert | None = None) -> Result:
        """Carry out or refuse a command. `closed` is the alert if it is no longer open."""
        alert = None
        try:
            if command.action in commands.ACTIONS:
                return self._order(command, now)
            if command.action == reports.ACTION:
                return self._reported(command, now)
            if command.action == orders.ACTION:
                self.advance(min(command.at, now))
                result = orders.carry_out(self.open_alerts, command, self.now, now)
                self._suppressor.settle(self.now)
                return result
            operator_actions.precheck(command)
            self.advance(min(command.at, now))
            alert = self.find(command.subject) or closed
            after, transition = operator_actions.carry_out(alert, command, self.now, now)
        except operator_actions.ActionRefused as error:
            return operator_actions.refusal(command, error, alert)
        self.open_alerts.record(after, transition, command.id)
        self._suppressor.settle(self.now)
        return Result(command=command.id, outcome=Outcome.DONE, after=alert_record(after))

    def _order(self, command: Command, now: float) -> Result:
        self.advance(min(command.at, now))
        suppression = commands.carry_out(self.suppressions, self.subjects.assets, command, self.now, now)
        self.open_alerts.cause = command.id
        self._suppressor.review_all(self.now)
        self._suppressor.settle(self.now)
        self.open_alerts.cause = ""
        return Result(command=command.id, outcome=Outcome.DONE, after=suppression_record(suppression))

    def _reported(self, command: Command, now: float) -> Result:
        received = reports.read(command)
        self.open_alerts.command = command.id
        self.report(received, min(command.at, now), cause=command.id)
        self.open_alerts.command = ""
        return Result(command=command.id, outcome=Outcome.DONE, after={"taken": len(received)})

    def report(self, received: Iterable[Report], at: float, *, cause: str = "", region: str = "") -> None:
        """Apply one message of another tool at its own time. `region` limits the assets that it may report."""
        self.advance(at)
        self.open_alerts.cause = cause
        self.external_alerts.apply(received, self.now, region=region)
        self.open_alerts.cause = ""

    # -- rules -------------------------------------------------------------------

    def set_rules(self, rules: Mapping[str, CompiledRule]) -> set[str]:
        """Replace the rules; return the ids of those that changed. Pass them to `reconcile`."""
        moved = self._evaluator.replace(rules)
        self.subjects.remember(rates(rules.values()))
        self.inhibition.rules_changed(self.now)
        return moved

    def set_named_sources(self, named_sources: NamedSources | None) -> set[str]:
        """Replace the configured sources; return the ids of the rules to pass to `reconcile`."""
        self.subjects.named_sources = named_sources
        return {alert.rule for alert in self.alerts.values() if alert.subject_kind == "source"}

    def set_policy(self, policy: HoldPolicy | None) -> None:
        """Replace the bounds for holding alerts back. Holds that exist keep theirs."""
        self.inhibition.set_policy(policy or HoldPolicy())

    def reconcile(self, only: Collection[str] | None = None) -> None:
        """Evaluate every rule (or only those) for every subject, and end alerts without a rule or subject."""
        for alert in list(self.alerts.values()):
            if alert.active and FOREIGN not in alert.rule and (only is None or alert.rule in only):
                self._reconcile_alert(alert)
        self._evaluator.ask_everything(self.now, only)
        if only is None:
            self._suppressor.check_all(self.now)
        else:
            self._suppressor.review_all(self.now)
            self._suppressor.settle(self.now)

    def _reconcile_alert(self, alert: Alert) -> None:
        """Fit an active alert of a rule to the rules and subjects that there are now."""
        rule = self.rules.get(alert.rule)
        built_in = alert.rule == REDUNDANCY_LOST
        if not built_in and (rule is None or not rule.is_about(alert)):
            self._apply(alert, transitions.Clear(evidence=transitions.RULE_REMOVED))
            return
        if self.subjects.get((alert.subject_kind, alert.asset)) is None:
            if self.subjects.is_removed((alert.subject_kind, alert.asset)):
                self._gone((alert.subject_kind, alert.asset))
            elif alert.stale_since is None:
                self._apply(alert, transitions.WentStale())
            return
        if rule is not None and alert.severity is not rule.settings.severity:
            self._apply(alert, transitions.Regrade(severity=rule.settings.severity))

    def _gone(self, key: SubjectKey) -> None:
        """Drop the pending conditions of a removed subject and end its alerts."""
        self._evaluator.forget(*key)
        evidence = KINDS.subjects[key[0]].gone
        for alert in list(self.alerts.values()):
            if alert.active and (alert.subject_kind, alert.asset) == key and FOREIGN not in alert.rule:
                self._apply(alert, transitions.Clear(evidence=evidence))

    def _apply(self, alert: Alert | None, event: transitions.Event) -> Alert:
        return self.open_alerts.apply(alert, event, self.now)
