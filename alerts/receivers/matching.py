"""Which alerts concern a receiver or an escalation policy: by severity, region, feed and kind of thing."""

from __future__ import annotations

from alerts.rules.subjects import Subject
from alerts.settings import Concern
from feeds.model import Alert
from feeds.regions import covers

FEEDS = ("network", "video", "approvals", "emergency")
_VIDEO = frozenset(("camera", "nvr", "platform"))
_OF_SUBJECT = {"warning": "emergency", "case": "approvals"}


def kind_of(alert: Alert, subject: Subject | None) -> str:
    """An asset's kind; for what is no asset the kind of subject: "source", "warning", "region"; "" when not known."""
    if alert.subject_kind != "asset":
        return alert.subject_kind
    return subject.asset.kind if subject is not None and subject.asset is not None else ""


def feed_of(alert: Alert, subject: Subject | None) -> str:
    """The feed that an alert belongs to; a source's by its kind ("emergency.cap"), an asset's by what it is."""
    if alert.subject_kind == "source":
        kind = subject.source.kind if subject is not None and subject.source is not None else ""
        feed = kind.partition(".")[0]
        return feed if feed in FEEDS else "network"
    if alert.subject_kind in _OF_SUBJECT:
        return _OF_SUBJECT[alert.subject_kind]
    return "video" if kind_of(alert, subject) in _VIDEO else "network"


def concerns(wish: Concern, alert: Alert, subject: Subject | None) -> bool:
    """Whether an alert is one of those that are meant."""
    return (
        alert.severity in wish.severities
        and (not wish.regions or any(covers(region, alert.region) for region in wish.regions))
        and (not wish.kinds or kind_of(alert, subject) in wish.kinds)
        and (not wish.feeds or feed_of(alert, subject) in wish.feeds)
    )
