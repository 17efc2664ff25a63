"""Tells people: keeps who was told what of every open alert, and makes the messages that follow from what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.lifecycle.open_alerts import AlertStep
from alerts.notify.contacts import Contact, contacts, of_memory, renewed
from alerts.notify.escalation import MOST, PROMISE, REPEAT, Escalations, Find, Fired
from alerts.notify.notifications import Recipients, due, notice, notices
from alerts.oncall.directory import People
from alerts.receivers.catalogue import by_id
from alerts.rules.subjects import Subject
from alerts.settings import ReceiverSettings, StepSettings
from feeds.documents.alert import AlertDocument, Bookkeeping, ToolState
from feeds.duty.roster import zone
from feeds.engine.requests import AppendEntry, QueueMessage
from feeds.model import Alert

REASONS = {REPEAT: "repeat", PROMISE: "promise"}
NOBODY = "nobody"
ACKED = "acknowledged"
SubjectOf = Callable[[Alert], Subject | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """What an escalation came to: its entry in the log and its messages."""

    fired: Fired
    name: str
    at: float
    told: list[dict[str, str]]
    notices: list[QueueMessage]

    def entry(self) -> AppendEntry:
        """Its entry in the log."""
        fired = self.fired
        body = {"policy": fired.policy, "run": fired.number, "step": fired.step, "told": self.told}
        return AppendEntry(kind="escalation", name=self.name, subject=fired.alert.id, at=self.at, body=body)


class Notifier:
    """Who was told, who is to be told. `site` is the site's name, `zone_name` its zone."""

    def __init__(self, people: People, site: str, zone_name: str) -> None:
        self._people, self._site, self._zone = people, site, zone(zone_name)
        self._told: dict[str, Recipients] = {}
        self._known: dict[tuple[int, str], list[Contact]] = {}
        self.escalations = Escalations()

    def load(self, documents: Iterable[AlertDocument]) -> None:
        """Begin from the journal's open alerts."""
        self._told.clear()
        self.escalations = Escalations()
        self.escalations.policies = tuple(self._people.policies)
        for document in documents:
            if (recipients := Recipients.load(document)) is not None:
                self._told[document.alert.id] = recipients
            self.escalations.load(document.alert, document.beside.run)

    def bookkeeping(self, id: str, foreign: ToolState | None) -> Bookkeeping:
        """What an alert's document holds beside the alert; `foreign` is what another tool said of it."""
        run = self.escalations.run_of(id)
        recipients = self._told.get(id)
        if recipients is None:
            return Bookkeeping(run=run, foreign=foreign)
        return Bookkeeping(
            told=sorted(recipients.ever),
            firing=sorted(recipients.firing),
            cancelled=sorted(recipients.cancelled),
            people=recipients.people,
            run=run,
            foreign=foreign,
        )

    def drop(self, id: str) -> None:
        """The alert is closed."""
        self._told.pop(id, None)
        self.escalations.drop(id)

    def messages_for(self, step: AlertStep) -> list[QueueMessage]:
        """What a step of an alert's life is told as."""
        recipients = self._told.setdefault(step.alert.id, Recipients())
        reasons = due(step, self._people.receivers, recipients)
        if any("/" in target for target in reasons):
            receivers = by_id(self._people.receivers)
            for target in reasons:
                if "/" in target:
                    contact = of_memory(target, recipients.people.get(target))
                    recipients.people[target] = renewed(contact, self._people.roster, receivers).to()
        return list(notices(step, reasons, self._site, recipients))

    @staticmethod
    def withdraws_messages(step: AlertStep) -> bool:
        """Whether a step takes back what is queued: somebody has taken the alert."""
        return step.transition.name == "ack" and step.alert.active

    def cancelled(self, id: str, bodies: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """These messages (receiver, body) of an alert were taken out of the queue."""
        targets = [_target(receiver, body) for receiver, body in bodies]
        self._told.setdefault(id, Recipients()).cancel(targets)

    def update_escalation(self, alert: Alert, subject: Subject | None, at: float) -> None:
        """An alert is this now; its escalation begins, goes on or stops."""
        self.escalations.note(alert, subject, at)

    def escalate(self, now: float, find: Find) -> list[Escalated]:
        """What is to be told by now because nobody takes it, or a promise was broken."""
        escalated: list[Escalated] = []
        receivers, cache = by_id(self._people.receivers), self._known
        cache.clear()
        while len(escalated) < MOST and (fired := self.escalations.fire(now, find, MOST - len(escalated))):
            escalated += [self._escalated(step, receivers, now) for step in fired]
        return escalated

    def _reached(
        self, step: StepSettings, region: str, receivers: Mapping[str, ReceiverSettings], now: float
    ) -> list[Contact]:
        """Whom a step reaches; asked once for all alerts of a region and a moment."""
        key = (id(step), region)
        if key not in self._known:
            self._known[key] = contacts(step, region, self._people.roster, receivers, now, self._zone)
        return self._known[key]

    def _escalated(self, fired: Fired, receivers: Mapping[str, ReceiverSettings], now: float) -> Escalated:
        reached: dict[str, Contact] = {}
        for step in fired.steps:
            for contact in self._reached(step, fired.alert.region, receivers, now):
                reached.setdefault(contact.target, contact)
        recipients = self._told.setdefault(fired.alert.id, Recipients())
        if fired.name == PROMISE and not reached:  # no policy, or nobody on duty: those who know of the alert
            reached = {target: of_memory(target, recipients.people.get(target)) for target in sorted(recipients.firing)}
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
                notice(
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
        return Escalated(fired=fired, name=fired.name if reached else NOBODY, at=now, told=who, notices=messages)

    def changed(self, alerts: Iterable[Alert], subject_of: SubjectOf, at: float) -> None:
        """The policies may be others."""
        self.escalations.set_policies(self._people.policies, alerts, subject_of, at)


def _target(receiver: str, body: Mapping[str, Any]) -> str:
    person = (body.get("to") or {}).get("person", "")
    return f"{receiver}/{person}" if person else receiver
