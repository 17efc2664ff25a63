"""Routes for administrators and auditors: the audit log, the settings and their reload."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from api.auth import audit
from api.dependencies import Admin, Auditor, Deps, language_of
from api.http.answers import Cursor, Json, Limit, from_cursor, listing, to_cursor
from api.http.problems import Problem
from api.query_parameters import EntryKind
from api.responses import staff as answered
from api.responses.describe import answers
from api.routers import api_router
from feeds import wire
from feeds.journal import JournalEntry
from feeds.regions import covers

router = api_router(tags=["staff"])
LEFT_OUT = 500
"""Findings in one answer; the total is beside them."""


@router.get("/audit", responses=answers(answered.AuditLog))
async def audit_log(
    deps: Deps,
    principal: Auditor,
    kind: EntryKind = "audit",
    subject: Annotated[str, Query(max_length=512)] = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response:
    """The audit log, newest first. An account of a region sees the entries of that region; the others are counted."""
    before = from_cursor(cursor, (int,))[0] if cursor else None
    entries = await deps.journal.entries(
        kind=None if kind == "*" else kind, subject=subject or None, before=before, limit=limit, newest_first=True
    )
    visible = [entry for entry in entries if _concerns(entry, principal.region)]
    await audit.note(deps, principal, "audit-read", subject=subject, body={"kind": kind})
    following = to_cursor((entries[-1].seq,)) if len(entries) == limit else None
    items = [_shown(entry) for entry in visible]
    return listing(items, following, deps.pump.rev, hidden=len(entries) - len(visible))


def _concerns(entry: JournalEntry, region: str) -> bool:
    """True for an entry of the region. Entries without a region are the whole site's."""
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


@router.get("/settings", responses=answers(answered.SettingsAnswer, "outside-region", "not-found"))
async def settings(deps: Deps, principal: Auditor) -> Response:
    """The settings that apply, without secrets, and the findings of the files as they are now."""
    if principal.region:
        raise Problem("outside-region")
    if deps.settings_shown is None:
        raise Problem("not-found")
    return Json(await deps.settings_shown())


@router.post("/reload", responses=answers(answered.ReloadResult, "outside-region", "refused-settings"))
async def reload(
    deps: Deps, principal: Admin, request: Request, accept: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """Apply the changed settings, inventory and rules in every process of the site, on whatever machine.

    422 with what is wrong when the files cannot be used: the running ones stay. Else `left_out` are the rows of the
    inventory that were refused (file, line, column `key`, why); `processes` says what each process did; `missing` are
    roles that move and did not answer. `applied` is false unless all of them have applied it.

    `held` is a change that would remove too much: nothing is applied until it is asked for again with `accept` set to
    `held.accept`. The digest names this very removal; other files by then are held anew.
    """
    if principal.region:
        raise Problem("outside-region")
    done = await deps.reload(principal.name, language_of(request), accept)
    total, shown = len(done.findings), list(done.findings[:LEFT_OUT])
    record = {"faults": list(done.faults), "left_out": total, "applied": done.applied, "held": done.held}
    if accept:
        record["accept"] = accept
    await audit.note(deps, principal, "reload", body=record)
    if done.faults:
        raise Problem("refused-settings", faults=list(done.faults), findings_total=total, details=shown)
    return Json(
        {
            "applied": done.applied,
            "left_out": shown,
            "left_out_total": total,
            "processes": list(done.processes),
            "missing": list(done.missing),
            "restart": list(done.restart),
            "held": done.held,
        }
    )
