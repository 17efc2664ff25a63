"""Answers about people: the duty roster, receivers, escalation policies, handovers."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from api.responses.common import ListPage, Texts, Time
from feeds.documents.roster import Assignment, Leave, Pattern, Person, Shift, Substitute


class DocumentVersion(Struct, kw_only=True):
    """The version of a document, and who made it when (`at` is null before the first)."""

    rev: int
    at: Time | None
    by: str
    comment: str


class PersonOnDuty(Struct, kw_only=True):
    """A person as the plan names them."""

    id: str
    name: str
    phone: str


class PlannedShift(Struct, kw_only=True):
    """One shift on one date."""

    date: str
    shift: str
    name: Texts
    begins: Time
    ends: Time
    officers: list[PersonOnDuty]
    leader: PersonOnDuty | None


class RosterFinding(Struct, kw_only=True):
    """Something that is wrong with the plan."""

    code: str
    date: str
    shift: str
    person: str
    message: Texts


class RosterDocument(DocumentVersion, kw_only=True):
    """The duty roster, the shift now and the next, and two weeks of the plan."""

    persons: list[Person]
    shifts: list[Shift]
    patterns: list[Pattern]
    assignments: list[Assignment]
    substitutes: list[Substitute]
    leave: list[Leave]
    now: PlannedShift | None
    next: PlannedShift | None
    plan: list[PlannedShift]
    findings: list[RosterFinding]


class MatchedAlerts(Struct, kw_only=True):
    """The alerts that a receiver or policy is for; an empty list means all."""

    id: str
    severities: list[str]
    regions: list[str]
    feeds: list[str]
    kinds: list[str]
    origin: Annotated[str, Meta(description="api, or file for what the settings name")]
    readonly: bool


class ReceiverTemplates(Struct, kw_only=True):
    """A receiver's own templates by language."""

    subject: dict[str, str]
    text: dict[str, str]


class SmsGateway(Struct, kw_only=True):
    """How a gateway takes a short message; secrets are masked."""

    method: str
    encoding: str
    fields: dict[str, str]
    headers: dict[str, str]
    success: str


class ListedReceiver(MatchedAlerts, kw_only=True):
    """A receiver without secrets, and the state of its queue."""

    url: str
    timeout: float
    language: str
    rate: str
    reserve: int
    to: str
    direct: bool
    templates: ReceiverTemplates
    sms: SmsGateway | None
    kind: Annotated[str | UnsetType, Meta(description="webhook, sms, relay or apprise")] = UNSET
    personal: Annotated[bool | UnsetType, Meta(description="Reaches a person at an address of their own")] = UNSET
    waiting: int
    oldest_at: Time | None
    last_sent_at: Time | None
    last_error: str


class ReceiverList(DocumentVersion, kw_only=True):
    """All receivers: those made here, then those of the settings."""

    items: list[ListedReceiver]
    next: None


class EscalationStep(Struct, kw_only=True):
    """A step of a policy: who is notified after how many seconds."""

    after: float
    who: list[str]
    channels: list[str]
    repeat: float | None
    times: int


class ListedPolicy(MatchedAlerts, kw_only=True):
    """An escalation policy."""

    steps: list[EscalationStep]


class EscalationList(DocumentVersion, kw_only=True):
    """All escalation policies in the order in which they are tried."""

    items: list[ListedPolicy]
    next: None


class VersionEntry(DocumentVersion, kw_only=True):
    """A version in the history of a document."""

    name: str
    changes: Any


class VersionHistory(ListPage, kw_only=True):
    """The versions of a document, newest first."""

    items: list[VersionEntry]


class ReceiverTestResult(Struct, kw_only=True):
    """The outcome of a test notification."""

    ok: bool
    outcome: Annotated[str, Meta(description="sent, refused, failed or waiting")]
    message: Texts
    key: str
    sent_at: Time | None


class HandoverPicture(Struct, kw_only=True):
    """The state that one shift hands to the next. Alerts are AlertRecords, sources SourceRecords, and so on.

    `incidents` are open, in the face "row"; `obligations` are the reports due, `receipts` those that nobody has
    answered, `log` the entries of people in the duty log since the shift began. `tasks` are given out and not ended,
    `proposals` wait for an answer, `messages` for answers, `exercises` run or are paused, `marks` are old.
    """

    at: Time
    shift: PlannedShift | None
    since: Time
    open: list[dict[str, Any]]
    acked: list[dict[str, Any]]
    broken_promises: list[str]
    hidden: list[HiddenAlert]
    silences: list[dict[str, Any]]
    maintenance: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    figures: dict[str, int]
    incidents: list[dict[str, Any]]
    obligations: list[dict[str, Any]]
    receipts: list[dict[str, Any]]
    log: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    proposals: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    exercises: list[dict[str, Any]]
    marks: list[dict[str, Any]]
    hidden_count: int


class HiddenAlert(Struct, kw_only=True):
    """A suppressed alert, why, and until when."""

    alert: str
    asset: str
    reasons: list[str]
    until: Time | None


class Handover(Struct, kw_only=True):
    """A handover with its signatures. `unsigned`: the second one is late.

    `digest` is the SHA-256 of its picture, which the journal entry of each signature has. `due_soon` are the reports
    that who takes over must tick.
    """

    id: str
    at: Time
    by: str
    to: str
    remarks: str
    accepted_at: Time | None
    accepted_by: str
    accept_remarks: str
    shift: PlannedShift | None
    counts: dict[str, int]
    digest: str
    due_soon: list[str]
    unsigned: bool


class HandoverDetail(Handover, kw_only=True):
    """A handover with the picture as it was."""

    picture: HandoverPicture


class HandoverList(ListPage, kw_only=True):
    """Handovers, newest first."""

    items: list[Handover]


class CurrentHandover(HandoverPicture, kw_only=True):
    """The picture now, and the last handover."""

    last: Handover | None
