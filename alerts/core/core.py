"""The alert engine without its I/O: changes, commands and time in; named steps out.

Everything is processed at the moment it happened (a change's own time, a timer's exact due time),
never before what was processed already: a minute of changes read after a restart gives the same
steps as one read as it came.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from alerts.core.rule_evaluator import Judge
from alerts.external import command as reports
from alerts.external.handler import Reporting
from alerts.lifecycle import operator_actions, transitions
from alerts.lifecycle.clock_set import ClockSet, clock_changes
from alerts.lifecycle.flapping import Meters
from alerts.lifecycle.open_alerts import Registry, Step
from alerts.lifecycle.suppression_reasons import ShelfEnded
from alerts.rules.delays import Timers
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import NamedSources, SubjectKey, Subjects
from alerts.settings import HoldPolicy
from alerts.suppression import commands
from alerts.suppression.inhibition import REDUNDANCY_LOST, Inhibition
from alerts.suppression.rule_facts import AboutRules
from alerts.suppression.silences import Suppression, Suppressions
from alerts.suppression.silences import public as suppression_record
from alerts.suppression.suppressor import Hider
from feeds.external import FOREIGN, Report
from feeds.kinds import KINDS
from feeds.live.mirror import alert_record
from feeds.model import Alert, Change, Command, Kind, Outcome, Result

__all__ = ["Board", "Step", "new_id"]
_STATE = Kind.STATE


def new_id(now: float) -> str:
    """An alert's id: sorts by time, and two alerts of one moment differ."""
    return f"{int(now * 1000):012x}-{secrets.token_hex(4)}"


class Board:
    """All open alerts, what is on its way to become one, what hides them, and what the rules look at."""

    def __init__(
        self,
        rules: Mapping[str, CompiledRule],
        *,
        subjects: Subjects,
        alerts: Iterable[Alert] = (),
        timers: Timers | None = None,
        make_id: Callable[[float], str] = new_id,
        suppressions: Iterable[Suppression] = (),
        meters: Iterable[Any] = (),
        policy: HoldPolicy | None = None,
    ) -> None:
        self.timers = timers or Timers()
        self.subjects = subjects
        self.now = 0.0
        self.suppressions = Suppressions(suppressions)
        self.meters: Meters[tuple[str, ...]] = Meters(meters)
        self.registry = Registry(subjects, lambda alert: self._inhibition.alert(alert, self.now), make_id)
        about = AboutRules(
            over_health=lambda id: id in self.rules and "health" in self.rules[id].uses.names,
            foreign=lambda id: FOREIGN in id,
            clearing=lambda alert: self.timers.clearing((alert.rule, alert.subject_kind, alert.asset)),
            recover_for=lambda id: self.rules[id].settings.recover_for if id in self.rules else 0.0,
        )
        self._inhibition = Inhibition(subjects, about, policy or HoldPolicy())
        self._hider = Hider(self.registry, subjects, self.suppressions, self.meters, self._inhibition)
        self._judge = Judge(rules, subjects, self.timers, self.meters, self.registry, self._hider)
        self.reporting = Reporting(self.registry, self._hider, subjects, self.meters)
        self._clocks: tuple[tuple[Callable[[], float | None], Callable[[], None]], ...] = (
            (self.suppressions.next_due, self._suppression_due),
            (self.timers.next_due, lambda: self._judge.timer_due(self.now)),
            (self.registry.expiries.next_due, self._expiry_due),
            (self._judge.rechecks.next_due, lambda: self._judge.recheck_due(self.now)),
            (self.meters.next_due, self._quiet_due),
            (self.reporting.next_due, lambda: self.reporting.lease_due(self.now)),
        )
        subjects.remember(_rates(rules.values()))
        self.registry.load(alerts)
        self._inhibition.load(self.alerts.values())

    @property
    def rules(self) -> dict[str, CompiledRule]:
        return self._judge.rules

    @property
    def alerts(self) -> dict[str, Alert]:
        return self.registry.alerts

    @property
    def revision(self) -> int:
        """Moves whenever the dumped form may have changed."""
        return self.timers.revision + self.meters.revision

    def dump(self) -> dict[str, Any]:
        """What is on its way and stands in no alert, JSON-able."""
        return self.timers.dump() | {"flapping": self.meters.dump()}

    def take_steps(self) -> list[Step]:
        """What has happened since the last call, in order."""
        return self.registry.take_steps()

    def find(self, id: str) -> Alert | None:
        """An open alert, or one that the untaken steps have closed."""
        return self.registry.find(id)

    # -- time --------------------------------------------------------------------

    def advance(self, to: float) -> None:
        """Let time pass: what falls due happens at its own moment, in order. Going back changes nothing."""
        while (due := self._next_due()) is not None and due[0] <= to:
            moment, happen = due
            self.now = max(self.now, moment)
            happen()
            self._hider.settle(self.now)
        self.now = max(self.now, to)

    def next_due(self) -> float | None:
        """When time alone makes something happen next."""
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
        what, id = self.registry.expiries.pop()
        alert = self.alerts[id]
        if what == "ack":
            self._apply(alert, transitions.AckExpired())
            return
        if what == "shelf":
            alert = self._apply(alert, ShelfEnded())
        if alert.open:
            self._hider.review(alert, self.now)

    def _suppression_due(self) -> None:
        self.suppressions.pop_due(self.now)
        self._hider.review_all(self.now)

    def _quiet_due(self) -> None:
        self._hider.review_key(self.meters.pop_due(), self.now)

    def meet(self, now: float) -> None:
        """Begin from a snapshot instead of from changes: what holds now decides before any timer runs out."""
        self.now = max(self.now, now)
        self.reconcile()

    def clock_stepped(self, by: float, now: float, also: Collection[str] = ()) -> None:
        """The wall clock was set by `by` seconds (0.0: between two runs, nobody knows by how much).

        What has been waited for so far stays. Nothing recorded stays in the future: such alerts, and those of `also`,
        say so in their history. `reconcile` draws the consequences for the rules.
        """
        self.now = min(self.now + by, now)
        self.subjects.clock_stepped(by, now)
        self.timers.clock_stepped(by, now)
        self.meters.clock_stepped(by, now)
        self.reporting.clock_stepped(by, now)
        self._inhibition.clock_stepped(by, now)
        self._judge.clock_stepped()
        self.suppressions.clock_stepped(now)
        for alert in list(self.alerts.values()):
            if alert.id in also or clock_changes(alert, by, now):
                self.registry.apply(alert, ClockSet(by=by), now)

    # -- what comes in -----------------------------------------------------------

    def fold(self, change: Change, now: float) -> None:
        """Take one change of an asset, state, source or warning in; `now` bounds a clock that runs ahead."""
        self.advance(min(change.at, now))
        key = self.subjects.fold(change)
        if key is None:
            return
        self._inhibition.changed(change, self.now)
        if change.after is None and change.kind == _STATE:
            return  # a state leaves together with its asset, and the asset's leaving is the news
        self.registry.cause = change.rev or change.cause
        subject = self.subjects.get(key)
        if subject is not None:
            self._judge.ask(change, subject, self.now)
        elif self.subjects.left(change):
            self._gone(key)
        self._judge.ask_soon(self.now, *self.subjects.moved())
        self._hider.settle(self.now)
        self.registry.cause = ""

    def command(self, command: Command, now: float, closed: Alert | None = None) -> Result:
        """Carry a command out or refuse it. `closed` is the alert when it is not open any more."""
        alert = None
        try:
            if command.action in commands.ACTIONS:
                return self._order(command, now)
            if command.action == reports.ACTION:
                return self._reported(command, now)
            operator_actions.precheck(command, now)
            self.advance(min(command.at, now))
            alert = self.find(command.subject) or closed
            after, transition = operator_actions.carry_out(alert, command, self.now, now)
        except operator_actions.Refused as error:
            return operator_actions.refusal(command, error, alert)
        self.registry.record(after, transition, command.id)
        self._hider.settle(self.now)
        return Result(command=command.id, outcome=Outcome.DONE, after=alert_record(after))

    def _order(self, command: Command, now: float) -> Result:
        self.advance(min(command.at, now))
        made = commands.carry_out(self.suppressions, self.subjects.assets, command, self.now, now)
        self.registry.cause = command.id
        self._hider.review_all(self.now)
        self._hider.settle(self.now)
        self.registry.cause = ""
        return Result(command=command.id, outcome=Outcome.DONE, after=suppression_record(made))

    def _reported(self, command: Command, now: float) -> Result:
        said = reports.read(command, now)
        self.registry.command = command.id
        self.report(said, min(command.at, now), cause=command.id)
        self.registry.command = ""
        return Result(command=command.id, outcome=Outcome.DONE, after={"taken": len(said)})

    def report(self, said: Iterable[Report], at: float, *, cause: str = "", region: str = "") -> None:
        """One message of another tool, at its own time; `region` bounds what its sender may speak of."""
        self.advance(at)
        self.registry.cause = cause
        self.reporting.take(said, self.now, region=region)
        self.registry.cause = ""

    # -- rules -------------------------------------------------------------------

    def set_rules(self, rules: Mapping[str, CompiledRule]) -> set[str]:
        """Other rules from now on; the ids of those that changed, for `reconcile` to draw the consequences."""
        moved = self._judge.replace(rules)
        self.subjects.remember(_rates(rules.values()))
        self._inhibition.rules_changed(self.now)
        return moved

    def set_named_sources(self, named_sources: NamedSources | None) -> set[str]:
        """Other sources are configured from now on; the ids of the rules whose alerts `reconcile` has to look at."""
        self.subjects.named_sources = named_sources
        return {alert.rule for alert in self.alerts.values() if alert.subject_kind == "source"}

    def set_policy(self, policy: HoldPolicy | None) -> None:
        """How long alerts are held back from now on; what waits already keeps its bound."""
        self._inhibition.set_policy(policy or HoldPolicy())

    def reconcile(self, only: Collection[str] | None = None) -> None:
        """Ask every rule (or only those) about every subject, and end what no rule or subject stands for any more."""
        for alert in list(self.alerts.values()):
            if only is None or alert.rule in only:
                self._reconcile_alert(alert)
        self._judge.ask_everything(self.now, only)
        if only is None:
            self._hider.check_all(self.now)
        else:
            self._hider.review_all(self.now)
            self._hider.settle(self.now)

    def _reconcile_alert(self, alert: Alert) -> None:
        if not alert.active or FOREIGN in alert.rule:
            return
        rule = self.rules.get(alert.rule)
        built_in = alert.rule == REDUNDANCY_LOST
        if not built_in and (rule is None or rule.settings.over != alert.subject_kind):
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
        """A subject has left: nothing waits for it any more, and its alerts end by name."""
        self._judge.forget(*key)
        evidence = KINDS.subjects[key[0]].gone
        for alert in list(self.alerts.values()):
            if alert.active and (alert.subject_kind, alert.asset) == key and FOREIGN not in alert.rule:
                self._apply(alert, transitions.Clear(evidence=evidence))

    def _apply(self, alert: Alert | None, event: transitions.Event) -> Alert:
        return self.registry.apply(alert, event, self.now)


def _rates(rules: Iterable[CompiledRule]) -> Iterator[tuple[str, float]]:
    """The metrics whose past the rules ask for, and how many seconds of it."""
    return ((metric, seconds) for rule in rules for _, _, metric, seconds in rule.uses.rates)
