"""What people do about alerts; the list and the detail are those of every kind (`api.kinds`)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Actor, Deps, Given, language_of
from api.http.answers import Json
from api.http.findings import error_member, finding
from api.http.moments import Moment
from api.http.numbers import Number
from api.http.problems import Problem
from api.kinds import lists
from api.principal import Principal
from api.records import alerts as alert_records
from api.routes import suppression
from feeds.kinds import ALERT, Audience
from feeds.model import Outcome

router = APIRouter(prefix="/api/v1", tags=["alerts"])
router.include_router(suppression.router)
AT_ONCE = 16
Text = Annotated[str, Query(max_length=500)]
Comment = Annotated[str, StringConstraints(max_length=2000)]
Action = Literal["ack", "unack", "comment", "shelve", "unshelve"]


class Act(BaseModel):
    """What one says about an alert. `rev`: refuse (409) when the alert has moved on since."""

    model_config = ConfigDict(extra="forbid")
    comment: Comment = ""
    rev: Number | None = None


class Ack(Act):
    """Taking an alert; `until` ends that, `estimated_restoration` is a promise. Times with a zone."""

    until: Moment | None = None
    estimated_restoration: Moment | None = None


class Shelve(Act):
    """Putting an alert aside for a while; it always comes back."""

    comment: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
    until: Moment


class Remark(Act):
    """A comment, which must say something."""

    comment: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Bulk(BaseModel):
    """The same for several alerts. `dry_run`: only say what would become of each.

    `revs`: by id, refuse (409) one that has moved on since; an undo takes back only what is still as it was left.
    """

    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[Annotated[str, StringConstraints(max_length=500)]], Field(min_length=1, max_length=500)]
    action: Action
    comment: Comment = ""
    until: Moment | None = None
    estimated_restoration: Moment | None = None
    revs: Annotated[dict[Annotated[str, StringConstraints(max_length=500)], Number], Field(max_length=500)] = {}
    dry_run: bool = False


@router.post("/alerts/{alert_id}/ack")
async def ack(given: Given, who: Actor, alert_id: str, act: Ack) -> Response:
    """Take an alert; 200 with its new state once the journal has it."""
    return Json(await carry_out(given, who, "ack", alert_id, act.comment, act.rev, _times(act)))


@router.post("/alerts/{alert_id}/unack")
async def unack(given: Given, who: Actor, alert_id: str, act: Act) -> Response:
    """Undo an acknowledgement."""
    return Json(await carry_out(given, who, "unack", alert_id, act.comment, act.rev, {}))


@router.post("/alerts/{alert_id}/shelve")
async def shelve(given: Given, who: Actor, alert_id: str, act: Shelve) -> Response:
    """Put an alert aside until then, with the reason."""
    args: dict[str, float | None] = {"until": act.until.timestamp()}
    return Json(await carry_out(given, who, "shelve", alert_id, act.comment, act.rev, args))


@router.post("/alerts/{alert_id}/unshelve")
async def unshelve(given: Given, who: Actor, alert_id: str, act: Act) -> Response:
    """Take an alert back from the shelf before its end."""
    return Json(await carry_out(given, who, "unshelve", alert_id, act.comment, act.rev, {}))


@router.post("/alerts/{alert_id}/comment")
async def comment(given: Given, who: Actor, alert_id: str, act: Remark) -> Response:
    """Add a comment to the record."""
    return Json(await carry_out(given, who, "comment", alert_id, act.comment, act.rev, {}))


@router.post("/alerts:bulk")
async def bulk(given: Given, who: Actor, request: Request, wish: Bulk) -> Response:
    """The same for several alerts; each has its own result: {id, status, alert} or {id, status, problem, code, errors}.

    `code` says what stands in the way of a conflict: closed, not_acked, not_shelved, rev.
    """
    room = asyncio.Semaphore(AT_ONCE)
    if wish.action in ("comment", "shelve") and not wish.comment.strip():
        raise Problem("invalid", findings=[finding("body.comment", "missing")])
    if wish.action == "shelve" and wish.until is None:
        raise Problem("invalid", findings=[finding("body.until", "missing")])
    if wish.dry_run:
        shown = [await suppression.preview(given, who, wish.action, alert_id) for alert_id in dict.fromkeys(wish.ids)]
        return Json({"dry_run": True, "results": shown})

    async def one(alert_id: str) -> dict[str, Any]:
        args = _times(wish) if wish.action in ("ack", "shelve") else {}
        async with room:
            try:
                state = await carry_out(given, who, wish.action, alert_id, wish.comment, wish.revs.get(alert_id), args)
            except Problem as problem:
                return {"id": alert_id} | _refused(problem, language_of(request))
        return {"id": alert_id, "status": 200, "alert": state}

    results = await asyncio.gather(*(one(alert_id) for alert_id in dict.fromkeys(wish.ids)))
    return Json({"results": results})


def _refused(problem: Problem, lang: str) -> dict[str, Any]:
    found = [error_member(finding, lang) for finding in problem.findings]
    code = problem.extra.get("code", "")
    return {"status": problem.status, "problem": problem.slug, "code": code, "errors": found}


def _times(act: Ack | Bulk) -> dict[str, float | None]:
    return {
        "until": act.until.timestamp() if act.until else None,
        "estimated_restoration": act.estimated_restoration.timestamp() if act.estimated_restoration else None,
    }


async def carry_out(
    given: Deps,
    who: Principal,
    action: str,
    alert_id: str,
    comment: str,
    rev: int | None,
    args: dict[str, float | None],
) -> dict[str, Any]:
    """Send the command to the alert engine and wait for its word; the alert's new public record, or Problem."""
    region = await alert_records.region_of(given, alert_id)
    if region is None:
        raise Problem("not-found")
    if not who.reaches(region):
        raise Problem("outside-region")
    known = {name: value for name, value in args.items() if value is not None}
    result = await ask(given, who, action, alert_id, known, comment=comment, rev=rev)
    if result.outcome is Outcome.INVALID:
        if action in ("shelve", "unshelve"):
            raise suppression.refused(result.detail)
        raise Problem("invalid", findings=[finding("body", result.detail)])
    current = result.after
    if not current and result.outcome in (Outcome.DONE, Outcome.CONFLICT):
        current = await _current(given, who, alert_id)
    if problem := refusal(result, current):
        raise problem
    return current or {}


async def _current(given: Deps, who: Principal, alert_id: str) -> dict[str, Any]:
    return await lists.find(given, ALERT, alert_id, Audience(region=who.region)) or {}
