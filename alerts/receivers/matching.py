"""Which alerts concern a receiver or an escalation policy: by severity, region, feed and kind of thing."""

from __future__ import annotations

from alerts.rules.subjects import Subject
from alerts.settings import AlertMatch
from feeds.kinds import KINDS
from feeds.kinds.source import FEEDS
from feeds.model import Alert, Kind
from feeds.regions import covers

__all__ = ["FEEDS", "concerns", "feed_of", "kind_of"]


def kind_of(alert: Alert, subject: Subject | None) -> str:
    """An asset's kind ("" when it is not known); for any other subject the kind of subject."""
    if alert.subject_kind != Kind.ASSET:
        return alert.subject_kind
    return subject.asset.kind if subject is not None and subject.asset is not None else ""


def feed_of(alert: Alert, subject: Subject | None) -> str:
    """The feed that an alert belongs to, as its kind of subject decides; "network" for a kind that is not known."""
    kind = KINDS.subjects.get(alert.subject_kind)
    return kind.feed(subject) if kind is not None else FEEDS[0]


def concerns(wish: AlertMatch, alert: Alert, subject: Subject | None) -> bool:
    """Whether an alert is one of those that are meant."""
    return (
        alert.severity in wish.severities
        and (not wish.regions or any(covers(region, alert.region) for region in wish.regions))
        and (not wish.kinds or kind_of(alert, subject) in wish.kinds)
        and (not wish.feeds or feed_of(alert, subject) in wish.feeds)
    )
