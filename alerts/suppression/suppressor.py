"""Recompute an alert's suppression reasons when their causes change: shelf, silence, window, root cause, flapping."""

from __future__ import annotations

from dataclasses import replace

from alerts.lifecycle import transitions
from alerts.lifecycle.flapping import FlappingDetector
from alerts.lifecycle.open_alerts import AlertKey, OpenAlerts, key_of
from alerts.lifecycle.suppression_reasons import FLAPPING, HELD, SHELVED, Affect, AwaitResult, Hide, Reveal, of_topology
from alerts.rules.subjects import Subject, Subjects
from alerts.suppression.inhibition import Inhibition
from alerts.suppression.rule_facts import REDUNDANCY_LOST
from alerts.suppression.silences import Suppressions
from alerts.suppression.topology import Redundancy
from feeds.model import Alert, Hold, Severity
from feeds.model.isa_state import INHIBITED

_REDUNDANCY_TITLE = {"zh-CN": "冗余丧失", "en": "redundancy lost"}


class Suppressor:
    """Apply to open alerts the suppression reasons given by the shelf, silences, windows, root cause and flapping."""

    def __init__(
        self,
        open_alerts: OpenAlerts,
        subjects: Subjects,
        suppressions: Suppressions,
        flapping: FlappingDetector[AlertKey],
        inhibition: Inhibition,
    ) -> None:
        self._open_alerts, self._subjects = open_alerts, subjects
        self._suppressions, self._flapping, self._inhibition = suppressions, flapping, inhibition

    def raise_(
        self, alert: Alert | None, event: transitions.Raise, now: float, subject: Subject | None = None
    ) -> Alert:
        """Raise an alert together with the reasons that suppress it from the start and the assets that it affects."""
        draft, _ = transitions.apply(alert, event, now)
        reasons, hold = self._reasons(draft, now, born=True)
        affected = self._inhibition.would_affect(draft) if self._inhibition.fails(draft) else {}
        event = replace(event, suppressed_by=tuple(sorted(reasons)), hold=hold, affected=affected)
        return self._open_alerts.apply(alert, event, now, subject)

    def _reasons(self, alert: Alert, now: float, *, born: bool = False) -> tuple[set[str], Hold | None]:
        asset = self._subjects.assets.get(alert.asset) if alert.subject_kind == "asset" else None
        reasons = self._suppressions.reasons(alert, asset)
        if alert.shelf is not None:
            reasons.add(SHELVED)
        if self._flapping.flapping(key_of(alert)):
            reasons.add(FLAPPING)
        reason, hold = self._inhibition.reason_for(alert, now, born=born)
        if reason:
            reasons.add(reason)
        return reasons, hold if reason else None

    def review(self, alert: Alert, now: float) -> Alert:
        """Recompute an open alert's reasons. New ones are added first, so that the alert never shows in between."""
        reasons, hold = self._reasons(alert, now)
        before = set(alert.suppressed_by)
        if reasons == before and hold == alert.hold:
            return alert
        old = next((reason for reason in before - reasons if of_topology(reason)), "")
        for reason in sorted(reasons - before):
            instead = old if of_topology(reason) else ""
            event = Hide(reason=reason, hold=hold if reason == HELD else None, instead=instead)
            alert = self._open_alerts.apply(alert, event, now)
        for reason in sorted(set(alert.suppressed_by) - reasons):
            alert = self._open_alerts.apply(alert, Reveal(reason=reason), now)
        if alert.hold != hold and any(reason.startswith(INHIBITED) for reason in reasons):
            alert = self._open_alerts.apply(alert, AwaitResult(hold=hold), now)
        return alert

    def review_all(self, now: float) -> None:
        """Recompute the reasons of every open alert."""
        calm = not (self._suppressions.any_running() or self._flapping.next_due() is not None)
        explained: dict[str, bool] = {}
        for alert in list(self._open_alerts.alerts.values()):
            if not (calm and self._stands_alone(alert, explained)):
                self.review(alert, now)

    def _stands_alone(self, alert: Alert, explained: dict[str, bool]) -> bool:
        """True when nothing suppresses an alert and the topology cannot. So are nearly all alerts of a flood.

        `explained` keeps for each asset whether the topology can: no review changes that.
        """
        if alert.suppressed_by or alert.shelf is not None or alert.hold is not None:
            return False
        if (asset := alert.asset) not in explained:
            explained[asset] = self._inhibition.explains(asset)
        return not explained[asset]

    def review_key(self, key: AlertKey, now: float) -> None:
        """Recompute the reasons of the open alert with that identity, if there is one."""
        alert = self._open_alerts.open(key)
        if alert is not None:
            self.review(alert, now)

    def settle(self, now: float) -> None:
        """Recompute reasons and affected assets until no root cause changes any more."""
        while dirty := self._inhibition.take_dirty():
            for asset in dirty:
                self._redundancy(asset, now)
                for alert in self._inhibition.alerts_on(asset):
                    self.review(alert, now)
        for root in self._inhibition.take_roots():
            head, affected = self._open_alerts.alerts.get(root), self._inhibition.affected(root)
            if head is not None and head.active and head.affected != affected:
                self._open_alerts.apply(head, Affect(affected=affected), now)

    def _redundancy(self, asset: str, now: float) -> None:
        """Raise or clear the alert on lost redundancy. A redundancy group that is lost as a whole is an outage."""
        if not self._inhibition.knows_parents(asset):
            return
        redundancy = self._inhibition.redundancy(asset)
        alert = self._open_alerts.open((REDUNDANCY_LOST, "asset", asset))
        active = alert is not None and alert.active
        if not active and redundancy.partial:
            subject = self._subjects.get(("asset", asset))
            if subject is not None:
                self.raise_(
                    alert, _raise_of_redundancy(subject, redundancy, self._open_alerts.make_id(now)), now, subject
                )
        elif active and not redundancy.lost:
            self._open_alerts.apply(alert, transitions.Clear(), now)

    def check_all(self, now: float) -> None:
        """Check the redundancy of every asset and recompute the reasons of every alert."""
        for asset in list(self._subjects.assets):
            self._redundancy(asset, now)
        self.review_all(now)
        self.settle(now)


def _raise_of_redundancy(subject: Subject, redundancy: Redundancy, id: str) -> transitions.Raise:
    """The event of lost redundancy. Parents are counted, not named: they may lie in another region."""
    evidence = f"lost={redundancy.lost} of {redundancy.of}"
    return transitions.Raise(
        id=id,
        identity=transitions.AlertIdentity(rule=REDUNDANCY_LOST, subject_kind="asset", subject=subject.id),
        severity=Severity.MINOR,
        region=subject.region,
        title=_REDUNDANCY_TITLE,
        text=evidence,
        labels=subject.labels,
        evidence=evidence,
    )
