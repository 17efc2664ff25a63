"""The notifier: the recipients of every open alert, and the messages that follow from its steps and escalation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.lifecycle.open_alerts import AlertStep
from alerts.notify.contacts import Contact, contact_of, contacts, renewed
from alerts.notify.escalation import MOST, PROMISE, REPEAT, Escalations, Find, Fired
from alerts.notify.notifications import Recipients, due, message_of, messages_of
from alerts.oncall.directory import People
from alerts.receivers.catalogue import by_id
from alerts.rules.subjects import Subject
from feeds.documents.alert import AlertDocument, Bookkeeping, ToolState
from feeds.documents.escalations import StepSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.duty.roster import zone
from feeds.engine.requests import AppendEntry, QueueMessage
from feeds.model import Alert

REASONS = {REPEAT: "repeat", PROMISE: "promise"}
NOBODY = "nobody"
ACKED = "acknowledged"
SubjectOf = Callable[[Alert], Subject | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """The result of an escalation step: its journal entry and its messages."""

    fired: Fired
    name: str
    at: float
    notified: list[dict[str, str]]
    messages_of: list[QueueMessage]

    def entry(self) -> AppendEntry:
        """The step's journal entry."""
        fired = self.fired
        body = {"policy": fired.policy, "run": fired.number, "step": fired.step, "told": self.notified}
        return AppendEntry(kind="escalation", name=self.name, subject=fired.alert.id, at=self.at, body=body)


class Notifier:
    """Make the messages of alerts. `site` is the site's name, `zone_name` its IANA time zone."""

    def __init__(self, people: People, site: str, zone_name: str) -> None:
        self._people, self._site, self._zone = people, site, zone(zone_name)
        self._recipients: dict[str, Recipients] = {}
        self._contacts_of: dict[tuple[int, str, str], list[Contact]] = {}
        self.escalations = Escalations()

    def start(self) -> None:
        """Forget all alerts; `load` follows."""
        self._recipients.clear()
        self.escalations = Escalations()
        self.escalations.policies = tuple(self._people.policies)

    def load(self, documents: Iterable[AlertDocument]) -> None:
        """Begin with these open alerts of the journal, perhaps in several parts."""
        for document in documents:
            if (recipients := Recipients.load(document)) is not None:
                self._recipients[document.alert.id] = recipients
            if document.beside.run is not None or document.alert.ack is not None:
                self.escalations.load(document.alert, document.beside.run)

    def bookkeeping(self, id: str, foreign: ToolState | None) -> Bookkeeping:
        """The recipients and the escalation run for an alert's document. `foreign` is another tool's state of it."""
        run = self.escalations.run_of(id)
        recipients = self._recipients.get(id)
        if recipients is None:
            return Bookkeeping(run=run, foreign=foreign)
        return Bookkeeping(
            notified=tuple(sorted(recipients.ever)),
            firing=tuple(sorted(recipients.firing)),
            cancelled=tuple(sorted(recipients.cancelled)),
            people=recipients.people,
            run=run,
            foreign=foreign,
        )

    def drop(self, id: str) -> None:
        """The alert is closed."""
        self._recipients.pop(id, None)
        self.escalations.drop(id)

    def messages_for(self, step: AlertStep) -> list[QueueMessage]:
        """The messages of one step of an alert."""
        recipients = self._recipients.setdefault(step.alert.id, Recipients())
        reasons = due(step, self._people.receivers, recipients)
        if any("/" in target for target in reasons):
            receivers = by_id(self._people.receivers)
            for target in reasons:
                if "/" in target:
                    contact = contact_of(target, recipients.people.get(target))
                    recipients.people[target] = renewed(contact, self._people.roster, receivers).to()
        return list(messages_of(step, reasons, self._site, recipients))

    @staticmethod
    def withdraws_messages(step: AlertStep) -> bool:
        """True when a step cancels queued messages: the alert was acknowledged."""
        return step.transition.name == "ack" and step.alert.active

    def cancelled(self, id: str, bodies: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Note that these messages (receiver, body) of an alert were taken out of the queue."""
        targets = [_target(receiver, body) for receiver, body in bodies]
        self._recipients.setdefault(id, Recipients()).cancel(targets)

    def update_escalation(self, alert: Alert, subject: Subject | None, at: float) -> None:
        """Begin, continue or stop the escalation of an alert from its newest form."""
        self.escalations.note(alert, subject, at)

    def escalate(self, now: float, find: Find) -> list[Escalated]:
        """The escalation steps and broken promises that are due, with their messages."""
        escalated: list[Escalated] = []
        receivers, cache = by_id(self._people.receivers), self._contacts_of
        cache.clear()
        while len(escalated) < MOST and (fired := self.escalations.fire(now, find, MOST - len(escalated))):
            escalated += [self._escalated(step, receivers, now) for step in fired]
        return escalated

    def _reached(
        self, step: StepSettings, fired: Fired, receivers: Mapping[str, ReceiverSettings], now: float
    ) -> list[Contact]:
        """The contacts of a step, computed once for all alerts of a region, head and moment."""
        region, head = fired.alert.region, fired.subject.head if fired.subject is not None else ""
        key = (id(step), region, head)
        if key not in self._contacts_of:
            roster = self._people.roster
            self._contacts_of[key] = contacts(step, region, roster, receivers, now, self._zone, head=head)
        return self._contacts_of[key]

    def _escalated(self, fired: Fired, receivers: Mapping[str, ReceiverSettings], now: float) -> Escalated:
        reached: dict[str, Contact] = {}
        for step in fired.steps:
            for contact in self._reached(step, fired, receivers, now):
                reached.setdefault(contact.target, contact)
        recipients = self._recipients.setdefault(fired.alert.id, Recipients())
        if fired.name == PROMISE and not reached:  # no policy, or nobody on duty: those who know of the alert
            reached = {
                target: contact_of(target, recipients.people.get(target)) for target in sorted(recipients.firing)
            }
        if reached:
            self.escalations.reached_somebody(fired)
        else:
            self.escalations.reached_nobody(fired, now)
        messages = []
        for contact in reached.values():
            recipients.tell(contact)
            key = f"{fired.alert.id}:{fired.part}:{contact.person or '-'}:{contact.receiver}"
            reason = REASONS.get(fired.name, "escalation")
            messages.append(
                message_of(
                    key,
                    reason,
                    fired.alert,
                    fired.subject,
                    contact,
                    now,
                    self._site,
                    policy=fired.policy,
                    step=fired.step,
                )
            )
        who = [{"person": contact.person, "receiver": contact.receiver} for contact in reached.values()]
        return Escalated(
            fired=fired, name=fired.name if reached else NOBODY, at=now, notified=who, messages_of=messages
        )

    def changed(self, alerts: Iterable[Alert], subject_of: SubjectOf, at: float) -> None:
        """Use the present policies from now on."""
        self.escalations.set_policies(self._people.policies, alerts, subject_of, at)


def _target(receiver: str, body: Mapping[str, Any]) -> str:
    person = (body.get("to") or {}).get("person", "")
    return f"{receiver}/{person}" if person else receiver
