"""Tells people: keeps who was told what of every open alert, and makes the messages that follow from what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.lifecycle.open_alerts import Step
from alerts.notify.contacts import Contact, contacts, of_memory, renewed
from alerts.notify.escalation import MOST, PROMISE, REPEAT, Escalations, Find, Fired
from alerts.notify.notifications import Told, due, notice, notices
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
Around = Callable[[Alert], Subject | None]


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


class Telling:
    """Who was told, who is to be told. `site` is the site's name, `zone_name` its zone."""

    def __init__(self, people: People, site: str, zone_name: str) -> None:
        self._people, self._site, self._zone = people, site, zone(zone_name)
        self._told: dict[str, Told] = {}
        self._known: dict[tuple[int, str], list[Contact]] = {}
        self.escalations = Escalations()

    def load(self, documents: Iterable[AlertDocument]) -> None:
        """Begin from the journal's open alerts."""
        self._told.clear()
        self.escalations = Escalations()
        self.escalations.policies = tuple(self._people.policies)
        for document in documents:
            if (told := Told.load(document)) is not None:
                self._told[document.alert.id] = told
            self.escalations.load(document.alert, document.beside.run)

    def bookkeeping(self, id: str, foreign: ToolState | None) -> Bookkeeping:
        """What an alert's document holds beside the alert; `foreign` is what another tool said of it."""
        run = self.escalations.run_of(id)
        told = self._told.get(id)
        if told is None:
            return Bookkeeping(run=run, foreign=foreign)
        return Bookkeeping(
            told=sorted(told.ever),
            firing=sorted(told.firing),
            cancelled=sorted(told.cancelled),
            people=told.people,
            run=run,
            foreign=foreign,
        )

    def drop(self, id: str) -> None:
        """The alert is closed."""
        self._told.pop(id, None)
        self.escalations.drop(id)

    def say(self, step: Step) -> list[QueueMessage]:
        """What a step of an alert's life is told as."""
        told = self._told.setdefault(step.alert.id, Told())
        said = due(step, self._people.receivers, told)
        if any("/" in target for target in said):
            receivers = by_id(self._people.receivers)
            for target in said:
                if "/" in target:
                    known = of_memory(target, told.people.get(target))
                    told.people[target] = renewed(known, self._people.roster, receivers).to()
        return list(notices(step, said, self._site, told))

    @staticmethod
    def quiets(step: Step) -> bool:
        """Whether a step takes back what is queued: somebody has taken the alert."""
        return step.transition.name == "ack" and step.alert.active

    def cancelled(self, id: str, bodies: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """These messages (receiver, body) of an alert were taken out of the queue."""
        targets = [_target(receiver, body) for receiver, body in bodies]
        self._told.setdefault(id, Told()).cancel(targets)

    def follow(self, alert: Alert, subject: Subject | None, at: float) -> None:
        """An alert is this now; its escalation begins, goes on or stops."""
        self.escalations.note(alert, subject, at)

    def escalate(self, now: float, find: Find) -> list[Escalated]:
        """What is to be told by now because nobody takes it, or a promise was broken."""
        made: list[Escalated] = []
        receivers, known = by_id(self._people.receivers), self._known
        known.clear()
        while len(made) < MOST and (fired := self.escalations.fire(now, find, MOST - len(made))):
            made += [self._escalated(one, receivers, now) for one in fired]
        return made

    def _reached(
        self, step: StepSettings, region: str, receivers: Mapping[str, ReceiverSettings], now: float
    ) -> list[Contact]:
        """Whom a step reaches; asked once for all alerts of a region and a moment."""
        key = (id(step), region)
        if key not in self._known:
            self._known[key] = contacts(step, region, self._people.roster, receivers, now, self._zone)
        return self._known[key]

    def _escalated(self, one: Fired, receivers: Mapping[str, ReceiverSettings], now: float) -> Escalated:
        found: dict[str, Contact] = {}
        for step in one.steps:
            for contact in self._reached(step, one.alert.region, receivers, now):
                found.setdefault(contact.target, contact)
        told = self._told.setdefault(one.alert.id, Told())
        if one.name == PROMISE and not found:  # no policy, or nobody on duty: those who know of the alert
            found = {target: of_memory(target, told.people.get(target)) for target in sorted(told.firing)}
        if found:
            self.escalations.reached_somebody(one)
        else:
            self.escalations.reached_nobody(one, now)
        messages = []
        for contact in found.values():
            told.tell(contact)
            key = f"{one.alert.id}:{one.part}:{contact.person or '-'}:{contact.receiver}"
            reason = REASONS.get(one.name, "escalation")
            messages.append(
                notice(key, reason, one.alert, one.subject, contact, now, self._site, policy=one.policy, step=one.step)
            )
        who = [{"person": contact.person, "receiver": contact.receiver} for contact in found.values()]
        return Escalated(fired=one, name=one.name if found else NOBODY, at=now, told=who, notices=messages)

    def changed(self, alerts: Iterable[Alert], around: Around, at: float) -> None:
        """The policies may be others."""
        self.escalations.set_policies(self._people.policies, alerts, around, at)


def _target(receiver: str, body: Mapping[str, Any]) -> str:
    person = (body.get("to") or {}).get("person", "")
    return f"{receiver}/{person}" if person else receiver
