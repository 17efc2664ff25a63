"""Apply reports of other tools: raise, regrade and end their alerts, and mark them stale when their lease ends."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from alerts.external.command import identity_of, key_of
from alerts.external.leases import ExternalLeases
from alerts.lifecycle import transitions
from alerts.lifecycle.flapping import FlappingDetector
from alerts.lifecycle.open_alerts import AlertKey, OpenAlerts
from alerts.rules.subjects import Subject, Subjects
from alerts.suppression.suppressor import Suppressor
from feeds.documents.alert import AlertDocument, ToolState
from feeds.external import DEVICE, Report
from feeds.model import Alert, Severity
from feeds.regions import covers

log = logging.getLogger(__name__)


class ExternalAlertHandler:
    """Apply reports of other tools to the open alerts."""

    def __init__(
        self, open_alerts: OpenAlerts, suppressor: Suppressor, subjects: Subjects, flapping: FlappingDetector[AlertKey]
    ) -> None:
        self._open_alerts, self._suppressor, self._subjects, self._flapping = (
            open_alerts,
            suppressor,
            subjects,
            flapping,
        )
        self._foreign = ExternalLeases()
        self._message = 0

    def next_due(self) -> float | None:
        """The moment (epoch seconds) at which the next lease ends; None without leases."""
        return self._foreign.leases.next_due()

    def load(self, documents: Iterable[AlertDocument], now: float) -> None:
        """Begin from the documents of open alerts."""
        self._foreign.load(documents, now)

    def state_of(self, id: str) -> ToolState | None:
        """The state of another tool's alert for its document; None for other alerts."""
        return self._foreign.state_of(id)

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set by `by` seconds: leases keep their remaining time."""
        self._foreign.clock_stepped(by, now)

    def lease_due(self, now: float) -> None:
        """The first lease has ended without a renewal: its alert becomes stale."""
        alert = self._open_alerts.alerts.get(self._foreign.leases.pop())
        if alert is not None and alert.active and alert.stale_since is None:
            self._open_alerts.apply(alert, transitions.WentStale(), now)

    def apply(self, reports: Iterable[Report], now: float, *, region: str = "") -> None:
        """Apply the reports of one message. Reports about assets outside `region` are dropped; "" is everywhere."""
        self._message += 1
        for report in reports:
            subject = self._subjects.meant(report)
            if subject is not None and region and not covers(region, subject.region):
                log.warning("a report about %r was passed over: its sender may speak of %s only", subject.id, region)
                continue
            self._apply_report(report, now)

    def _apply_report(self, report: Report, now: float) -> None:
        key = key_of(report)
        alert = self._open_alerts.open(key)
        active = alert is not None and alert.active
        if alert is not None and active and self._foreign.outdated(alert.id, report):
            return
        standing = self._standing(alert, report, now)
        if self._flapping.take(key, standing is not None, now):
            self._suppressor.review_key(key, now)
            alert = self._open_alerts.open(key)
        if standing is not None and not active:
            self._raise(alert, report, now)
        elif alert is not None and active:
            if report.repeats > 0:
                alert = self._open_alerts.apply(alert, transitions.Repeat(times=report.repeats), now)
            self._move(alert, standing, report, now)
        elif alert is None and report.acked is False:
            self._returned(report, now)
        if report.acked is not None:
            self._acknowledge(self._open_alerts.open(key), report, now)
        self._suppressor.settle(now)

    def _returned(self, report: Report, now: float) -> None:
        """Raise and clear an alert that came and went unheard and is not acknowledged (RTNUN)."""
        subject = self._subjects.meant(report)
        event = _raise_of_report(report, subject, self._open_alerts.make_id(now))
        raised = self._suppressor.raise_(None, event, now, subject)
        self._open_alerts.apply(raised, transitions.Clear(), now)

    def _acknowledge(self, alert: Alert | None, report: Report, now: float) -> None:
        """Apply an acknowledgement made at the device. One made here by a person stays."""
        if alert is None:
            return
        if report.acked and alert.ack is None:
            event = transitions.Acknowledge(actor=report.acked_by, comment=report.acked_comment)
            self._open_alerts.apply(alert, event, now)
        elif report.acked is False and alert.ack is not None and alert.ack.by.startswith(DEVICE):
            self._open_alerts.apply(alert, transitions.Unacknowledge(actor=alert.ack.by), now)

    def _standing(self, alert: Alert | None, report: Report, now: float) -> Severity | None:
        """The severity after the report; None when the alert has ended."""
        if alert is None or not alert.active:
            return report.severity if report.active else None
        if report.active:
            return self._foreign.firing(alert.id, report, self._message, now)
        return self._foreign.ended(alert.id, report)

    def _raise(self, alert: Alert | None, report: Report, now: float) -> None:
        subject = self._subjects.meant(report)
        event = _raise_of_report(report, subject, self._open_alerts.make_id(now))
        raised = self._suppressor.raise_(alert, event, now, subject)
        self._foreign.firing(raised.id, report, self._message, now)

    def _move(self, alert: Alert, standing: Severity | None, report: Report, now: float) -> None:
        if standing is None:
            self._foreign.drop(alert.id)
            self._open_alerts.apply(alert, transitions.Clear(evidence=report.evidence or transitions.RECOVERED), now)
            return
        if alert.stale_since is not None:
            alert = self._open_alerts.apply(alert, transitions.WentFresh(), now)
        if alert.severity is not standing:
            self._open_alerts.apply(alert, transitions.Regrade(severity=standing), now)


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
        repeats=max(0, report.repeats),
    )
