"""Events of an alert's state machine (see alerts.lifecycle.transitions), and the identity of an alert."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.lifecycle import suppression_reasons
from alerts.lifecycle.clock_set import ClockSet
from feeds.model import Hold, Quality, Severity

RECOVERED = "recovered"
RULE_REMOVED = "rule_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertIdentity:
    """The identity of an alert. Value and severity are not part of it."""

    rule: str
    subject_kind: str
    subject: str
    labels: Mapping[str, str] = field(default_factory=dict)
    member: str = ""

    @property
    def fingerprint(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 over the identity."""
        member = [self.member] if self.member else []
        text = json.dumps([self.rule, self.subject_kind, self.subject, sorted(self.labels.items()), *member])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """The condition has held for its on-delay. `id` is used only for a new alert.

    `raised_at` (epoch seconds) may be earlier than the step, as reported by another tool. `suppressed_by` are the
    reasons that suppress the alert from the start. `asset` is the asset's id when the other tool uses another name.
    `repeats` are the messages that repeated the one that raised it.
    """

    id: str
    identity: AlertIdentity
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
    repeats: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """The condition has not held for its off-delay, or cannot hold any more. `evidence` says why."""

    evidence: str = RECOVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """So many more messages have reported the active alert."""

    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrade:
    """Change the severity of an active alert."""

    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Acknowledge the alert. At `until` (epoch seconds) the acknowledgement ends together with its comment."""

    actor: str
    comment: str = ""
    until: float | None = None
    estimated_restoration: float | None = None
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledge:
    """Undo an acknowledgement."""

    actor: str
    comment: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment:
    """Add a comment to the history. The state does not change."""

    actor: str
    comment: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class AckExpired:
    """The acknowledgement has reached its `until`."""


@dataclass(frozen=True, slots=True)
class WentStale:
    """The inputs of the condition are missing or stale. Missing data is never a recovery."""


@dataclass(frozen=True, slots=True)
class WentFresh:
    """The inputs of the condition are fresh again."""


Event = (
    Raise
    | Clear
    | Regrade
    | Repeat
    | Acknowledge
    | Unacknowledge
    | AddComment
    | AckExpired
    | WentStale
    | WentFresh
    | ClockSet
    | suppression_reasons.HidingEvent
)
