"""What is told to whom, and why: from a step of an alert's life to messages, without I/O.

Reasons: "first" (raised), "again" (raised again while open), "worse" (severity up), "cleared".
Who was told of the firing is told of the clearing, whatever the settings say by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.board import Step
from alerts.settings import ReceiverSettings
from feeds.mirror import alert_record

BODY_VERSION = 1
REASONS = {
    "raise": "first", "reraise": "again", "severity_up": "worse", "ack_ended_by_worsening": "worse", "clear": "cleared",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one receiver. `key` stays the same however often it is sent."""

    key: str
    receiver: str
    subject: str
    at: float
    body: dict[str, Any]


def receivers_of(step: Step, receivers: Iterable[ReceiverSettings], told: Iterable[str]) -> list[str]:
    """The ids of those who are told of a step; `told` are those who know that the alert fires."""
    reason = REASONS.get(step.transition.name)
    if reason is None:
        return []
    known = set(told)
    if reason == "cleared":
        return [one.id for one in receivers if one.id in known]
    return [one.id for one in receivers if one.id in known or step.alert.severity in one.severities]


def notices(step: Step, to: Sequence[str], site: str) -> list[Notice]:
    """The messages of one step; see alerts.webhook for the body."""
    alert, transition = step.alert, step.transition
    made = []
    for receiver in to:
        key = f"{alert.id}:{transition.seq}:{receiver}"
        body = {
            "version": BODY_VERSION, "key": key, "reason": REASONS[transition.name], "site": site,
            "alert": alert_record(alert), "asset": step.subject.summary() if step.subject is not None else None,
        }
        made.append(Notice(key=key, receiver=receiver, subject=alert.id, at=transition.at, body=body))
    return made
