"""The on-call directory: the duty roster, receivers and escalation policies, of the settings file and of the API.

The journal holds those of the API as whole documents with numbered versions. Those of the file are read-only. A change
is checked as a whole before it applies, and needs the number of the version that it was made from (409 otherwise). One
that would remove much is held until a person accepts that removal (see feeds.removal_guard).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from alerts.lifecycle.operator_actions import ActionRefused, comment_of
from alerts.oncall import roster_document, versions
from alerts.oncall.escalation_checks import check_policies
from alerts.oncall.removal_hold import HELD, VersionHeld, require_accepted
from alerts.oncall.texts import InvalidDocument, finding
from alerts.oncall.version_note import VersionNote
from alerts.oncall.versions import SECRET
from alerts.receivers.base import Addressing
from alerts.receivers.catalogue import addressing_of, kind_of_url
from alerts.settings import EscalationSettings, ReceiverSettings
from feeds.documents.version import ESCALATIONS, FILE, KINDS, RECEIVERS, ROSTER, SITE, Version
from feeds.duty.rights import refusal
from feeds.engine.requests import Asking, ListDocuments, ListEntries, ListLoaded, PutDocument, Writing
from feeds.journal import Doc, JournalEntry
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
        self._versions = dict.fromkeys(KINDS, Version())
        self._secrets: dict[str, dict[str, Any]] = {}
        self._notes: list[VersionNote] = []
        self._build()

    def load(self) -> Asking[None]:
        """Begin from the journal's documents."""
        self._notes.clear()
        secrets = yield ListDocuments(SECRET)
        self._secrets = {doc.id: doc.body for doc in secrets}
        for kind in KINDS:
            loaded = yield ListLoaded(kind, read_version)
            self._versions[kind] = dict(loaded).get(SITE, Version())
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

    def _build(self) -> None:
        self.roster = roster_document.load(self._versions[ROSTER].doc)
        receivers = _receivers(self._versions[RECEIVERS].doc, self._secrets)
        of_file = {receiver.id for receiver in self._of_file}
        taken = set(of_file)
        self.receivers = (*self._of_file, *(receiver for receiver in receivers if receiver.id not in taken))
        self.policies = (*_policies(self._versions[ESCALATIONS].doc), *self._policies_of_file)

    def file_docs(self) -> dict[str, list[dict[str, Any]]]:
        """The file's receivers and policies with masked secrets."""
        receivers = [versions.masked(_item(receiver)) | _kind_fields(_item(receiver)) for receiver in self._of_file]
        return {RECEIVERS: receivers, ESCALATIONS: [_item(policy) for policy in self._policies_of_file]}

    def write_file_docs(self) -> Writing[None]:
        """Write the file's receivers and policies to the journal, so that other processes can show them."""
        for kind, items in self.file_docs().items():
            yield PutDocument(kind=kind, id=FILE, body={"items": items})

    def version(self, kind: str) -> Version:
        """The present version of one document."""
        return self._versions[kind]

    def take_notes(self) -> list[VersionNote]:
        """The versions made since the last call."""
        notes, self._notes = self._notes, []
        return notes

    # -- changing ----------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        """Carry out a change or refuse it. A refused change changes nothing."""
        kind, operation = ACTIONS[command.action]
        try:
            self._permit(command, kind, operation, now)
            doc = yield from self._new_document(command, kind, operation)
            note = self._accept(command, kind, operation, doc)
        except ActionRefused as error:
            current = self._versions[kind].dump() if error.outcome is Outcome.CONFLICT else None
            return Result(command=command.id, outcome=error.outcome, detail=str(error), after=current)
        except InvalidDocument as error:
            faults = [finding.record("message") for finding in error.findings]
            return Result(command=command.id, outcome=Outcome.INVALID, detail="faults", after={"faults": faults})
        except VersionHeld as error:
            return Result(command=command.id, outcome=Outcome.CONFLICT, detail=HELD, after=error.body)
        self._secrets |= note.secrets
        self._versions[kind] = note.version
        self._notes.append(note)
        self._build()
        return Result(command=command.id, outcome=Outcome.DONE, after=note.version.dump())

    def _permit(self, command: Command, kind: str, operation: str, now: float) -> None:
        if now > command.valid_until:
            raise ActionRefused(Outcome.LATE, "late")
        if reason := refusal(command.action, command.role, command.actor_region):
            raise ActionRefused(Outcome.FORBIDDEN, reason)
        if command.expected_rev is not None and command.expected_rev != self._versions[kind].rev:
            raise ActionRefused(Outcome.CONFLICT, "rev")

    def _new_document(self, command: Command, kind: str, operation: str) -> Asking[dict[str, Any]]:
        """The whole document after the change."""
        if operation == UNDO:
            return (yield from self._older(kind, command.args.get("to")))
        if operation == SUBSTITUTE:
            swapped = roster_document.substituted(self._versions[kind].doc, command)
            if reason := roster_document.substitution_refusal(self.roster, command):
                raise ActionRefused(Outcome.FORBIDDEN, reason)
            return swapped
        doc: dict[str, Any] = command.args["doc"]
        return doc

    def _older(self, kind: str, to: Any) -> Asking[dict[str, Any]]:
        """The content of an older version, from the journal's entries."""
        rev = self._versions[kind].rev
        target_rev = rev - 1 if to is None else to
        if rev == 0 or not isinstance(target_rev, int) or not 0 <= target_rev < rev:
            raise ActionRefused(Outcome.NOT_FOUND, "no_version")
        if target_rev == 0:
            return {}
        before: int | None = None
        while entries := (yield ListEntries(kind, SITE, before, PAGE)):
            for entry in entries:
                if entry.body.get("rev") == target_rev:
                    return _content(entry)
            before = entries[-1].seq
        raise ActionRefused(Outcome.NOT_FOUND, "no_version")

    def _accept(self, command: Command, kind: str, operation: str, doc: dict[str, Any]) -> VersionNote:
        """Check the whole document and make its new version. VersionHeld when it would remove too much."""
        secrets: dict[str, dict[str, Any]] = {}
        if kind == RECEIVERS and operation == PUT:
            doc, secrets = self._split_secrets(doc)
        if kind == ROSTER:
            doc = roster_document.checked(doc)
        elif kind == RECEIVERS:
            self._check_receivers(doc, self._secrets | secrets)
        else:
            doc = self._checked_policies(doc)
        before, accept = self._versions[kind], str(command.args.get("accept", ""))
        require_accepted(kind, before.doc, doc, self._removal_guard, accept, command.at)
        version = Version(rev=before.rev + 1, at=command.at, by=command.actor, comment=comment_of(command), doc=doc)
        changes = versions.changes(before.doc, doc)
        return VersionNote(
            kind=kind, name=operation, command=command.id, version=version, changes=changes, secrets=secrets
        )

    def _split_secrets(self, doc: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The receivers with masked secrets, and the new secrets by reference."""
        stored = {item["id"]: item for item in self._versions[RECEIVERS].doc.get("items", [])}
        items, secrets = [], {}
        for item in doc["items"]:
            before = stored.get(item["id"])
            secret = self._secrets.get(before["secret"], {}) if before is not None else {}
            whole = versions.with_stored_secrets(item, before, secret)
            if versions.has_mask(whole):
                raise InvalidDocument([finding(f"{item['id']}.url", "masked")])
            ref = before["secret"] if before is not None and versions.secrets_of(whole) == secret else ""
            if not ref:
                ref = versions.new_secret()
                secrets[ref] = versions.secrets_of(whole)
            items.append(versions.masked(whole) | {"secret": ref} | _kind_fields(whole))
        return {"items": items}, secrets

    def _check_receivers(self, doc: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        receivers, findings = _receivers(doc, secrets), []
        of_file = {receiver.id for receiver in self._of_file}
        taken = set(of_file)
        for receiver in receivers:
            if receiver.id in taken:
                findings.append(finding(receiver.id, "id_of_file" if receiver.id in of_file else "id_twice"))
            taken.add(receiver.id)
        if findings:
            raise InvalidDocument(findings)
        self._check(receivers)

    def _checked_policies(self, doc: Mapping[str, Any]) -> dict[str, Any]:
        policies = _policies(doc)
        receivers = {receiver.id for receiver in self.receivers}
        persons = {person.id for person in self.roster.persons}
        check_policies(policies, {policy.id for policy in self._policies_of_file}, receivers, persons)
        return {"items": [_item(policy) for policy in policies]}


def _content(entry: JournalEntry) -> dict[str, Any]:
    content: dict[str, Any] = entry.body["after"]
    return content


def _item(settings: ReceiverSettings | EscalationSettings) -> dict[str, Any]:
    item: dict[str, Any] = msgspec.to_builtins(settings)
    return item


def _kind_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a receiver that follow from its address and are lost in its mask."""
    settings = msgspec.convert(dict(item), ReceiverSettings)
    return {"kind": kind_of_url(settings.url), "personal": addressing_of(settings) is Addressing.ADDRESS}


def _receivers(doc: Mapping[str, Any], secrets: Mapping[str, Any]) -> list[ReceiverSettings]:
    """The receivers of a document, joined with their secrets."""
    receivers = []
    for item in doc.get("items", []):
        secret = secrets.get(item["secret"], {})
        settings = msgspec.convert({name: value for name, value in item.items() if name != "secret"}, ReceiverSettings)
        sms = settings.sms and replace(settings.sms, fields=secret.get("fields", {}), headers=secret.get("headers", {}))
        receivers.append(replace(settings, url=secret.get("url", ""), sms=sms))
    return receivers


def _policies(doc: Mapping[str, Any]) -> list[EscalationSettings]:
    return [msgspec.convert(item, EscalationSettings) for item in doc.get("items", [])]


def read_version(doc: Doc) -> tuple[str, Version]:
    """A document's id and its version; raises one of UNREADABLE when the engine could not use it."""
    if doc.id != SITE:
        return doc.id, Version()
    version = Version.load(doc.body)
    if doc.kind == ROSTER:
        roster_document.load(version.doc)
    elif doc.kind == RECEIVERS:
        _receivers(version.doc, {})
    else:
        _policies(version.doc)
    return doc.id, version
