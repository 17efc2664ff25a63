"""The on-call directory: the duty roster, receivers and escalation policies, of the settings file and of the API.

The journal holds those of the API as whole documents with numbered versions. Those of the file are read-only. A change
is checked as a whole before it applies, and needs the number of the version that it was made from (409 otherwise). One
that would remove much is held until a person accepts that removal (see feeds.removal_guard).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from alerts.lifecycle.operator_actions import ActionRefused, comment_of
from alerts.oncall import roster_document, versions
from alerts.oncall.escalation_checks import check_policies
from alerts.oncall.removal_hold import HELD, VersionHeld, require_accepted
from alerts.oncall.texts import InvalidDocument, finding
from alerts.oncall.version_note import VersionNote
from alerts.oncall.versions import SECRET
from feeds.documents.escalations import EscalationSettings, PolicyList
from feeds.documents.receivers import ReceiverDocument, ReceiverDocuments, ReceiverSecret, ReceiverSettings
from feeds.documents.roster import Roster
from feeds.documents.version import (
    CONTENTS,
    ESCALATIONS,
    FILE,
    RECEIVERS,
    ROSTER,
    SITE,
    Content,
    Version,
    dump_content,
    load,
    load_content,
)
from feeds.duty.rights import refusal
from feeds.engine.requests import Asking, ListEntries, ListLoaded, PutDocument, Writing
from feeds.journal import Doc
from feeds.model import Command, Outcome, Result
from feeds.removal_guard import PERCENT

PUT, UNDO, SUBSTITUTE = "put", "undo", "substitute"
ACTIONS = {
    "roster_put": (ROSTER, PUT),
    "receivers_put": (RECEIVERS, PUT),
    "escalations_put": (ESCALATIONS, PUT),
    "roster_undo": (ROSTER, UNDO),
    "receivers_undo": (RECEIVERS, UNDO),
    "escalations_undo": (ESCALATIONS, UNDO),
    "roster_substitute": (ROSTER, SUBSTITUTE),
}
PAGE = 500
Check = Callable[[Sequence[ReceiverSettings]], None]
Secrets = Mapping[str, ReceiverSecret]
"""Credentials of receivers by reference."""


class People:
    """The present roster, receivers and policies. `check` raises when receivers cannot be used."""

    def __init__(
        self,
        receivers: Sequence[ReceiverSettings],
        policies: Sequence[EscalationSettings],
        check: Check,
        removal_guard: float = PERCENT,
    ) -> None:
        """`removal_guard`: the share of a list, in percent, that a change may remove without being held."""
        self._check, self._removal_guard = check, removal_guard
        self._of_file, self._policies_of_file = tuple(receivers), tuple(policies)
        self._versions: dict[str, Version[Content]] = {kind: load(None, CONTENTS[kind]) for kind in CONTENTS}
        self.roster, self._receivers, self._escalations = Roster(), ReceiverDocuments(), PolicyList()
        self._secrets: dict[str, ReceiverSecret] = {}
        self._notes: list[VersionNote] = []
        self._build()

    def load(self) -> Asking[None]:
        """Begin from the journal's documents."""
        self._notes.clear()
        self._secrets = dict((yield ListLoaded(SECRET, read_secret)))
        for kind, content in CONTENTS.items():
            loaded = yield ListLoaded(kind, read_version)
            self._set(kind, dict(loaded).get(SITE) or load(None, content))
        self._build()

    def replace(
        self,
        receivers: Sequence[ReceiverSettings],
        policies: Sequence[EscalationSettings],
        removal_guard: float = PERCENT,
    ) -> None:
        """Replace the receivers and policies of the settings file, and the share that may be removed (percent)."""
        self._of_file, self._policies_of_file = tuple(receivers), tuple(policies)
        self._removal_guard = removal_guard
        self._build()

    def _set(self, kind: str, version: Version[Content]) -> None:
        self._versions[kind] = version
        if isinstance(version.doc, Roster):
            self.roster = version.doc
        elif isinstance(version.doc, ReceiverDocuments):
            self._receivers = version.doc
        else:
            self._escalations = version.doc

    def _build(self) -> None:
        taken = {receiver.id for receiver in self._of_file}
        receivers = self._usable(self._receivers, self._secrets)
        self.receivers = (*self._of_file, *(receiver for receiver in receivers if receiver.id not in taken))
        self.policies = (*self._escalations.items, *self._policies_of_file)

    def write_file_docs(self) -> Writing[None]:
        """Write the file's receivers (masked) and policies to the journal, so that other processes can show them."""
        receivers = ReceiverDocuments(items=tuple(map(versions.masked, self._of_file)))
        yield PutDocument(kind=RECEIVERS, id=FILE, body=dump_content(receivers))
        yield PutDocument(kind=ESCALATIONS, id=FILE, body=dump_content(PolicyList(items=self._policies_of_file)))

    def version(self, kind: str) -> Version[Content]:
        """The present version of one document."""
        return self._versions[kind]

    def take_notes(self) -> list[VersionNote]:
        """The versions made since the last call."""
        notes, self._notes = self._notes, []
        return notes

    # -- changing ----------------------------------------------------------------

    def obey(self, command: Command) -> Asking[Result]:
        """Carry out a change or refuse it. A refused change changes nothing."""
        kind, operation = ACTIONS[command.action]
        try:
            self._permit(command, kind, operation)
            doc, secrets = yield from self._new_document(command, kind, operation)
            note = self._accept(command, kind, operation, doc, secrets)
        except ActionRefused as error:
            current = self.version(kind).dump() if error.outcome is Outcome.CONFLICT else None
            return Result(command=command.id, outcome=error.outcome, detail=str(error), after=current)
        except InvalidDocument as error:
            faults = [finding.record("message") for finding in error.findings]
            return Result(command=command.id, outcome=Outcome.INVALID, detail="faults", after={"faults": faults})
        except VersionHeld as error:
            return Result(command=command.id, outcome=Outcome.CONFLICT, detail=HELD, after=error.body)
        self._secrets |= note.secrets
        self._set(kind, note.version)
        self._notes.append(note)
        self._build()
        return Result(command=command.id, outcome=Outcome.DONE, after=note.version.dump())

    def _permit(self, command: Command, kind: str, operation: str) -> None:
        if reason := refusal(command.action, command.role, command.actor_region):
            raise ActionRefused(Outcome.FORBIDDEN, reason)
        if command.expected_rev is not None and command.expected_rev != self.version(kind).rev:
            raise ActionRefused(Outcome.CONFLICT, "rev")

    def _new_document(self, command: Command, kind: str, operation: str) -> Asking[tuple[Content, Secrets]]:
        """The whole document after the change, and the credentials that it brings."""
        if operation == UNDO:
            body = yield from self._older(kind, command.args.get("to"))
            return load_content(body, CONTENTS[kind]), {}
        if operation == SUBSTITUTE:
            swapped = roster_document.substituted(self.roster, command)
            if reason := roster_document.substitution_refusal(self.roster, command):
                raise ActionRefused(Outcome.FORBIDDEN, reason)
            return swapped, {}
        body = command.args["doc"]
        if kind == RECEIVERS:
            return self._split_secrets(msgspec.convert(body["items"], tuple[ReceiverSettings, ...]))
        return load_content(body, CONTENTS[kind]), {}

    def _older(self, kind: str, to: Any) -> Asking[dict[str, Any]]:
        """The content of an older version, from the journal's entries."""
        rev = self.version(kind).rev
        target_rev = rev - 1 if to is None else to
        if rev == 0 or not isinstance(target_rev, int) or not 0 <= target_rev < rev:
            raise ActionRefused(Outcome.NOT_FOUND, "no_version")
        if target_rev == 0:
            return {}
        before: int | None = None
        while entries := (yield ListEntries(kind, SITE, before, PAGE)):
            for entry in entries:
                if entry.body.get("rev") == target_rev:
                    content: dict[str, Any] = entry.body["after"]
                    return content
            before = entries[-1].seq
        raise ActionRefused(Outcome.NOT_FOUND, "no_version")

    def _accept(self, command: Command, kind: str, operation: str, doc: Content, secrets: Secrets) -> VersionNote:
        """Check the whole document and make its new version. VersionHeld when it would remove too much."""
        self._check_document(doc, secrets)
        before, accept = self.version(kind), str(command.args.get("accept", ""))
        require_accepted(before.doc, doc, self._removal_guard, accept, command.at)
        version = Version(rev=before.rev + 1, at=command.at, by=command.actor, comment=comment_of(command), doc=doc)
        changes = versions.changes(dump_content(before.doc), dump_content(doc))
        return VersionNote(
            kind=kind, name=operation, command=command.id, version=version, changes=changes, secrets=dict(secrets)
        )

    def _check_document(self, doc: Content, secrets: Secrets) -> None:
        if isinstance(doc, Roster):
            roster_document.check_roster(doc)
        elif isinstance(doc, ReceiverDocuments):
            self._check_receivers(doc, {**self._secrets, **secrets})
        else:
            receivers = {receiver.id for receiver in self.receivers}
            persons = {person.id for person in self.roster.persons}
            check_policies(doc.items, {policy.id for policy in self._policies_of_file}, receivers, persons)

    def _split_secrets(self, receivers: Sequence[ReceiverSettings]) -> tuple[ReceiverDocuments, Secrets]:
        """The receivers with masked secrets, and the new secrets by reference."""
        stored = {document.id: document for document in self._receivers.items}
        documents, secrets = [], {}
        for receiver in receivers:
            before = stored.get(receiver.id)
            secret = self._secret(before, self._secrets) if before is not None else ReceiverSecret()
            whole = versions.with_stored_secrets(receiver, before, secret)
            if versions.has_mask(whole):
                raise InvalidDocument([finding(f"{receiver.id}.url", "masked")])
            ref = before.secret if before is not None and versions.secret_of(whole) == secret else UNSET
            if ref is UNSET:
                ref = versions.new_secret()
                secrets[ref] = versions.secret_of(whole)
            documents.append(versions.masked(whole, ref))
        return ReceiverDocuments(items=tuple(documents)), secrets

    def _check_receivers(self, doc: ReceiverDocuments, secrets: Secrets) -> None:
        receivers, findings = self._usable(doc, secrets), []
        of_file = {receiver.id for receiver in self._of_file}
        taken = set(of_file)
        for receiver in receivers:
            if receiver.id in taken:
                findings.append(finding(receiver.id, "id_of_file" if receiver.id in of_file else "id_twice"))
            taken.add(receiver.id)
        if findings:
            raise InvalidDocument(findings)
        self._check(receivers)

    def _usable(self, doc: ReceiverDocuments, secrets: Secrets) -> list[ReceiverSettings]:
        """The receivers of a document, joined with their credentials."""
        return [versions.settings_of(document, self._secret(document, secrets)) for document in doc.items]

    @staticmethod
    def _secret(document: ReceiverDocument, secrets: Secrets) -> ReceiverSecret:
        ref = document.secret
        return secrets.get(ref, ReceiverSecret()) if ref is not UNSET else ReceiverSecret()


def read_version(doc: Doc) -> tuple[str, Version[Content] | None]:
    """A document's id and its version (None for what stands in the settings file).

    Raises one of UNREADABLE when the engine could not use it.
    """
    return doc.id, load(doc.body, CONTENTS[doc.kind]) if doc.id == SITE else None


def read_secret(doc: Doc) -> tuple[str, ReceiverSecret]:
    """The reference of a receiver's credentials, and the credentials. Raises msgspec.ValidationError."""
    return doc.id, msgspec.convert(doc.body, ReceiverSecret)
