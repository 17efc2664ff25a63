"""Receiver test: send a test notification through the real pipeline, marked as a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alerts.lifecycle.operator_actions import ActionRefused
from alerts.notify.contacts import Contact
from alerts.notify.notifications import BODY_VERSION
from alerts.oncall.directory import People
from alerts.receivers.base import Addressing
from alerts.receivers.catalogue import address_on, addressing_of
from feeds.engine.requests import AppendEntry, QueueMessage, Writing
from feeds.model import Command, Outcome

ACTION = "receiver_test"
LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverTest:
    """One receiver test: its journal entry and its message."""

    command: Command
    contact: Contact
    site: str

    @property
    def key(self) -> str:
        return key_of(self.command)

    def write(self) -> Writing[None]:
        """Write the journal entry and queue the message."""
        at, by = self.command.at, self.command.actor
        body: dict[str, Any] = {
            "version": BODY_VERSION,
            "key": self.key,
            "reason": "test",
            "site": self.site,
            "alert": None,
            "asset": None,
            "to": self.contact.to(),
            "by": by,
        }
        yield AppendEntry(
            kind="receivers",
            name="test",
            subject=self.contact.receiver,
            at=at,
            actor=by,
            command=self.command.id,
            body={"key": self.key, "person": self.contact.person},
        )
        yield QueueMessage(
            key=self.key,
            receiver=self.contact.receiver,
            subject=self.key,
            at=at,
            body=body,
            urgent=True,
            person=self.contact.person,
        )


def key_of(command: Command) -> str:
    """The key of a test's message."""
    return f"test:{command.id}:{command.subject}"


def trial(command: Command, people: People, site: str) -> ReceiverTest:
    """The test of a command; ActionRefused: role, region, not_found, unknown_person, no_address."""
    if command.role != "admin":
        raise ActionRefused(Outcome.FORBIDDEN, "role")
    if command.actor_region:
        raise ActionRefused(Outcome.FORBIDDEN, "region")
    settings = next((receiver for receiver in people.receivers if receiver.id == command.subject), None)
    if settings is None:
        raise ActionRefused(Outcome.NOT_FOUND, "not_found")
    id, to, language = (str(command.args.get(name, ""))[:LONGEST] for name in ("person", "to", "language"))
    person = people.roster.person(id) if id else None
    if id and person is None:
        raise ActionRefused(Outcome.INVALID, "unknown_person")
    address = to or (address_on(settings, person.contacts, person.phone, person.mail) if person is not None else "")
    if addressing_of(settings) is Addressing.ADDRESS and not address:
        raise ActionRefused(Outcome.INVALID, "no_address")
    contact = Contact(
        receiver=settings.id,
        person=id,
        name=person.name if person is not None else "",
        address=address,
        language=language or (person.language if person is not None else ""),
    )
    return ReceiverTest(command=command, contact=contact, site=site)
