"""Types of what forms about incidents choose from."""

from __future__ import annotations

from typing import Any

import msgspec

from api.responses.common import ListPage, Time


class EventClassChoice(msgspec.Struct):
    """A class of events; `grading` is the name of its table ("": none, "none": never graded by figures)."""

    slug: str
    parent: str
    category: str
    name: dict[str, str]
    grading: str
    source: str


class GradingRow(msgspec.Struct):
    """A criterion of a grading table; "" is the rest."""

    grade: str
    criterion: str
    source: str


class PolicyRow(msgspec.Struct):
    """A row of a reporting profile. `minutes` null without `slots`: at once."""

    profile: str
    classes: list[str]
    grade: str
    step: str
    sender: str
    recipient: str
    channel: str
    minutes: float | None
    slots: list[str]
    start: str
    on_regrade: str
    source: str


class IncidentChoices(msgspec.Struct):
    """The choices of forms about incidents. Classes, criteria and policies name their source.

    `reasoned` are the orders for which a reason must be given.
    """

    classes: list[EventClassChoice]
    grading: dict[str, list[GradingRow]]
    policies: list[PolicyRow]
    figures: list[str]
    posts: list[str]
    grades: list[str]
    reasoned: list[str]


class ProposedPolicies(msgspec.Struct):
    """Rows that wait for a second person; null: those of the profile that the settings name."""

    rows: list[PolicyRow] | None
    by: str
    at: Time
    reason: str


class ReportPolicies(msgspec.Struct):
    """The rows of every reporting profile, and the names of the shipped profiles.

    `own`: the rows of profile `site` apply in place of the profile that the settings name.
    """

    items: list[PolicyRow]
    profiles: list[str]
    rev: int
    own: bool
    by: str
    confirmed_by: str
    confirmed_at: Time | None
    proposed: ProposedPolicies | None


class ReceiptCandidate(msgspec.Struct):
    """A receipt or incident that may be the same event, and the incident that it belongs to ("": none yet)."""

    id: str
    score: float
    distance_m: float
    seconds: float
    likely: bool
    incident: str
    title: str


class ReceiptCandidates(msgspec.Struct):
    """Candidates of a receipt, best first."""

    items: list[ReceiptCandidate]


class IncidentVersion(msgspec.Struct):
    """One change of an incident: the order with its values, and the journal entry that holds it."""

    number: int
    seq: int
    chain: str
    order: str
    at: Time
    actor: str
    reason: str
    values: dict[str, Any]


class IncidentVersions(ListPage, kw_only=True):
    """Changes of an incident, oldest first."""

    items: list[IncidentVersion]


class ToldPerson(msgspec.Struct):
    """Somebody who was told of an incident by a task, a report or a message, and when an answer came."""

    kind: str
    id: str
    who: str
    at: Time
    answered_at: Time | None


class IncidentAudience(msgspec.Struct):
    """Who was told of an incident, in the order in which they were."""

    items: list[ToldPerson]


CHOICES = {
    "classes": [
        {
            "slug": "hazchem",
            "parent": "accident",
            "category": "accident",
            "name": {"zh-CN": "危险化学品事故", "en": "Hazardous chemicals"},
            "grading": "work",
            "source": "L: Order 493 Art. 3",
        }
    ],
    "grading": {"work": [{"grade": "I", "criterion": "dead >= 30", "source": "L: Order 493 Art. 3"}]},
    "policies": [],
    "figures": ["dead"],
    "posts": ["commander"],
    "grades": ["I", "II", "III", "IV"],
    "reasoned": ["false"],
}
