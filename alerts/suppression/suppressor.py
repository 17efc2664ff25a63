"""Keeps what hides each alert true: shelf, silences, windows, root cause, flapping; and raises what is hidden so."""

from __future__ import annotations

from dataclasses import replace

from alerts.lifecycle import transitions
from alerts.lifecycle.flapping import Meters
from alerts.lifecycle.open_alerts import AlertKey, Registry, key_of
from alerts.lifecycle.suppression_reasons import FLAPPING, HELD, SHELVED, Affect, AwaitResult, Hide, Reveal, of_topology
from alerts.rules.subjects import Subject, Subjects
from alerts.suppression.inhibition import REDUNDANCY_LOST, Inhibition
from alerts.suppression.silences import Suppressions
from alerts.suppression.topology import Redundancy
from feeds.model import Alert, Hold, Severity
from feeds.model.isa_state import INHIBITED

_REDUNDANCY_TITLE = {"zh-CN": "冗余丧失", "en": "redundancy lost"}


class Hider:
    """Between the registry and everything that knows a reason to hide."""

    def __init__(
        self,
        registry: Registry,
        subjects: Subjects,
        suppressions: Suppressions,
        meters: Meters[AlertKey],
        inhibition: Inhibition,
    ) -> None:
        self._registry, self._subjects = registry, subjects
        self._suppressions, self._meters, self._inhibition = suppressions, meters, inhibition

    def raise_(
        self, alert: Alert | None, event: transitions.Raise, now: float, subject: Subject | None = None
    ) -> Alert:
        """Raise it together with what hides it from birth, and with what lies behind it."""
        draft, _ = transitions.apply(alert, event, now)
        reasons, hold = self._reasons(draft, now, born=True)
        affected = self._inhibition.would_affect(draft) if self._inhibition.fails(draft) else {}
        event = replace(event, suppressed_by=tuple(sorted(reasons)), hold=hold, affected=affected)
        return self._registry.apply(alert, event, now, subject)

    def _reasons(self, alert: Alert, now: float, *, born: bool = False) -> tuple[set[str], Hold | None]:
        asset = self._subjects.assets.get(alert.asset) if alert.subject_kind == "asset" else None
        reasons = self._suppressions.reasons(alert, asset)
        if alert.shelf is not None:
            reasons.add(SHELVED)
        if self._meters.flapping(key_of(alert)):
            reasons.add(FLAPPING)
        reason, hold = self._inhibition.hides(alert, now, born=born)
        if reason:
            reasons.add(reason)
        return reasons, hold if reason else None

    def review(self, alert: Alert, now: float) -> Alert:
        """Make what hides an open alert true: what is new first, so that nothing shows for a moment in between."""
        reasons, hold = self._reasons(alert, now)
        before = set(alert.suppressed_by)
        if reasons == before and hold == alert.hold:
            return alert
        old = next((one for one in before - reasons if of_topology(one)), "")
        for reason in sorted(reasons - before):
            instead = old if of_topology(reason) else ""
            event = Hide(reason=reason, hold=hold if reason == HELD else None, instead=instead)
            alert = self._registry.apply(alert, event, now)
        for reason in sorted(set(alert.suppressed_by) - reasons):
            alert = self._registry.apply(alert, Reveal(reason=reason), now)
        if alert.hold != hold and any(one.startswith(INHIBITED) for one in reasons):
            alert = self._registry.apply(alert, AwaitResult(hold=hold), now)
        return alert

    def review_all(self, now: float) -> None:
        """Look at every open alert."""
        for alert in list(self._registry.alerts.values()):
            self.review(alert, now)

    def review_key(self, key: AlertKey, now: float) -> None:
        """Look at the open alert of an identity, if there is one."""
        alert = self._registry.open(key)
        if alert is not None:
            self.review(alert, now)

    def settle(self, now: float) -> None:
        """Draw the consequences of what has changed above, until nothing moves any more."""
        while dirty := self._inhibition.take_dirty():
            for asset in dirty:
                self._redundancy(asset, now)
                for alert in self._inhibition.alerts_on(asset):
                    self.review(alert, now)
        for root in self._inhibition.take_roots():
            head, affected = self._registry.alerts.get(root), self._inhibition.affected(root)
            if head is not None and head.active and head.affected != affected:
                self._registry.apply(head, Affect(affected=affected), now)

    def _redundancy(self, asset: str, now: float) -> None:
        """One lost of several that stand in for one another is an alert of its own; all lost is an outage."""
        if not self._inhibition.knows_parents(asset):
            return
        found = self._inhibition.redundancy(asset)
        alert = self._registry.open((REDUNDANCY_LOST, "asset", asset))
        active = alert is not None and alert.active
        if not active and found.partial:
            subject = self._subjects.get(("asset", asset))
            if subject is not None:
                self.raise_(alert, _raise_of_redundancy(subject, found, self._registry.make_id(now)), now, subject)
        elif active and not found.lost:
            self._registry.apply(alert, transitions.Clear(), now)

    def check_all(self, now: float) -> None:
        """Everything anew: redundancy of every asset, and what hides every alert."""
        for asset in list(self._subjects.assets):
            self._redundancy(asset, now)
        self.review_all(now)
        self.settle(now)


def _raise_of_redundancy(subject: Subject, redundancy: Redundancy, id: str) -> transitions.Raise:
    """One of several parents is lost; they are only counted, because they may lie in another's region."""
    evidence = f"lost={redundancy.lost} of {redundancy.of}"
    return transitions.Raise(
        id=id,
        identity=transitions.Identity(rule=REDUNDANCY_LOST, subject_kind="asset", subject=subject.id),
        severity=Severity.MINOR,
        region=subject.region,
        title=_REDUNDANCY_TITLE,
        text=evidence,
        labels=subject.labels,
        evidence=evidence,
    )
