"""Answers about briefs beside their records: their life with versions, exports, and the record of who read them."""

from __future__ import annotations

import hashlib
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from api.auth import audit
from api.dependencies import Dependencies
from api.http.problems import Problem
from api.principal import Principal
from api.records.life import LifeStepRecord, steps
from feeds.briefs import pdf_file
from feeds.briefs.layout import Issuer
from feeds.briefs.verifying import EXPORTED, find
from feeds.kinds import BRIEF, Record
from feeds.model import Kind
from feeds.model.briefs import Brief

READ = "brief-read"
ENTRIES = 200
"""Journal entries of one brief that are shown."""


class BriefStep(LifeStepRecord, kw_only=True):
    """One entry of the journal about a brief; `body` has the version that it made."""

    body: dict[str, Any]


class BriefAdditions(msgspec.Struct):
    """The life of a brief, oldest first, and whether it can be exported as PDF here."""

    timeline: list[BriefStep]
    pdf: bool


async def additions(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    """The fields of `BriefAdditions`. That somebody opened the brief is recorded."""
    await audit.note(deps, principal, READ, subject=record["id"], body={"version": record["version"]})
    life = await steps(deps, principal, Kind.BRIEF, record["id"], ENTRIES)
    return {"timeline": [step | {"body": body} for step, body in life], "pdf": pdf_file.available()}


async def visible(deps: Dependencies, principal: Principal, id: str) -> Brief:
    """The brief as the journal has it. Raises Problem `not-found` for one that the asker may not see."""
    brief = await find(deps.journal, id)
    if brief is None or not BRIEF.sees(principal.audience, BRIEF.view(brief)):
        raise Problem("not-found")
    return brief


def issuer(deps: Dependencies) -> Issuer:
    """The organ that issues the briefs of this site."""
    return Issuer(site=deps.site.name, organ=deps.briefs().organ, zone=ZoneInfo(deps.site.timezone))


async def note_export(deps: Dependencies, principal: Principal, brief: Brief, form: str, raw: bytes) -> None:
    """Record an export with the file's SHA-256, by which the file can be verified."""
    body = {"format": form, "version": brief.version, "number": brief.number, "incident": brief.incident}
    body["sha256"] = hashlib.sha256(raw).hexdigest()
    await audit.note(deps, principal, EXPORTED, subject=brief.id, body=body)
