"""What the API says of incidents beside their records: their life, the choices for forms, the words of refusals."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from feeds import wire
from feeds.incidents.classes import event_classes
from feeds.incidents.grading import grading_tables
from feeds.incidents.policies import reporting_policies
from feeds.kinds import Record
from feeds.model import Kind
from feeds.model.incidents import FIGURES, POSTS

ENTRIES = 500
"""Journal entries of one incident that are shown."""
Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
TEXTS = {
    "missing": ("必填", "this is needed"),
    "half_position": ("经纬度须同时填写", "give latitude and longitude together"),
    "future": ("时间在未来", "the time lies in the future"),
    "past": ("时间已过", "the time has passed"),
    "mode": ("演练与实战不能混在一起", "exercises and real events are never mixed"),
    "no_receipt": ("没有这张接报单", "there is no such receipt"),
    "unknown_class": ("没有这个事件类别", "there is no such class of events"),
    "figure_out_of_range": ("数字不可能", "the number is impossible"),
    "corrects_nothing": ("没有可更正的报数", "there is no such report to correct"),
    "unknown_channel": ("没有这种送达方式", "there is no such channel"),
    "other_channel": ("此次报送应走另一种方式", "this report goes by another channel"),
    "proof_time": ("送达时间不在报送期间", "the time of receipt lies outside the term of the report"),
    "unknown_link": ("不能关联此类记录", "records of this kind cannot be linked"),
}
"""The words of each refusal of an order, in Chinese and English."""


class IncidentStep(msgspec.Struct):
    """One entry of the journal about an incident: `body` is the order as it was given (not for walls)."""

    seq: int
    name: str
    at: Moment
    actor: str
    reason: str
    body: dict[str, Any]


class IncidentAdditions(msgspec.Struct):
    """The life of the incident, oldest first."""

    timeline: list[IncidentStep]


async def additions(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    """The fields of `IncidentAdditions`."""
    entries = await deps.journal.entries(kind=Kind.INCIDENT, subject=record["id"], limit=ENTRIES)
    personal = principal.personal
    return {
        "timeline": [
            {
                "seq": entry.seq,
                "name": entry.name,
                "at": wire.iso(entry.at),
                "actor": entry.actor if personal else "",
                "reason": entry.reason if personal else "",
                "body": entry.body if personal else {},
            }
            for entry in entries
        ]
    }


def choices() -> dict[str, Any]:
    """The classes, grading tables and reporting policies with their sources, and the words that orders take."""
    return {
        "classes": [
            {
                "slug": event_class.slug,
                "parent": event_class.parent,
                "category": event_class.category,
                "name": dict(event_class.name),
                "grading": event_class.grading,
                "source": event_class.source,
            }
            for event_class in event_classes().values()
        ],
        "grading": {
            table: [{"grade": row.grade, "criterion": row.words, "source": row.source} for row in rows]
            for table, rows in grading_tables().items()
        },
        "policies": [
            {
                "profile": policy.profile,
                "classes": list(policy.classes),
                "grade": policy.grade,
                "step": policy.step,
                "sender": policy.sender,
                "recipient": policy.recipient,
                "channel": policy.channel,
                "minutes": policy.minutes,
                "slots": list(policy.slots),
                "start": policy.start,
                "source": policy.source,
            }
            for policy in reporting_policies()
        ],
        "figures": list(FIGURES),
        "posts": list(POSTS),
    }
