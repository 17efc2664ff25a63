"""The alert state machine: every transition by name, as pure functions of the alert, an event and the time.

Sources: ISA-18.2-2016 / IEC 62682 (the states A to G), OPC UA Part 9 (orthogonal dimensions).
An alert is open while it is active or unacknowledged. One that cleared unacknowledged stays open
(RTNUN) and, raised again, is another occurrence of the same alert; after closing, the next raise is another alert.

Transitions: raise · reraise · repeated · clear · removed · severity_up · severity_down · ack · unack · ack_expired ·
ack_ended_by_worsening · stale · fresh · comment · clock_set, and those of `alerts.lifecycle.suppression_reasons`.
Closing is not a transition of its own: `clear` of an acknowledged alert and `ack` of a cleared one close it.
`removed` ends an alert whose asset, source or rule was removed, whether or not the fault is over.
An alert that was suppressed all the time is closed by `clear`, with an `ack` by nobody ("").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from alerts.lifecycle import suppression_reasons
from alerts.lifecycle.clock_set import ClockSet, clock_changes
from alerts.lifecycle.events import (
    RECOVERED,
    RULE_REMOVED,
    AckExpired,
    Acknowledge,
    AddComment,
    AlertIdentity,
    Clear,
    Event,
    Raise,
    Regrade,
    Repeat,
    Unacknowledge,
    WentFresh,
    WentStale,
)
from alerts.lifecycle.step import NotAllowed
from alerts.lifecycle.step import step as _step
from feeds.clock import spoken
from feeds.documents.alert import alert_of
from feeds.kinds import KINDS
from feeds.model import Ack, Alert, Transition
from feeds.model.isa_state import isa_state

__all__ = [
    "RECOVERED",
    "RULE_REMOVED",
    "AckExpired",
    "Acknowledge",
    "AddComment",
    "AlertIdentity",
    "Clear",
    "Event",
    "NotAllowed",
    "Raise",
    "Regrade",
    "Repeat",
    "Unacknowledge",
    "WentFresh",
    "WentStale",
    "apply",
    "isa_state",
    "replay",
]


def apply(alert: Alert | None, event: Event, now: float) -> tuple[Alert, Transition]:
    """The alert after the event, and the named transition; NotAllowed when the event does not fit.

    `alert` is None when no alert is open for the identity. `now` is in epoch seconds.
    """
    if isinstance(event, Raise):
        return _raise(alert, event, now)
    if alert is None:
        raise NotAllowed("no_alert")
    if isinstance(event, AddComment):
        return _step(alert, "comment", now, {}, actor=event.actor, comment=event.comment, command=event.command)
    if not alert.open:
        raise NotAllowed("closed")
    match event:
        case Acknowledge():
            return _acknowledge(alert, event, now)
        case Unacknowledge():
            return _unacknowledge(alert, event, now)
        case AckExpired():
            return _ack_expired(alert, now)
        case ClockSet():
            return _step(alert, "clock_set", now, clock_changes(alert, event.by, now), text=spoken(event.by))
        case Clear() | Regrade() | Repeat() | WentStale() | WentFresh():
            return _while_active(alert, event, now)
    return suppression_reasons.apply(alert, event, now)


def _while_active(
    alert: Alert, event: Clear | Regrade | Repeat | WentStale | WentFresh, now: float
) -> tuple[Alert, Transition]:
    if not alert.active:
        raise NotAllowed("not_active")
    match event:
        case Clear():
            return _end(alert, event, now)
        case Regrade():
            return _regrade(alert, event, now)
        case Repeat():
            return _step(alert, "repeated", now, {"count": alert.count + event.times})
        case WentStale():
            return _staleness(alert, "stale", now)
        case WentFresh():
            return _staleness(alert, "fresh", now)


def _end(alert: Alert, event: Clear, now: float) -> tuple[Alert, Transition]:
    """End the alert by recovery, or by the removal of its rule or subject. A warning that left its registry is over."""
    removals = [subject.gone for subject in KINDS.subjects.values() if subject.removed]
    removed = event.evidence in (RULE_REMOVED, *removals)
    after = _cleared(alert, now) | ({"removed": True} if removed else {})
    return _step(alert, "removed" if removed else "clear", now, after, text=event.evidence)


def _cleared(alert: Alert, now: float) -> dict[str, Any]:
    """The changes of clearing. An alert that was never seen needs no acknowledgement, unless shelved or flapping."""
    after: dict[str, Any] = {"active": False, "cleared_at": now, "since": now, "stale_since": None}
    lasting = alert.shelf is not None or suppression_reasons.FLAPPING in alert.suppressed_by
    if alert.unseen and alert.ack is None and not lasting:
        after["ack"] = Ack(by="", at=now)
    return after


def replay(bodies: Iterable[Mapping[str, Any]]) -> Alert:
    """The alert rebuilt from its journal entries' bodies `{seq, before, after, text}`, oldest first."""
    record: dict[str, Any] = {}
    for body in bodies:
        record |= dict(body["after"]) | {"rev": body["seq"]}
    return alert_of(record)


def _reraise(alert: Alert, event: Raise, now: float) -> tuple[Alert, Transition]:
    """Another occurrence of an open alert."""
    if alert.active:
        raise NotAllowed("active")
    began = max(alert.cleared_at or 0.0, min(event.raised_at or now, now))
    after = {
        "active": True,
        "raised_at": began,
        "count": alert.count + 1 + event.repeats,
        "cleared_at": None,
        "removed": False,
        "since": now,
        "severity": event.severity,
        "quality": event.quality,
        "text": event.text,
        "suppressed_by": event.suppressed_by,
        "hold": event.hold,
        "affected": event.affected,
        "ack": None,  # an acknowledgement ended with the recovery, also on the shelf
    }
    return _step(alert, "reraise", now, after, text=event.evidence)


def _raise(alert: Alert | None, event: Raise, now: float) -> tuple[Alert, Transition]:
    if alert is not None and alert.open:
        return _reraise(alert, event, now)
    identity = event.identity
    new = Alert(
        id=event.id,
        fingerprint=identity.fingerprint,
        rule=identity.rule,
        asset=event.asset or identity.subject,
        subject_kind=identity.subject_kind,
        member=identity.member,
        region=event.region,
        severity=event.severity,
        active=True,
        raised_at=min(event.raised_at or now, now),
        changed_at=now,
        count=1 + event.repeats,
        since=now,
        quality=event.quality,
        suppressed_by=event.suppressed_by,
        hold=event.hold,
        unseen=bool(event.suppressed_by),
        affected=event.affected,
        # Sorted as the journal sorts them: after a restart the alert has the same bytes in Redis.
        title=dict(sorted(event.title.items())),
        labels=dict(sorted(event.labels.items())),
        text=event.text,
        url=event.url,
        rev=1,
    )
    fields: dict[str, Any] = msgspec.to_builtins(new)
    del fields["rev"]
    return new, Transition(seq=1, name="raise", at=now, text=event.evidence, after=fields)


def _acknowledge(alert: Alert, event: Acknowledge, now: float) -> tuple[Alert, Transition]:
    if event.until is not None and event.until <= now:
        raise NotAllowed("until_past")
    ack = Ack(
        by=event.actor,
        at=now,
        comment=event.comment,
        until=event.until,
        estimated_restoration=event.estimated_restoration,
    )
    attribution = {"actor": event.actor, "comment": event.comment, "command": event.command}
    return _step(alert, "ack", now, {"ack": ack}, **attribution)


def _unacknowledge(alert: Alert, event: Unacknowledge, now: float) -> tuple[Alert, Transition]:
    if alert.ack is None:
        raise NotAllowed("not_acked")
    attribution = {"actor": event.actor, "comment": event.comment, "command": event.command}
    return _step(alert, "unack", now, {"ack": None}, **attribution)


def _ack_expired(alert: Alert, now: float) -> tuple[Alert, Transition]:
    if alert.ack is None or alert.ack.until is None or alert.ack.until > now:
        raise NotAllowed("not_expired")
    return _step(alert, "ack_expired", now, {"ack": None})


def _regrade(alert: Alert, event: Regrade, now: float) -> tuple[Alert, Transition]:
    if event.severity is alert.severity:
        raise NotAllowed("same_severity")
    if event.severity.rank > alert.severity.rank:
        return _step(alert, "severity_down", now, {"severity": event.severity})
    if alert.ack is None:
        return _step(alert, "severity_up", now, {"severity": event.severity})
    return _step(alert, "ack_ended_by_worsening", now, {"severity": event.severity, "ack": None})


def _staleness(alert: Alert, name: str, now: float) -> tuple[Alert, Transition]:
    if (alert.stale_since is None) != (name == "stale"):
        raise NotAllowed(f"already_{name}")
    return _step(alert, name, now, {"stale_since": now if name == "stale" else None})
