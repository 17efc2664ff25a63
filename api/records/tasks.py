"""Answers about tasks beside their records: the summary of the incident, and what forms choose from."""

from __future__ import annotations

from typing import Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from feeds.kinds import Audience, Record
from feeds.model import Kind
from feeds.model.incidents import POSTS
from feeds.model.tasks import EVIDENCE_NEEDED, TASK_KINDS, WRITTEN_ON
from feeds.tasks.sheets import sheet_rules
from feeds.texts.catalogue import LANGUAGES

SUMMARY = ("id", "title", "event_class", "place", "phase", "grade", "response", "mode")


class TaskIncident(msgspec.Struct):
    """The fields of an incident that the holder of one of its tasks may see."""

    id: str
    title: str
    event_class: str
    place: str
    phase: str
    grade: str
    response: str
    mode: str


class TaskAdditions(msgspec.Struct):
    """The incident of the task in a few words, null without one or when it is archived."""

    incident_summary: TaskIncident | None


async def additions(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    """The fields of `TaskAdditions`. Whoever sees a task is told this much of its incident."""
    incident = deps.pump.mirror.record(Kind.INCIDENT, record["incident"], Audience()) if record["incident"] else None
    return {"incident_summary": {name: incident[name] for name in SUMMARY} if incident is not None else None}


def choices(deps: Dependencies, *, personal: bool) -> dict[str, Any]:
    """The units, kinds and words that orders take, and the rules of reminder sheets with their sources."""
    return {
        "units": [
            {
                "id": unit.id,
                "name": {language: unit.title(language) for language in LANGUAGES},
                "region": unit.region,
                "people": list(unit.people) if personal else [],
            }
            for unit in deps.units().values()
        ],
        "kinds": list(TASK_KINDS),
        "evidence": list(EVIDENCE_NEEDED),
        "written_on": list(WRITTEN_ON),
        "posts": list(POSTS),
        "sheets": [
            {"colour": rule.colour, "after": rule.after, "seconds": rule.seconds, "source": rule.source}
            for rule in sheet_rules()
        ],
    }
