"""Escalation policies: those of the settings file, and the document of those made in the system."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.documents.alert_match import AlertMatch


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettings:
    """`[[escalation.step]]`: whom to notify when nobody acknowledges the alert within `after` seconds, and how.

    `who`: "duty", "leader", "person:ID", "receiver:ID". `channels`: ids of receivers that reach persons. `repeat`
    (seconds, not under 10 min) notifies them again, `times` times, until the next step.
    """

    after: float = 0.0
    who: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    repeat: float | None = None
    times: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationSettings(AlertMatch):
    """`[[escalation]]`: steps over the duty roster. The first policy that matches an alert is used."""

    id: str
    steps: tuple[StepSettings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyList:
    """The content of the document: policies in the order in which they are tried."""

    items: tuple[EscalationSettings, ...] = ()
