"""What is told to whom, and why: from a step of an alert's life to messages, without I/O.

Reasons: "first" (raised, or shown for the first time), "again" (raised or shown again), "worse"
(severity up), "flapping" (it changes too often to be told each time), "cleared".

What is hidden is told to nobody. Who was told of the firing is told of the clearing, whatever
hides it by then and whatever the settings say; for one that flaps, when that ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.hiding import FLAPPING
from alerts.registry import Step
from alerts.settings import ReceiverSettings
from feeds.mirror import alert_record

BODY_VERSION = 1
WORSE = frozenset(("severity_up", "ack_ended_by_worsening"))
SHOWN = frozenset(
    ("raise", "reraise", "unshelve", "shelf_ended", "unsilence", "maintenance_end", "uninhibit", "flapping_end",
     "release")
)  # fmt: skip


@dataclass(slots=True)
class Told:
    """The receivers that ever heard of an alert, and those whose last word is that it fires."""

    ever: set[str] = field(default_factory=set)
    firing: set[str] = field(default_factory=set)

    def dump(self) -> dict[str, list[str]]:
        return {"told": sorted(self.ever), "firing": sorted(self.firing)}

    @classmethod
    def load(cls, body: Mapping[str, Any]) -> Told:
        """From the alert's document; one that says nothing of it was told while it stood."""
        ever = set(body.get("told", ()))
        return cls(ever, set(body.get("firing", ever if body.get("active") else ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one receiver. `key` stays the same however often it is sent."""

    key: str
    receiver: str
    subject: str
    at: float
    body: dict[str, Any]


def due(step: Step, receivers: Iterable[ReceiverSettings], told: Told) -> dict[str, str]:
    """Receivers that are told of a step, each with the reason; `told` is brought up to date."""
    alert, name, known = step.alert, step.transition.name, list(receivers)
    concerned = [one.id for one in known if one.id in told.ever or alert.severity in one.severities]
    said: dict[str, str] = {}
    if name == "flapping_start":
        said = dict.fromkeys(concerned, "flapping") if alert.suppressed_by == (FLAPPING,) else {}
    elif not alert.active:
        if not (alert.open and FLAPPING in alert.suppressed_by):
            said = {one.id: "cleared" for one in known if one.id in told.firing}
    elif alert.suppressed_by:
        return {}
    elif name in WORSE:
        said = dict.fromkeys(concerned, "worse")
    elif name in SHOWN:
        new = [id for id in concerned if id not in told.firing]
        said = {id: "again" if name == "reraise" or id in told.ever else "first" for id in new}
    told.ever |= said.keys()
    told.firing = told.firing | said.keys() if alert.active else told.firing - said.keys()
    return said


def notices(step: Step, said: Mapping[str, str], site: str) -> Sequence[Notice]:
    """The messages of one step; see alerts.webhook for the body."""
    alert, transition = step.alert, step.transition
    made = []
    for receiver, reason in said.items():
        key = f"{alert.id}:{transition.seq}:{receiver}"
        body = {
            "version": BODY_VERSION, "key": key, "reason": reason, "site": site,
            "alert": alert_record(alert), "asset": step.subject.summary() if step.subject is not None else None,
        }
        made.append(Notice(key=key, receiver=receiver, subject=alert.id, at=transition.at, body=body))
    return made
