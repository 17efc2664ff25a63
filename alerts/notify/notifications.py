"""Notifications: from a step of an alert to messages and their recipients, without I/O.

Reasons: "first" (raised or visible for the first time), "again" (raised or visible again, or unacknowledged
again), "worse" (severity up), "flapping" (changes too often to notify each time), "cleared", "removed"
(its asset, source or rule was removed). Reasons of an escalation: "escalation", "repeat", "promise" (a promised repair
time has passed).

Suppressed alerts notify nobody. Recipients who were notified of the firing are notified of the clearing, whatever
suppresses the alert by then and whatever the settings say. For a flapping alert that waits until the flapping ends.

A recipient is a receiver ("desk") or one person over it ("sms/zhang").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.lifecycle.open_alerts import AlertStep
from alerts.lifecycle.suppression_reasons import FLAPPING
from alerts.notify.contacts import Contact, contact_of
from alerts.notify.priority import is_urgent, person_of
from alerts.receivers.catalogue import is_direct
from alerts.receivers.matching import matches
from alerts.rules.subjects import Subject
from feeds.documents.alert import AlertDocument
from feeds.documents.receivers import ReceiverSettings
from feeds.engine.requests import QueueMessage
from feeds.live.mirror import alert_record
from feeds.model import Alert

BODY_VERSION = 1
WORSE = frozenset(("severity_up", "ack_ended_by_worsening"))
RESUMED = frozenset(("unack", "ack_expired"))
SHOWN = frozenset(
    (
        "raise",
        "reraise",
        "unshelve",
        "shelf_ended",
        "unsilence",
        "maintenance_end",
        "uninhibit",
        "flapping_end",
        "release",
    )
)


@dataclass(slots=True)
class Recipients:
    """The recipients of an alert's messages.

    `ever`: notified at any time. `firing`: the last message said that it fires. `cancelled`: that message was taken out
    of the queue, presumably before it was sent. `people`: the address by which each person was notified.
    """

    ever: set[str] = field(default_factory=set)
    firing: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    people: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, document: AlertDocument) -> Recipients | None:
        """From the alert's document, None when nobody ever heard of it.

        A document that says nothing of `firing` is from before there was that: it was told while it stood.
        """
        beside = document.beside
        if not (beside.notified or beside.firing or beside.cancelled or beside.people):
            return None
        firing = beside.firing if beside.firing is not None else beside.notified if document.alert.active else ()
        return cls(set(beside.notified), set(firing), set(beside.cancelled), beside.people)

    def tell(self, contact: Contact) -> None:
        """Note that a contact is notified of the firing."""
        self.ever.add(contact.target)
        self.firing.add(contact.target)
        self.cancelled.discard(contact.target)
        if contact.person:
            self.people[contact.target] = contact.to()

    def cancel(self, targets: Iterable[str]) -> None:
        """Note that queued messages are cancelled. One may be under way, so these recipients get the clearing."""
        gone = self.firing.intersection(targets)
        self.firing -= gone
        self.cancelled |= gone


def due(step: AlertStep, receivers: Iterable[ReceiverSettings], recipients: Recipients) -> dict[str, str]:
    """The recipients of a step with their reasons. `recipients` is updated."""
    alert, name = step.alert, step.transition.name
    reasons: dict[str, str] = {}
    if not alert.active:
        if not (alert.open and FLAPPING in alert.suppressed_by):
            reasons = dict.fromkeys(
                sorted(recipients.firing | recipients.cancelled), "removed" if alert.removed else "cleared"
            )
    elif name == "flapping_start":
        if alert.suppressed_by == (FLAPPING,):
            reasons = dict.fromkeys(_concerned(step, receivers, recipients), "flapping")
    elif not alert.suppressed_by:
        reasons = _visible_reasons(step, receivers, recipients)
    recipients.ever |= reasons.keys()
    recipients.firing = recipients.firing | reasons.keys() if alert.active else recipients.firing - reasons.keys()
    recipients.cancelled -= reasons.keys()
    return reasons


def _visible_reasons(step: AlertStep, receivers: Iterable[ReceiverSettings], recipients: Recipients) -> dict[str, str]:
    """The recipients and reasons for an active alert that is not suppressed."""
    name = step.transition.name
    if name in WORSE:
        return dict.fromkeys(_concerned(step, receivers, recipients), "worse")
    if name in RESUMED and step.alert.ack is None:
        return {id: "again" for id in _concerned(step, receivers, recipients) if id in recipients.cancelled}
    if name not in SHOWN:
        return {}
    new = [id for id in _concerned(step, receivers, recipients) if id not in recipients.firing]
    return {id: "again" if name == "reraise" or id in recipients.ever else "first" for id in new}


def _concerned(step: AlertStep, receivers: Iterable[ReceiverSettings], recipients: Recipients) -> list[str]:
    return [
        receiver.id
        for receiver in receivers
        if is_direct(receiver) and (receiver.id in recipients.ever or matches(receiver, step.alert, step.subject))
    ]


def messages_of(
    step: AlertStep, reasons: Mapping[str, str], site: str, recipients: Recipients | None = None
) -> Sequence[QueueMessage]:
    """The messages of one step; see alerts.receivers.webhook for the body."""
    alert, transition = step.alert, step.transition
    people = recipients.people if recipients is not None else {}
    messages = []
    for target, reason in reasons.items():
        contact = contact_of(target, people.get(target))
        key = f"{alert.id}:{transition.seq}:{target}"
        messages.append(message_of(key, reason, alert, step.subject, contact, transition.at, site))
    return messages


def message_of(
    key: str, reason: str, alert: Alert, subject: Subject | None, contact: Contact, at: float, site: str, **more: Any
) -> QueueMessage:
    """One message."""
    titles = subject.titles if subject is not None else {}
    about = {"kind": alert.subject_kind, "id": alert.asset, "title": titles}
    body = {
        "version": BODY_VERSION,
        "key": key,
        "reason": reason,
        "site": site,
        "alert": alert_record(alert),
        "asset": subject.summary() if subject is not None else None,
        "about": about,
        **more,
    }
    if contact.person or contact.name:
        body["to"] = contact.to()
    return QueueMessage(
        key=key,
        receiver=contact.receiver,
        subject=alert.id,
        at=at,
        body=body,
        urgent=is_urgent(body),
        person=person_of(body),
    )
