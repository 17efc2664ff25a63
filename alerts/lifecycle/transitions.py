"""An alert's life: every transition by name, as pure functions of the alert, an event and the time.

Sources: ISA-18.2-2016 / IEC 62682 (the states A to G), OPC UA Part 9 (orthogonal dimensions).
An alert is open while it is active or unacknowledged. One that cleared unacknowledged stays open
(RTNUN) and, raised again, is the same alert; after closing, the next raise is another alert.

Transitions: raise · reraise · clear · removed · severity_up · severity_down · ack · unack · ack_expired ·
ack_ended_by_worsening · stale · fresh · comment · clock_set, and those of `alerts.lifecycle.suppression_reasons`.
Closing is no step of its own: it is what `clear` of an acknowledged alert, or `ack` of a cleared one, leaves behind.
`removed` ends an alert whose asset, source or rule was taken away: nobody knows whether the fault is over.
One that was hidden all its life is closed by `clear` itself, with an `ack` by nobody ("").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from alerts.lifecycle import suppression_reasons
from alerts.lifecycle.clock_set import ClockSet, clock_changes
from alerts.lifecycle.step import NotAllowed
from alerts.lifecycle.step import step as _step
from feeds.clock import spoken
from feeds.documents.alert import alert_of
from feeds.kinds import KINDS
from feeds.model import Ack, Alert, Hold, Quality, Severity, Transition
from feeds.model.isa_state import isa_state

__all__ = ["Identity", "NotAllowed", "apply", "isa_state", "replay"]

RECOVERED = "recovered"
SUBJECT_GONE = "subject_gone"
RULE_REMOVED = "rule_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What makes two alerts the same one: value and severity stay out of it."""

    rule: str
    subject_kind: str
    subject: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the identity alone, the first 16 hex digits."""
        text = json.dumps([self.rule, self.subject_kind, self.subject, sorted(self.labels.items())])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """The condition has held for long enough. `id` is used only when a new alert begins.

    `raised_at` is earlier than the step when another tool has known longer. `suppressed_by` hides it from birth.
    `asset` is the subject that the tool's own word stands for, when that is another.
    """

    id: str
    identity: Identity
    severity: Severity
    region: str = ""
    quality: Quality = Quality.GOOD
    title: dict[str, str] = field(default_factory=dict)
    text: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    evidence: str = ""
    raised_at: float | None = None
    suppressed_by: tuple[str, ...] = ()
    hold: Hold | None = None
    affected: dict[str, int] = field(default_factory=dict)
    asset: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """The condition has not held for long enough, or cannot hold any more; `evidence` says why."""

    evidence: str = RECOVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrade:
    """The same alert at another severity."""

    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Somebody takes it. `until` ends the acknowledgement together with its comment."""

    actor: str
    comment: str = ""
    until: float | None = None
    estimated_restoration: float | None = None
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledge:
    """The undo of an acknowledgement."""

    actor: str
    comment: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment; it changes nothing but the record."""

    actor: str
    comment: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class AckExpired:
    """The acknowledgement's `until` has come."""


@dataclass(frozen=True, slots=True)
class WentStale:
    """What the condition is judged by is missing or old. No data is never a recovery."""


@dataclass(frozen=True, slots=True)
class WentFresh:
    """The condition can be judged again."""


Event = (
    Raise
    | Clear
    | Regrade
    | Acknowledge
    | Unacknowledge
    | Remark
    | AckExpired
    | WentStale
    | WentFresh
    | ClockSet
    | suppression_reasons.HidingEvent
)


def apply(alert: Alert | None, event: Event, now: float) -> tuple[Alert, Transition]:
    """The alert after the event and the named step between; NotAllowed when the event does not fit.

    `alert` None means that none is open for this identity. `now` is in epoch seconds.
    """
    if isinstance(event, Raise):
        return _raise(alert, event, now)
    if alert is None:
        raise NotAllowed("no_alert")
    if isinstance(event, Remark):
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
        case Clear() | Regrade() | WentStale() | WentFresh():
            return _while_active(alert, event, now)
    return suppression_reasons.apply(alert, event, now)


def _while_active(alert: Alert, event: Clear | Regrade | WentStale | WentFresh, now: float) -> tuple[Alert, Transition]:
    if not alert.active:
        raise NotAllowed("not_active")
    match event:
        case Clear():
            return _end(alert, event, now)
        case Regrade():
            return _regrade(alert, event, now)
        case WentStale():
            return _staleness(alert, "stale", now)
        case WentFresh():
            return _staleness(alert, "fresh", now)


def _end(alert: Alert, event: Clear, now: float) -> tuple[Alert, Transition]:
    """End by recovery, or by removal of what it was about. A warning that has left the registry is over."""
    removals = [subject.gone for subject in KINDS.subjects.values() if subject.removed]
    removed = event.evidence in (RULE_REMOVED, *removals)
    after = _cleared(alert, now) | ({"removed": True} if removed else {})
    return _step(alert, "removed" if removed else "clear", now, after, text=event.evidence)


def _cleared(alert: Alert, now: float) -> dict[str, Any]:
    """What was hidden all its life leaves nothing to acknowledge; a shelf and flapping go on beyond the clearing."""
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


def _raise(alert: Alert | None, event: Raise, now: float) -> tuple[Alert, Transition]:
    if alert is not None and alert.open:
        if alert.active:
            raise NotAllowed("active")
        after = {
            "active": True,
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
    identity = event.identity
    new = Alert(
        id=event.id,
        fingerprint=identity.fingerprint,
        rule=identity.rule,
        asset=event.asset or identity.subject,
        subject_kind=identity.subject_kind,
        region=event.region,
        severity=event.severity,
        active=True,
        raised_at=min(event.raised_at or now, now),
        since=now,
        quality=event.quality,
        suppressed_by=event.suppressed_by,
        hold=event.hold,
        unseen=bool(event.suppressed_by),
        affected=event.affected,
        # In the journal's order: bytes that Redis holds are then those that a later start makes of the same alert.
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
    words = {"actor": event.actor, "comment": event.comment, "command": event.command}
    return _step(alert, "ack", now, {"ack": ack}, **words)


def _unacknowledge(alert: Alert, event: Unacknowledge, now: float) -> tuple[Alert, Transition]:
    if alert.ack is None:
        raise NotAllowed("not_acked")
    words = {"actor": event.actor, "comment": event.comment, "command": event.command}
    return _step(alert, "unack", now, {"ack": None}, **words)


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
