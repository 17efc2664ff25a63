"""Matching of alerts with a receiver or an escalation policy, by severity, region, feed and kind of subject."""

from __future__ import annotations

from alerts.rules.subjects import Subject
from feeds.documents.alert_match import AlertMatch
from feeds.kinds import KINDS
from feeds.kinds.source import FEEDS
from feeds.model import Alert, Kind
from feeds.regions import covers

__all__ = ["FEEDS", "feed_of", "kind_of", "matches"]


def kind_of(alert: Alert, subject: Subject | None) -> str:
    """An asset's kind ("" when it is not known); for any other subject the kind of subject."""
    if alert.subject_kind != Kind.ASSET:
        return alert.subject_kind
    return subject.asset.kind if subject is not None and subject.asset is not None else ""


def feed_of(alert: Alert, subject: Subject | None) -> str:
    """The feed that an alert belongs to, as its kind of subject decides; "network" for a kind that is not known."""
    kind = KINDS.subjects.get(alert.subject_kind)
    return kind.feed(subject) if kind is not None else FEEDS[0]


def matches(criteria: AlertMatch, alert: Alert, subject: Subject | None) -> bool:
    """True when the alert matches all given criteria."""
    return (
        alert.severity in criteria.severities
        and (not criteria.regions or any(covers(region, alert.region) for region in criteria.regions))
        and (not criteria.kinds or kind_of(alert, subject) in criteria.kinds)
        and (not criteria.feeds or feed_of(alert, subject) in criteria.feeds)
    )
