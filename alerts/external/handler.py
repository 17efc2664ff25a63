"""Carries out what other tools say: raises, regrades, ends; and marks as stale what is not said again in time."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from alerts.external.command import identity_of, key_of
from alerts.external.leases import Foreign
from alerts.lifecycle import transitions
from alerts.lifecycle.flapping import Meters
from alerts.lifecycle.open_alerts import AlertKey, Registry
from alerts.rules.subjects import Subject, Subjects
from alerts.suppression.suppressor import Hider
from feeds.documents.alert import AlertDocument, ToolState
from feeds.external import DEVICE, Report
from feeds.model import Alert, Severity
from feeds.regions import covers

log = logging.getLogger(__name__)


class Reporting:
    """Between the registry and other tools."""

    def __init__(self, registry: Registry, hider: Hider, subjects: Subjects, meters: Meters[AlertKey]) -> None:
        self._registry, self._hider, self._subjects, self._meters = registry, hider, subjects, meters
        self._foreign = Foreign()
        self._message = 0

    def next_due(self) -> float | None:
        """When the next lease ends."""
        return self._foreign.leases.next_due()

    def load(self, documents: Iterable[AlertDocument], now: float) -> None:
        """From the journal's documents of open alerts."""
        self._foreign.load(documents, now)

    def state_of(self, id: str) -> ToolState | None:
        """What another tool said of an alert last, as its document keeps it."""
        return self._foreign.state_of(id)

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set: leases have as long to go as they had."""
        self._foreign.clock_stepped(by, now)

    def lease_due(self, now: float) -> None:
        """One alert was not said again in time: nobody knows whether it still fires."""
        alert = self._registry.alerts.get(self._foreign.leases.pop())
        if alert is not None and alert.active and alert.stale_since is None:
            self._registry.apply(alert, transitions.WentStale(), now)

    def take(self, reports: Iterable[Report], now: float, *, region: str = "") -> None:
        """One message. `region` bounds what its sender may speak of ("" nothing); the rest is passed over."""
        self._message += 1
        for one in reports:
            subject = self._subjects.meant(one)
            if subject is not None and region and not covers(region, subject.region):
                log.warning("a report about %r was passed over: its sender may speak of %s only", subject.id, region)
                continue
            self._say(one, now)

    def _say(self, said: Report, now: float) -> None:
        key = key_of(said)
        alert = self._registry.open(key)
        active = alert is not None and alert.active
        if alert is not None and active and self._foreign.outdated(alert.id, said):
            return
        standing = self._standing(alert, said, now)
        if self._meters.take(key, standing is not None, now):
            self._hider.review_key(key, now)
            alert = self._registry.open(key)
        if standing is not None and not active:
            self._raise(alert, said, now)
        elif alert is not None and active:
            self._move(alert, standing, said, now)
        elif alert is None and said.acked is False:
            self._returned(said, now)
        if said.acked is not None:
            self._acknowledge(self._registry.open(key), said, now)
        self._hider.settle(now)

    def _returned(self, said: Report, now: float) -> None:
        """It came and went while nobody heard, and still waits for somebody: returned, unacknowledged."""
        subject = self._subjects.meant(said)
        event = _raise_of_report(said, subject, self._registry.make_id(now))
        raised = self._hider.raise_(None, event, now, subject)
        self._registry.apply(raised, transitions.Clear(), now)

    def _acknowledge(self, alert: Alert | None, said: Report, now: float) -> None:
        """What was done at the device; what a person did here stands."""
        if alert is None:
            return
        if said.acked and alert.ack is None:
            event = transitions.Acknowledge(actor=said.acked_by, comment=said.acked_comment)
            self._registry.apply(alert, event, now)
        elif said.acked is False and alert.ack is not None and alert.ack.by.startswith(DEVICE):
            self._registry.apply(alert, transitions.Unacknowledge(actor=alert.ack.by), now)

    def _standing(self, alert: Alert | None, said: Report, now: float) -> Severity | None:
        """How bad it is after this was said; None when it is over."""
        if alert is None or not alert.active:
            return said.severity if said.active else None
        if said.active:
            return self._foreign.firing(alert.id, said, self._message, now)
        return self._foreign.ended(alert.id, said)

    def _raise(self, alert: Alert | None, said: Report, now: float) -> None:
        subject = self._subjects.meant(said)
        event = _raise_of_report(said, subject, self._registry.make_id(now))
        raised = self._hider.raise_(alert, event, now, subject)
        self._foreign.firing(raised.id, said, self._message, now)

    def _move(self, alert: Alert, standing: Severity | None, said: Report, now: float) -> None:
        if standing is None:
            self._foreign.drop(alert.id)
            self._registry.apply(alert, transitions.Clear(evidence=said.evidence or transitions.RECOVERED), now)
            return
        if alert.stale_since is not None:
            alert = self._registry.apply(alert, transitions.WentFresh(), now)
        if alert.severity is not standing:
            self._registry.apply(alert, transitions.Regrade(severity=standing), now)


def _raise_of_report(report: Report, subject: Subject | None, id: str) -> transitions.Raise:
    """The event that raises another tool's alert; `subject` is its asset, None when the inventory has no such asset."""
    return transitions.Raise(
        id=id,
        identity=identity_of(report),
        asset=subject.id if subject else report.asset,
        severity=report.severity,
        region=subject.region if subject else report.region,
        title=report.title,
        text=report.text,
        labels=report.labels,
        evidence=report.text,
        raised_at=report.since,
        url=report.url,
    )
