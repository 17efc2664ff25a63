"""Holds: how long an alert waits for a newer result before it is shown, and when the wait is over."""

from __future__ import annotations

from alerts.lifecycle.suppression_reasons import HELD
from alerts.rules.subjects import Subjects
from alerts.settings import HoldPolicy
from alerts.suppression.result_age import ResultAge
from alerts.suppression.rule_facts import REDUNDANCY_LOST, RuleFacts
from alerts.suppression.topology import Topology
from feeds.model import Alert, Health, Hold


class HoldRules:
    """Decide on holds. Remembers when each asset ceased to have a root cause (epoch seconds)."""

    def __init__(self, subjects: Subjects, about: RuleFacts, topology: Topology, policy: HoldPolicy) -> None:
        self._subjects, self._about, self._topology = subjects, about, topology
        self._freed: dict[str, float] = {}
        self.set_policy(policy)

    def set_policy(self, policy: HoldPolicy) -> None:
        """Use other bounds from now on."""
        self._policy = policy
        self._result_age = ResultAge(self._subjects, self._topology, policy)

    def cut(self, asset: str) -> None:
        """A root cause explains the asset's failure."""
        self._freed.pop(asset, None)

    def freed(self, asset: str, now: float) -> None:
        """No root cause explains the asset's failure any more."""
        self._freed[asset] = now

    def seen(self, asset: str) -> None:
        """The asset has a new state; one observed after its root cause cleared ends the memory of it."""
        if asset in self._freed and self._result_age.newer(asset, self._freed[asset]):
            del self._freed[asset]

    def clock_stepped(self, by: float, now: float) -> None:
        """Shift the remembered moments by a step of the wall clock; none lies in the future."""
        self._freed = {asset: min(at + by, now) for asset, at in self._freed.items()}

    def first(self, alert: Alert, now: float) -> Hold | None:
        """The hold of an alert that is being raised, or None when nothing is waited for."""
        foreign = self._about.foreign(alert.rule)
        until = now + self._result_age.bound(alert.asset, foreign=foreign)
        freed = self._freed.get(alert.asset)
        if freed is not None and freed + self._policy.longest > now:
            return Hold(since=freed, until=until)
        since = min(now, self._subjects.failed_since(alert.asset, alert.raised_at))
        return Hold(since=since, until=until) if self._concerns(alert) else None

    def of_source(self, node: str, alert: Alert, since: float, now: float, *, born: bool) -> Hold | None:
        """The hold of an alert about a source that failed at `since`, while a parent may prove to be the cause."""
        hold = Hold(since=since, until=now + self._result_age.bound(node, foreign=False)) if born else alert.hold
        waits = hold is not None and now < hold.until and self._result_age.doubtful(node, hold.since, foreign=False)
        return hold if waits else None

    def _concerns(self, alert: Alert) -> bool:
        """False for an alert on an asset that is healthy: its path to the collector is not in question."""
        if alert.rule == REDUNDANCY_LOST or self._about.foreign(alert.rule):
            return True
        return self._subjects.health(alert.asset) is not Health.OK

    def after_recovery(self, alert: Alert, now: float) -> Hold:
        """The hold of an alert whose root cause has just cleared: it waits for its own newer result."""
        wait = self._about.recover_for(alert.rule) + self._result_age.bound(alert.asset, foreign=False)
        return Hold(since=now, until=now + wait)

    def waits(self, alert: Alert, reason: str, hold: Hold) -> bool:
        """True while the result that the hold waits for has not come."""
        if self._about.clearing(alert):
            return True
        if reason != HELD or alert.asset in self._freed:
            return not self._result_age.newer(alert.asset, hold.since)
        foreign = self._about.foreign(alert.rule)
        return self._result_age.doubtful(alert.asset, hold.since, foreign=foreign)
