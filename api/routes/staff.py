"""For those who run or check the site: the audit record, reloading settings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.auth import audit
from api.dependencies import Admin, Auditor, Given, language_of
from api.http.answers import Cursor, Json, Limit, from_cursor, listing, to_cursor
from api.http.problems import Problem
from api.query_parameters import EntryKind
from feeds import wire
from feeds.journal import JournalEntry
from feeds.regions import covers

router = APIRouter(prefix="/api/v1", tags=["staff"])
LEFT_OUT = 500
"""Findings in one answer; the total is told beside."""


@router.get("/audit")
async def audit_log(
    given: Given,
    who: Auditor,
    kind: EntryKind = "audit",
    subject: Annotated[str, Query(max_length=512)] = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response:
    """Who did and saw what, newest first. Of a region: only what its own people did; the rest is counted."""
    before = from_cursor(cursor, (int,))[0] if cursor else None
    entries = await given.journal.entries(
        kind=None if kind == "*" else kind, subject=subject or None, before=before, limit=limit, newest_first=True
    )
    seen = [entry for entry in entries if _concerns(entry, who.region)]
    await audit.note(given, who, "audit-read", subject=subject, body={"kind": kind})
    following = to_cursor((entries[-1].seq,)) if len(entries) == limit else None
    items = [_shown(entry) for entry in seen]
    return listing(items, following, given.pump.mirror.rev, hidden=len(entries) - len(seen))


def _concerns(entry: JournalEntry, region: str) -> bool:
    """Entries without a region are the whole site's."""
    own = entry.body.get("region")
    return not region or (isinstance(own, str) and covers(region, own))


def _shown(entry: JournalEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "chain": entry.chain,
        "at": wire.iso(entry.at),
        "kind": entry.kind,
        "name": entry.name,
        "subject": entry.subject,
        "actor": entry.actor,
        "reason": entry.reason,
        "command": entry.command,
        "body": entry.body,
    }


@router.get("/settings")
async def settings(given: Given, who: Auditor) -> Response:
    """What applies of the site's settings (no secrets), and what a reload would find in the files as they stand."""
    if who.region:
        raise Problem("outside-region")
    if given.settings_shown is None:
        raise Problem("not-found")
    return Json(await given.settings_shown())


@router.post("/reload")
async def reload(
    given: Given, who: Admin, request: Request, accept: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """Apply the changed settings, inventory and rules in every process of the site, on whatever machine.

    422 with what is wrong when the files cannot be used: the running ones stay. Else `left_out` are the rows of the
    inventory that were refused (file, line, column `key`, why); `processes` says what each process did; `missing` are
    roles that move and did not answer. `applied` is false unless all of them have applied it.

    `held` is a change that would remove too much: nothing is applied until it is asked for again with `accept` set to
    `held.accept`. The digest names this very removal; other files by then are held anew.
    """
    if who.region:
        raise Problem("outside-region")
    done = await given.reload(who.name, language_of(request), accept)
    found, shown = len(done.findings), list(done.findings[:LEFT_OUT])
    told = {"faults": list(done.faults), "left_out": found, "applied": done.applied, "held": done.held}
    if accept:
        told["accept"] = accept
    await audit.note(given, who, "reload", body=told)
    if done.faults:
        raise Problem("refused-settings", faults=list(done.faults), findings_total=found, details=shown)
    return Json(
        {
            "applied": done.applied,
            "left_out": shown,
            "left_out_total": found,
            "processes": list(done.processes),
            "missing": list(done.missing),
            "restart": list(done.restart),
            "held": done.held,
        }
    )
