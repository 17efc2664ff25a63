"""Contacts of an escalation step at one moment: persons of the duty roster and receivers, with addresses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from alerts.oncall.escalation_checks import DUTY, HEAD, LEADER, PERSON, RECEIVER
from alerts.receivers.base import Addressing
from alerts.receivers.catalogue import address_on, addressing_of
from feeds.documents.escalations import StepSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.documents.roster import Person, Roster
from feeds.duty.roster import concerned, on_duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A receiver and a person behind it; "" for a message to everybody behind the receiver."""

    receiver: str
    person: str = ""
    name: str = ""
    address: str = ""
    language: str = ""

    @property
    def target(self) -> str:
        """The key of the contact in an alert's document: "receiver" or "receiver/person"."""
        return f"{self.receiver}/{self.person}" if self.person else self.receiver

    def to(self) -> dict[str, str]:
        """The contact in the form of a message's body."""
        return {"person": self.person, "name": self.name, "address": self.address, "language": self.language}


def contacts(
    step: StepSettings,
    region: str,
    roster: Roster,
    receivers: Mapping[str, ReceiverSettings],
    now: float,
    tz: ZoneInfo,
    *,
    head: str = "",
) -> list[Contact]:
    """The contacts of a step that can be reached, each once. `head` is the account that answers for the subject."""
    reached: dict[str, Contact] = {}
    for name in step.who:
        if name.startswith(RECEIVER) and (id := name.removeprefix(RECEIVER)) in receivers:
            reached.setdefault(id, Contact(receiver=id))
    persons = list(_persons(step.who, region, roster, now, tz, head))
    for channel in step.channels:
        settings = receivers.get(channel)
        if settings is not None:
            for contact in _by(settings, persons):
                reached.setdefault(contact.target, contact)
    return list(reached.values())


def _persons(who: Sequence[str], region: str, roster: Roster, now: float, tz: ZoneInfo, head: str) -> Iterator[Person]:
    """The persons whom the step names and who are responsible for that region. Unknown ids are skipped."""
    duties = on_duty(roster, now, tz)
    ids: list[str] = []
    for name in who:
        if name == DUTY:
            ids += [officer for duty in duties for officer in duty.officers]
        elif name == LEADER:
            ids += [duty.leader for duty in duties]
        elif name == HEAD and head:
            ids += [person.id for person in roster.persons if head in (person.account, person.id)]
        elif name.startswith(PERSON):
            ids.append(name.removeprefix(PERSON))
    for id in dict.fromkeys(ids):
        person = roster.person(id)
        if person is not None and concerned(person, region):
            yield person


def _by(settings: ReceiverSettings, persons: Iterable[Person]) -> Iterator[Contact]:
    """The contacts of those persons over one receiver."""
    people = list(persons)
    reach = addressing_of(settings)
    if reach is Addressing.GROUP:
        if people:
            yield Contact(receiver=settings.id, name="、".join(person.name for person in people))
        return
    for person in people:
        address = address_on(settings, person.contacts, person.phone, person.mail)
        if address or reach is Addressing.PERSON:
            yield Contact(
                receiver=settings.id, person=person.id, name=person.name, address=address, language=person.language
            )


def contact_of(target: str, stored: Mapping[str, Any] | None) -> Contact:
    """The contact of an earlier message, from the alert's document."""
    receiver, _, person = target.partition("/")
    fields = stored or {}
    return Contact(
        receiver=receiver,
        person=person,
        name=fields.get("name", ""),
        address=fields.get("address", ""),
        language=fields.get("language", ""),
    )


def renewed(contact: Contact, roster: Roster, receivers: Mapping[str, ReceiverSettings]) -> Contact:
    """The contact with the person's present address; unchanged when the person has left the roster or has none."""
    person, settings = roster.person(contact.person), receivers.get(contact.receiver)
    if person is None or settings is None:
        return contact
    address = address_on(settings, person.contacts, person.phone, person.mail)
    return Contact(
        receiver=contact.receiver,
        person=person.id,
        name=person.name,
        address=address or contact.address,
        language=person.language,
    )
